"""Where the fuzzer works: a folder with small good inputs, in which each test runs."""

import pytest
from hostile import make_inputs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of the module's own with the inputs."""
    path = tmp_path_factory.mktemp("fuzz")
    make_inputs(path)
    return path


@pytest.fixture(autouse=True)
def here(folder, monkeypatch):
    """Each test runs in that folder."""
    monkeypatch.chdir(folder)
