# Certcenter: `make help` lists the commands. State lives below ${CERTCENTER_HOME:-var/}, everything else in this folder.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := UV_PYTHON_DOWNLOADS=never $(BIN)/uv
UV_VERSION := 0.13.8
STAMPS := .make
PAGE_SOURCES := $(shell find browser/src browser/*.ts browser/*.json -type f 2>/dev/null)
CATALOGUES := $(wildcard server/src/certcenter/*/locale/*/LC_MESSAGES/django.po)
HELPER_CATALOGUES := $(wildcard helper/src/certcenter_helper/locale/*/LC_MESSAGES/*.po)

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: demo
demo: $(STAMPS)/server $(STAMPS)/page $(STAMPS)/messages ## a running centre at http://127.0.0.1:$${PORT:-8000}, from nothing
	CERTCENTER_PORT=$${PORT:-8000} exec $(BIN)/certcenterctl demo

.PHONY: tour
tour: $(STAMPS)/server $(STAMPS)/helper $(STAMPS)/page $(STAMPS)/messages ## walk a certificate's life against a throw-away centre, print what was seen
	exec $(BIN)/certcenterctl tour

.PHONY: test
test: $(STAMPS)/dev $(STAMPS)/page $(STAMPS)/messages ## lint, types, import rules, all tests (short forms of the long ones)
	tests/run.sh

.PHONY: lint lint-python lint-page
lint: $(STAMPS)/dev $(STAMPS)/page-packages ## Ruff, mypy, import rules, TypeScript
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint-python lint-page

lint-python:
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy sdk/src server/src helper/src

lint-page:
	npm --prefix browser run --silent check

.PHONY: bench
bench: $(STAMPS)/dev $(STAMPS)/page $(STAMPS)/messages ## all benchmarks against their peers, one table
	$(BIN)/python -m bench

.PHONY: soak
soak: $(STAMPS)/dev $(STAMPS)/page $(STAMPS)/messages ## the full counts of kill, race and fuzz tests
	CERTCENTER_SOAK=1 npm --prefix browser run --silent test
	CERTCENTER_SOAK=1 $(BIN)/pytest -m soak -p no:randomly --timeout 3600

.PHONY: helper
helper: $(STAMPS)/helper $(STAMPS)/messages ## the command line `certcenter` in .venv/bin

.PHONY: env
env: $(STAMPS)/dev ## the development environment in .venv

.PHONY: lock
lock: $(STAMPS)/uv ## write the lock files anew from requirements/*.in (they name no host)
	for name in server helper window dev; do $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" requirements/$$name.in -o requirements/$$name.lock; done

.PHONY: clean
clean: ## remove what make made (never ${CERTCENTER_HOME:-var/})
	rm -rf $(VENV) $(STAMPS) browser/node_modules server/src/certcenter/portal/static/portal/build
	find server/src helper/src -name '*.mo' -delete

$(STAMPS)/uv:
	@mkdir -p $(STAMPS)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# The running centre needs server.lock alone; whoever develops has dev.lock, which holds the same versions and more.
$(STAMPS)/server: $(STAMPS)/uv requirements/server.lock server/pyproject.toml sdk/pyproject.toml
	@[ -f $(STAMPS)/dev ] || $(UV) pip install --quiet --require-hashes -r requirements/server.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation -e sdk -e server
	@touch $@

# The command line `certcenter`; beside a running centre for the tour, or alone.
$(STAMPS)/helper: $(STAMPS)/uv requirements/helper.lock helper/pyproject.toml sdk/pyproject.toml
	@[ -f $(STAMPS)/dev ] || $(UV) pip install --quiet --require-hashes -r requirements/helper.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation -e sdk -e helper
	@touch $@

$(STAMPS)/dev: $(STAMPS)/uv requirements/dev.lock server/pyproject.toml sdk/pyproject.toml helper/pyproject.toml
	$(UV) pip install --quiet --require-hashes -r requirements/dev.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation -e sdk -e server -e helper
	@touch $@ $(STAMPS)/server $(STAMPS)/helper

$(STAMPS)/page-packages: browser/package.json browser/package-lock.json
	@mkdir -p $(STAMPS)
	npm --prefix browser ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STAMPS)/page: $(STAMPS)/page-packages $(PAGE_SOURCES)
	npm --prefix browser run --silent build
	npm --prefix browser run --silent build:node
	@touch $@

$(STAMPS)/messages: $(STAMPS)/server $(CATALOGUES) $(HELPER_CATALOGUES)
	for room in $(sort $(patsubst %/locale/,%/locale,$(dir $(patsubst %/,%,$(dir $(patsubst %/,%,$(dir $(CATALOGUES)))))))); do \
	  $(BIN)/pybabel --quiet compile --domain django --directory $$room || exit 1; done
	for file in $(HELPER_CATALOGUES); do $(BIN)/pybabel --quiet compile --input-file $$file --output-file $${file%.po}.mo \
	  --locale zh_Hant || exit 1; done
	@touch $@
