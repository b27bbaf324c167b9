# The image in which GitLab jobs and the Kubernetes Job of this folder run: Node, tsbuild, and what shuts RUN steps in where the
# machine lets it. Built in a checkout of tsbuild, by tsbuild itself:
#   tsbuild build -f examples/ci/builder.Dockerfile -t registry.example.com/tools/tsbuild:1 --push .
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
