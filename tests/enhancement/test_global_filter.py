import numpy as np
import pytest
from window_gains import molecule

from deepreslib.enhancement import global_filter, guinier
from deepreslib.enhancement.global_filter import GlobalFilter
from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap


def test_a_weight_of_its_own_multiplies_the_map_and_leaves_the_b_factor():
    data, mask = molecule(64, 22)
    density_map = DensityMap(np.ascontiguousarray(data, np.float32), (1.0,) * 3)
    plain, halved = (
        GlobalFilter(density_map, mask, 3.0, weight=lambda frequency, value=value: np.full_like(frequency, value))
        for value in (1, 0.5)
    )
    assert not plain.warnings
    assert halved.b_factor == pytest.approx(plain.b_factor, rel=1e-4)
    expected = 0.5 * plain.of(density_map)
    assert halved.of(density_map) == pytest.approx(expected, abs=1e-4 * expected.std())


def test_a_part_of_the_map_is_filtered_as_the_whole():
    data, mask = molecule(64, 22)
    density_map = DensityMap(np.ascontiguousarray(data, np.float32), (1.0,) * 3)
    whole_filter = GlobalFilter(density_map, mask, 3.0)
    box = slice(3, 60), slice(0, 20), slice(40, 64)
    assert np.array_equal(whole_filter.of(density_map, box), whole_filter.of(density_map)[box])


@pytest.mark.parametrize(("resolution", "margin"), [(6.0, 60), (20.0, 100)])
def test_the_room_for_the_fit_does_not_grow_with_a_coarse_resolution(monkeypatch, resolution, margin):
    data, mask = molecule(40, 8)
    density_map = DensityMap(np.ascontiguousarray(data, np.float32), (2.0,) * 3)
    shapes = []

    def fit(part, *_):
        shapes.append(part.data.shape)
        raise guinier.CannotTell("it was asked")

    monkeypatch.setattr(guinier, "fit", fit)
    assert GlobalFilter(density_map, mask, resolution).b_factor == 0
    least = np.ptp(np.flatnonzero(mask.any(axis=(1, 2)))) + 1 + 2 * margin / 2
    assert np.all((np.array(shapes) >= least) & (np.array(shapes) < 1.15 * least))


def test_too_little_memory_for_the_fit_is_said(monkeypatch):
    data, mask = molecule(40, 8)
    density_map = DensityMap(np.ascontiguousarray(data, np.float32), (2.0,) * 3)
    monkeypatch.setattr(global_filter.memory, "rooms", lambda: [global_filter.memory.Room(-1e8, "of the test")])
    with pytest.raises(InputError, match=r"the Guinier fit of .* GB of memory"):
        GlobalFilter(density_map, mask, 6.0)


def test_no_map_is_sharpened_by_more_than_maps_of_its_resolution_bear():
    data, mask = molecule(64, 22)
    steep = filters.apply_b_factor(data, 1.0, 500)
    found = GlobalFilter(DensityMap(steep, (1.0,) * 3), mask, 4.0)
    assert found.report()["guinier"]["b_factor"] > 400
    assert found.b_factor == -(16 * 4.0**2 + 100)
    assert "as if a filter had cut them" in found.warnings[0]
