# Every target makes its own virtual environment in .venv; PYTHON chooses the interpreter (3.10 to 3.12).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONUNBUFFERED := 1

.PHONY: demo test gui lint screenshots clean

demo: $(VENV)/installed  ## DeepRes on the demonstration map, in a Scipion project without a display
	$(BIN)/python scripts/demo.py -o demo_output

test: $(VENV)/installed  ## all tests
	$(BIN)/python -m pytest -q

gui: $(VENV)/installed  ## Scipion's project window with the plugin and the demonstration in it
	$(BIN)/python scripts/gui.py

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/codespell

screenshots: $(VENV)/installed  ## the pictures of docs/images, under a virtual screen
	$(BIN)/python scripts/screenshots.py

clean:
	rm -rf $(VENV) demo_output scipion build dist *.egg-info

$(VENV)/installed: setup.py pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v <= (3, 12) else \
	  "Python %d.%d found; scipion-em-deepres needs 3.10 to 3.12: make PYTHON=python3.11" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@
