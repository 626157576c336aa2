# Evergreen in a container: built with everything, run with what it needs, as a user without rights.
# The exact version makes builds repeatable. To pin the base by its digest as well:
#   docker build --build-arg NODE_IMAGE=node@sha256:<digest> .
ARG NODE_IMAGE=node:22.23.5-bookworm-slim
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY vendor ./vendor
RUN npm ci
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
# The image gets what `npm pack` would: the bundle, and the few libraries that are not part of it.
RUN npm run build && node scripts/prepack.mjs && npm prune --omit=dev

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    HTTP_HOST=0.0.0.0 \
    SLACK_HOST=0.0.0.0 \
    STORE_URL=sqlite:///data/evergreen.sqlite
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist-package ./dist
# A start that reaches nothing, until it is ended: it leaves compiled code behind, which every start of the container takes.
RUN DISCORD_TOKEN=no.such.token DISCORD_API_URL=http://127.0.0.1:9/api SLACK_BOT_TOKEN=xoxb-none \
    SLACK_APP_TOKEN=xapp-none SLACK_API_URL=http://127.0.0.1:9/api/ STORE_URL=sqlite:///tmp/start.sqlite HTTP_HOST=127.0.0.1 \
    timeout --preserve-status --signal=TERM 20 node --max-semi-space-size=4 dist/main.js && rm -rf /tmp/start.sqlite*
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT || 8787}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=4", "dist/main.js"]
