# One line per target: make help
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
STAMP := .venv/.ready
export UV_NO_CONFIG := 1
export UV_PYTHON_DOWNLOADS := never
# Some machines set it; every run would then compile everything again.
unexport PYTHONDONTWRITEBYTECODE

# Whoever is not root installs Debian's packages by sudo.
ROOT := $(shell test $$(id -u) = 0 || echo sudo)
PAGES := mobile_api/web/dist/.ready

.PHONY: help setup web browser demo test check format lock bench soak clean

help: ## Show these targets
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

setup: $(STAMP) ## Make .venv with the locked dependencies and the command .venv/bin/regulars

$(STAMP): requirements.lock pyproject.toml Makefile
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1 | cut -d" " -f2): make PYTHON=python3.11 setup" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "python3-venv is missing: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

web: $(PAGES) ## Build the pages of the faces with the locked npm packages

node_modules/.package-lock.json: package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer" >&2; exit 1; }
	@npm ci --no-progress --loglevel=error >/dev/null
	@touch $@

$(PAGES): node_modules/.package-lock.json $(shell find loyalty/web/ui loyalty/web/static mobile_api/web -path '*/dist' -prune -o -type f -print)
	@npm run --silent build
	@touch $@

browser: ## Have Debian's Chromium, for the tests
	@{ command -v chromium && command -v chromium-headless-shell; } >/dev/null || { echo "Installing chromium"; $(ROOT) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(ROOT) apt-get install -y -qq --no-install-recommends chromium chromium-headless-shell >/dev/null; } \
	  || { echo "chromium is missing: apt-get install chromium chromium-headless-shell" >&2; exit 1; }

demo: setup web ## Show the main job on screen, then serve everything
	@$(BIN)/regulars demo

test: check web browser ## Everything that CI checks: make check, then all tests on two cores
	@$(BIN)/pytest -n 2

check: setup node_modules/.package-lock.json ## Format, lint, types, import contracts, migrations against models
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports
	@$(BIN)/regulars migrate --check
	@npm run --silent check

format: setup ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@npm run --silent format

lock: setup ## Choose newest versions of all dependencies, write requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --extra dev --output-file requirements.lock pyproject.toml

bench: setup web browser ## Measure; prints medians and ratios
	@$(BIN)/python -m tests.benchmarks

soak: setup web browser ## The long runs: many devices, every deliberate mistake, every mutation of the log
	@$(BIN)/pytest -n 2 -m "soak or slow"

clean: ## Remove what was installed and built (the data in .data stays)
	rm -rf .venv node_modules mobile_api/web/dist
