"""Files for the tests of maps."""

import pytest


@pytest.fixture
def file(tmp_path):
    """Write bytes to a file; its path."""

    def write(content, name="map.mrc"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write
