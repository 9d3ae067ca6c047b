# What each target does is in tools/. A target that needs the environment builds it first; that is quick when it is there.
PYTHON ?= python3
.PHONY: help setup setup-dev demo run test check bench lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    a sample city, with sign-ins for every role"
	@echo "make run     a register of your own, empty at first"
	@echo "make test    all tests, on SQLite and on PostgreSQL   (ARGS='-k ledger' for some)"
	@echo "make check   style, types, import direction, migrations, translations"
	@echo "make bench   a table of times on a generated metropolis   (ARGS='--scale 1' for the full size)"
	@echo "make setup   the environment alone"
	@echo "make lock    new lock files from requirements/*.in and package.json"

setup:
	@$(PYTHON) -m tools.environment

setup-dev:
	@$(PYTHON) -m tools.environment --dev

demo: setup
	@.venv/bin/python -m tools.serve demo

run: setup
	@.venv/bin/python -m tools.serve register

test: setup-dev
	@.venv/bin/python -m tools.test $(ARGS)

check: setup-dev
	@.venv/bin/python -m tools.check

bench: setup-dev
	@.venv/bin/python -m tools.bench $(ARGS)

lock: setup-dev
	@.venv/bin/python -m tools.lock

clean:
	rm -rf .venv .tools node_modules build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
