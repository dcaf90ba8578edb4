# Each target makes what it needs: `make demo` and `make test` work on a fresh clone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := plans/demo-week
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

rewritten = $(BIN)/python -c "from pathlib import Path; from $(1) import rewrite; rewrite(Path('$(2)'))"

.DEFAULT_GOAL := help
.PHONY: help demo test lint golden bench docs notebooks calibration

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile

# Exit code 5 is a plan whose gap was not closed in time: written, with its gap, like any other.
demo: $(VENV)/.installed  ## Plan the demonstration week and say where its report lies
	$(BIN)/carbonplan solve scenarios/demo-week.yaml --out $(DEMO) --overwrite || test $$? -eq 5
	@echo "report: $(CURDIR)/$(DEMO)/report.html"

test: lint  ## Run linters and all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.installed-for-tests  ## Check style and layout of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

golden: $(VENV)/.installed-for-tests  ## Solve the regression scenarios and rewrite tests/golden/
	$(BIN)/python -m pytest tests/test_golden.py --rewrite-golden

bench: $(VENV)/.installed-for-tests  ## Measure speed and memory; rewrites docs/performance.md
	$(BIN)/python -m bench

docs: $(VENV)/.installed  ## Rewrite what the documents hold of commands, fields, figures and outputs
	$(BIN)/typer carbonplan.cli.main utils docs --name carbonplan --output docs/commands.md
	$(call rewritten,carbonplan.scenario.describe,docs/scenario.md)
	$(call rewritten,carbonplan.technology.embodied.page,docs/embodied.md)
	$(call rewritten,carbonplan.cli.examples,docs/breakeven.md)
	$(BIN)/carbonplan accuracy --page docs/accuracy.md >/dev/null

notebooks: $(VENV)/.installed  ## Run the notebooks of docs/notebooks and keep what they show
	$(PIP) install --editable '.[docs]'
	$(BIN)/python docs/notebooks/execute.py

calibration: $(VENV)/.installed  ## Refit to MEASUREMENTS=DIR; rewrites data/calibration/ and docs/accuracy.md
	$(if $(MEASUREMENTS),,$(error say where the measurements are: make calibration MEASUREMENTS=DIR))
	$(BIN)/python -m carbonplan.technology.calibrate fit $(MEASUREMENTS)
	$(BIN)/carbonplan accuracy --data $(MEASUREMENTS) --cross-validate --figures docs/figures >/dev/null
	$(BIN)/carbonplan accuracy --page docs/accuracy.md >/dev/null

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-for-tests: pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[test]'
	@touch $@ $(VENV)/.installed
