# The service without build tools and without the embedded PostgreSQL: it needs DATABASE_URL.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY prisma prisma
RUN npm ci
COPY src src
COPY jobs jobs
RUN npm run build

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY scripts scripts
# Optional packages are the embedded PostgreSQL's binaries.
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY prisma prisma
COPY deploy/metabase deploy/metabase
COPY --from=build /app/dist dist
COPY src/web/browser src/web/browser
USER node
EXPOSE 8080
# Stops within 10 s on SIGTERM.
ENTRYPOINT ["node", "dist/src/cli/kpool.js"]
CMD ["start"]
