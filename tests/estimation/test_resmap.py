"""ResMap: the local fit, its distribution under noise, pre-whitening, resolutions found, refusals, the original."""

import itertools

import numpy as np
import pytest
import scipy.stats

from deepreslib.errors import InputError
from deepreslib.estimation import resmap, significance
from deepreslib.fourier import filters, whitening
from deepreslib.maps import DensityMap, read_map

BOX = 48


def noise(seed=0, shape=(BOX,) * 3):
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def density(data, voxel_size=1.0):
    return DensityMap(np.ascontiguousarray(data, np.float32), (voxel_size,) * 3)


def sphere(radius, shape=(BOX,) * 3):
    places = np.indices(shape) - (np.array(shape) / 2)[:, None, None, None]
    return np.square(places).sum(axis=0) < radius**2


def low_passed(data, resolution):
    return filters.transfer(data, filters.frequencies(data.shape, 1.0) < 1 / resolution)


def halves(signal, seed=0, change=None):
    """Two half maps, their noise of variance 2, so that their mean's is white of variance 1."""
    noisy = [signal + np.float32(np.sqrt(2)) * noise(seed + i, signal.shape) for i in (1, 2)]
    return tuple(density(change(data) if change else data) for data in noisy)


def steerable_functions(places):
    """G2 and H2 of the paper's directions (vertices of the icosahedron and dodecahedron), beside their constant."""
    golden = (1 + np.sqrt(5)) / 2
    turns = [(0, 1, 2), (1, 2, 0), (2, 0, 1)]
    six = [np.array((1, 0, sign * golden))[list(turn)] for sign in (1, -1) for turn in turns]
    ten = [np.array((0, 1 / golden, sign * golden))[list(turn)] for sign in (1, -1) for turn in turns]
    ten += [np.array(signs) for signs in itertools.product((1,), (1, -1), (1, -1))]
    columns = [np.ones(len(places))]
    for vector in six:
        t = places @ (vector / np.linalg.norm(vector))
        columns.append(4 * t**2 - 2)
    for vector in ten:
        t = places @ (vector / np.linalg.norm(vector))
        columns.append(t**3 - 2.254 * t)
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("resolution", [2.2, 3.0, 7.3])
def test_the_statistic_is_the_gain_in_weighted_residual_of_the_papers_functions(resolution):
    data, wanted = noise(3, (20, 22, 21)), np.zeros((20, 22, 21), bool)
    wanted[8:12:2, 9, 7:13:3] = True
    window = resmap.prepare(resolution, 1.0)
    reach = window.reach
    offsets = np.indices((2 * reach + 1,) * 3).reshape(3, -1).T - reach
    places = offsets * np.pi / resolution
    root = np.exp(-np.square(places).sum(axis=1) / 2)
    model = steerable_functions(places) * root[:, None]
    expected = []
    for centre in np.argwhere(wanted):
        values = data[tuple((centre + offsets).T)] * root
        residuals = [values - m @ np.linalg.lstsq(m, values, rcond=None)[0] for m in (model[:, :1], model)]
        expected.append(np.square(residuals[0]).sum() - np.square(residuals[1]).sum())
    found = resmap.statistic(data, wanted, window)
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    np.testing.assert_allclose(window.weights.sum(), np.square(window.kernels()).sum(), rtol=1e-5)


def test_tiles_and_the_border_do_not_change_the_statistic(monkeypatch):
    data, wanted, window = noise(4, (17, 30, 23)), noise(5, (17, 30, 23)) > 0.8, resmap.prepare(4.0, 1.0)
    whole = resmap.statistic(data, wanted, window)
    monkeypatch.setattr(resmap, "TILE", 7)
    np.testing.assert_allclose(resmap.statistic(data, wanted, window), whole, rtol=1e-3)
    reach = window.reach
    padded = resmap.statistic(np.pad(data, reach), np.pad(wanted, reach), window)
    np.testing.assert_allclose(padded, whole, rtol=1e-3)


def test_the_greatest_response_is_at_the_resolution():
    window = resmap.prepare(8.0, 1.0)
    offsets = np.indices((2 * window.reach + 1,) * 3).reshape(3, -1).T - window.reach
    lengths = np.linspace(5, 14, 91)
    direction = np.array([0.36, 0.48, 0.8])
    waves = np.exp(2j * np.pi * (offsets @ direction)[:, None] / lengths)
    response = np.square(np.abs(window.kernels().T @ waves)).sum(axis=0)
    assert lengths[response.argmax()] == pytest.approx(8.0, rel=0.06)


def test_a_gradient_counts_only_if_noise_has_none():
    ramp = np.indices((24,) * 3).sum(axis=0).astype(np.float32)
    wanted = np.zeros(ramp.shape, bool)
    wanted[12, 12, 12] = True
    ramp -= ramp[12, 12, 12]
    assert resmap.statistic(ramp, wanted, resmap.prepare(5.0, 1.0)) > 0.1
    assert resmap.statistic(ramp, wanted, resmap.prepare(5.0, 1.0, gradient=True)) < 1e-4


@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize("resolution", [2.2, 4.0])
def test_false_positives_of_one_voxel_are_as_rare_as_the_p_value_says(resolution, gradient):
    window = resmap.prepare(resolution, 1.0, gradient)
    wanted = np.ones((BOX,) * 3, bool)
    wanted[:6] = wanted[-6:] = wanted[:, :6] = wanted[:, -6:] = wanted[..., :6] = wanted[..., -6:] = False
    logs = np.concatenate(
        [significance.log_survival(resmap.statistic(noise(seed), wanted, window), window.weights) for seed in range(2)]
    )
    for p_value, tolerance in ((0.5, 0.05), (0.05, 0.15), (0.01, 0.25)):
        assert np.mean(logs < np.log(p_value)) == pytest.approx(p_value, rel=tolerance)


def test_the_tail_of_a_sum_of_chi_squares():
    values = np.array([0.3, 1.0, 5.0, 20.0, 80.0])
    one = significance.log_survival(values, np.full(4, 0.5))
    np.testing.assert_allclose(one, scipy.stats.chi2.logsf(values / 0.5, 4), rtol=0.02, atol=0.02)
    weights = np.array([1.0, 0.3, 0.3, 0.02])
    sums = np.square(np.random.default_rng(0).standard_normal((400_000, 4))) @ weights
    for p_value in (0.9, 0.2, 0.01, 0.001):
        value = np.quantile(sums, 1 - p_value)
        assert np.exp(significance.log_survival(value, weights)) == pytest.approx(p_value, rel=0.1)


def test_the_threshold_keeps_the_false_discovery_rate():
    weights = np.full(16, 0.2)
    null = (0.2 * np.random.default_rng(0).chisquare(16, 2000)).astype(np.float32)
    assert significance.threshold(null, weights, 0.05) == np.inf
    mixed = np.concatenate([null, np.full(500, 14.0, np.float32) + null[:500]])
    limit = significance.threshold(mixed, weights, 0.05)
    assert (mixed[2000:] > limit).all()
    assert np.count_nonzero(null > limit) <= 25


def test_whitening_makes_any_noise_white():
    frequency = filters.frequencies((BOX,) * 3, 1.2)
    coloured = filters.transfer(noise(7), (1 + 3 * np.exp(-200 * frequency**2)) * np.exp(5 * frequency**2))
    spectrum = whitening.measure_noise(coloured, 1.2, 1 / 20)
    white = whitening.whiten(coloured, 1.2, spectrum)
    power = whitening.measure_noise(white, 1.2, 1 / 20).power
    np.testing.assert_allclose(power[5:], 1, atol=0.15)
    assert spectrum.finest == pytest.approx(2.4)


@pytest.mark.parametrize("single", [False, True])
def test_white_noise_is_not_resolved(single):
    mask = sphere(14)
    pair = halves(np.zeros((BOX,) * 3, np.float32))
    result = resmap.estimate(pair[0] if single else pair, mask, workers=1)
    assert result.report["unassigned"] == mask.sum()
    assert (result.resolution[mask] == 10).all()
    assert (result.resolution[~mask] == 0).all()


def test_a_wave_is_found_at_its_length_and_not_at_finer():
    mask, length = sphere(12), 6.0
    wave = 0.6 * np.sin(2 * np.pi / length * np.arange(BOX, dtype=np.float32)) * np.ones((BOX, BOX, 1), np.float32)
    result = resmap.estimate(halves(wave * sphere(18)), mask, step=0.4, finest=2.4, workers=1)
    found = result.resolution[mask]
    assert np.mean(found < 0.75 * length) < 0.02
    assert np.mean(found < 1.2 * length) > 0.75


@pytest.mark.parametrize(
    ("resolution", "single"),
    [
        (4.0, False),
        (6.0, True),
        pytest.param(4.0, True, marks=pytest.mark.endurance),
        pytest.param(6.0, False, marks=pytest.mark.endurance),
    ],
)
def test_a_map_low_passed_in_white_noise_has_about_that_resolution(resolution, single):
    signal = low_passed(noise(11), resolution) * np.float32(np.sqrt(15)) * sphere(17)
    pair, mask = halves(signal), sphere(14)
    mean = pair[0].like(0.5 * (pair[0].data + pair[1].data))
    found = resmap.estimate(mean if single else pair, mask, workers=1).resolution[mask]
    assert np.median(found) == pytest.approx(resolution, abs=1.0)


@pytest.mark.parametrize("single", [False, True])
def test_filtering_signal_and_noise_alike_does_not_refine(single):
    signal, mask = 4 * low_passed(noise(11), 7.0) * sphere(17), sphere(10)
    medians = []
    for change in (None, lambda data: low_passed(data, 5.0), lambda data: filters.apply_b_factor(data, 1.0, 100)):
        pair = halves(signal, change=change)
        mean = pair[0].like(0.5 * (pair[0].data + pair[1].data))
        medians.append(np.median(resmap.estimate(mean if single else pair, mask, workers=1).resolution[mask]))
    assert np.ptp(medians) <= 0.8


def test_result_is_on_the_grid_whatever_the_scale_and_shape():
    shape = (40, 52, 45)
    signal, mask = 3 * low_passed(noise(12, shape), 5.0), np.zeros(shape, bool)
    mask[:20, 10:40, 5:] = True
    pair = halves(signal)
    one = resmap.estimate(pair, mask, finest=2.0, workers=1)
    pair = tuple(half.like(half.data * 1e-6 + 2e-6) for half in pair)
    other = resmap.estimate(pair, mask, finest=2.0).resolution
    assert other.dtype == np.float32
    assert np.mean(one.resolution != other) < 0.001
    assert (other[~mask] == 0).all()
    assert other[mask].min() >= 2.0
    assert other[mask].max() <= 10
    assert set(np.unique(one.resolution[mask])) <= set(np.float32(one.report["steps"]))


def test_a_small_mask_borrows_the_noise_of_the_box():
    pair, mask = halves(3 * low_passed(noise(12), 5.0)), np.zeros((BOX,) * 3, bool)
    mask[24, 20:28, 24] = True
    assert (resmap.estimate(pair, mask).resolution[mask] < 10).all()


def test_maps_without_noise_are_refused():
    mask, pair = sphere(14), halves(np.zeros((BOX,) * 3, np.float32))
    with pytest.raises(InputError, match="are the same"):
        resmap.estimate((pair[0], pair[0]), mask)
    for outside in (0.0, 0.2):
        masked = pair[0].like(np.where(sphere(16), pair[0].data, outside))
        with pytest.raises(InputError, match="no noise outside the mask"):
            resmap.estimate(masked, mask)
    with pytest.raises(InputError, match="no noise outside the mask"):
        resmap.estimate(pair[0], np.ones_like(mask))


def test_senseless_input_is_refused():
    mask, pair = sphere(14), halves(np.zeros((BOX,) * 3, np.float32))
    unlike = density(noise(0, (BOX, BOX, BOX - 2)))
    broken = density(np.where(mask, np.nan, pair[1].data))
    for arguments, message in (
        ({"density_map_or_halves": (pair[0], unlike)}, "shape"),
        ({"density_map_or_halves": (pair[0], broken)}, "NaN"),
        ({"density_map_or_halves": (unlike, unlike)}, "shape"),
        ({"finest": 1.5}, "Nyquist"),
        ({"finest": 6.0, "coarsest": 5.0}, "no range"),
        ({"finest": 200.0, "coarsest": 300.0}, "too coarse for the map, in which windows may be 48 Å long"),
        ({"step": 0.0}, "step"),
        ({"p_value": 1.5}, "probability"),
    ):
        with pytest.raises(InputError, match=message):
            resmap.estimate(**{"density_map_or_halves": pair[0], "mask": mask} | arguments)
    with pytest.raises(InputError, match="empty"):
        resmap.estimate(pair, np.zeros_like(mask))


@pytest.mark.parametrize(
    ("structure", "kind"),
    [("2gaf", "split"), ("4qln", "single"), pytest.param("4qln", "split", marks=pytest.mark.endurance)],
)
def test_agreement_with_the_original_program(shared_data, structure, kind):
    folder = shared_data / "reference" / structure
    half1, half2, mask, truth, original = (
        read_map(folder / f"{name}.mrc.gz") for name in ("half1", "half2", "mask", "bfactor", f"resmap_{kind}")
    )
    inside = mask.data > 0.5
    mean = half1.like(0.5 * (half1.data + half2.data))
    found = resmap.estimate((half1, half2) if kind == "split" else mean, inside).resolution[inside]
    original, truth = original.data[inside], truth.data[inside]
    assigned = original > 0
    assert np.corrcoef(found[assigned], original[assigned])[0, 1] > 0.8
    assert abs(np.median(found[assigned] - original[assigned])) <= 0.5
    spearman = scipy.stats.spearmanr(found, truth).statistic
    assert spearman > scipy.stats.spearmanr(original[assigned], truth[assigned]).statistic - 0.02
