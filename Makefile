# Everything a newcomer needs, one word each. `make` alone lists the words.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The locks name everything there is, so nothing is left to look up; and Python compiles a module
# when it first needs it. Both together halve the wait of a newcomer.
INSTALL := $(PIP) install --no-deps --no-compile
# For so much, uv takes half of pip's work and a third of its time. Where it finds nothing with what
# it is told here of pip's settings, pip does it.
TOLD_PIP = $$($(PIP) config get global.$(1) 2>/dev/null)
INSTALL_QUICKLY = UV_DEFAULT_INDEX="$(call TOLD_PIP,index-url)" \
  UV_FIND_LINKS="$(call TOLD_PIP,find-links)" $(BIN)/uv pip install --python $(BIN)/python --quiet \
  --no-config --system-certs --no-deps
# One more than the smallest machine has cores on which we promise the ten minutes: tests often wait
# for a server or a command that starts.
TEST_PROCESSES ?= 3

# An environment knows its own path. Copied with the checkout, or left without its interpreter, it
# is made anew.
ifneq ($(shell cat $(VENV)/.place 2>/dev/null; test -x $(BIN)/python || echo none),$(CURDIR))
PLACE_STALE := place-stale
endif

# Where Python is told to keep nothing that it compiled, each of the hundreds of programs that tests
# start would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run check lint test proof bench docs lock clean place-stale browser compiled before

help:  ## list these commands
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' Makefile | while IFS='	' read -r word text; do \
	  printf '  make %-6s %s\n' "$$word" "$$text"; done

run: $(VENV)/.run-ready  ## start Entrepot with its own database and a small demo network
	@exec $(BIN)/entrepot run

check: lint  ## format, lint, types, import contracts, house rules
	$(BIN)/pytest -q tests/tidy

# What needs no test process; in the whole suite the house rules are tests like all others.
lint: $(VENV)/.dev-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: before  ## lint, then the whole suite at quick sizes, in at most ten minutes on two cores
	ENTREPOT_TEST_SIZE=quick $(BIN)/pytest -n $(TEST_PROCESSES)

proof: before  ## the same suite at full sizes
	ENTREPOT_TEST_SIZE=full $(BIN)/pytest -n $(TEST_PROCESSES)

# One core lints while the other does the rest.
before: $(VENV)/.dev-ready
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target lint browser compiled

# Test processes that start together would each compile all tests.
compiled: $(VENV)/.dev-ready
	@found=$$($(BIN)/pytest --collect-only -q) || { echo "$$found"; exit 1; }

# The portal is tested in Chromium, which Debian installs where there is none yet.
browser: $(VENV)/.dev-ready
	@$(BIN)/python -m tests.browser.finding

bench: $(VENV)/.dev-ready  ## measure the named workloads and add a line to the stored results
	$(BIN)/python -m benchmarks

docs: $(VENV)/.dev-ready  ## write the generated pages of docs/reference again
	$(BIN)/python docs/generate.py

lock: $(VENV)/.dev-ready  ## pin the dependencies again; UPGRADE=1 takes newer versions
	$(LOCK) pyproject.toml requirements/build.in --output-file requirements/run.lock
	$(LOCK) pyproject.toml requirements/build.in requirements/dev.in \
	  --constraints requirements/run.lock --output-file requirements/dev.lock

clean:  ## remove the environment and all caches; data stays
	rm -rf $(VENV) .connector .screenshots .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Addresses of package indexes differ from place to place, so none is written down.
LOCK = $(BIN)/uv pip compile --no-config --quiet --universal --python-version 3.11 \
  --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links --native-tls \
  --custom-compile-command 'make lock' --extra embedded $(if $(UPGRADE),--upgrade)

$(VENV)/.place: $(PLACE_STALE)
	@test -w . || { echo "This checkout ($(CURDIR)) cannot be written to by this user; clone it \
	to a directory of your own." >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here; install Python 3.11 or \
	newer, or say which one: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Entrepot needs \
	Python 3.11 or newer; say which one: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) lacks the module venv; \
	on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making the Python environment in $(VENV) ..." >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@printf '%s\n' '$(CURDIR)' > $@

# The lock holds a hash for every file, the build backend included, so nothing unnamed gets in.
$(VENV)/.run-ready: requirements/run.lock pyproject.toml $(VENV)/.place
	@echo "Installing what Entrepot needs ..." >&2
	@$(INSTALL) --require-hashes -r requirements/run.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev-ready: requirements/dev.lock requirements/run.lock pyproject.toml $(VENV)/.place
	@echo "Installing what Entrepot and its tests need ..." >&2
	@awk '/^[^ ]/ { wanted = /^uv==/ } wanted' requirements/dev.lock > $(VENV)/.installer
	@$(INSTALL) --require-hashes -r $(VENV)/.installer
	@$(INSTALL_QUICKLY) --require-hashes -r requirements/dev.lock 2>/dev/null || \
	  $(INSTALL) --require-hashes -r requirements/dev.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $(VENV)/.run-ready $@
