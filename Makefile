# `make demo` shows the product, `make test` proves it. Both need Python 3.11+ with venv, make and a network to install from.
# Where port 8765 is taken: make demo ARGUMENTS="--port 8766".

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint types unit pages lock clean

demo: .venv/installed
	$(BIN)/scorecell demo $(ARGUMENTS)

test: lint types unit

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed
	$(BIN)/mypy

unit: .venv/installed
	$(BIN)/python -m pytest

# After a change of the catalogue or of the settings: the pages that are made from them.
pages: .venv/installed
	$(BIN)/python -m kpis.catalogue_page > kpis/catalogue/README.md
	$(BIN)/python -m addon.settings_page > addon/SETTINGS.md

.venv/installed: pyproject.toml requirements.lock
	@echo "installing into .venv; this takes a minute, once"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

# After a change of the dependencies in pyproject.toml; records versions and hashes, no addresses.
lock: .venv/installed
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--extra dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .scorecell .mypy_cache .pytest_cache .ruff_cache
