# The image in which GitLab jobs and the Kubernetes Job of this folder run: Node, tsbuild, and what shuts RUN steps in where the
# machine lets it. Built in a checkout of tsbuild, by tsbuild itself:
#   tsbuild build -f examples/ci/builder.Dockerfile -t registry.example.com/tools/tsbuild:1 --push .
# That is for machines of the kind that builds it. For runners of two kinds, on one machine of each:
#   tsbuild build -f examples/ci/builder.Dockerfile --digest-file amd64.digest \
#     -o type=registry,name=registry.example.com/tools/tsbuild,push-by-digest=true .
# (arm64.digest on the other), and then, where both files are:
#   tsbuild index create -t registry.example.com/tools/tsbuild:1 "$(cat amd64.digest)" "$(cat arm64.digest)"
# One machine makes both where `tsbuild doctor` lists an emulator for the other kind: --platform linux/amd64,linux/arm64.
FROM node:24-bookworm-slim AS package
WORKDIR /src
COPY . .
RUN mkdir /package && npm ci && npm pack --pack-destination /package

FROM node:24-bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git openssh-client runc slirp4netns \
    && rm -rf /var/lib/apt/lists/*
COPY --from=package /package /package
RUN npm install -g /package/*.tgz && tsbuild version
