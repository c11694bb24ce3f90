"""Local FSC against what is known: identical halves, noise, maps with a sharp end, the definition, and blocres."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from deepreslib.errors import InputError
from deepreslib.estimation import localfsc
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, read_map


def density_map(data, voxel_size=1.0):
    return DensityMap(np.ascontiguousarray(data, np.float32), (voxel_size,) * 3)


def ball(edge, radius):
    return sum((c - edge // 2) ** 2 for c in np.indices((edge,) * 3)) < radius**2


def noisy_halves(signal, noise, seed=0):
    """Two half maps of a signal with independent white noise of SD ``noise`` (a number or an array)."""
    rng = np.random.default_rng(seed)
    return [density_map(signal + noise * rng.standard_normal(signal.shape)) for _ in range(2)]


def ball_cut_off_at(resolution, edge, radius):
    """White signal of power 1 a voxel in a ball, 0 around it, without what is finer than a resolution (Å = voxels)."""
    signal = np.random.default_rng(1).standard_normal((edge,) * 3) * ball(edge, radius)
    return filters.transfer(signal, (filters.frequencies(signal.shape, 1.0) <= 1 / resolution).astype(np.float32))


@pytest.fixture(scope="module")
def graded():
    """Half maps whose noise grows along x, and a mask of scattered voxels."""
    edge = 56
    falling = filters.b_factor_weights(filters.frequencies((edge,) * 3, 1.0), 60)
    signal = filters.transfer(np.random.default_rng(2).standard_normal((edge,) * 3), falling)
    mask = ball(edge, 18) & (np.random.default_rng(3).random((edge,) * 3) < 0.02)
    return *noisy_halves(signal, 0.02 * 1.06 ** np.arange(edge)), mask


@pytest.mark.parametrize("exact", [False, True])
def test_identical_halves_reach_twice_the_voxel_size_everywhere(exact):
    half = density_map(np.random.default_rng(0).standard_normal((32, 34, 36)), 1.07)
    mask = np.zeros(half.data.shape, bool)
    mask[10:14, 0:3, 30:] = True
    resolution = localfsc.estimate((half, half), mask, cutoff=0.99, box=12, exact=exact, workers=1).resolution
    assert resolution.dtype == np.float32
    assert (resolution[mask] >= 2 * 1.07).all()
    np.testing.assert_allclose(resolution[mask], 2 * 1.07, rtol=1e-5)
    assert (resolution[~mask] == 0).all()


@pytest.mark.parametrize("level", [0, 10])
def test_nothing_is_resolved_in_noise_even_above_a_common_level(level):
    half1, half2 = noisy_halves(np.full((64,) * 3, float(level)), 1)
    mask = ball(64, 20)
    resolution = localfsc.estimate((half1, half2), mask, box=20, workers=1).resolution[mask]
    assert np.median(resolution) == 20
    assert np.percentile(resolution, 5) > 20 / 3


@pytest.mark.parametrize("signal_to_noise", [10, 1000])
@pytest.mark.parametrize("resolution", [4, 6, 8])
def test_a_map_with_a_sharp_end_has_that_resolution(resolution, signal_to_noise):
    half1, half2 = noisy_halves(ball_cut_off_at(resolution, 80, 18), signal_to_noise**-0.5)
    mask = ball(80, 14)
    found = localfsc.estimate((half1, half2), mask, workers=1).resolution[mask]
    assert abs(np.median(found) - resolution) < 0.4


def test_the_fast_way_is_close_to_the_definition(graded):
    half1, half2, mask = graded
    fast = localfsc.estimate((half1, half2), mask, box=16, workers=1).resolution[mask]
    exact = localfsc.estimate((half1, half2), mask, box=16, workers=1, exact=True).resolution[mask]
    assert exact.max() / exact.min() > 1.5
    assert np.corrcoef(fast, exact)[0, 1] > 0.98
    assert abs(np.median(fast - exact)) < 0.03
    assert np.percentile(abs(fast - exact), 95) < 0.25


def test_an_odd_box_is_as_good_as_an_even_one(graded):
    half1, half2, mask = graded
    exact = localfsc.estimate((half1, half2), mask, box=15, workers=1, exact=True).resolution[mask]
    fast = localfsc.estimate((half1, half2), mask, box=15, workers=1).resolution[mask]
    assert np.corrcoef(fast, exact)[0, 1] > 0.98


def test_a_lower_cutoff_is_never_coarser(graded):
    half1, half2, mask = graded
    half, seventh = (
        localfsc.estimate((half1, half2), mask, cutoff=cutoff, box=16, workers=1).resolution[mask]
        for cutoff in (0.5, 0.143)
    )
    assert (seventh <= half).all()
    assert np.median(seventh) < np.median(half)


def test_sharpening_does_not_matter(graded):
    half1, half2, mask = graded
    sharp1, sharp2 = (half.like(filters.apply_b_factor(half.data, 1.0, -30)) for half in (half1, half2))
    before = localfsc.estimate((half1, half2), mask, box=16, workers=1).resolution[mask]
    after = localfsc.estimate((sharp1, sharp2), mask, box=16, workers=1).resolution[mask]
    assert np.percentile(abs(after - before), 95) < 0.1


def test_lengths_scale_with_the_voxel_size(graded):
    half1, half2, mask = graded
    large1, large2 = (density_map(half.data, 2.5) for half in (half1, half2))
    small = localfsc.estimate((half1, half2), mask, box=16, workers=1).resolution
    large = localfsc.estimate((large1, large2), mask, box=16, workers=1).resolution
    np.testing.assert_allclose(large[mask], 2.5 * small[mask], rtol=1e-5)


@pytest.mark.parametrize(("voxel_size", "box"), [(1.0, 30), (1.2, 24), ((0.5, 0.5, 0.5), 60), (4.0, 16)])
def test_the_default_window_is_30_angstrom(voxel_size, box):
    assert localfsc.default_box(voxel_size) == box


@pytest.mark.parametrize("cutoff", [0, 1, -0.5, 50, float("nan")])
def test_an_impossible_cutoff_is_refused(graded, cutoff):
    half1, half2, mask = graded
    with pytest.raises(InputError, match="between 0 and 1"):
        localfsc.estimate((half1, half2), mask, cutoff=cutoff)


@pytest.mark.parametrize("box", [0, 7, 57])
def test_an_impossible_window_is_refused(graded, box):
    half1, half2, mask = graded
    with pytest.raises(InputError, match="between 8 and 56 voxels"):
        localfsc.estimate((half1, half2), mask, box=box)


def test_one_map_is_refused(graded):
    half1, _, mask = graded
    with pytest.raises(InputError, match="two half maps"):
        localfsc.estimate(half1, mask)


def test_blocres_is_matched(shared_data):
    """Box 20, cutoff 0.5; the disorder's rank order is followed as well as by blocres, 0.02 given away."""
    folder = shared_data / "reference" / "4qln"
    half1, half2 = (read_map(folder / f"{name}.mrc.gz") for name in ("half1", "half2"))
    mask, blocres, disorder = (read_map(folder / f"{name}.mrc.gz").data for name in ("mask", "blocres", "bfactor"))
    inside = mask > 0.5
    resolution = localfsc.estimate((half1, half2), inside, box=20).resolution[inside]
    blocres, disorder = blocres[inside], disorder[inside]
    assert np.corrcoef(resolution, blocres)[0, 1] >= 0.97
    assert abs(np.median(resolution - blocres)) <= 0.15
    assert spearmanr(resolution, disorder)[0] >= spearmanr(blocres, disorder)[0] - 0.02
