# Targets for a checkout; `make` lists them.
# Everything runs in .venv, with the versions and hashes of requirements/.

PYTHON ?= python3
RUNS ?= 1000000
SEED ?= 0
SCALE ?= 1

VENV := .venv
BIN := $(VENV)/bin
INSTALL := requirements/install $(BIN)/python

# Stamps: an install is repeated when its inputs have changed.
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
FUZZ := $(VENV)/.fuzz

python_is_new_enough = $(shell $(PYTHON) -c 'import sys; print("yes" * (sys.version_info >= (3, 11)))' 2>&-)

COMPILE = CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet --upgrade

# Two processes, each with a whole file of tests at a time: what a file has started is its own.
PYTEST = $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo check test needs lint types format docs picture bench profile chaos fuzz lock compose-config clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' Makefile | expand -t 22

demo: $(RUNTIME) ## run everything on an embedded broker with synthetic records
	@$(BIN)/ipg12 demo

check: lint types ## run lint, types, and the tests that need nothing but this checkout
	$(PYTEST) -m quick

test: needs lint types ## run lint, types and every test (needs Java, Maven and apt-get)
	$(PYTEST) --cov

needs: | $(BIN)/python ## list programs that `make test` needs and this machine lacks
	@$(BIN)/python tests/needs.py

lint: $(DEV) ## check style, formatting and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

types: $(DEV) ## check types
	$(BIN)/mypy

format: $(DEV) ## format, and apply the fixes of ruff
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

docs: $(DEV) ## generate the schemas, the AsyncAPI document, and the pages of rules and dead letters
	$(BIN)/python -m schemas.export
	$(BIN)/python -m streams.cli.contract
	$(BIN)/python -m streams.cli.pages

picture: $(DEV) ## update the screenshot of the dashboard in README.md
	PYTHONPATH=tests $(BIN)/python -m browser docs/dashboard.png

bench: $(DEV) ## benchmark the worker against others: ONLY=… for one section
	PYTHONPATH=tests $(BIN)/python -m benchmarks $(ONLY)

profile: $(DEV) ## measure the worker's CPU time, stage by stage
	PYTHONPATH=tests $(BIN)/python -m benchmarks profile

chaos: $(DEV) ## run every fault repeatedly on three brokers: SEED=…, SCALE=… for fewer or more rounds
	PYTHONPATH=tests $(BIN)/python -m chaos --seed $(SEED) --scale $(SCALE)

fuzz: $(FUZZ) ## check a million random records: RUNS=…, and SEED=… to repeat a run
	@mkdir -p .cache/fuzz/corpus
	PYTHONPATH=tests $(BIN)/python -m fuzz .cache/fuzz/corpus tests/fuzz/corpus \
		-dict=tests/fuzz/json.dict -artifact_prefix=.cache/fuzz/ -max_len=4096 -timeout=5 \
		-runs=$(RUNS) -seed=$(SEED) -print_final_stats=1

lock: $(DEV) ## update all locked versions (with Python 3.11, the oldest that is supported)
	@$(BIN)/python -c 'import sys; sys.version_info[:2] == (3, 11) or sys.exit("locking needs Python 3.11: run make clean, then make lock PYTHON=python3.11")'
	echo pip | $(COMPILE) --output-file requirements/pip.txt -
	$(COMPILE) --output-file requirements/runtime.txt pyproject.toml
	$(COMPILE) --output-file requirements/build.txt --all-build-deps --only-build-deps \
		--constraint requirements/runtime.txt pyproject.toml
	$(COMPILE) --output-file requirements/dev.txt --extra dev --constraint requirements/pip.txt \
		--constraint requirements/runtime.txt --constraint requirements/build.txt pyproject.toml
	$(COMPILE) --output-file requirements/fuzz.txt --extra fuzz \
		--constraint requirements/dev.txt pyproject.toml
	for peer in bytewax faststream; do \
		$(COMPILE) --output-file benchmarks/peers/$$peer/requirements.txt \
			--constraint requirements/runtime.txt benchmarks/peers/$$peer/requirements.in || exit; \
	done
	$(COMPILE) --output-file benchmarks/peers/quix/requirements.txt benchmarks/peers/quix/requirements.in

compose-config: ## validate docker-compose.yml with Docker's compose plugin
	docker compose config --quiet

clean: ## remove .venv and everything else that was generated here
	rm -rf $(VENV) .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find schemas streams tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(if $(python_is_new_enough),,$(error ipg12 needs Python 3.11 or later, and `$(PYTHON)` is not: run make PYTHON=/path/to/python3.11))
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUNTIME): requirements/install requirements/pip.txt requirements/build.txt requirements/runtime.txt pyproject.toml | $(BIN)/python
	@$(BIN)/python -c 'import sys; sys.version_info < (3, 11) and sys.exit(".venv has a Python older than 3.11: run make clean, then make again")'
	$(INSTALL) requirements/build.txt requirements/runtime.txt
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	$(INSTALL) requirements/dev.txt
	@touch $@

$(FUZZ): requirements/fuzz.txt $(DEV)
	$(INSTALL) requirements/fuzz.txt
	@touch $@
