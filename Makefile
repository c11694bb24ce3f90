# Every target makes its own virtual environment in .venv; PYTHON chooses the interpreter (3.10 to 3.12).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SITE := docs/_build
export PYTHONUNBUFFERED := 1

.PHONY: help demo test notebooks installer fuzz endurance gui lint docs screenshots clean

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

demo: $(VENV)/installed  ## DeepRes on the demonstration map, in a Scipion project without a display
	$(BIN)/python scripts/demo.py -o demo_output

test: $(VENV)/installed $(VENV)/documented  ## all tests: the suite with its coverage, the notebooks, the installer
	$(BIN)/python scripts/run_tests.py

notebooks: $(VENV)/installed  ## the notebooks alone, executed
	$(BIN)/python -m pytest -q --nbmake notebooks

installer: $(VENV)/installed  ## the test of Scipion's installer alone; it needs a package index
	$(BIN)/python -m pytest -q -m installer -rs tests/installer

fuzz: $(VENV)/installed  ## three thousand hostile inputs
	DEEPRES_FUZZ=10 $(BIN)/python -m pytest -q -n 2 --dist load tests/fuzz

endurance: $(VENV)/installed  ## the tests that take many minutes
	$(BIN)/python -m pytest -q -m endurance

gui: $(VENV)/installed  ## Scipion's project window with the plugin and the demonstration in it
	$(BIN)/python scripts/gui.py

lint: $(VENV)/installed  ## style, floors, types and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/codespell

docs: $(VENV)/documented  ## the documentation, into docs/_build/html, and its examples run
	$(BIN)/python -m sphinx -b html -W --keep-going -q -d $(SITE)/doctrees docs $(SITE)/html
	$(BIN)/python -m sphinx -b doctest -W --keep-going -q -d $(SITE)/doctrees docs $(SITE)/doctest
	@echo "wrote $(SITE)/html/index.html"

screenshots: $(VENV)/installed  ## the pictures of docs/images, under a virtual screen
	$(BIN)/python scripts/screenshots.py
	$(BIN)/python docs/figures.py

clean:  ## removes all that was made
	rm -rf $(VENV) demo_output scipion build dist *.egg-info $(SITE) .coverage

$(VENV)/installed: setup.py pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v <= (3, 12) else \
	  "Python %d.%d found; scipion-em-deepres needs 3.10 to 3.12: make PYTHON=python3.11" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

$(VENV)/documented: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,docs]'
	touch $@
