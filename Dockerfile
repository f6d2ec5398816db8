# syntax=docker/dockerfile:1
# Not run here: written without a Docker engine at hand. test/unit/deploy checks what can be checked without one.
#
#   docker build --target service   -t hookpatch .
#   docker build --target simulator -t hookpatch-simulator .
#
# There is no build step: Node runs TypeScript directly. Nothing is written below /app, so the root file system can be
# read-only (`--read-only`). Node is process 1 and handles SIGTERM itself; `--init` is only needed if you add child processes.
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: no package that runs here needs one.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM node:${NODE_VERSION}-slim AS runtime
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
USER node
STOPSIGNAL SIGTERM

FROM runtime AS simulator
COPY simulator ./simulator
COPY deploy/demo ./deploy/demo
ENV SIMULATOR_HOST=0.0.0.0
EXPOSE 8090
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=5 CMD ["node", "-e", "fetch('http://127.0.0.1:8090/simulator/conversations').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "simulator/main.ts"]

# The last stage is what `docker build .` makes.
FROM runtime AS service
COPY src ./src
# For the person on call: docker exec ... node scripts/dead-letters.ts list
COPY scripts/dead-letters.ts scripts/dead-letter-commands.ts scripts/dead-letter-text.ts ./scripts/
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--import", "./src/telemetry/register.ts", "src/main.ts"]
