# Evergreen in a container: built with everything, run with what it needs, as a user without rights.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY vendor ./vendor
RUN npm ci
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
# dist/ is a link to a build's folder; the image gets the folder itself.
RUN npm run build && cp -rL dist built && npm prune --omit=dev

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
    HTTP_HOST=0.0.0.0 \
    SLACK_HOST=0.0.0.0 \
    STORE_URL=sqlite:///data/evergreen.sqlite
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/vendor ./vendor
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/built ./dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT || 8787}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
