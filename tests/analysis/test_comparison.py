"""Comparison of resolution maps: formulas, scipy's numbers, voxels without a value, the original programs."""

import numpy as np
import pytest
from scipy import stats

from deepreslib.analysis.comparison import SPREAD_PERCENTILES, TABLE_HEADER, assigned, compare, maps_needed, table_rows
from deepreslib.errors import InputError
from deepreslib.maps import read_map

SHAPE = (9, 8, 7)


@pytest.fixture
def mask():
    """All but the outermost voxels."""
    inside = np.zeros(SHAPE, bool)
    inside[1:-1, 1:-1, 1:-1] = True
    return inside


@pytest.fixture
def maps(mask):
    """Three maps of the mask's voxels: between 3 and 6 Å, the same with noise, and something else."""
    rng = np.random.default_rng(5)
    true = rng.uniform(3, 6, SHAPE)
    arrays = {"A": true, "B": true + rng.normal(0.4, 0.3, SHAPE), "C": rng.uniform(4, 8, SHAPE)}
    return {label: (array * mask).astype(np.float32) for label, array in arrays.items()}


def test_numbers_against_the_reference_are_scipys(maps, mask):
    found = compare(maps, reference="B")
    assert found.reference == "B"
    assert list(found.agreements) == ["A", "C"]
    for label, agreement in found.agreements.items():
        one, other = maps[label][mask], maps["B"][mask]
        assert agreement.voxels == mask.sum()
        assert agreement.rmse == pytest.approx(np.sqrt(np.mean((one - other) ** 2)), rel=1e-5)
        assert agreement.pearson == pytest.approx(stats.pearsonr(one, other)[0], rel=1e-5)
        assert agreement.spearman == pytest.approx(stats.spearmanr(one, other)[0], rel=1e-5)
        assert agreement.median_difference == pytest.approx(np.median(one - other), rel=1e-5)
        np.testing.assert_allclose(agreement.difference[mask], one - other, atol=1e-6)
        assert (agreement.difference[~mask] == 0).all()


def test_shifted_and_stretched_map_has_the_numbers_of_the_formulas(maps, mask):
    found = compare({"A": maps["A"], "shifted": (maps["A"] + 0.5) * mask, "squared": maps["A"] ** 2})
    shifted, squared = found.agreements.values()
    assert (shifted.rmse, shifted.median_difference) == pytest.approx((0.5, 0.5), abs=1e-5)
    assert (shifted.pearson, shifted.spearman) == pytest.approx((1, 1))
    assert squared.spearman == pytest.approx(1)
    assert squared.pearson < 0.999


def test_tied_values_share_their_rank():
    one, other = np.array([3.0, 3.5, 3.5, 4.0, 4.0, 5.0]), np.array([3.2, 3.1, 3.9, 3.9, 4.8, 4.4])
    found = compare({"steps": one.reshape(1, 2, 3), "other": other.reshape(1, 2, 3)})
    assert found.agreements["other"].spearman == pytest.approx(stats.spearmanr(one, other)[0])


def test_consensus_and_spread_are_numpys_percentiles(maps, mask):
    found = compare(maps)
    together = np.stack([each[mask] for each in maps.values()])
    np.testing.assert_allclose(found.consensus[mask], np.median(together, axis=0), rtol=1e-6)
    low, high = np.percentile(together, SPREAD_PERCENTILES, axis=0)
    np.testing.assert_allclose(found.spread[mask], (high - low) / 2, atol=1e-5)
    assert (found.consensus[~mask] == 0).all()
    assert (found.spread[~mask] == 0).all()
    assert found.consensus.dtype == found.spread.dtype == np.float32


def test_spread_of_many_normal_maps_is_their_standard_deviation():
    rng = np.random.default_rng(0)
    found = compare({str(number): rng.normal(5, 0.3, SHAPE) for number in range(300)})
    assert found.spread.mean() == pytest.approx(0.3, abs=0.01)
    assert found.consensus.mean() == pytest.approx(5, abs=0.01)


def test_spread_of_two_maps_and_of_one_dissenter_among_three():
    ones = np.ones(SHAPE)
    assert compare({"A": 3 * ones, "B": 5 * ones}).spread == pytest.approx(0.68, abs=1e-6)
    assert compare({"A": 3 * ones, "B": 3 * ones, "C": 6 * ones}).spread == pytest.approx(0.5 * 0.68 * 3, abs=1e-6)


def test_voxels_without_a_value_do_not_count_for_their_map_alone(maps, mask):
    gaps = maps["C"].copy()
    gaps[4] = 100.0  # ResMap's way
    gaps[5] = 0.0
    gaps[6] = np.nan
    gaps[7] = -1.0
    found = compare(maps | {"C": gaps}, mask)
    counted = mask & (np.arange(SHAPE[0])[:, None, None] < 4)
    assert found.report()["maps"][2]["voxels"] == found.agreements["C"].voxels == counted.sum()
    assert found.agreements["B"].voxels == mask.sum()
    np.testing.assert_array_equal(found.values["C"] > 0, counted)
    assert found.agreements["C"].rmse == pytest.approx(
        np.sqrt(np.mean((maps["C"][counted] - maps["A"][counted]) ** 2)), rel=1e-5
    )
    assert (found.consensus[5] == 0).all()
    np.testing.assert_array_equal(found.counts, 2 * mask + counted)
    two = np.mean([maps["A"][5], maps["B"][5]], axis=0)
    found = compare(maps | {"C": gaps}, mask, share=0.6)
    np.testing.assert_allclose(found.consensus[5], two, rtol=1e-6)  # of the two maps that remain
    assert np.isfinite(found.consensus).all()


def test_background_values_can_be_chosen(maps, mask):
    filled = {label: np.where(mask, each, 15.0) for label, each in maps.items()}
    assert compare(filled).mask.all()
    found = compare(filled, background=(15.0,))
    np.testing.assert_array_equal(found.mask, mask)
    hundred = np.full(3, 100.0, np.float32)
    assert not assigned(hundred).any()
    assert assigned(hundred, background=()).all()


def test_without_a_mask_the_voxels_are_those_of_all_maps(maps, mask):
    gaps = maps["B"].copy()
    gaps[:3] = 0
    found = compare(maps | {"B": gaps})
    np.testing.assert_array_equal(found.mask, gaps > 0)
    for each in found.values.values():
        np.testing.assert_array_equal(each > 0, gaps > 0)


def test_consensus_does_not_step_where_a_map_ends(mask):
    """Maps of 3.9, 4.1 and 5.5 Å: beyond the rim of the first two, the rest alone would have said 5.5 Å."""
    ones, x = np.ones(SHAPE), np.arange(SHAPE[2])
    maps = {"A": 3.9 * (x < 4) * ones, "B": 4.1 * ones, "C": 5.5 * ones}
    found = compare(maps, mask)
    inside = mask & (x < 4)
    assert found.consensus[inside] == pytest.approx(4.1)
    assert not found.consensus[~inside].any()
    assert not found.spread[~inside].any()
    np.testing.assert_array_equal(found.counts, 2 * mask + inside)
    report = found.report()
    beyond = int(mask.sum() - inside.sum())
    assert report["counts"] == {"0": 0, "1": 0, "2": beyond, "3": int(inside.sum())}
    assert (report["consensus"]["needed"], report["consensus"]["voxels"]) == (3, inside.sum())
    stepping = compare(maps, mask, share=0.5)
    assert stepping.consensus[mask & (x > 4)] == pytest.approx(4.8)
    assert stepping.report()["consensus"]["needed"] == 2


def test_share_of_the_maps(maps, mask):
    assert [maps_needed(5, share) for share in (0.01, 0.4, 0.41, 0.6, 1)] == [2, 2, 3, 3, 5]
    assert maps_needed(10, 0.3) == 3  # although 10 × 0.3 is a little more in binary numbers
    gaps = maps["B"].copy()
    gaps[:3] = 0
    np.testing.assert_array_equal(compare(maps | {"B": gaps}, share=0.5).mask, mask)
    for share in (0, -1, 1.01, np.nan):
        with pytest.raises(InputError, match="at most 1"):
            compare(maps, share=share)


def test_maps_that_never_meet_have_no_consensus(mask):
    left, right = np.zeros(SHAPE), np.zeros(SHAPE)
    left[:, :, :4], right[:, :, 4:] = 4, 5
    maps = {"whole": left + right, "left": left, "right": right}
    with pytest.raises(InputError, match=r"where 3 of the 3 maps .* or a share of 0\.66"):
        compare(maps, mask)
    np.testing.assert_array_equal(compare(maps, mask, share=0.66).consensus > 0, mask)


def test_no_consensus_of_a_single_map(mask):
    left, right = np.zeros(SHAPE), np.zeros(SHAPE)
    left[:, :, :4], right[:, :, 3:] = 4, 5
    found = compare({"left": left, "right": right}, mask)
    np.testing.assert_array_equal(found.consensus > 0, mask & (np.arange(SHAPE[2]) == 3))


def test_constant_map_has_no_correlation(maps, mask):
    agreement = compare({"A": maps["A"], "flat": 4.0 * mask}).agreements["flat"]
    assert agreement.pearson is None
    assert agreement.spearman is None
    rows = table_rows(compare({"A": maps["A"], "flat": 4.0 * mask}).report())
    assert rows[1][6:8] == ("–", "–")


def test_maps_given_are_not_changed(maps, mask):
    before = {label: each.copy() for label, each in maps.items()}
    compare(maps, mask & (np.arange(SHAPE[2]) < 4))
    for label, each in maps.items():
        np.testing.assert_array_equal(each, before[label])


def test_report_and_its_table(maps, mask):
    report = compare(maps, reference="C").report()
    assert (report["reference"], report["voxels"]) == ("C", mask.sum())
    assert [each["label"] for each in report["maps"]] == ["A", "B", "C"]
    assert report["maps"][2]["agreement"] is None
    assert report["maps"][0]["resolution"]["median"] == pytest.approx(np.median(maps["A"][mask]), abs=1e-4)
    rows = table_rows(report)
    assert [len(row) for row in rows] == [len(TABLE_HEADER)] * 4
    assert rows[0][0] == "A"
    assert rows[0][2] == f"{np.median(maps['A'][mask]):.2f}"
    assert rows[0][8].startswith("-")  # A is finer than C
    assert rows[2][5] == "reference"
    assert rows[3][0] == "consensus"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda maps: ({"A": maps["A"]}, {}), "two resolution maps or more"),
        (lambda maps: (maps, {"reference": "D"}), "reference D .*one of A, B, C"),
        (lambda maps: (maps | {"B": maps["B"][1:]}, {}), r"B has shape \(8, 8, 7\) and A \(9, 8, 7\)"),
        (lambda maps: (maps, {"mask": np.ones((3, 3, 3), bool)}), r"The mask has shape \(3, 3, 3\)"),
        (lambda maps: (maps | {"B": np.full(SHAPE, 100.0)}, {}), "B has no value above 0"),
        (lambda maps: (maps | {"B": (maps["B"] == 0) * 5.0}, {}), "no voxel where all maps have a value"),
        (lambda maps: (maps, {"mask": maps["A"] == 0}), "A has no value inside the mask"),
        (lambda maps: (maps | {"B": (maps["B"] == 0) * 5.0}, {"mask": np.ones(SHAPE, bool)}), "B and A share no voxel"),
    ],
)
def test_what_cannot_be_compared_is_refused(maps, change, words):
    given, options = change(maps)
    with pytest.raises(InputError, match=words):
        compare(given, **options)


def test_original_programs_on_a_reference(shared_data):
    folder = shared_data / "reference" / "2gaf"
    names = ("blocres", "monores_halves", "resmap_split")
    maps = {name: read_map(folder / f"{name}.mrc.gz").data for name in names}
    mask = read_map(folder / "mask.mrc.gz").data > 0.5
    report = compare(maps, mask).report()
    medians = [each["resolution"]["median"] for each in report["maps"]]
    assert medians == pytest.approx([3.82, 5.43, 4.10], abs=0.01)
    assigned_shares = [each["voxels"] / report["voxels"] for each in report["maps"]]
    assert assigned_shares == pytest.approx([1.000, 1.000, 0.998], abs=0.001)
    truth = read_map(folder / "bfactor.mrc.gz").data
    against_truth = compare(maps | {"B factor": truth}, mask, "B factor", background=()).agreements
    assert [each.spearman for each in against_truth.values()] == pytest.approx([0.922, 0.790, 0.513], abs=0.002)
