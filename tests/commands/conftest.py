"""Fixtures for the tests of commands."""

import sys

import enhance_runs
import pytest

from deepreslib.commands import enhancers


@pytest.fixture(scope="session")
def enhance_inputs_folder(tmp_path_factory):
    """The files of ``enhance_runs``, made once."""
    folder = tmp_path_factory.mktemp("enhance")
    enhance_runs.write_inputs(folder)
    return folder


@pytest.fixture
def enhance_files(enhance_inputs_folder, tmp_path, monkeypatch):
    """A folder with these files, in which the command runs; and the method ``plain`` beside the others."""
    inputs, methods = tmp_path / "inputs", tmp_path / "methods"
    inputs.mkdir()
    for path in enhance_inputs_folder.iterdir():
        (inputs / path.name).write_bytes(path.read_bytes())
    methods.mkdir()
    (methods / "plain.py").write_text(enhance_runs.PLAIN)
    monkeypatch.setattr(enhancers, "__path__", [*enhancers.__path__, str(methods)])
    monkeypatch.chdir(inputs)
    yield inputs
    sys.modules.pop(f"{enhancers.__name__}.plain", None)
