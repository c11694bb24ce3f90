"""MonoRes: its amplitude, its rules, what it says of maps of known resolution, and the original program's results."""

import numpy as np
import pytest
import scipy.fft
from scipy.stats import spearmanr

from deepreslib.errors import InputError
from deepreslib.estimation import monores
from deepreslib.estimation.monogenic import MonogenicSignal
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, read_map

SIZE = 64
COARSEST = 16.0


def ball(size=SIZE, radius=16):
    axis = np.arange(size) - size // 2
    return axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2 < radius**2


def white(seed, size=SIZE):
    return np.random.default_rng(seed).standard_normal((size,) * 3, np.float32)


def as_map(data, voxel_size=1.0):
    return DensityMap(np.ascontiguousarray(data, dtype=np.float32), (voxel_size,) * 3)


def plane_wave(shape, waves, amplitude):
    phase = sum(k * index / n for k, index, n in zip(waves, np.indices(shape), shape, strict=True))
    return (amplitude * np.cos(2 * np.pi * phase + 0.7)).astype(np.float32)


def plain_amplitude(data, frequency, high_edge, low_edge):
    """The definition, with the whole spectrum."""
    axes = np.meshgrid(*(np.fft.fftfreq(n) for n in data.shape[:2]), np.fft.rfftfreq(data.shape[2]), indexing="ij")
    distance = np.sqrt(sum(axis**2 for axis in axes))

    def rise(start, end):
        return 0.5 - 0.5 * np.cos(np.pi * np.clip((distance - start) / (end - start), 0, 1))

    spectrum = scipy.fft.rfftn(data.astype(float)) * rise(max(frequency - high_edge, 0), frequency)
    riesz = [-1j * np.where(abs(axis) < 0.5, axis, 0) / np.maximum(distance, 1e-9) for axis in axes]
    energy = sum(scipy.fft.irfftn(spectrum * factor, data.shape) ** 2 for factor in (1, *riesz))
    low_pass = 1 - rise(frequency, min(frequency + low_edge, 0.5))
    return scipy.fft.irfftn(scipy.fft.rfftn(np.sqrt(energy)) * low_pass, data.shape)


@pytest.mark.parametrize("waves", [(5, 0, 0), (0, 0, 6), (3, -5, 4)])
def test_the_amplitude_of_a_plane_wave_is_constant(waves):
    shape = (40, 36, 45)
    signal = MonogenicSignal(plane_wave(shape, waves, 2.5) + 7)
    own = np.sqrt(sum((k / n) ** 2 for k, n in zip(waves, shape, strict=True)))
    np.testing.assert_allclose(signal.total_amplitude(), 2.5, rtol=1e-4)
    np.testing.assert_allclose(signal.amplitude(own - 0.005), 2.5, rtol=1e-4)
    np.testing.assert_allclose(signal.amplitude(own + 0.03), 0, atol=1e-4)


@pytest.mark.parametrize("frequency", [0.03, 0.16, 0.37, 0.49])
@pytest.mark.parametrize("shape", [(20, 24, 16), (17, 12, 21)])
def test_the_amplitude_agrees_with_its_definition(shape, frequency):
    data = np.random.default_rng(3).standard_normal(shape, np.float32)
    expected = plain_amplitude(data, frequency, 0.05, 0.03)
    np.testing.assert_allclose(MonogenicSignal(data, workers=2).amplitude(frequency, 0.05, 0.03), expected, atol=1e-5)


class Scripted:
    """A signal whose amplitudes are given, one array a frequency."""

    def __init__(self, amplitudes):
        self.amplitudes = amplitudes

    def amplitude(self, frequency, *edges):
        return self.amplitudes[frequency]


@pytest.mark.parametrize(("edition", "expected"), [(monores.PUBLISHED, [2, 6, 10, 4]), (monores.FIRST, [2, 10, 10, 8])])
def test_a_voxel_is_given_up_after_failures_in_a_row(edition, expected):
    passes = np.array([[1, 1, 0, 1], [1, 0, 0, 1], [1, 1, 0, 0], [1, 0, 1, 1], [1, 0, 1, 0]], float)
    amplitudes = [np.concatenate([np.repeat(10 * row, 50), np.linspace(0, 1, 50)]).reshape(1, 1, -1) for row in passes]
    tested = np.zeros(amplitudes[0].shape, bool)
    tested[..., :200] = True
    levels = list(enumerate([10, 8, 6, 4, 2]))
    signal = Scripted(amplitudes)
    found = monores.sweep(signal, tested, ~tested, levels, 0.95, edition)
    np.testing.assert_array_equal(found.reshape(4, 50).T, np.tile(np.float32(expected), (50, 1)))


def test_the_sweep_ends_where_the_signal_is_no_more_than_noise():
    rng = np.random.default_rng(0)
    amplitudes = [np.abs(rng.standard_normal((1, 1, 400))) + strength for strength in (0, 0)]
    amplitudes[0][..., :200] += 5
    tested = np.zeros((1, 1, 400), bool)
    tested[..., :200] = True
    amplitudes[1][tested] *= 0.5
    signal = Scripted(amplitudes)
    found = monores.sweep(signal, tested, ~tested, [(0, 9), (1, 8), (2, 7)], 0.95)
    assert set(found.tolist()) <= {9.0, 8.0}


def test_smoothing_only_makes_finer_and_never_below_the_finest():
    resolution, tested = np.zeros((20, 20, 20), np.float32), ball(20, 8)
    resolution[tested] = np.random.default_rng(1).uniform(2.2, 9, tested.sum())
    smoothed = monores.smooth(resolution, tested, 3.0, 5.0)
    changed = smoothed != resolution[tested]
    assert 0.1 < changed.mean() < 0.9
    assert (smoothed[changed] < resolution[tested][changed]).all()
    assert (smoothed[changed] >= 5).all()
    np.testing.assert_array_equal(monores.smooth(resolution, tested, 0, 5.0), resolution[tested])


def test_untested_voxels_get_their_neighbours_median():
    resolution, tested = np.zeros((12, 12, 30), np.float32), np.ones((12, 12, 30), bool)
    tested[6, 6, 5] = tested[6, 6, 25] = False
    resolution[...] = np.where(np.arange(30) < 15, 4, 9)
    np.testing.assert_array_equal(monores.fill(resolution, tested, ~tested), [4, 9])


@pytest.mark.parametrize("limit", [4, 6, 8])
def test_a_map_low_passed_in_white_noise_has_that_resolution(limit):
    mask, core = ball(), ball(radius=10)
    signal = filters.transfer(white(limit) * mask, filters.frequencies(mask.shape, 1) < 1 / limit)
    signal *= 10 / signal[mask].std()
    half_maps = as_map(signal + white(1)), as_map(signal + white(2))
    both = monores.estimate(half_maps, mask, workers=1).resolution
    one = monores.estimate(half_maps[0], mask, workers=1).resolution
    assert np.median(both[core]) == pytest.approx(limit, abs=0.4)
    assert np.median(one[core]) == pytest.approx(limit, abs=0.4)


def test_white_noise_is_not_resolved():
    mask = ball()
    one = monores.estimate(as_map(white(5)), mask, workers=1).resolution
    both = monores.estimate((as_map(white(5)), as_map(white(6))), mask, workers=1).resolution
    assert (one[mask] == COARSEST).all()
    assert np.median(both[mask]) > 15.5
    assert (both[mask] > 10).mean() > 0.95


def test_the_result_keeps_the_contract_on_any_box():
    mask = np.zeros((40, 52, 61), bool)
    mask[10:30, 15:40, 20:45] = True
    rng = np.random.default_rng(8)
    density_map = as_map(rng.standard_normal(mask.shape) + 5 * mask * rng.standard_normal(mask.shape), 1.5)
    half_maps = density_map, density_map.like(density_map.data + white(9, 61)[:40, :52])
    options = {"finest": 4.0, "coarsest": 15.0, "step": 1.0}
    for given in (density_map, half_maps):
        result = monores.estimate(given, mask, **options, workers=2).resolution
        assert result.dtype == np.float32
        assert result.shape == mask.shape
        assert (result[~mask] == 0).all()
        assert result[mask].min() >= 3.9
        assert result[mask].max() <= 15.4
        again = monores.estimate(given, mask, **options, workers=1).resolution
        np.testing.assert_array_equal(result, again)


def test_without_a_mask_the_molecule_is_found():
    signal = filters.transfer(ball() * (3 + white(1)), filters.frequencies((SIZE,) * 3, 1) < 1 / 5)
    result = monores.estimate(as_map(signal + 0.05 * white(2)), workers=1)
    assert result.mask[ball(radius=14)].all()
    assert not result.mask[~ball(radius=24)].any()
    np.testing.assert_array_equal(result.resolution > 0, result.mask)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mask": np.ones((SIZE,) * 3, bool)}, "no noise outside the mask"),
        ({"density_map_or_halves": as_map(white(1) * ball())}, "no noise outside the mask"),
        ({"coarsest": 1.9}, "nothing finer than 2 Å"),
        ({"coarsest": 70.0}, "too small"),
        ({"coarsest": 2.02}, "no resolution lies between"),
        ({"finest": 19.0}, "no resolution lies between"),
        ({"step": 0.0}, "the step is 0 Å"),
        ({"significance": 95.0}, "the significance is 95"),
        ({"density_map_or_halves": (as_map(white(1)), as_map(white(1, 60)))}, "differ in shape"),
        ({"density_map_or_halves": (as_map(white(1)), as_map(white(1) * np.nan))}, "NaN"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(change, words):
    arguments = {"density_map_or_halves": as_map(white(1)), "mask": ball(), "workers": 1} | change
    with pytest.raises(InputError, match=words) as refusal:
        monores.estimate(**arguments)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("kind", ["halves", "single"])
def test_agreement_with_the_original_program(shared_data, kind):
    folder = shared_data / "reference" / "4qln"
    half1, half2, mask, b_factor, original = (
        read_map(folder / f"{name}.mrc.gz") for name in ("half1", "half2", "mask", "bfactor", f"monores_{kind}")
    )
    inside, mean = mask.data > 0.5, half1.like((half1.data + half2.data) / 2)
    ours = monores.estimate((half1, half2) if kind == "halves" else mean, inside).resolution
    assigned = inside & (original.data > 0)
    assert np.corrcoef(ours[assigned], original.data[assigned])[0, 1] > 0.998
    assert abs(np.median(ours[assigned]) - np.median(original.data[assigned])) < 0.05
    spearman = spearmanr(original.data[assigned], b_factor.data[assigned])[0]
    assert spearmanr(ours[inside], b_factor.data[inside])[0] > spearman - 0.01


def test_agreement_with_the_first_edition(shared_data):
    density_map, original = (read_map(shared_data / "maps" / f"betagal{name}.mrc") for name in ("", "_localres"))
    mask = density_map.data > 0.02
    ours = monores.estimate(density_map, mask, coarsest=25.0, step=0.48, edition=monores.FIRST).resolution
    assert spearmanr(ours[mask], original.data[mask])[0] > 0.9
    assert abs(np.median(ours[mask]) - np.median(original.data[mask])) < 0.2
