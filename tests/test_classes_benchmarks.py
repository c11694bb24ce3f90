"""What the benchmarks of classes compute from answers that are known, and how they collect these answers."""

import importlib
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from deepreslib.analysis.claims import Rule
from deepreslib.analysis.confusion import Confusion
from deepreslib.errors import InputError
from deepreslib.estimation.result import LocalResolution
from deepreslib.maps import DensityMap
from deepreslib.training.cryores.scenes import Scene
from deepreslib.training.cryores.views import View

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def program(monkeypatch):
    """Function that imports a module of the benchmarks."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


@pytest.fixture
def rates(program):
    return program("class_rates")


def row(truth, found, deviation=0.1, **changes):
    """What CryoRes says of a map."""
    usual = {
        "group": "older",
        "kind": "plain",
        "structure": "1abc.pdb.gz",
        "seed": [0],
        "truth": truth,
        "voxel_size": 0.5,
        "map_kind": "NOISE",
        "global": found,
        "deviation": deviation,
        "strangeness": 1.0,
        "status": "reliable",
        "end": None,
        "end_bound": None,
    }
    return {**usual, **changes}


def test_the_class_table_counts_the_classes_and_the_clear_maps(rates):
    rows = [row(4, 4), row(4.8, 5.2), row(7, 7), row(12, 12), row(10.2, 9.8), row(3, 0, refused="no molecule")]
    table = rates.class_table(rows, (5.0, 10.0))
    assert (table["maps"], table["refused"]) == (5, 1)
    assert table["confusion"]["counts_claimed_by_found"] == [[1, 1, 0], [0, 1, 0], [0, 1, 1]]
    assert (table["clear"], table["clear_right"]) == (3, 1.0)


def test_other_decisions_move_maps_to_other_classes(rates):
    rows = [row(4.8, 5.2), row(10.2, 9.8)]
    assert rates.class_table(rows, (5.3, 9.7))["confusion"]["accuracy"] == 1
    assert rates.class_table(rows, (5.0, 10.0))["confusion"]["accuracy"] == 0


def test_probabilities_are_the_shares_of_a_normal_distribution(rates):
    assert rates.probabilities_of(row(5, 5, 1.0), (5.0, 10.0))[0] == pytest.approx(0.5)
    widened = rates.probabilities_of(row(5, 5.5, 0.5, map_kind="MASKED"), (5.0, 10.0), masked_factor=2.0)
    assert widened[0] == pytest.approx(norm.cdf(-0.5))


def test_reliability_and_its_error(rates):
    bins = rates.reliability_of([0.92, 0.98, 0.55, 0.55, 1.0], [True, False, True, False, True])
    assert [(each["from"], each["maps"]) for each in bins] == [(0.5, 2), (0.9, 3)]
    assert bins[1]["said"] == pytest.approx((0.92 + 0.98 + 1) / 3)
    assert bins[1]["right"] == pytest.approx(2 / 3)
    expected = (2 * 0.05 + 3 * (2.9 / 3 - 2 / 3)) / 5
    assert rates.calibration_error(bins) == pytest.approx(expected)
    assert rates.calibration_error([]) is None


def test_honest_probabilities_have_no_calibration_error(rates):
    rng = np.random.default_rng(0)
    said = rng.random(100_000)
    assert rates.calibration_error(rates.reliability_of(said, rng.random(said.size) < said)) < 0.01


@pytest.mark.parametrize(
    ("changes", "factor", "answer"),
    [
        ({}, 1.0, "consistent"),
        ({}, 0.7, "finer than the map supports"),
        ({}, 1.5, "coarser than the map supports"),
        ({"voxel_size": 2.0}, 0.8, "impossible"),
        ({"deviation": 2.0}, 0.7, "consistent"),
        ({"status": "doubtful: it is strange"}, 0.5, "cannot tell"),
        ({"map_kind": "SMOOTH"}, 0.5, "cannot tell"),
        ({"end": 8.0, "end_bound": 8.2}, 1.0, "finer than the map supports"),
        ({"end": 8.0, "end_bound": 8.2, "map_kind": "SMOOTH"}, 1.0, "cannot tell"),
    ],
)
def test_claims_are_judged_as_the_command_does(rates, changes, factor, answer):
    assert rates.verdict_of(row(4, 4.0, **changes), factor, Rule()) == answer


def test_a_masked_map_is_given_more_room(rates):
    masked = row(4, 5, 0.4, map_kind="MASKED")
    assert rates.contradicted([masked], 1.0, Rule(), 1.0) == 1
    assert rates.contradicted([masked], 1.0, Rule(), 1.3) == 0
    assert rates.contradicted([], 1.0, Rule()) is None


def test_the_operating_curve_falls_as_the_rule_is_loosened(rates):
    rng = np.random.default_rng(1)
    rows = [row(truth, truth + rng.normal(0, 0.3), 0.3) for truth in rng.uniform(3, 12, 300)]
    curves = rates.operating_curve(rows)
    for swept, points in curves.items():
        assert [point[swept] for point in points] == sorted(point[swept] for point in points)
        for rate in (lambda p: p["true"], lambda p: p["wrong"][1][1]):
            assert np.all(np.diff([rate(point) for point in points]) <= 0)
    at_two = next(point for point in curves["sigmas"] if point["sigmas"] == 2)
    assert at_two["true"] < 0.06
    assert dict(map(tuple, at_two["wrong"]))[0.5] == 1
    counted = rates.verdict_counts(rows, factors=(1.0, 0.5))
    assert [sum(each["answers"].values()) for each in counted] == [300, 300]
    assert counted[1]["answers"] == {"finer than the map supports": 300}


def test_kinds_are_counted_apart(rates):
    rows = [row(4, 4), row(4, 9, kind="strange"), row(4, 4, kind="strange", refused="no molecule")]
    rows.append(row(4, 4, kind="strange", status="doubtful: it is"))
    plain, strange = rates.kind_rates(rows)
    assert (plain["maps"], plain["refused"], plain["cannot_tell"], plain["rates"]["1.0"]) == (1, 0, 0, 0.0)
    assert (strange["maps"], strange["refused"], strange["cannot_tell"], strange["rates"]["1.0"]) == (2, 1, 1, 0.5)


def test_the_fitted_factor_makes_two_deviations_hold_their_share(rates):
    errors = np.random.default_rng(2).normal(0, 1.5, 20_000)
    assert rates.fitted_factor(errors, np.ones(errors.size), 0.9545) == pytest.approx(1.5, abs=0.03)
    assert rates.fitted_factor(errors, np.full(errors.size, 10.0), 0.9545) == 1


def test_the_fitted_decision_makes_up_for_a_shift(rates):
    rng = np.random.default_rng(3)
    truths = rng.uniform(7, 14, 5000)
    values = truths - 0.4 + rng.normal(0, 0.3, truths.size)
    places = 10 + np.arange(-20, 21) * 0.05
    found = rates.fitted_decision(10, truths, values, np.full(truths.size, 0.3), places)
    assert found == pytest.approx(9.6, abs=0.06)
    assert rates.fitted_decision(10, truths + 10, values, np.ones(truths.size), places) == 10


def test_maps_are_asked_about_once(program, monkeypatch):
    fsc_maps = program("fsc_maps")
    asked, kept = [], []

    def judge(wanted, model=None):
        asked.append(wanted.seed)
        return row(4 + len(asked), 4, group=wanted.group, kind=wanted.kind, seed=list(wanted.seed))

    monkeypatch.setattr(fsc_maps, "judge", judge)
    monkeypatch.setattr(fsc_maps, "KEEP_EVERY", 2)
    wanted = [fsc_maps.Wanted("older", "plain", "folder/1abc.pdb.gz", None, (0, number)) for number in range(5)]
    first = fsc_maps.collect(wanted[1:3], keep=kept.append)
    assert kept == [first]
    found = fsc_maps.collect(wanted, first, kept.append)
    assert [each["seed"] for each in found] == [[0, number] for number in range(5)]
    assert asked == [(0, 1), (0, 2), (0, 0), (0, 3), (0, 4)]
    assert len(fsc_maps.collect(wanted, found, until=lambda rows: len(rows) == 3)) == 3


def test_low_maps_are_counted_in_the_older_recipe_alone(program):
    rows = [row(12, 4), row(12, 4, group="coarser"), row(12, 4, group="trained"), row(9, 12), row(12, 4, refused="x")]
    assert program("fsc_maps").count_low(rows) == 2


def test_the_wanted_maps_differ_and_are_those_of_the_other_benchmark(program, monkeypatch, tmp_path):
    fsc_maps, cryores_accuracy = program("fsc_maps"), program("cryores_accuracy")
    paths = [str(tmp_path / f"{number}.pdb.gz") for number in range(3)]
    monkeypatch.setattr(fsc_maps, "find_structures", lambda folder: paths)
    older, trained = fsc_maps.older(tmp_path), fsc_maps.trained(tmp_path)
    assert [each.seed for each in older[:3]] == [(cryores_accuracy.SEED, number) for number in range(3)]
    assert len(older) == 3 + len(cryores_accuracy.RARE) * cryores_accuracy.PER_KIND
    wanted = [*older, *trained, *fsc_maps.coarser(tmp_path)]
    assert len({each.key for each in wanted}) == len(wanted)
    assert [each.seed for each in fsc_maps.trained(tmp_path, ["ring"])] == [e.seed for e in trained if e.kind == "ring"]
    named = {kind for those in fsc_maps.FAMILIES.values() for kind in those}
    assert named <= {each.kind for each in trained}


def some_rows():
    """Maps of two groups, with errors of 0.3 Å, and one that was refused."""
    rng = np.random.default_rng(4)
    groups = {"older": "masked", "coarser": "coarser", "trained": "crystal"}
    kinds = ("NOISE", "MASKED")
    rows = [
        row(truth, truth + rng.normal(0, 0.3), 0.3, group=group, kind=kind, map_kind=kinds[number % 2])
        for group, kind in groups.items()
        for number, truth in enumerate(rng.uniform(3, 14, 40))
    ]
    return [*rows, row(5, 5, refused="no molecule")]


def test_tables_and_pictures_of_classes_and_claims(program, tmp_path):
    fsc, claims, pictures = (program(name) for name in ("classes_fsc", "classes_claims", "class_pictures"))
    accuracy = program("classes_accuracy")
    rows = some_rows()
    results = {"classes": {"weights": "", "maps": rows, **fsc.figures(rows)}}
    counts = {"claims": [["half maps", 1.0, "consistent", 3]], "flags": [["x", True, 2]], "kinds": [["y", False, 2]]}
    results["claims"] = counts | claims.of_rows(rows)
    text = accuracy.markdown(results)
    assert "| 36 structures and seven kinds | 40 (1) |" in text
    assert "| x | 2 of 2 |" in text
    assert "| y | 0 of 2 |" in text
    assert "| half maps (3) | 1 | consistent 100 %; contradicted 0.0 % |" in text
    assert "true ones contradicted" in text
    stem = tmp_path / "classes"
    accuracy.draw(stem, results)
    for ending in ("reliability", "claims"):
        assert 1000 < (tmp_path / f"classes_{ending}.png").stat().st_size < 100_000
    assert pictures.FACTOR_WORDS.keys() >= set(program("class_rates").SHOWN)


def test_parts_that_need_maps_say_so(program):
    with pytest.raises(InputError, match="run --parts classes first"):
        program("classes_accuracy").maps_of({"gaussian": {}})


def test_the_guard_counts_kinds(program):
    guard = program("classes_guard")
    figures = {"with_noise": {"plain": {"NOISE": 3, "SMOOTH": 1}}, "without_noise": {"as it is": {"CUT_OFF": 4}}}
    text = "\n".join(guard.markdown(figures))
    assert "1 of 4 (25.0 %)" in text
    assert "| plain | 3 | 0 | 1 | 0 | 0 |" in text
    assert "4 of 4 (100.0 %)" in text
    kinds = [kind for those in guard.COLUMNS.values() for kind in those]
    assert len(kinds) == len(set(kinds)) == len(guard.Kind)


def test_the_forms_of_a_map_without_noise(program):
    guard = program("classes_guard")
    data = np.zeros((32, 32, 32), np.float32)
    data[12:20, 12:20, 12:20] = np.linspace(1, 2, 8)
    forms = dict(guard.forms(DensityMap(data, (1.0,) * 3), data > 0, 7.5, np.random.default_rng(0)))
    assert len(np.unique(forms["as 8 bits"].data)) <= 256
    assert forms["as 8 bits"].data.max() == 255
    assert np.array_equal(forms["within its mask"].data, data)
    assert forms["on coarser voxels"].data.shape == (20,) * 3
    assert forms["on coarser voxels"].voxel_size[0] == pytest.approx(1.6)
    finer = dict(guard.forms(DensityMap(data, (1.0,) * 3), data > 0, 2.5, np.random.default_rng(0)))
    assert "on coarser voxels" not in finer


def test_the_ten_classes_of_a_voxel(program, monkeypatch):
    voxels = program("classes_voxels")
    z = np.arange(24, dtype=np.float32)[:, None, None]
    mask = np.zeros((24, 24, 24), bool)
    mask[4:20, 4:20, 4:20] = True
    truth = np.where(mask, 3.5 + (z > 11), 0).astype(np.float32)  # half of it 3.5 Å, half of it 4.5 Å
    view = View(mask.astype(np.float32), 1.5, (0.0,) * 3, truth, mask, 4.0)
    monkeypatch.setattr(voxels, "make_scene", lambda path, recipe, seed: Scene("ball", (view,), {}, None))
    further = {"_class": np.where(mask, 3 + (z > 9), 0), "_probability": np.where(mask, 0.9, 0)}
    monkeypatch.setattr(voxels.classes, "estimate", lambda *args, **options: LocalResolution(truth, further=further))
    figures = voxels.by_fsc(["one", "other"])
    assert figures["bands"]["all"] == figures["bands"]["below 7 Å"]
    assert figures["bands"]["all"]["exact"] == pytest.approx(14 / 16)
    assert figures["bands"]["all"]["common"] == 0.5
    assert figures["bands"]["all"]["ece"] == pytest.approx(0.025)
    kept = 8 * 16**3  # of the padded cube of 32 voxels, all eight parts hold some of the molecule
    assert figures["exact_published"] == pytest.approx(1 - 2 * 16**2 / kept)
    answers = {"head for monores": {"resmap": {"masked (2)": figures["bands"]["all"] | {"maps": 2}}}}
    text = "\n".join(voxels.markdown({"fsc": figures, "methods": {"maps": 4, "answers": answers}}))
    assert "| all | 87.5 % | 100.0 % | 50.0 % | 100.0 % | 0.025 |" in text
    assert "| head for monores | resmap | masked (2) (2) | 87.5 % |" in text


def test_each_method_is_judged_by_the_other(program, monkeypatch, tmp_path):
    voxels = program("classes_voxels")
    resolution = np.zeros((1, 2, 8, 2), np.float32)
    resolution[..., 0] = 3.5
    resolution[..., :4, 1] = 4.5  # ResMap assigns something to every other place only
    inputs = types.SimpleNamespace(baseline=np.array([[4.0, 9.0]]), kinds=np.array([["", "", "plain", "masked"]]))
    monkeypatch.setattr(voxels.examples, "make", lambda *args: [])
    unseen = types.SimpleNamespace(inputs=inputs, resolution=resolution)
    monkeypatch.setattr(voxels.examples, "load", lambda paths: unseen)
    certain = np.eye(10)[np.full((2, 8), 2)]
    monkeypatch.setattr(voxels, "cryores_shares", lambda unseen, model: certain)
    found = voxels.by_methods(["one"], 1, network=str(tmp_path / "none"))["answers"]
    assert found["CryoRes in bins"]["monores"]["all"]["exact"] == 1
    assert [found["CryoRes in bins"]["resmap"]["all"][name] for name in ("exact", "near")] == [0, 1]
    assert found["monores itself"]["resmap"]["all"]["near"] == 1
    assert found["resmap itself"]["monores"]["all"]["exact"] == 0
    assert found["CryoRes in bins"]["monores"]["masked"]["maps"] == 1


def test_the_table_of_times(program):
    times = program("classes_times")
    one = {"box": 300, "voxel_size": 1.1, "seconds": {times.CRYORES: 10.0, "classify": 12.0}}
    one["peak_gb"] = {times.CRYORES: 1.0, "classify": 1.5}
    other = {"box": 512, "voxel_size": 1.0, "seconds": {}, "peak_gb": {"classify": 3.5}}
    text = "\n".join(times.markdown({"cores": 2, "rows": [one, other]}))
    assert "| 300³ | 1.1 | classify | 12.0 | 1.20 | 1.50 | 1.3 times, 25 s |" in text
    assert "| 512³ | 1 | classify | – | – | 3.50 | 4 GB |" in text


def test_the_constants_of_the_command_are_printed(program):
    fit = program("classes_fit")
    rng = np.random.default_rng(5)
    rows = []
    for number, truth in enumerate(rng.uniform(3, 14, 400)):
        kind, spread = (("MASKED", 0.6), ("NOISE", 0.3))[number % 2]
        rows.append(row(truth, truth - 0.3 + rng.normal(0, spread), 0.3, map_kind=kind))
    found = fit.fits(rows)
    assert 1.7 < found["masked_factor"] < 2.6
    assert [border for border, *_ in found["decisions"]] == [5.0, 10.0]
    assert all(value < border and error > 0 for border, value, error in found["decisions"])
    text = fit.text(found)
    assert f"MASKED_FACTOR = {found['masked_factor']:.2f}\n" in text
    assert f"FSC_DECISIONS = Decisions({{5.0: {found['decisions'][0][1]}, 10.0: " in text
    with pytest.raises(InputError, match="nothing can be fitted"):
        fit.fits([row(4, 4, status="doubtful: it is strange")])
    alone = fit.fits([each for each in rows if each["map_kind"] == "NOISE"])
    assert alone["masked_factor"] is None
    assert "MASKED_FACTOR" not in fit.text(alone)


def test_the_papers_answers_give_the_papers_tables(program):
    emdb = program("classes_emdb")
    rows = emdb.published()
    assert len({each["emdb"] for each in rows}) == 30
    tables = emdb.confusions(rows)
    assert tables[emdb.PAPERS["dnn"]].counts.tolist() == [[10, 0, 0], [4, 5, 1], [2, 5, 3]]
    assert tables[emdb.PAPERS["cnn3d"]].counts.tolist() == [[10, 0, 0], [5, 4, 1], [3, 4, 3]]
    measures = Confusion(tables[emdb.PAPERS["cnn3d"]].counts).measures("medium")
    assert measures == pytest.approx({"sensitivity": 0.4, "specificity": 0.8, "ppv": 0.5, "npv": 0.727}, abs=5e-4)
    assert "60.0 % of 30" in emdb.markdown({"maps": rows})
    assert "56.7 % of 30" in emdb.markdown({"maps": rows})


def test_maps_of_the_paper_are_found_by_their_names(program, tmp_path, monkeypatch, capsys):
    emdb = program("classes_emdb")
    for name in ("emd_8221.map.gz", "EMD-2984.mrc", "emd_9999.map", "emd_3311.txt"):
        (tmp_path / name).touch()
    assert {entry: Path(path).name for entry, path in emdb.find_maps(tmp_path).items()} == {
        "8221": "emd_8221.map.gz",
        "2984": "EMD-2984.mrc",
    }
    monkeypatch.setattr(sys, "argv", ["classes_emdb", "--maps", str(tmp_path / "nowhere")])
    with pytest.raises(SystemExit) as caught:
        emdb.main()
    assert caught.value.code == 2
    assert capsys.readouterr().err.strip().endswith("put files such as emd_8221.map.gz there, from EMDB.")


def test_claims_about_experimental_maps(program):
    experimental = program("classes_experimental")
    case = program("experimental").Case("emd_1883", "", deposited="20.9")
    assert experimental.claims_of(case) == [(20.9, 1.0), (13.58, 0.65), (31.35, 1.5), (3.0, None)]
    assert experimental.deposited("5.8 deposited; the spectrum ends near 8.5 A") == 5.8
    assert experimental.deposited("unknown; the spectrum ends at 15-17 A") is None
    assert experimental.deposited("") is None


def test_what_must_not_be_said_of_experimental_maps(program):
    experimental = program("classes_experimental")

    def map_row(name, known, *claims):
        keys = ("claim", "factor", "verdict", "contradicted", "by")
        told = {"map": name, "deposited": str(known), "known": known, "global": 4.0, "deviation": 0.2, "end": None}
        return told | {"kind": "noise", "claims": [dict(zip(keys, each, strict=True)) for each in claims]}

    finer, fine = "finer than the map supports", "consistent"
    rows = [
        map_row("right", 4.0, (4.0, 1.0, fine, False, 4), (2.6, 0.65, finer, True, 4)),
        map_row("overfiltered", 4.0, (4.0, 1.0, finer, True, 5)),
        map_row("too coarse", 20.0, (20.0, 1.0, "coarser than the map supports", True, 4)),
        map_row("wrong", 4.0, (4.0, 1.0, finer, True, 4), (2.6, 0.65, fine, False, 4)),
    ]
    assert [sentence.split(",")[0] for sentence in experimental.faults(rows)] == ["wrong", "wrong"]
    refused = {"map": "broken", "deposited": "", "refused": "no molecule", "claims": []}
    text = experimental.markdown({"maps": [*rows, refused]})
    assert text.count("- Wrong:") == 2
    assert len({line.count("|") for line in text.splitlines() if line.startswith("|")}) == 1
