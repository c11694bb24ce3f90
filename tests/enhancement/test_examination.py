"""The whole check where it ends early; the command's tests have the rest."""

import numpy as np
import pytest

from deepreslib.enhancement.examination import examine
from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, masks

SHAPE, SIZE = (40,) * 3, 1.5
BALL = sum((c - 20) ** 2 for c in np.indices(SHAPE)) < 8**2


def noisy(seed, noise=0.3, limit=5.0):
    rng, signal = np.random.default_rng(seed), np.random.default_rng(0).standard_normal(SHAPE)
    signal = filters.low_pass(signal + 1, SIZE, limit) * masks.soft_edge(BALL, 2)
    return DensityMap((signal + noise * rng.standard_normal(SHAPE)).astype(np.float32), (SIZE,) * 3, path="map.mrc")


def test_a_masked_map_ends_it_before_all_else():
    masked = noisy(1)
    found = examine(masked.like(masked.data * BALL), None, BALL)
    assert found.method == "monores"
    assert found.verdict.answer == "cannot tell"
    assert "no noise outside the mask" in found.verdict.reason
    assert [found.snr, found.limit, found.search, found.sharpened, found.claims] == [None] * 5


def test_a_resolution_that_deepres_cannot_tell_ends_it():
    found = examine(noisy(1), (noisy(1), noisy(2)), BALL, resolution=14)
    assert found.method == "localfsc"
    assert found.verdict.answer == "cannot tell"
    assert "14.0 Å (given), is beyond what DeepRes can tell" in found.verdict.reason
    assert found.limit == (14, "given")
    assert found.snr is not None
    assert (found.search, found.sharpened, found.claims) == (None, None, None)


@pytest.mark.parametrize("resolution", [2.9, float("nan"), -4])
def test_a_resolution_that_cannot_be_is_refused(resolution):
    with pytest.raises(InputError, match=r"finer than twice the voxel size of map\.mrc, 3 Å"):
        examine(noisy(1), None, BALL, resolution=resolution)
