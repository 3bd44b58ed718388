# syntax=docker/dockerfile:1
# Builds the server, the command line lqs and the audit for the browser, and
# puts them beside the two programs that the audit can use.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ENV CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false"
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/go/cache GOCACHE=/go/cache make build BROTLI=11

FROM debian:bookworm-slim
# tesseract reads burned-in text, gdcmconv decodes compressed pixels; curl is
# for the health check.
RUN apt-get update \
	&& apt-get install -y --no-install-recommends ca-certificates curl libgdcm-tools tesseract-ocr \
	&& rm -rf /var/lib/apt/lists/* \
	&& useradd --system --uid 10001 --home-dir /var/lib/assay --create-home --shell /usr/sbin/nologin assay \
	&& chmod 700 /var/lib/assay
COPY --from=build /src/bin/server /src/bin/lqs /usr/local/bin/
USER assay
WORKDIR /var/lib/assay
ENV ASSAY_ADDR=0.0.0.0:8080 ASSAY_VAR=/var/lib/assay
VOLUME /var/lib/assay
EXPOSE 8080
ENTRYPOINT ["server"]
CMD ["serve"]
