# Procura. `make help` lists the targets.

CACHE := $(CURDIR)/.cache
BIN   := $(CACHE)/bin
export PATH := $(BIN):$(PATH)
export npm_config_cache := $(CACHE)/npm

OPA_VERSION      := v1.22.2
LINT_VERSION     := v2.15.0
VULN_VERSION     := v1.9.0
BENCHTIME        := 1s
FUZZTIME         := 30s

.PHONY: help tools lint-tools build run demo test test-race lint fuzz bench verify generate clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

tools: $(BIN)/opa interop-tools ## install what the tests use: stock opa, npm packages

$(BIN)/opa:
	GOBIN=$(BIN) go install github.com/open-policy-agent/opa@$(OPA_VERSION)

.PHONY: interop-tools
interop-tools:
	@if command -v npm >/dev/null; then \
	  cd server/interop && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --ignore-scripts; }; \
	else echo "npm is missing: the tests with JavaScript programs will be skipped"; fi

lint-tools: $(BIN)/golangci-lint $(BIN)/regal

$(BIN)/golangci-lint:
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

$(BIN)/regal:
	cd .ci/regal && go build -o $(BIN)/regal github.com/open-policy-agent/regal

$(BIN)/govulncheck:
	GOBIN=$(BIN) go install golang.org/x/vuln/cmd/govulncheck@$(VULN_VERSION)

build: ## build bin/procura
	go build -trimpath -o bin/procura ./cmd/procura

run: build ## start the server on embedded SQLite with the shipped frameworks
	./bin/procura serve --data .procura/data --example .procura/example

demo: build ## play the camp's story against a server of its own
	./bin/procura demo

test: tools ## run all tests
	go test ./...

test-race: tools ## run all tests under the race detector
	go test -race ./...

lint: lint-tools ## lint Go and Rego
	golangci-lint run ./...
	regal lint policies

fuzz: ## fuzz every parser for FUZZTIME each
	@set -e; for pkg in $$(go list ./...); do \
	  for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg; done; done

bench: ## run the benchmarks; each prints its limit's ratio
	go test -run '^$$' -bench . -benchtime $(BENCHTIME) -benchmem -p 1 ./...

verify: build lint test $(BIN)/govulncheck ## build, lint, test, generated files unchanged, vulnerability scan
	gofmt -l cmd policies server trustframeworks verifier | (! grep .)
	go mod tidy -diff
	@if govulncheck -version >/dev/null 2>&1 && govulncheck -show verbose std >/dev/null 2>&1; then govulncheck ./...; \
	 else echo "the vulnerability database does not answer from here: scan skipped"; fi

clean: ## remove what was built
	rm -rf bin
