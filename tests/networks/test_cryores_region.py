"""The part of a map that CryoRes looks at."""

import numpy as np
import pytest

from deepreslib.fourier import spectra
from deepreslib.networks.cryores_features import local_features
from deepreslib.networks.cryores_region import SURROUNDINGS, guarded, region, without_rim

SIZES = (1.5, 1.5, 1.5)


def molecule(shape=(90, 80, 84), centre=(40, 42, 44), radius=12):
    """Blobs in a ball, with faint noise around."""
    rng = np.random.default_rng(0)
    distance = np.sqrt(sum((axis - c) ** 2 for axis, c in zip(np.indices(shape), centre, strict=True)))
    detail = rng.standard_normal(shape).astype(np.float32)
    return ((distance < radius) * (1 + detail) + 0.05 * rng.standard_normal(shape)).astype(np.float32)


def test_the_molecule_and_its_surroundings_are_found():
    data = molecule()
    found = region(data, SIZES)
    z, y, x = (
        spectra.GRID * np.arange(n) / 1.5 + side.start for n, side in zip(found.core.shape, found.box, strict=True)
    )
    places = np.sqrt((z[:, None, None] - 40) ** 2 + (y[:, None] - 42) ** 2 + (x - 44) ** 2)
    assert found.core[places < 11].mean() > 0.97
    assert not found.core[places > 12 + 12 / 1.5].any()
    assert not (found.core & found.near).any()
    assert not (found.near & found.far).any()
    assert places[found.near].mean() < places[found.far].mean()
    for side, centre in zip(found.box, (40, 42, 44), strict=True):
        assert side.start <= centre - 12 - SURROUNDINGS / 1.5 + 2
        assert side.stop >= centre + 12 + SURROUNDINGS / 1.5 - 2
    assert found.open_faces == 0


@pytest.mark.parametrize("level", [0.0, -7.0])
def test_constant_rims_are_left_out(level):
    data = molecule()
    padded = np.pad(data, ((3, 0), (10, 40), (0, 1)), constant_values=level)
    box = without_rim(padded)
    np.testing.assert_array_equal(padded[box], data)
    one, other = region(data, SIZES), region(padded, SIZES)
    np.testing.assert_array_equal(other.data, one.data)
    np.testing.assert_array_equal(other.core, one.core)


def test_a_constant_map_is_left_whole():
    assert without_rim(np.ones((4, 5, 6))) == (slice(0, 4), slice(0, 5), slice(0, 6))


def test_a_wider_box_changes_little():
    """A margin of more noise around the same map."""
    data = molecule((120, 120, 120), (60, 60, 60))
    part = (slice(20, 100), slice(16, 104), slice(22, 101))
    one, other = (local_features(region(np.ascontiguousarray(values), SIZES)).summary for values in (data, data[part]))
    assert np.sqrt(np.mean((one - other) ** 2)) < 0.03


def test_quarter_turns_change_little():
    data = molecule()
    one = local_features(region(data, SIZES)).summary
    for turned in (np.rot90(data, 1, (0, 2)), np.rot90(data, 2, (0, 1)), data[:, ::-1]):
        other = local_features(region(np.ascontiguousarray(turned), SIZES)).summary
        assert np.sqrt(np.mean((one - other) ** 2)) < 0.03


def test_density_that_reaches_the_faces_is_told():
    data = molecule((40, 40, 40), (20, 20, 20), 40)
    found = region(data, SIZES)
    assert found.core.mean() > 0.95
    assert found.open_faces == pytest.approx(6, abs=0.5)
    assert not found.far.any()


def test_what_is_added_leads_to_one_level():
    data = np.random.default_rng(1).standard_normal((30, 34, 28)).astype(np.float32) + 5
    box = (slice(0, 30), slice(4, 30), slice(0, 28))
    outer, valid = guarded(data, box, spectra.whole(data.shape), SIZES)
    np.testing.assert_array_equal(outer[valid], data[box])
    middle = outer[:, outer.shape[1] // 2, outer.shape[2] // 2]
    assert abs(middle[0] - middle[-1]) < 0.2  # opposite ends meet
    first = valid[1].start
    np.testing.assert_array_equal(outer[valid[0], first - 3 : first, valid[2]], data[:, 1:4])  # of the map itself
    np.testing.assert_array_equal(outer[valid[0].start - 2, valid[1], valid[2]], data[1, box[1]])  # its mirror image
