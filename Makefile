# Procura. `make help` lists the targets.

CACHE := $(CURDIR)/.cache
BIN   := $(CACHE)/bin
export PATH := $(BIN):$(PATH)
export npm_config_cache := $(CACHE)/npm

OPA_VERSION      := v1.22.2
LINT_VERSION     := v2.15.0
REGAL_VERSION    := v0.38.1
VULN_VERSION     := v1.9.0
BENCHTIME        := 1s
FUZZTIME         := 30s
SOAKTIME         := 10m

.DEFAULT_GOAL := help
.PHONY: help tools interop-tools lint-tools build run demo test test-race lint fuzz bench soak verify generate vulncheck clean bench-compare

# tool(program, package, module, version): the program on PATH if it is of this
# version, else built.
define tool
$(BIN)/$(1):
	@mkdir -p $(BIN)
	@p=$$$$(command -v $(1)) && go version -m "$$$$p" | grep -qE "^[[:space:]]mod[[:space:]]$(3)[[:space:]]$(4)([[:space:]]|$$$$)" && ln -s "$$$$p" $$@ || GOBIN=$(BIN) go install $(2)@$(4)
endef
$(eval $(call tool,opa,github.com/open-policy-agent/opa,github.com/open-policy-agent/opa,$(OPA_VERSION)))
$(eval $(call tool,golangci-lint,github.com/golangci/golangci-lint/v2/cmd/golangci-lint,github.com/golangci/golangci-lint/v2,$(LINT_VERSION)))
$(eval $(call tool,govulncheck,golang.org/x/vuln/cmd/govulncheck,golang.org/x/vuln,$(VULN_VERSION)))

# Regal needs another OPA than we do: a module of its own pins both.
$(BIN)/regal:
	@mkdir -p $(BIN)
	@p=$$(command -v regal) && go version -m "$$p" | grep -qE "regal[[:space:]]$(REGAL_VERSION)([[:space:]]|$$)" && ln -s "$$p" $@ || \
	  (cd .ci/regal && go build -o $@ github.com/open-policy-agent/regal)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

tools: $(BIN)/opa interop-tools ## install what the tests use: stock opa, npm packages

interop-tools:
	@if command -v npm >/dev/null; then \
	  for d in server/interop wallet/client-ts; do (cd $$d && \
	    { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --ignore-scripts; }) || exit 1; done; \
	else echo "npm is missing: the tests with JavaScript programs will be skipped"; fi

lint-tools: $(BIN)/golangci-lint $(BIN)/regal

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
	regal lint policies trustframeworks

# Minimising what is new takes longer than finding it. Where the time ends Go 1.26
# may say "context deadline exceeded" of a target that found nothing
# (go.dev/issue/75804, mended in 1.27).
fuzz: ## fuzz every parser for FUZZTIME each; what fails is kept in testdata/fuzz
	@found=0; log=$$(mktemp); for pkg in $$(go list ./...); do \
	  list=$$(go test -list '^Fuzz' $$pkg) || { echo "$$list"; found=1; }; \
	  for f in $$(echo "$$list" | grep '^Fuzz'); do \
	    echo "$$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzzminimizetime 1x -fuzztime $(FUZZTIME) $$pkg >$$log 2>&1 || \
	      { grep -q '^ *context deadline exceeded' $$log && ! grep -q 'Failing input' $$log; } || found=1; \
	    tail -12 $$log; done; done; rm -f $$log; exit $$found

bench: ## run the benchmarks; each prints its limit's ratio
	go test -run '^$$' -bench . -benchtime $(BENCHTIME) -benchmem -p 1 ./...

# Ratios of one run: each program takes its turn on the same machine.
bench-compare: interop-tools ## time a presentation against aries-framework-go and @digitalbazaar/vc
	@command -v node >/dev/null || echo "NODE IS MISSING: nothing is compared with @digitalbazaar/vc"
	go test -run '^$$' -bench '^BenchmarkCompare$$' -benchtime $(BENCHTIME) -v ./server/interop

soak: ## drive a server for SOAKTIME with all that callers do, and look for leaks
	PROCURA_SOAK=$(SOAKTIME) go test -run 'TestSoak$$' -v -timeout 0 ./cmd/procura

# What is generated is held to its generator by tests.
verify: build lint test vulncheck ## build, lint, test, generated files unchanged, vulnerability scan
	gofmt -l cmd policies server trustframeworks verifier wallet | (! grep .)
	go mod tidy -diff

generate: ## write generated documents and golden files anew
	go test ./policies -run TestReasonsDocument -update
	go test ./trustframeworks/compile -run Golden -update
	go test ./trustframeworks/analyze -run TestCodesDocument -update
	go test ./cmd/procura -run 'TestCommandDocument|TestConfigurationDocument' -update

vulncheck: $(BIN)/govulncheck
	@out=$$(govulncheck ./... 2>&1) && echo "$$out" || case "$$out" in \
	  *"fetching vulnerabilities"*) echo "the vulnerability database does not answer from here: scan skipped";; \
	  *) echo "$$out"; exit 1;; esac

clean: ## remove what was built
	rm -rf bin
