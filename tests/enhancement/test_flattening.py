import numpy as np
import pytest
from window_gains import molecule

from deepreslib.enhancement import flattening, guinier
from deepreslib.enhancement.answers import CannotTell
from deepreslib.enhancement.flattening import flatten
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


def correlation(one, other, mask):
    return float(np.corrcoef(one.data[mask], other.data[mask])[0, 1])


@pytest.mark.parametrize("with_halves", [False, True])
def test_a_b_factor_that_was_applied_makes_no_difference(with_halves):
    flat = []
    for b_factor in (40, 120):
        density_map, mask, halves = scene(b_factor)
        flat.append(flatten(density_map, mask, RESOLUTION, halves if with_halves else None, 1))
    assert flat[0].b_factor - flat[1].b_factor == pytest.approx(80, abs=8)
    assert correlation(flat[0].density_map, flat[1].density_map, mask) > 0.99


def test_half_maps_are_treated_alike():
    density_map, mask, halves = scene()
    flat = flatten(density_map, mask, RESOLUTION, halves, 1)
    mean = (flat.half_maps[0].data + flat.half_maps[1].data) / 2
    assert flat.density_map.data == pytest.approx(mean, abs=1e-4 * mean.std())
    assert flat.report["fsc_weight"]
    assert flat.report["low_pass"] == pytest.approx(RESOLUTION / flattening.FINER, abs=1e-3)
    assert flatten(density_map, mask, RESOLUTION, None, 1).report["low_pass"] == RESOLUTION


def test_the_filter_is_no_finer_than_the_voxels():
    density_map, mask, halves = scene()
    assert flatten(density_map, mask, 2.1, halves, 1).report["low_pass"] == 2


def test_without_a_fit_there_is_a_warning(monkeypatch):
    def cannot(*_):
        raise CannotTell("there is no line")

    monkeypatch.setattr(guinier, "fit", cannot)
    density_map, mask, _ = scene()
    flat = flatten(density_map, mask, RESOLUTION, None, 1)
    assert flat.b_factor == 0
    assert flat.warnings == ("no B factor was applied: there is no line",)
