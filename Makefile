# Each target makes what it needs: `make demo` and `make test` work on a fresh clone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := plans/demo-week
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test lint golden bench docs

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

# Exit code 5 is a plan whose gap was not closed in time: written, with its gap, like any other.
demo: $(VENV)/.installed  ## Plan the demonstration week and say where its report lies
	$(BIN)/carbonplan solve scenarios/demo-week.yaml --out $(DEMO) --overwrite || test $$? -eq 5
	@echo "report: $(CURDIR)/$(DEMO)/report.html"

test: lint  ## Run linters and all tests
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.installed-for-tests  ## Check style and layout of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

golden: $(VENV)/.installed-for-tests  ## Solve the regression scenarios and rewrite tests/golden/
	$(BIN)/python -m pytest tests/test_golden.py --rewrite-golden

bench: $(VENV)/.installed-for-tests  ## Measure speed and memory; rewrites docs/performance.md
	$(BIN)/python -m bench

docs: $(VENV)/.installed  ## Rewrite the references of commands and of the scenario file
	$(BIN)/typer carbonplan.cli.main utils docs --name carbonplan --output docs/commands.md
	$(BIN)/python -c "from pathlib import Path; from carbonplan.scenario.describe import rewrite; rewrite(Path('docs/scenario.md'))"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-for-tests: pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[test]'
	@touch $@ $(VENV)/.installed
