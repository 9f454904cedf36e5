.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9

CHECKOV := $(BIN)/uv tool run --quiet --from checkov==3.3.30 checkov

.PHONY: help setup demo smoke test quick check lint terraform-check bench torture torture-real mutants

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/ready  ## .venv with all that is needed, from PyPI alone

.venv/ready: requirements.txt requirements-local.txt requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt
	@touch $@

demo: setup  ## an export of 500,000 events, from file to Mixpanel's records, on this machine
	$(BIN)/python -m local demo

smoke: setup  ## five records through the deployment that terraform/ made (SMOKE_FLAGS=--yes: without asking)
	$(BIN)/python -m partitioner smoke --terraform terraform $(SMOKE_FLAGS)

test: setup  ## every test
	$(BIN)/python -m pytest -n 4

quick: setup  ## the tests that take no time
	$(BIN)/python -m pytest -n 2 -m "not slow"

bench: setup  ## each goal of speed, memory and cost, measured beside its references (BENCH_FLAGS=--small)
	$(BIN)/python -m benchmarks $(BENCH_FLAGS)

torture: setup  ## imports on virtual time, each with faults of its own: none loses a record (RUNS=300, SEED=1)
	$(BIN)/python -m tests.torture --runs $(or $(RUNS),300) --seed $(or $(SEED),1)

mutants: setup  ## the virtual suite against mistakes made on purpose, each of which it has to notice
	$(BIN)/python -m tests.torture.mutants

torture-real: setup  ## real processes killed, paused and cut off at random moments (RUNS=200, SEED=any)
	$(BIN)/python -m tests.torture_real --runs $(or $(RUNS),200) $(if $(SEED),--seed $(SEED))

lint: setup  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

terraform-check: setup  ## the deployment's configuration, without a cloud (SKIP_TERRAFORM=1: not at all)
ifneq ($(SKIP_TERRAFORM),1)
	terraform/check.sh $(CHECKOV)
else
	@echo "terraform-check: skipped, as SKIP_TERRAFORM=1 says"
endif

check: lint terraform-check  ## what CI runs, word for word
	$(MAKE) torture RUNS=300 SEED=1
	$(MAKE) torture-real RUNS=30 SEED=1
	$(MAKE) test
ifeq ($(SKIP_TERRAFORM),1)
	@echo "passed, without a look at terraform/: skipped, as SKIP_TERRAFORM=1 says"
endif
