# Two commands for everybody: `make run` and `make test`. `make` alone lists the others.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
CORPORA_DIR ?= ../shared/corpora
SBOM ?= var/sbom.cdx.json
export CORPORA_DIR

.DEFAULT_GOAL := help
.PHONY: help run extras test check format system lock faults notices messages soak weight bench screenshots audit sbom installed \
	installed-dev $(BIN)/python

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

run: installed ## Prepare and serve the site; prints its address
	@exec $(BIN)/python manage.py serve

installed: $(BIN)/python ## Install the packages that the site needs, without serving it
	@cmp -s requirements.lock .venv/requirements.lock || cmp -s requirements-dev.lock .venv/requirements-dev.lock || { \
		$(call install,requirements.lock); }
	@[ ! -e .venv/requirements-extras.lock ] || \
		cmp -s requirements-extras.lock .venv/requirements-extras.lock || { $(call install,requirements-extras.lock); }

extras: installed ## Install the drivers for PostgreSQL and Redis
	@cmp -s requirements-extras.lock .venv/requirements-extras.lock || { $(call install,requirements-extras.lock); }

test: installed-dev ## Run every test, on SQLite and on PostgreSQL
	@.ci/have-tools || { [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || $(MAKE) --no-print-directory system; }
	@$(BIN)/python .ci/test.py

check: installed-dev ## Format, lint, types, layers, templates, migrations, settings, locks, notices, translations
	@.ci/check

format: installed-dev ## Put the code into its form
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

faults: installed-dev ## Write the table of faults with its tests into docs/reliability.md
	@$(BIN)/python .ci/faults.py

notices: installed-dev ## Write the licences of what is shipped into NOTICE.md
	@$(BIN)/python .ci/notices.py

messages: installed-dev ## Bring the catalogs of translations up to date with the sentences, and compile them
	@$(BIN)/python .ci/messages.py

soak: installed-dev ## Load with faults, some 13 minutes; SOAK="--help" tells its options
	@exec $(BIN)/python -m bench.soak $(SOAK)

weight: installed-dev ## What the pages cost a browser: bytes, shifts, time of its main thread
	@$(BIN)/python -m bench.page

bench: installed-dev ## What streaming costs, beside the barest relay; BENCH="history": much history, "install": disk and memory, "scaling": many people
	@exec $(BIN)/python -m bench $(BENCH)

screenshots: installed-dev ## Picture every state of every page
	@$(BIN)/python -m tests.screenshots

system: ## Install what only tests need: Chromium, PostgreSQL, Redis, nginx and the like (root, apt)
	@.ci/system

lock: installed-dev ## Pin requirements*.txt anew
	@.ci/lock

audit: installed-dev ## Ask what is known against the pinned packages (network); AUDIT adds options of pip-audit
	@exec $(BIN)/python .ci/audit.py $(AUDIT)

sbom: installed-dev ## Write a bill of materials (CycloneDX) of what is shipped; SBOM names the file
	@$(BIN)/python .ci/sbom.py $(SBOM)

# The virtual environment: made where there is none or its Python is gone; filled where a lock has changed. The drivers
# follow their lock from the first `make extras` on.

install = echo "Installing the packages of $(1) …" && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && cp $(1) .venv/

installed-dev: $(BIN)/python
	@cmp -s requirements-dev.lock .venv/requirements-dev.lock || { $(call install,requirements-dev.lock); }

$(BIN)/python:
	@$@ -m pip --version >/dev/null 2>&1 || .ci/venv "$(PYTHON)"
