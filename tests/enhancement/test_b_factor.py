"""The search for the B factor against formulas, and the whole on half maps of a small protein."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from deepreslib import simulation, structures
from deepreslib.enhancement import b_factor
from deepreslib.enhancement.answers import CannotTell
from deepreslib.enhancement.sharpening import Sharpening
from deepreslib.enhancement.snr import global_resolution, snr_resolution
from deepreslib.errors import InputError
from deepreslib.estimation import deepres
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap

MASK = np.ones((6, 7, 8), bool)


@pytest.fixture
def linear(monkeypatch):
    """DeepRes that claims 5 Å + B / 50 in every voxel, of a map that is its own B factor; keeps what it was shown."""
    shown = []

    def estimate(b_factor, mask, *, range_name, network_path):
        shown.append(b_factor)
        return SimpleNamespace(resolution=np.where(mask, np.float32(5 + b_factor / 50), 0))

    monkeypatch.setattr(deepres, "estimate", estimate)
    return shown


def recommend(allowed, b_factors, **options):
    sharpening = SimpleNamespace(by=lambda b_factor: b_factor)
    snr = np.full(MASK.shape, allowed, np.float32)
    return b_factor.recommend(sharpening, MASK, snr, b_factors, **options)


@pytest.mark.parametrize(("allowed", "right"), [(3.5, -75), (4.22, -39), (4.99, -1), (2.6, -120)])
def test_the_b_factor_where_the_percentiles_coincide_is_found_to_1(linear, allowed, right):
    found = recommend(allowed, b_factor.B_FACTORS)
    assert found.outcome == "coincide"
    assert abs(found.b_factor - right) <= b_factor.PRECISION
    assert found.deepres[0].b_factor == 0
    assert found.deepres[-1].b_factor == -200
    assert found.b_factor in [each.b_factor for each in found.deepres]
    assert f"{found.b_factor:g} Å²" in found.sentence()


def test_two_ends_are_enough_and_order_does_not_matter(linear):
    assert abs(recommend(3.5, [-200, 0]).b_factor + 75) <= b_factor.PRECISION
    assert len(linear) < 10
    assert len(set(linear)) == len(linear)


def test_the_ends_themselves_may_be_right(linear):
    assert recommend(5.0, [0, -100]).outcome == "coincide"
    assert recommend(3.0, [0, -100]).b_factor == -100


def test_where_the_weakest_is_too_strong_weaker_ones_are_tried(linear):
    found = recommend(5.5, [-60, -100])
    assert (found.outcome, found.b_factor) == ("coincide", 25)
    assert found.deepres[0].b_factor == 50
    assert recommend(5, [-60]).b_factor == 0


def test_nothing_is_recommended_where_even_the_weakest_claims_too_much(linear):
    found = recommend(9.5, [0, -50, -100])
    assert (found.outcome, found.b_factor) == ("finer", None)
    assert "coincide nowhere from 200 to -100" in found.sentence()
    assert "weakest end, 200 Å², DeepRes claims more (9.00 Å)" in found.sentence()
    assert "no B factor is recommended" in found.sentence()


def test_the_strongest_is_taken_and_named_where_it_claims_too_little(linear):
    found = recommend(2.6, [0, -50, -100])
    assert (found.outcome, found.b_factor) == ("coarser", -100)
    assert "strongest end, -100 Å², DeepRes claims less (3.00 Å)" in found.sentence()


def test_a_percentile_that_gets_coarser_again_is_noise(monkeypatch):
    """3.5 Å at -50 Å², where the map's detail is, and 3.8 Å at -100 Å², where there is only noise."""

    def estimate(b_factor, mask, **_):
        return SimpleNamespace(resolution=np.full(mask.shape, {0: 5.0, -50: 3.5, -100: 3.8}[b_factor], np.float32))

    monkeypatch.setattr(deepres, "estimate", estimate)
    with pytest.raises(CannotTell, match=r"DeepRes sees noise.*3\.50 Å at -50 Å².*never reaches the 3\.20 Å"):
        recommend(3.2, [0, -50, -100])


def test_the_percentile_is_that_of_the_voxels(linear):
    snr = np.random.default_rng(0).uniform(3, 5, MASK.shape).astype(np.float32)
    sharpening = SimpleNamespace(by=lambda b_factor: b_factor)
    for percentile in (20, 50):
        found = b_factor.recommend(sharpening, MASK, snr, percentile=percentile)
        assert found.snr.percentile == pytest.approx(np.percentile(snr, percentile))
        assert abs(found.b_factor - 50 * (np.percentile(snr, percentile) - 5)) <= b_factor.PRECISION


def test_a_recommendation_survives_a_report(linear):
    found = recommend(3.5, b_factor.B_FACTORS)
    again = b_factor.Recommendation.from_dict(json.loads(json.dumps(found.as_dict())))
    assert again.sentence() == found.sentence()
    assert [each.b_factor for each in again.deepres] == [each.b_factor for each in found.deepres]
    np.testing.assert_array_equal(again.snr.voxels, found.snr.voxels)


def test_a_search_among_nothing_is_refused(linear):
    with pytest.raises(InputError, match="no B factor"):
        recommend(4, [])
    assert not linear


@pytest.mark.parametrize(
    ("allowed", "range_name", "words"),
    [
        (14, "low", "2.5 to 13 Å by its range 'low'; give a map of other resolution"),
        (2.4, "low", "try --range high"),
        (7, "high", "1.5 to 6 Å by its range 'high'; try --range low"),
        (1.2, "high", "give a map of other resolution"),
        (20, "high", "give a map of other resolution"),
    ],
)
def test_resolutions_beyond_the_range_cannot_be_told(linear, allowed, range_name, words):
    with pytest.raises(CannotTell, match=words):
        recommend(allowed, [0], range_name=range_name)
    assert not linear


def test_samples_are_blocks_of_the_mask():
    mask = np.zeros((50, 60, 70), bool)
    mask[5:45, 10:50, 15:60] = True
    assert b_factor.sample(mask, mask.sum()) is mask
    chosen = b_factor.sample(mask, 10_000)
    assert 10_000 <= chosen.sum() < 10_000 + b_factor.BLOCK**3
    assert not (chosen & ~mask).any()
    z, y, x = (index // b_factor.BLOCK for index in np.nonzero(chosen))
    for block in set(zip(z.tolist(), y.tolist(), x.tolist(), strict=True)):
        place = tuple(slice(start * b_factor.BLOCK, (start + 1) * b_factor.BLOCK) for start in block)
        np.testing.assert_array_equal(chosen[place], mask[place])


@pytest.mark.parametrize(
    ("voxel_size", "allowed", "name"), [(1.0, 2.6, "high"), (1.0, 2.7, "low"), ((1.4,) * 3, 2.6, "low")]
)
def test_the_high_range_is_for_what_the_low_one_cannot_pass(voxel_size, allowed, name):
    snr = np.where(np.indices(MASK.shape)[0] == 0, 1, allowed).astype(np.float32)
    inside = np.indices(MASK.shape)[0] > 0
    assert b_factor.range_for(voxel_size, snr, inside) == name


def test_a_blurred_protein_is_sharpened_by_about_its_blur(shared_data):
    """Half maps at 4 Å blurred by B +100 Å²; the benchmark has the accuracy."""
    structure = structures.read_structure(shared_data / "structures" / "train" / "1crn.pdb.gz")
    shape, voxel_size = (48,) * 3, 1.1
    positions = simulation.placed(structure, shape, voxel_size)
    mask = simulation.molecular_mask(positions, shape, voxel_size)
    model = filters.low_pass(simulation.density(structure, positions, shape, voxel_size), voxel_size, 4.0)
    blurred, rng = filters.apply_b_factor(model, voxel_size, 100), np.random.default_rng(4)
    halves = [DensityMap(simulation.add_noise(blurred, mask, 0.3, rng), (voxel_size,) * 3) for _ in range(2)]
    resolution = global_resolution(halves, mask)
    assert 3.2 < resolution < 4.2
    method, snr, _ = snr_resolution(halves, mask)
    assert method == "localfsc"
    mean = halves[0].like((halves[0].data + halves[1].data) / 2)
    found = b_factor.recommend(Sharpening(mean, resolution), mask, snr, [0, -200])
    assert found.outcome == "coincide"
    assert -140 < found.b_factor < -60
