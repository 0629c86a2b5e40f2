# The verbs of this project. `make demo` and `make test` make their environment themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "make %-18s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	@command -v git >/dev/null || { echo "git is missing: install git and run make again"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..."; exit 2; }
	@echo "setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

.PHONY: setup
setup: $(STAMP) ## make the environment

.PHONY: demo
demo: $(STAMP) ## the whole pipeline on a small real repository
	@$(BIN)/stage-engine demo

.PHONY: test
test: $(STAMP) ## run all tests, demand 100 % branch coverage of our own code
	@$(BIN)/python -m pytest -q -n auto --cov --cov-report=term-missing:skip-covered

.PHONY: quick
quick: $(STAMP) ## run all tests, without coverage
	@$(BIN)/python -m pytest -q -n auto

.PHONY: lint
lint: $(STAMP) ## style and format
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/ruff format --check src tests benchmarks

.PHONY: format
format: $(STAMP) ## format and mend what can be mended
	@$(BIN)/ruff format src tests benchmarks
	@$(BIN)/ruff check --fix src tests benchmarks

.PHONY: types
types: $(STAMP) ## types, strict
	@$(BIN)/mypy

.PHONY: arch
arch: $(STAMP) ## architecture contracts
	@PYTHONPATH=src $(BIN)/lint-imports --no-cache

.PHONY: check
check: lint types arch test ## all that CI runs

# The suite makes cages itself, and a cage inside of a cage is another one: it is measured in none.
BASE ?= HEAD~1
TESTS ?= tests
.PHONY: gate
gate: $(STAMP) ## our own gate on what is checked out; BASE=main names where it wants to land
	@ORCH_SANDBOX=plain $(BIN)/coverage-gate check --base $(BASE) --db .gate/gate.db --reports .gate/reports \
		--timeout 3600 --python $(BIN)/python --test-command "pytest -q -n auto $(TESTS)"

.PHONY: mutate-contract
mutate-contract: $(STAMP) ## break each rule of the contract in turn and see its test notice
	@$(BIN)/python -m tests.mutate_contract

.PHONY: fuzz-night
fuzz-night: $(STAMP) ## 2,000,000 hostile inputs for each parser; FUZZ_SEED makes others
	@FUZZ_INPUTS=2000000 FUZZ_SEED=$${FUZZ_SEED:-$$(date +%F)} HYPOTHESIS_PROFILE=night $(BIN)/python -m pytest -q -n auto tests/fuzz tests/property

.PHONY: faults-night
faults-night: $(STAMP) ## each call to the system fails in turn, in each of six ways
	@FAULTS_STEP=1 $(BIN)/python -m pytest -q -s -n auto tests/faults

.PHONY: redteam-night
redteam-night: $(STAMP) ## each attack, and each honest twin alone
	@REDTEAM_TWINS=alone $(BIN)/python -m pytest -q -n auto tests/redteam

.PHONY: redteam-all
redteam-all: $(STAMP) ## attack the host at each level, as root and as a user; writes the table in docs/redteam.md
	@$(BIN)/python -m tests.redteam.matrix

.PHONY: bench
bench: $(STAMP) ## time the gate beside its peers
	@$(BIN)/python -m benchmarks

.PHONY: clean
clean: ## remove the environment and what was made
	rm -rf $(VENV) .demo .gate build dist
