"""The features of cells against those of the whole map."""

import numpy as np
import pytest

from deepreslib.networks.cryores_cells import FeatureCells
from deepreslib.networks.cryores_features import FEATURES, SUMMARY, local_features
from deepreslib.networks.cryores_region import region


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    radius = np.linalg.norm(np.indices((60, 72, 48)).T - 26, axis=-1).T
    values = (rng.standard_normal(radius.shape) * (0.1 + (radius < 14))).astype(np.float32)
    return region(values, (2.5,) * 3, np.ones(values.shape, bool))


@pytest.fixture(scope="module")
def cells(data):
    return FeatureCells(data, 1, pooled=2000, places=41 * 60 * 60)


def test_the_summary_is_that_of_the_whole_map(data, cells):
    whole = local_features(data, 1)
    assert cells.shape == whole.shape
    assert cells.summary.shape == (SUMMARY,)
    assert cells.reference == pytest.approx(whole.reference, rel=1e-4)
    np.testing.assert_allclose(cells.summary, whole.summary, atol=5e-3)


def test_each_place_has_the_features_that_it_has_in_the_whole_map(data, cells):
    whole = local_features(data, 1).planes()
    times = np.zeros(cells.shape[:2], int)
    assert len(cells.cells) > 4
    for cell in cells.cells:
        times[cell.z, cell.y] += 1
        z, y = (slice(side.start, side.stop + 1) for side in (cell.z, cell.y))
        found = np.concatenate(list(cells.features(cell, places=1000)))
        np.testing.assert_allclose(found, whole[z, y], atol=2e-3)
    assert (times == 1).all()


def test_thinned_places_are_evenly_spaced(data, cells):
    whole = local_features(data, 1).planes()
    step = int(np.ceil((whole[..., 0].size / 2000) ** (1 / 3)))
    chosen = slice(step // 2, None, step)
    expected = whole[chosen, chosen, chosen].reshape(-1, FEATURES)
    found = cells.thinned.reshape(-1, FEATURES)
    assert len(found) == len(expected)
    np.testing.assert_allclose(np.sort(found, axis=0), np.sort(expected, axis=0), atol=2e-3)
