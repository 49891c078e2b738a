# Each goal sets up what it needs by itself, once, and again when pyproject.toml changes.
# Paths are relative and everything runs as `python -m`, so that spaces in the path, a moved folder and an activated
# environment make no difference.

.DEFAULT_GOAL := help
SHELL := /bin/sh
RUN := .venv/bin/python

# What an environment may hold that would pull other code in, or make uv and pip work on another environment.
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV CONDA_PREFIX UV_PROJECT_ENVIRONMENT

.PHONY: help demo test check serve studio format clean

help: ## Show what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

demo: .venv/ready ## Watch questions being answered through real HTTP calls; no key, no network service
	@$(RUN) -m api.cli demo

test: .venv/ready-to-test ## Run the linters and every test; what the linters find does not keep the tests from running
	@failed=0; \
	$(MAKE) --no-print-directory check || failed=1; \
	$(RUN) -m pytest -n auto --maxprocesses 4 --dist worksteal || failed=1; \
	exit $$failed

check: .venv/ready-to-test ## Run the linters: style, format, types, import directions
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check --quiet .
	@$(RUN) -m mypy
	@$(RUN) -c 'import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True))'

serve: .venv/ready ## Start the service with the demo's catalog and upstream on http://127.0.0.1:8000
	@$(RUN) -m api.cli serve --demo

studio: .venv/ready-for-studio ## Open the graph in LangGraph Studio, with the demo's catalog and upstream
	@$(RUN) -m demo.studio

format: .venv/ready-to-test ## Put the code into shape
	@$(RUN) -m ruff check --fix --quiet .
	@$(RUN) -m ruff format --quiet .

clean: ## Remove what was built and installed here
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .langgraph_api build dist

.venv/ready: EXTRAS :=
.venv/ready-for-studio: EXTRAS := [studio]
.venv/ready-to-test: EXTRAS := [dev,studio]

.venv/ready .venv/ready-for-studio .venv/ready-to-test: pyproject.toml
	@set -e; \
	$(FIND_PYTHON); \
	echo "Installing switchboard$(EXTRAS) into .venv ..." >&2; \
	if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(RUN) --editable '.$(EXTRAS)'; \
	else \
	  $(RUN) -m pip --version >/dev/null 2>&1 || $(RUN) -m ensurepip >/dev/null; \
	  $(RUN) -m pip install --quiet --disable-pip-version-check --editable '.$(EXTRAS)'; \
	fi; \
	touch .venv/ready $@

# A virtual environment with Python 3.11 or later: the one that is there, or a new one.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
define FIND_PYTHON
if ! $(RUN) -c '$(NEW_ENOUGH)' 2>/dev/null; then \
	  rm -rf .venv; \
	  for python in python3.13 python3.12 python3.11 python3 python; do \
	    if "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; then break; fi; \
	    python=; \
	  done; \
	  if command -v uv >/dev/null 2>&1; then \
	    uv venv --quiet --python "$${python:-3.11}" .venv; \
	  elif [ -n "$$python" ]; then \
	    "$$python" -m venv .venv || { rm -rf .venv; exit 1; }; \
	  else \
	    echo "Switchboard needs Python 3.11 or later, and found none (tried python3.13, python3.12, python3.11, python3, python)." >&2; \
	    echo "Install one of them, or uv, which fetches its own; then run make again." >&2; \
	    exit 1; \
	  fi; \
	fi
endef
