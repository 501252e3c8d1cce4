# `make` alone prints this menu.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help demo test check format bench clean

help: ## this menu
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

$(VENV)/.run: pyproject.toml setup.py
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "BitDust needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: --no-build-isolation setuptools wheel
	$(BIN)/pip install --quiet --disable-pip-version-check --prefer-binary -e '.[fast]'
	touch $@

$(VENV)/.test: $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --prefer-binary -e '.[test]'
	touch $@

$(VENV)/.check: $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check --prefer-binary -e '.[check]'
	touch $@

demo: $(VENV)/.run ## a whole network on this machine: back up, lose suppliers, restore, repair, recover
	$(BIN)/bitdust demo $(DEMO)

test: $(VENV)/.test ## every test (TESTS=tests/wire for some)
	$(BIN)/python -m pytest $(TESTS)

check: $(VENV)/.check ## formatting, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config tox.ini

format: $(VENV)/.check ## format the sources
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.test ## the figures of docs/benchmarks.md, beside the peers
	$(BIN)/python -m tests.bench $(BENCH)

clean: ## forget the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
