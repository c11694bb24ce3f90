"""The answers: never back as a map is sharpened more, never against the search, and none where there can be none.

A stand-in for DeepRes claims 5 Å + B / 50, where B is the B factor that a map's spectrum shows; the network itself is
asked in the last test.
"""

import itertools
import json
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.fft

from deepreslib import simulation, structures
from deepreslib.enhancement import verdict
from deepreslib.enhancement.answers import ANSWERS, CANNOT_TELL, MORE, OVERSHARPENED, RIGHT, TOLERANCES
from deepreslib.enhancement.b_factor import recommend
from deepreslib.enhancement.sharpening import Sharpening
from deepreslib.enhancement.snr import resolution_limit, snr_resolution
from deepreslib.estimation import deepres
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, masks

SHAPE, SIZE, LIMIT = (40,) * 3, 1.25, 4.0
BALL = sum((c - 20) ** 2 for c in np.indices(SHAPE)) < 11**2
FREQUENCY = filters.frequencies(SHAPE, SIZE)
BANDS = [(1 / coarse < FREQUENCY) & (1 / fine > FREQUENCY) for coarse, fine in ((8, 6.5), (4.8, 4.2))]
B_FACTORS = (200, 100, 50, 0, -20, -50, -80, -100, -150, -200, -300, -400)
TOLERANCE = 15.0


@pytest.fixture(scope="module")
def density_map():
    """A ball with details, and noise."""
    rng = np.random.default_rng(0)
    signal = (1 + filters.low_pass(rng.standard_normal(SHAPE), SIZE, LIMIT)) * masks.soft_edge(BALL, 2)
    noise = 0.1 * rng.standard_normal(SHAPE)
    return DensityMap((signal + noise).astype(np.float32), (SIZE,) * 3, path="mean.mrc")


def log_ratio(data):
    """Logarithm of the ratio of the amplitudes in two bands."""
    power = np.square(np.abs(scipy.fft.rfftn(data)))
    return 0.5 * np.log(power[BANDS[1]].mean() / power[BANDS[0]].mean())


@pytest.fixture
def spectral(monkeypatch, density_map):
    """DeepRes that claims 5 Å + B / 50 in every voxel, within its range."""
    first = log_ratio(density_map.data)
    squares = [np.square(FREQUENCY[band]).mean() for band in BANDS]

    def estimate(sharpened, mask, **_):
        b_factor = -4 * (log_ratio(sharpened.data) - first) / (squares[1] - squares[0])
        return SimpleNamespace(resolution=np.full(SHAPE, np.clip(5 + b_factor / 50, 2.5, 13), np.float32))

    monkeypatch.setattr(deepres, "estimate", estimate)


def sharpened(density_map, b_factor, low_pass="at once"):
    if low_pass == "at once":
        return Sharpening(density_map, LIMIT).by(b_factor)
    data = filters.apply_b_factor(density_map.data, SIZE, b_factor)
    return density_map.like(filters.low_pass(data, SIZE, LIMIT) if low_pass == "later" else data)


def judge(checked, density_map, allowed=3.5, **options):
    snr = np.where(BALL, np.float32(allowed), 0)
    return verdict.of_map(checked, density_map, BALL, snr, LIMIT, TOLERANCE, range_name="low", **options)


@pytest.mark.parametrize("low_pass", ["at once", "later", "none"])
@pytest.mark.parametrize("allowed", [3.0, 3.9, 5.1])
def test_the_answer_never_goes_back(spectral, density_map, low_pass, allowed):
    found = [judge(sharpened(density_map, b, low_pass), density_map, allowed) for b in B_FACTORS]
    ranks = [ANSWERS.index(each.answer) for each in found]
    assert CANNOT_TELL not in {each.answer for each in found}
    assert all(before <= after for before, after in itertools.pairwise(ranks))
    assert (found[0].answer, found[-1].answer) == (MORE, OVERSHARPENED)


@pytest.mark.parametrize("allowed", [2.9, 3.5, 4.9, 5.6])
def test_the_recommended_map_is_right_and_the_check_finds_what_is_missing(spectral, density_map, allowed):
    snr = np.where(BALL, np.float32(allowed), 0)
    search = recommend(Sharpening(density_map, LIMIT), BALL, snr)
    assert search.outcome == "coincide"
    own = verdict.of_recommendation(search, TOLERANCE)
    assert (own.answer, own.missing) == (RIGHT, 0)
    for farther in (0, 12, -12, 18, -18, 120, -120):
        found = judge(sharpened(density_map, search.b_factor + farther), density_map, allowed)
        assert found.missing == pytest.approx(-farther, abs=2.5)
        expected = RIGHT if abs(farther) < TOLERANCE else MORE if farther > 0 else OVERSHARPENED
        assert found.answer == expected, farther
        assert f"{abs(found.missing):g} Å²" in found.reason or not found.missing


def test_noise_beyond_the_resolution_is_not_detail(spectral, density_map):
    found = judge(sharpened(density_map, -60, low_pass="none"), density_map, 3.8)
    assert found.answer == OVERSHARPENED
    assert found.noise > 2
    assert "beyond its resolution, 4.00 Å, where there is only noise" in found.reason
    assert judge(sharpened(density_map, -60), density_map, 3.8).answer == RIGHT


def test_a_noisy_map_is_not_oversharpened_before_it_is_sharpened(spectral, density_map):
    noise = np.random.default_rng(5).standard_normal(SHAPE, np.float32)
    noise = filters.transfer(noise, FREQUENCY > 1 / LIMIT)
    noisy = density_map.like(density_map.data + 20 * density_map.data.std() * noise)
    found = judge(noisy, noisy)
    assert found.noise > 2
    assert found.answer == MORE


def test_far_ends_have_an_answer_too(spectral, density_map):
    found = judge(sharpened(density_map, 500), density_map, 4)
    assert (found.answer, found.missing) == (MORE, None)
    assert "even sharpened by 200 Å² more" in found.reason
    found = judge(sharpened(density_map, -1000), density_map, 4)
    assert found.answer == OVERSHARPENED
    assert "even blurred by 600 Å²" in found.reason


def test_a_searched_end_is_no_recommendation_of_too_much(spectral, density_map):
    snr = np.where(BALL, np.float32(9.5), 0)
    search = recommend(Sharpening(density_map, LIMIT), BALL, snr)
    own = verdict.of_recommendation(search, TOLERANCE)
    assert own.answer == CANNOT_TELL
    assert judge(density_map, density_map, 9.5).answer == CANNOT_TELL
    assert own.reason == judge(density_map, density_map, 9.5).reason
    strongest = recommend(Sharpening(density_map, LIMIT), BALL, np.where(BALL, np.float32(2.6), 0), [0, -50])
    assert verdict.of_recommendation(strongest, TOLERANCE).answer == MORE


def test_other_maps_get_no_answer(spectral, density_map):
    for other, words in (
        (-density_map.data, "multiply one of them by -1"),
        (
            np.roll(density_map.data, 9, 0),
            "is moved by 0, 0, 11.2 Å along x, y, z, compared with mean.mrc",
        ),
        (np.flip(density_map.data, 2), "is mirrored along x, compared with mean.mrc; give the map"),
        (filters.apply_b_factor(np.flip(density_map.data, 0), SIZE, -150), "is mirrored along z, compared with"),
        (filters.apply_b_factor(density_map.data.T, SIZE, -60), "does not show what mean.mrc shows (their details'"),
    ):
        found = judge(density_map.like(other), density_map)
        assert found.answer == CANNOT_TELL
        assert words in found.reason


def test_a_map_of_which_sharpening_left_nothing_is_oversharpened(spectral, density_map):
    """In single precision, sharpened by hand first and filtered then."""
    data = filters.low_pass(filters.apply_b_factor(density_map.data, SIZE, -600), SIZE, LIMIT)
    found = judge(density_map.like(data), density_map)
    assert found.answer == OVERSHARPENED
    assert "does not show what mean.mrc shows" in found.reason
    assert "but noise alone" in found.reason


def test_what_the_snr_allows_must_be_within_the_range(spectral, density_map):
    found = judge(density_map, density_map, 14)
    assert found.answer == CANNOT_TELL
    assert "beyond what DeepRes can tell" in found.reason


def test_a_verdict_is_written_with_its_rule(spectral, density_map):
    report = json.loads(json.dumps(judge(density_map, density_map).as_dict()))
    assert report["answer"] == MORE
    assert report["sentence"] == f"{MORE}: {report['reason']}"
    assert report["oversharpened"] is False
    assert report["tolerance"] == TOLERANCE
    assert "15 Å² (30 Å² without half maps)" in report["rule"]


@pytest.mark.parametrize("low_pass", ["at once", "later", "none"])
def test_the_network_never_goes_back_either(shared_data, low_pass):
    """Half maps of a small protein, blurred by B +100 Å²; ``benchmarks/sharpness_monotone.py`` has more."""
    structure = structures.read_structure(shared_data / "structures" / "train" / "1crn.pdb.gz")
    shape, size, rng = (48,) * 3, 1.1, np.random.default_rng(4)
    positions = simulation.placed(structure, shape, size)
    mask = simulation.molecular_mask(positions, shape, size)
    signal = filters.apply_b_factor(simulation.density(structure, positions, shape, size), size, 100)
    halves = [DensityMap(simulation.add_noise(signal, mask, 0.1, rng), (size,) * 3) for _ in range(2)]
    mean = halves[0].like((halves[0].data + halves[1].data) / 2)
    snr, (limit, _) = snr_resolution(halves, mask).resolution, resolution_limit(mean, halves, mask)
    filtered, answers = Sharpening(mean, limit), []
    for b_factor in (200, 0, -50, -100, -200, -400):
        checked = filtered.by(b_factor)
        if low_pass != "at once":
            data = filters.apply_b_factor(mean.data, size, b_factor)
            checked = mean.like(filters.low_pass(data, size, limit) if low_pass == "later" else data)
        answers.append(verdict.of_map(checked, mean, mask, snr, limit, TOLERANCES["localfsc"]).answer)
    ranks = [ANSWERS.index(answer) for answer in answers]
    assert ranks == sorted(ranks)
    assert (answers[0], answers[-1]) == (MORE, OVERSHARPENED)
