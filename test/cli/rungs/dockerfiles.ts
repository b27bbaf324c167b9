/** Builds that are to give the same image on every rung. */

/** No command is run: archives, stages, owners and modes of all kinds. */
export const withoutRun = {
  Dockerfile: `FROM scratch AS base
ADD base.tar /
WORKDIR /app
COPY --chown=33:33 --chmod=640 file data/
FROM base AS more
COPY --from=base /app/data /copied
ENV A=1
FROM more
COPY --link file /linked
USER 1000
CMD ["sh"]
`,
  file: 'text of the file\n',
}

/** Commands with mounts of each kind, as several users, which change, delete and replace what is there. */
export const withRun = {
  Dockerfile: `FROM scratch AS base
ADD base.tar /
ENV PATH=/bin
COPY file /src/file
FROM base
RUN echo made > /made && chmod 600 /etc/passwd && rm /bin/vi && ln -s /made /link && chown 33:100 /src
RUN --mount=type=bind,source=file,target=/mnt/file --mount=type=cache,target=/var/cache/x --mount=type=tmpfs,target=/scratch \\
  cp /mnt/file /from-mount && echo kept > /var/cache/x/kept && touch /scratch/gone
RUN --mount=type=bind,from=base,source=/src,target=/other --mount=type=cache,target=/var/cache/x,readonly \\
  cat /other/file /var/cache/x/kept > /from-stage
RUN --mount=type=secret,id=s wc -c < /run/secrets/s > /size-of-secret
USER www-data
WORKDIR /home/w
RUN <<END
id > /tmp/id
mkdir -m 700 /tmp/mine
echo "$0" > /tmp/mine/zero
END
`,
  file: 'text of the file\n',
}
