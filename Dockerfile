#   docker build --target service   -t hookpatch .
#   docker build --target simulator -t hookpatch-simulator .
#
# Needs BuildKit, which is the default since Docker Engine 23; the health checks' start interval needs Docker Engine 25.
# There is no compile step: Node runs TypeScript directly. Nothing is written below /app, so the root file system can be
# read-only (`--read-only`). Node is process 1 and handles SIGTERM itself; `--init` is only needed if you add child processes.
ARG NODE_VERSION=24.21.0

# On the machine that builds, whatever the image is for: no package here has code of its own for an architecture.
FROM --platform=$BUILDPLATFORM node:${NODE_VERSION}-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: no package that runs here needs one. No optional packages: the TypeScript compiler is one of them.
# What only developers read is removed: types, source maps, tests and documentation.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force \
  && find node_modules -type f -regextype posix-extended \
    -iregex '.*\.(map|ts|cts|mts|tsbuildinfo|flow)|.*/(readme|changelog|history|contributing|security)[^/]*\.(md|markdown)' -delete \
  && find node_modules -type d -regextype posix-extended \
    -regex '.*/(test|tests|__tests__|docs|example|examples|benchmark|benchmarks|\.github)' -prune -exec rm -r {} + \
  && find node_modules -type d -empty -delete

FROM node:${NODE_VERSION}-slim AS runtime
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
# Modes are set here, so that a checkout made with a strict umask gives the same image.
COPY --chmod=755 package.json LICENSE ./
COPY --chmod=755 deploy/image/http-check /usr/local/bin/
# A number, because Kubernetes' runAsNonRoot can't judge a name. It is the base image's user `node`.
USER 1000:1000
STOPSIGNAL SIGTERM

FROM runtime AS simulator
COPY --chmod=755 simulator ./simulator
COPY --chmod=755 deploy/demo ./deploy/demo
ENV SIMULATOR_HOST=0.0.0.0
EXPOSE 8090
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --start-interval=1s --retries=3 CMD ["http-check", "8090", "/simulator/conversations"]
CMD ["node", "simulator/main.ts"]

# The last stage is what `docker build .` makes.
FROM runtime AS service
COPY --chmod=755 deploy/image/hookpatch /usr/local/bin/
COPY --chmod=755 scripts ./scripts
# What `replay` signs and sends with.
COPY --chmod=755 harness/send-delivery.ts ./harness/
COPY --chmod=755 simulator/sign-delivery.ts ./simulator/
COPY --chmod=755 src ./src
# A release passes the revision; the version is that of package.json.
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG NODE_VERSION
LABEL org.opencontainers.image.title="hookpatch" \
  org.opencontainers.image.description="Verified Genesys Cloud conversation events become participant attributes, wrap-up codes and transfers." \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.base.name="docker.io/library/node:${NODE_VERSION}-slim"
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --start-interval=1s --retries=3 CMD ["hookpatch", "healthcheck"]
ENTRYPOINT ["hookpatch"]
CMD ["start"]
