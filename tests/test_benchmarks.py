"""Every benchmark still runs, on the smallest part of its work, and leaves its table and its figures."""

import importlib
import json
import sys
from pathlib import Path

import pytest

from deepreslib.estimation import local_cutoff

pytestmark = pytest.mark.endurance

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Function that runs a benchmark's command line with some of its settings changed; gives what it printed."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))

    def run(name, *arguments, **settings):
        program = importlib.import_module(name)
        for setting, value in settings.items():
            monkeypatch.setattr(program, setting, value)
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        program.main()
        return capsys.readouterr().out

    return run


def results(stem):
    """The figures of a benchmark, after a look at its table."""
    assert stem.with_suffix(".md").read_text(encoding="utf-8").startswith("# ")
    return json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))


def test_deepres_accuracy(run, shared_data, tmp_path):
    stem, folder = tmp_path / "accuracy", shared_data / "structures" / "test"
    steps = {"low": (4, 8), "high": (3,)}
    run("deepres_accuracy", "--structures", folder, "--most", 2, "-o", stem, STEPS=steps)
    figures = results(stem)
    assert figures["structures"] == 2
    assert {row["resolution"] for row in figures["resolution"]} == {4, 8, 3}
    assert all(row["rmse"] < 1 for row in figures["resolution"])
    assert figures["phases"]["after"] > figures["phases"]["before"] + 1
    assert figures["sharpening"]["falls"] == 2


def test_deepres_masking(run, shared_data):
    table = run("deepres_masking", "--structures", shared_data / "structures" / "val", "--most", 1)
    assert table.count("\n| low") + table.count("\n| high") == 6


def test_deepres_speed(run, tmp_path):
    stem = tmp_path / "speed"
    run("deepres_speed", "--boxes", 64, "-o", stem, ROUNDS=1)
    figures = results(stem)
    assert figures["compact_voxels_per_second"] > figures["published_windows_per_second"]
    assert [row["box"] for row in figures["boxes"]] == [64]


def test_cryores_accuracy(run, shared_data, tmp_path):
    stem = tmp_path / "accuracy"
    kinds = ("crop through", "small box")
    options = ("--most", 2, "--only", "monores", "--kinds", *kinds, "-o", stem)
    run("cryores_accuracy", "--data", shared_data, *options, RARE={"masked": ("1cma", {"masked": 1.0})}, PER_KIND=2)
    figures = results(stem)
    assert len(figures["maps"]) == len(figures["rare"]["masked"]) == 2
    assert {kind: len(rows) for kind, rows in figures["kinds"].items()} == dict.fromkeys(kinds, 2)
    local = figures["summary"]["local"]
    assert local["cryores, all"]["rmse"] < local["monores, all"]["rmse"]
    assert 2 < figures["betagal"]["global"] < 10


def test_local_cutoffs(run, shared_data, tmp_path):
    settings = {"COUNT": {"val": 4, "test": 4}, "VIRUSES": 2}
    shipped = local_cutoff.curve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_cutoff, "CURVE", tmp_path / "curve.json")
        run("local_cutoffs", "--data", shared_data, "--fit", **settings)
        local_cutoff.curve.cache_clear()
        made = local_cutoff.curve()
    local_cutoff.curve.cache_clear()
    assert made.factor == pytest.approx(shipped.factor, rel=0.1)
    stem = tmp_path / "cutoffs"
    run("local_cutoffs", "--data", shared_data, "-o", stem, **settings)
    figures = results(stem)
    assert sum(row["maps"] for row in figures["bands"]) == 4
    assert all(row["curve"]["rmse"] < 0.1 * row["band"][1] for row in figures["bands"])
    assert len(figures["virus"]) == 2


def test_experimental(run, shared_data, tmp_path):
    stem, folder = tmp_path / "experimental", shared_data / "maps" / "experimental"
    run("experimental", "--maps", folder, "--only", "emd_6770_chain", "--disturb", "rotation", "-o", stem)
    (row,) = results(stem)["maps"]
    assert 3 < row["global"] < 5
    assert row["model"]["iou"] > 0.5
    assert row["model"]["b_factors"] > 0.5
    assert len(row["disturbed"]["rotation"]) == 6


def test_estimators(run, shared_data, tmp_path):
    stem = tmp_path / "estimators"
    run("estimators", "--data", shared_data, "--size", 64, "-o", stem, STRUCTURES=("1kc6",))
    figures = results(stem)
    assert min(row["pearson"] for row in figures["agreement"] if row["method"] == "blocres") > 0.9
    assert figures["behaviour"]["identical halves (Nyquist 2 Å)"] == pytest.approx(2, abs=0.1)
    assert {row["method"] for row in figures["speed"]} == {"localfsc", "monores", "resmap"}


@pytest.mark.parametrize("part", ["recovery", "rules"])
def test_sharpness_recovery(run, shared_data, tmp_path, part):
    stem, folder = tmp_path / part, shared_data / "structures" / "test"
    run(
        "sharpness_recovery",
        "--structures",
        folder,
        "--part",
        part,
        "--kinds",
        "filter",
        "--most",
        1,
        "--sample",
        500,
        "-o",
        stem,
    )
    (case,) = results(stem)["cases"]
    assert case["right"] < 0


def test_memory(run, tmp_path):
    run("memory", "--boxes", 32, 40, "--methods", "deepres", "localfsc", "-o", tmp_path / "memory")
    figures = results(tmp_path / "memory")["runs"]
    assert [(row["method"], row["box"]) for row in figures] == [
        ("deepres", 32),
        ("localfsc", 32),
        ("deepres", 40),
        ("localfsc", 40),
    ]
    assert all(0.05 < row["peak_gb"] < 3 and not row["failed"] for row in figures)
    assert "localfsc, 1 Å, 32³ to 40³" in (tmp_path / "memory.md").read_text()


def test_start(run, tmp_path):
    run("start", "--boxes", 48, "--rounds", 1, "-o", tmp_path / "start")
    figures = results(tmp_path / "start")["runs"]
    assert [row["method"] for row in figures] == ["import tensorflow", "deepres", "cryores"]
    assert all(row["ratio"] >= 0.5 for row in figures)


def test_classes_accuracy(run, shared_data, tmp_path):
    stem = tmp_path / "classes"
    run("classes_accuracy", "--data", shared_data, "--parts", "gaussian", "--maps", 6, "--draws", 1, "-o", stem)
    row = results(stem)["gaussian"]["rows"][0]
    assert row["levels"] == {"maps": 6, "right": 6}
    assert row["clean"]["right"] == [28]
    assert row["noisy"]["right"][0] >= 26


def test_classes_of_maps_whose_fsc_is_known(run, shared_data, tmp_path):
    stem = tmp_path / "classes"
    parts = ("--parts", "classes", "claims", "guard", "--kinds", "coarse", "--most", 2, "--pairs", 2)
    run("classes_accuracy", "--data", shared_data, *parts, "-o", stem)
    figures = results(stem)
    assert [row["group"] for row in figures["classes"]["maps"]] == ["older"] * 2 + ["coarser"] * 2 + ["trained"] * 2
    assert all(abs(row["global"] / row["truth"] - 1) < 0.5 for row in figures["classes"]["maps"] if "global" in row)
    assert ["half maps: the same twice", True, 2] in figures["claims"]["flags"]
    assert figures["guard"]["without_noise"]["as it is"].get("NOISE", 0) == 0
    assert 1000 < (tmp_path / "classes_reliability.png").stat().st_size < 100_000
    maps, again = figures["classes"]["maps"], ("--kinds", "coarse", "--most", 2)
    run("classes_accuracy", "--data", shared_data, "--parts", "classes", *again, "-o", stem)
    assert results(stem)["classes"]["maps"] == maps  # nothing is made again, to the second


def test_times_of_classes(run, shared_data, tmp_path):
    stem = tmp_path / "times"
    with pytest.MonkeyPatch.context() as patch:
        times = importlib.import_module("classes_times")
        patch.setattr(times, "BOXES", ((48, 1.0),))
        patch.setattr(times, "LARGEST", (48, 1.1))
        patch.setattr(times, "ROUNDS", 1)
        run("classes_accuracy", "--data", shared_data, "--parts", "times", "-o", stem)
    timed, largest = results(stem)["times"]["rows"]
    assert timed["seconds"].keys() >= {"classify", "estimate --method cryores"}
    assert largest["seconds"] == {}
    assert all(0.05 < peak < 4 for peak in largest["peak_gb"].values())


def test_classes_fit(run, shared_data, tmp_path):
    stem = tmp_path / "fit"
    options = ("--data", shared_data, "--per-kind", 1, "-o", stem)
    said = run("classes_fit", *options, LOOSE={"any": {}}, OF_LOOSE=2, DRAWS=5)
    assert "FSC_DECISIONS = Decisions(" in said
    assert len(results(stem)["maps"]) == 8


def test_classes_experimental(run, shared_data, tmp_path):
    stem = tmp_path / "experimental"
    run("classes_experimental", "--maps", shared_data / "maps" / "experimental", "--only", "emd_6824", "-o", stem)
    (row,) = results(stem)["maps"]
    assert [each["claim"] for each in row["claims"]] == [5.8, 3.77, 8.7]
    assert row["claims"][1]["verdict"] != "consistent"
