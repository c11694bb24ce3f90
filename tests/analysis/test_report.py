"""What all JSON reports have in common."""

from importlib import metadata

import numpy as np
import pytest

from deepreslib.analysis import report
from deepreslib.maps import DensityMap
from deepreslib.version import __version__


@pytest.fixture
def density_map():
    return DensityMap(np.zeros((4, 5, 6), np.float32), (1.0, 1.1, 1.2), (3.0, 2.0, 1.0), "half1.mrc")


def test_the_head_has_version_and_command():
    assert report.head("deepres mask a.mrc") == {"version": __version__, "command": "deepres mask a.mrc"}


def test_the_input_follows_in_the_order_of_the_reports(density_map):
    described = report.describe_input(None, (density_map, density_map), density_map, checked="sharp.mrc")
    assert list(described) == ["path", "half_maps", "checked", "shape", "voxel_size", "origin"]
    assert described["half_maps"] == ["half1.mrc", "half1.mrc"]
    assert (described["shape"], described["origin"]) == ((4, 5, 6), (3.0, 2.0, 1.0))
    assert list(report.head("deepres mask a.mrc", described)) == ["version", "command", "input"]
    assert report.describe_input("map.mrc", None, density_map)["half_maps"] is None


def test_keras_is_named_where_a_network_was_used():
    plain, networks = report.versions(), report.versions(network=True)
    assert list(plain) == ["deepres", "python", "numpy", "scipy"]
    assert list(networks) == [*plain, "keras", "backend"]
    assert plain["numpy"] == np.__version__
    assert networks["keras"] == metadata.version("keras")
    assert networks["backend"] in ("tensorflow", "torch", "jax")
