# What can be done with a checkout; `make` lists it.
# Everything happens in .venv, with the versions and hashes of requirements/.

PYTHON ?= python3
RUNS ?= 1000000
SEED ?= 0
SCALE ?= 1

VENV := .venv
BIN := $(VENV)/bin
INSTALL := requirements/install $(BIN)/python

# Stamps: an install is repeated when what it reads has changed.
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
FUZZ := $(VENV)/.fuzz

python_is_new_enough = $(shell $(PYTHON) -c 'import sys; print("yes" * (sys.version_info >= (3, 11)))' 2>&-)

COMPILE = CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet --upgrade

# Pure modules decide what becomes of a record: no branch of theirs goes untested.
PURE := schemas/*,streams/validation/*,streams/alerts/*,streams/records.py,streams/packed.py
PURE := $(PURE),streams/kafka/rights.py,streams/kafka/topics.py,streams/notifier/response.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test needs lint types format docs picture bench profile chaos fuzz lock compose-config clean

help: ## list what can be done
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' Makefile | expand -t 22

demo: $(RUNTIME) ## show everything at once, with nothing installed but the package
	@$(BIN)/ipg12 demo

test: needs lint types ## lint, types, import contracts, and every test (needs Java, Maven and apt-get)
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered
	@pure=$$($(BIN)/coverage report --show-missing --fail-under=100 --include='$(PURE)') \
		|| { echo "$$pure"; echo 'make test: a pure module is not tested whole' >&2; exit 1; }

needs: | $(BIN)/python ## name the programs that `make test` needs and this machine lacks
	@$(BIN)/python tests/needs.py

lint: $(DEV) ## look at style, formatting and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

types: $(DEV) ## check types
	$(BIN)/mypy

format: $(DEV) ## format, and mend what ruff can mend by itself
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

docs: $(RUNTIME) ## write the generated files: JSON Schemas, pages of the rules
	$(BIN)/python -m schemas.export
	$(BIN)/python -m streams.cli.pages

picture: $(DEV) ## take the picture of the dashboard that README.md shows
	PYTHONPATH=tests $(BIN)/python -m browser docs/dashboard.png

bench: $(DEV) ## measure the worker beside others: ONLY=… for one section
	PYTHONPATH=tests $(BIN)/python -m benchmarks $(ONLY)

profile: $(DEV) ## show where the worker's time goes, stage by stage
	PYTHONPATH=tests $(BIN)/python -m benchmarks profile

chaos: $(DEV) ## let every fault strike again and again on three brokers: SEED=…, SCALE=… of the rounds
	PYTHONPATH=tests $(BIN)/python -m chaos --seed $(SEED) --scale $(SCALE)

fuzz: $(FUZZ) ## feed a million made-up records to the check: RUNS=…, and SEED=… to do it again
	@mkdir -p .cache/fuzz/corpus
	PYTHONPATH=tests $(BIN)/python -m fuzz .cache/fuzz/corpus tests/fuzz/corpus \
		-dict=tests/fuzz/json.dict -artifact_prefix=.cache/fuzz/ -max_len=4096 -timeout=5 \
		-runs=$(RUNS) -seed=$(SEED) -print_final_stats=1

lock: $(DEV) ## choose all versions anew (Python 3.11, the oldest that is supported)
	@$(BIN)/python -c 'import sys; sys.version_info[:2] == (3, 11) or sys.exit("the lock is made with Python 3.11: make clean, then make lock PYTHON=python3.11")'
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

compose-config: ## have Docker's own compose plugin read docker-compose.yml
	docker compose config --quiet

clean: ## remove .venv and everything else that was made here
	rm -rf $(VENV) .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find schemas streams tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(if $(python_is_new_enough),,$(error ipg12 needs Python 3.11 or later and `$(PYTHON)` is none: say make PYTHON=/path/to/python3.11))
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUNTIME): requirements/install requirements/pip.txt requirements/build.txt requirements/runtime.txt pyproject.toml | $(BIN)/python
	@$(BIN)/python -c 'import sys; sys.version_info < (3, 11) and sys.exit(".venv has an older Python than 3.11: make clean, then again")'
	$(INSTALL) requirements/build.txt requirements/runtime.txt
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	$(INSTALL) requirements/dev.txt
	@touch $@

$(FUZZ): requirements/fuzz.txt $(DEV)
	$(INSTALL) requirements/fuzz.txt
	@touch $@
