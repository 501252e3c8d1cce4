# `make` alone prints its menu.  Nothing is needed but Python 3.11 or newer; all else goes into .venv, from wheels.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all:

.DEFAULT_GOAL := help
.PHONY: help demo test natlab simulate check format docs bench clean

help: ## this menu
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "BitDust needs Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml setup.py | $(BIN)/python
	$(PIP) -e '.[fast]'
	@# As an installed package has it: compiling all of it anew is half of a node's start.
	$(BIN)/python -m compileall -q bitdust
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(PIP) -e '.[test]'
	@touch $@

$(VENV)/.check: $(VENV)/.test
	$(PIP) -e '.[check]'
	@touch $@

demo: $(VENV)/.run ## a whole network on this machine (DEMO='--suppliers 7 --folder PATH')
	@$(BIN)/bitdust demo $(DEMO)

test: $(VENV)/.test ## every test (TESTS=tests/wire for some)
	$(BIN)/python -m pytest $(TESTS)

natlab: $(VENV)/.test ## every kind of router with every other, in network namespaces (as root)
	$(BIN)/python -m pytest tests/natlab -m "matrix or not matrix"

simulate: $(VENV)/.test ## whole networks through days of faults (SEEDS=1-10 NODES=20 DAYS=7 JOBS=1)
	$(BIN)/python -m tests.simulation $(if $(SEEDS),--seeds $(SEEDS)) $(if $(NODES),--nodes $(NODES)) \
		$(if $(DAYS),--days $(DAYS)) $(if $(JOBS),--jobs $(JOBS)) $(SIMULATE)

check: $(VENV)/.check ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config tox.ini

format: $(VENV)/.check ## write the sources in their format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.run ## write docs/reference and docs/man from the code
	$(BIN)/python -m bitdust.cli.reference docs

bench: $(VENV)/.test ## the figures of docs/benchmarks.md, beside the peers
	$(BIN)/python -m tests.bench $(BENCH)

clean: ## forget the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
