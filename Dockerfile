# syntax=docker/dockerfile:1
# For those with a builder and a registry with these bases; `make image` needs neither. Both images hold the same bundle.

# Tags move. Pin both to the digests that your registry has:
#   docker build --build-arg BUILDER=node:24-bookworm-slim@sha256:… --build-arg BASE=…@sha256:… .
ARG BUILDER=node:24-bookworm-slim
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM --platform=$BUILDPLATFORM ${BUILDER} AS builder
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY bin bin
COPY src src
COPY image image
RUN node image/write-bundle.ts

FROM ${BASE}
COPY --from=builder --chown=0:0 --chmod=0644 \
  /src/.cache/bundle/acr-credential-helper.mjs /src/.cache/bundle/THIRD-PARTY-NOTICES.txt /app/
USER 65532:65532
ENTRYPOINT ["/nodejs/bin/node", "/app/acr-credential-helper.mjs"]
LABEL org.opencontainers.image.title="acr-credential-helper" \
  org.opencontainers.image.licenses="Apache-2.0"
