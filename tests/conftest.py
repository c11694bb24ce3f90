"""Fixtures shared by the tests of the science."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The project's shared data (maps, structures); tests that ask for it skip where it is not there."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("DEEPRES_SHARED", default))
    if not folder.is_dir():
        pytest.skip(f"the shared data is not at {folder}; set DEEPRES_SHARED to its place")
    return folder
