# Two commands for everybody: `make run` and `make test`. `make` alone lists the others.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
CORPORA_DIR ?= ../shared/corpora
export CORPORA_DIR

.DEFAULT_GOAL := help
.PHONY: help run test check format system lock screenshots installed installed-dev $(BIN)/python

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

run: installed ## Prepare and serve the site; prints its address
	@exec $(BIN)/python manage.py serve

test: installed-dev ## Run every test
	@.ci/have-tools || { [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || $(MAKE) --no-print-directory system; }
	@$(BIN)/python -m pytest

check: installed-dev ## Format, lint, types, layers, templates, migrations, settings, locks
	@.ci/check

format: installed-dev ## Put the code into its form
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

screenshots: installed-dev ## Picture the main states of the page
	@$(BIN)/python -m tests.screenshots

system: ## Install what only tests need: Chromium, PostgreSQL, Redis, nginx (root, apt)
	@.ci/system

lock: installed-dev ## Pin requirements*.txt anew
	@.ci/lock

# The virtual environment: made where there is none or its Python is gone; filled where a lock has changed.

installed: $(BIN)/python
	@cmp -s requirements.lock .venv/requirements.lock || cmp -s requirements-dev.lock .venv/requirements-dev.lock || { \
		echo "Installing the packages of requirements.lock …" && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
		cp requirements.lock .venv/; }

installed-dev: $(BIN)/python
	@cmp -s requirements-dev.lock .venv/requirements-dev.lock || { \
		echo "Installing the packages of requirements-dev.lock …" && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock && \
		cp requirements-dev.lock .venv/; }

$(BIN)/python:
	@$@ -m pip --version >/dev/null 2>&1 || .ci/venv "$(PYTHON)"
