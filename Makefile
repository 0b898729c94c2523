# The targets of this repository. `make` alone lists them.
#
# The root module is built without a workspace, as a user of the library builds
# it. The nested modules find the root through .ci/go.work, so that no go.mod
# carries a replace line.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ROOT := GOWORK=off
WORK := GOWORK=$(CURDIR)/.ci/go.work

DURATION ?= 10s
FAULT    ?=
FUZZTIME ?= 10s
FUZZEXECS ?=
COUNT    ?= 100
NAME     ?= hotpath
WHAT     ?= hotpath encode
RUN      ?=
INTERVALS ?= 1000
TUNE     ?=
BUDGET   ?= 6m

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## the main job on real input: DURATION=10s; FAULT=drop loses a request and must be noticed
	@cd bench && $(WORK) DURATION='$(DURATION)' FAULT='$(FAULT)' go run ./cmd/demo

.PHONY: test
test: ## every test, in both builds, with invariants, and under the race detector
	@.ci/test

.PHONY: e2e
e2e: ## against the servers, clients and runtimes of others; gets what is missing into the user's cache
	@.ci/test e2e

.PHONY: race
race: ## the tests of the concurrent packages under the race detector
	@.ci/test race

.PHONY: test-386
test-386: ## the tests on a 32-bit machine
	@.ci/test 386

.PHONY: stress
stress: ## the conservation tests, COUNT=100 times under the race detector
	@COUNT='$(COUNT)' .ci/test stress

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME=10s, or the transports' for FUZZEXECS=n executions (RUN=regexp picks some)
	@FUZZTIME='$(FUZZTIME)' FUZZEXECS='$(FUZZEXECS)' RUN='$(RUN)' .ci/fuzz

.PHONY: lint
lint: ## format, vet, staticcheck, known vulnerabilities, other platforms, tidy modules
	@.ci/lint

.PHONY: mutants
mutants: ## break the code one line at a time: a test has to notice (RUN=regexp picks some)
	@cd bench && $(WORK) go run ./cmd/mutants -repo .. -run '$(RUN)'

.PHONY: bench
bench: ## cost of submissions and of the wires (WHAT=hotpath or encode: one of them; WHAT=scaling or flush: docs/SCALING.md); writes bench/results, as NAME if given, else the README's table too
ifneq (,$(filter-out hotpath encode flush scaling,$(WHAT)))
	@echo "WHAT=$(WHAT): give one or more of hotpath, encode, flush, scaling" >&2; exit 2
endif
ifneq (,$(filter hotpath,$(WHAT)))
	@cd bench && $(WORK) go run ./cmd/report -what hotpath -out results -name '$(NAME)' $(if $(filter hotpath,$(NAME)),-readme ../README.md)
endif
ifneq (,$(filter encode,$(WHAT)))
	@cd bench && $(WORK) go run ./cmd/report -what encode -out results -name '$(if $(filter hotpath,$(NAME)),encode,$(NAME)-encode)'
endif
ifneq (,$(filter flush,$(WHAT)))
	@cd bench && $(WORK) go run ./cmd/report -what flush -out results $(if $(filter hotpath,$(NAME)),-readme ../docs/SCALING.md,-name '$(NAME)-flush')
endif
ifneq (,$(filter scaling,$(WHAT)))
	@cd bench && $(WORK) go run ./cmd/report -what scaling -out results $(if $(filter hotpath,$(NAME)),-readme ../docs/SCALING.md,-name '$(NAME)-scaling')
endif

.PHONY: tune
tune: ## shards, reservoir size and flush interval for this machine: TUNE='--series=100000 --strings=built' (TUNE=--help lists all); writes tune.json and tune.html
	@cd bench && $(WORK) go build -o bin/tune ./cmd/tune
	@bench/bin/tune $(TUNE)

.PHONY: peers
peers: WHAT = throughput
peers: ## the same submissions through other libraries, by turns, in BUDGET=6m (RUN=regexp: some, into results/peers-some); WHAT="throughput latency memory": more; writes bench/results, docs/plots and the README's table, but with a BUDGET of your own nothing of latency and memory
	@cd bench && for what in $(WHAT); do case $$what in \
		throughput) $(WORK) go run ./cmd/peers -budget '$(BUDGET)' -out results \
			$(if $(RUN),-run '$(RUN)' -name peers-some,-plots ../docs/plots -readme ../README.md) ;; \
		latency|memory) $(WORK) go run ./cmd/$$what $(if $(filter-out file,$(origin BUDGET)),-budget '$(BUDGET)' -out '') ;; \
		*) echo "WHAT=$$what: give one or more of throughput, latency, memory" >&2; exit 2 ;; \
	esac; done

.PHONY: soak
soak: ## INTERVALS=1000 roll-up intervals with 10,000 new series in each: memory must stay, every count arrive once; with all 1000 it writes bench/results/soak.md
	@cd bench && $(WORK) go run ./cmd/memory -soak -intervals '$(INTERVALS)' -out '$(if $(filter 1000,$(INTERVALS)),results)' -plots '$(if $(filter 1000,$(INTERVALS)),../docs/plots)'

.PHONY: cover
cover: ## coverage by package, and the functions no test reaches
	@.ci/test cover

.PHONY: tidy
tidy: ## go mod tidy for every module
	@.ci/tidy
