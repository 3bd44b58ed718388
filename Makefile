# Assay. `make demo` runs everything, `make test` checks everything.
GO ?= go
BIN := bin
# How hard the audit for browsers is compressed: 5 takes two seconds, 11 over a minute.
BROTLI ?= 5
# What of the audit for browsers is compiled for speed. Without inlining the
# rest is smaller by a tenth.
WASM_FAST := runtime internal/runtime/... internal/bytealg sync sync/atomic unicode unicode/utf8 strings bytes bufio io encoding/binary \
	hash/... compress/... image/... assay/internal/audit/dicom/... assay/internal/audit/pixel assay/internal/audit/imaging \
	assay/internal/audit/intern assay/internal/audit/deid assay/internal/audit/text assay/internal/audit/shape assay/internal/audit/nifti \
	github.com/go-json-experiment/... github.com/zeebo/...
WASM_FLAGS := -trimpath -ldflags "-s -w" -gcflags=all=-l $(WASM_FAST:%=-gcflags=%=)

.PHONY: demo test lint generate bench measure fuzz race build wasm

build: wasm
	$(GO) build -o $(BIN)/server ./cmd/server
	$(GO) build -o $(BIN)/lqs ./cmd/lqs

wasm:
	@mkdir -p web/static/wasm
	@$(GO) run ./cmd/lqswasm/lean -into $(BIN)/_lean
	@GOOS=js GOARCH=wasm $(GO) build -overlay $(BIN)/_lean/overlay.json $(WASM_FLAGS) -o web/static/wasm/lqs.wasm ./cmd/lqswasm
	@cp "$$($(GO) env GOROOT)/lib/wasm/wasm_exec.js" web/static/wasm/wasm_exec.js
	@$(GO) run ./cmd/lqswasm/press -quality $(BROTLI) web/static/wasm/lqs.wasm

demo: build
	@exec $(BIN)/server demo

test: wasm
	$(GO) test -timeout 40m ./...

race:
	$(GO) test -race ./internal/postgres/... ./internal/job/... ./internal/upload/... ./internal/ingest/...

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) test -run 'Layers' .

generate:
	$(GO) generate ./...
	$(GO) tool templ generate -log-level error

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

measure: build
	$(GO) run ./internal/audit/planted/measure
	$(GO) run ./internal/audit/measure
	$(GO) run ./internal/audit/pixel/measure
	$(GO) test ./web -run '^$$' -bench AnswersToKnownAndUnknownAddresses -benchtime 1x

# Each reader of untrusted bytes, one after the other.
FUZZTIME ?= 20s
fuzz:
	@grep -rn "^func Fuzz" --include=*_test.go internal | sed 's/^\([^:]*\)\/[^/:]*:[0-9]*:func \(Fuzz[A-Za-z0-9]*\).*/\1 \2/' | while read folder name; do \
		echo "== $$folder $$name"; \
		$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./$$folder || exit 1; \
	done
