import numpy as np
import pytest
from window_gains import molecule

from deepreslib.enhancement import guinier
from deepreslib.enhancement.answers import CannotTell
from deepreslib.enhancement.flattening import FINER, flattening, share_of_signal
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap

RESOLUTION = 3.0


def scene(b_factor=80.0, noise=0.02):
    """A molecule blurred by a B factor with noise, half maps, and its mask."""
    density, mask = molecule(56, 18)
    density /= density[mask].std()
    rng = np.random.default_rng(3)
    halves = tuple(
        DensityMap(filters.apply_b_factor(density + noise * rng.standard_normal(mask.shape), 1.0, b_factor), (1.0,) * 3)
        for _ in range(2)
    )
    return halves[0].like((halves[0].data + halves[1].data) / 2), mask, halves


def test_a_b_factor_that_was_applied_makes_no_difference():
    applied, flat = [], []
    for b_factor in (40, 120):
        density_map, mask, _ = scene(b_factor)
        found = flattening(density_map, mask, RESOLUTION, 1)
        applied.append(found.b_factor)
        flat.append(found.of(density_map)[mask])
    assert applied[0] - applied[1] == pytest.approx(80, abs=8)
    assert np.corrcoef(*flat)[0, 1] > 0.99


def test_half_maps_are_treated_alike():
    density_map, mask, halves = scene()
    found = flattening(density_map, mask, RESOLUTION, 1)
    mean = (found.of(halves[0]) + found.of(halves[1])) / 2
    assert found.of(density_map) == pytest.approx(mean, abs=1e-4 * mean.std())
    assert found.report()["low_pass"] == pytest.approx(RESOLUTION / FINER, abs=1e-3)


def test_the_weight_is_that_of_the_fsc_at_the_resolution():
    weight = share_of_signal(np.array([0.0, 1 / RESOLUTION, 2 / RESOLUTION]), RESOLUTION)
    assert weight[0] == pytest.approx(1, abs=2e-3)
    assert weight[1] == pytest.approx(2 * 0.143 / 1.143, rel=0.2)
    assert weight[2] < 1e-9


def test_the_filter_is_no_finer_than_the_voxels():
    density_map, mask, _ = scene()
    assert flattening(density_map, mask, 2.1, 1).report()["low_pass"] == 2


def test_without_a_fit_there_is_a_warning(monkeypatch):
    def cannot(*_):
        raise CannotTell("there is no line")

    monkeypatch.setattr(guinier, "fit", cannot)
    density_map, mask, _ = scene()
    found = flattening(density_map, mask, RESOLUTION, 1)
    assert found.b_factor == 0
    assert found.warnings == ("no B factor was applied to the whole map: there is no line",)
