# Two commands do the set-up by themselves: `make demo` and `make test`.
# The others need nothing but one of these to have run before.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test check fast site-on-postgresql lint types layers format environment system clean

BIN := .venv/bin
WORKERS ?= 2
PYTEST := $(BIN)/pytest -q -n $(WORKERS) --dist loadfile
# Checking types loads the site's settings, which keep their secrets in a data folder.
SCRATCH := OPENALLIANCE_DATA_DIR=build/check

help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

demo: environment ## Serve a demonstration practice; hand options over with ARGS="--port 8765 --fresh"
	@$(BIN)/openalliance demo $(ARGS)

test: environment system check ## Everything that continuous integration runs
	$(PYTEST) --no-loadscope-reorder # as listed: the browser's long files first, none left to run alone
	$(MAKE) --no-print-directory site-on-postgresql

check: lint types layers ## Style, security lint, types and import contracts

fast: environment ## The quick tests only: no browser, no PostgreSQL
	$(PYTEST) --ignore tests/browser -m "not slow"

site-on-postgresql: environment ## The site's tests again, on a temporary PostgreSQL
	$(BIN)/python tests/harness/postgresql.py $(PYTEST) tests/site

lint: environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit -q -c pyproject.toml -r src 2> >(grep -v "no failed test" >&2)

types: environment
	$(SCRATCH) $(BIN)/mypy

layers: environment
	$(BIN)/lint-imports

format: environment ## Put code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

environment:
	@tools/make_venv.sh

system:
	@tools/system_packages.sh

clean: ## Remove what was made, except data
	rm -rf .venv .venv.lock node_modules build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
