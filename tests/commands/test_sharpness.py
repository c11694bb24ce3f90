"""``deepres sharpness`` from its arguments to its files, and every refusal."""

import json

import numpy as np
import pytest
import small_maps
from refusals import assert_refused

from deepreslib.commands import main
from deepreslib.enhancement.answers import ANSWERS, CRITERION
from deepreslib.enhancement.b_factor import Recommendation
from deepreslib.enhancement.sharpening import Sharpening
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, read_map, write_map

VOXEL_SIZE, ORIGIN, SHAPE = (1.25,) * 3, (5.0, 6.0, 7.0), (36, 38, 40)


@pytest.fixture(scope="module")
def maps():
    """Half maps of filtered noise in a ball, their mean and the ball; a sharpened map."""
    rng = np.random.default_rng(0)
    ball = sum((c - n // 2) ** 2 for c, n in zip(np.indices(SHAPE), SHAPE, strict=True)) < 10**2
    signal = filters.low_pass(rng.standard_normal(SHAPE), VOXEL_SIZE, 5.0) * ball
    signal = filters.apply_b_factor(signal, VOXEL_SIZE, 80)
    noise = 0.3 * signal[ball].std()
    halves = [signal + noise * rng.standard_normal(SHAPE) for _ in range(2)]
    mean = (halves[0] + halves[1]) / 2
    sharp = filters.low_pass(filters.apply_b_factor(mean, VOXEL_SIZE, -150), VOXEL_SIZE, 4.0)
    return {"half1": halves[0], "half2": halves[1], "map": mean, "mask": ball, "sharp": sharp}


@pytest.fixture
def files(tmp_path, maps):
    for name, data in maps.items():
        write_map(tmp_path / f"{name}.mrc", DensityMap(np.asarray(data, np.float32), VOXEL_SIZE, ORIGIN))
    return tmp_path


def run(folder, *options):
    return main(["sharpness", "-o", str(folder / "new" / "out"), *map(str, options)])


def read_report(folder):
    return json.loads((folder / "new" / "out" / "sharpness.json").read_text())


def halves(folder):
    return ["--half1", folder / "half1.mrc", "--half2", folder / "half2.mrc", "--mask", folder / "mask.mrc"]


def test_searches_and_writes_what_it_names(files, capsys):
    assert run(files, *halves(files), "--b-factors", "0,-150", "--range", "low", "--threads", 1) == 0
    printed = capsys.readouterr().out
    folder = files / "new" / "out"
    inside = read_map(files / "mask.mrc").data > 0.5
    report = json.loads((folder / "sharpness.json").read_text())
    search = Recommendation.from_dict(report["search"])
    assert {each.b_factor for each in search.deepres} >= {0, -150, search.b_factor}
    assert search.sentence() in printed
    assert report["check"]["sentence"] in printed
    assert search.outcome == "coincide"
    assert report["check"]["answer"] == "right"
    assert (report["check"]["missing_b_factor"], report["check"]["tolerance"]) == (0, 15)
    assert report["check"]["rule"] == CRITERION
    assert report["low_pass"]["source"] == "FSC 0.143 of the half maps"
    assert report["snr"]["method"] == "localfsc"
    assert report["mask"]["voxels"] == search.voxels == inside.sum()
    assert len(report["model"]["sha256"]) == 64
    for name in ("sharpened.mrc", "overclaimed.mrc", "snr_resolution.mrc"):
        found = read_map(folder / name)
        assert (found.data.shape, found.voxel_size, found.origin) == (SHAPE, VOXEL_SIZE, ORIGIN)
        assert str(folder / name) in printed
    snr, excess = (read_map(folder / f"{name}.mrc").data for name in ("snr_resolution", "overclaimed"))
    assert (snr[inside] > 0).all()
    assert not snr[~inside].any()
    assert not excess[~inside].any()
    assert (excess >= 0).all()
    assert np.count_nonzero(excess) / inside.sum() == pytest.approx(report["check"]["overclaimed"], abs=1e-4)
    mean = read_map(files / "map.mrc")
    expected = Sharpening(mean, report["low_pass"]["resolution"]).by(search.b_factor).data
    sharpened = read_map(folder / "sharpened.mrc").data
    assert np.corrcoef(sharpened.ravel(), expected.ravel())[0, 1] > 0.9999
    for name in ("curve.png", "violins.png"):
        assert (folder / name).stat().st_size > 5000


def test_one_map_and_a_resolution(files):
    map_and_mask = [files / "map.mrc", "--mask", files / "mask.mrc"]
    assert run(files, *map_and_mask, "--resolution", 4.5, "--b-factors=-60,-20", "--range", "low") == 0
    report = read_report(files)
    assert report["snr"]["method"] == "monores"
    assert report["low_pass"] == {"resolution": 4.5, "source": "given"}
    assert {each["b_factor"] for each in report["search"]["deepres"]} >= {-20, -60}


def test_the_resolution_of_one_map_is_found_by_cryores(files, capsys):
    assert run(files, files / "map.mrc", "--mask", files / "mask.mrc") == 0
    report = read_report(files)
    printed = capsys.readouterr().out
    if report["check"]["answer"] == "cannot tell":  # the network may see no molecule in filtered noise
        assert "CryoRes finds no resolution" in report["check"]["reason"]
        assert "give --resolution" in printed
    else:
        assert report["low_pass"]["source"].startswith("CryoRes, ± ")
        assert f"resolution {report['low_pass']['resolution']:.2f} Å (CryoRes, ± " in printed


def test_checks_a_sharpened_map_alone(files, capsys):
    assert run(files, *halves(files), "--check", files / "sharp.mrc", "--percentile", 30) == 0
    folder = files / "new" / "out"
    report = read_report(files)
    assert report["search"] is None
    assert report["low_pass"]["source"] == "FSC 0.143 of the half maps"
    assert report["input"]["checked"] == str(files / "sharp.mrc")
    assert report["check"]["percentile"] == 30
    assert report["check"]["answer"] == "oversharpened"
    assert report["check"]["oversharpened"] is True
    assert report["check"]["missing_b_factor"] > 15
    assert report["check"]["sentence"] in capsys.readouterr().out
    assert {path.name for path in folder.iterdir()} - {"overclaimed.png"} == {
        "sharpness.json",
        "overclaimed.mrc",
        "snr_resolution.mrc",
        "violins.png",
    }


def test_the_recommended_map_is_right_when_it_is_checked(files):
    assert run(files, *halves(files), "--range", "low") == 0
    best = files / "best.mrc"
    (files / "new" / "out" / "sharpened.mrc").rename(best)
    (files / "new" / "out" / "sharpness.json").unlink()
    assert run(files, *halves(files), "--range", "low", "--check", best) == 0
    assert read_report(files)["check"]["answer"] == "right"


def test_a_map_that_was_masked_cannot_be_judged(files, maps, capsys):
    masked = np.asarray(maps["map"] * maps["mask"], np.float32)
    write_map(files / "masked.mrc", DensityMap(masked, VOXEL_SIZE, ORIGIN))
    for options in ([], ["--check", files / "sharp.mrc"]):
        assert run(files, files / "masked.mrc", "--mask", files / "mask.mrc", "--resolution", 4, *options) == 0
        assert "cannot tell: " in capsys.readouterr().out
        report = read_report(files)
        assert report["check"]["answer"] == "cannot tell"
        assert "no noise outside the mask" in report["check"]["reason"]
        assert report["check"]["oversharpened"] is False
        for part in (report["search"], report["model"], report["check"]["overclaimed"], report["snr"]["resolution"]):
            assert part is None
        assert [path.name for path in (files / "new" / "out").iterdir()] == ["sharpness.json"]


def test_a_map_of_reversed_contrast_cannot_be_judged(files, maps):
    write_map(files / "dark.mrc", DensityMap(np.asarray(-maps["sharp"], np.float32), VOXEL_SIZE, ORIGIN))
    assert run(files, *halves(files), "--check", files / "dark.mrc") == 0
    report = read_report(files)
    assert report["check"]["answer"] == "cannot tell"
    assert "multiply one of them by -1" in report["check"]["reason"]
    names = {path.name for path in (files / "new" / "out").iterdir()}
    assert names == {"sharpness.json", "snr_resolution.mrc"}


def test_a_map_of_the_other_hand_cannot_be_judged(files, maps):
    write_map(files / "hand.mrc", DensityMap(np.asarray(maps["sharp"][:, :, ::-1], np.float32), VOXEL_SIZE, ORIGIN))
    assert run(files, *halves(files), "--check", files / "hand.mrc") == 0
    check = read_report(files)["check"]
    assert check["answer"] == "cannot tell"
    assert "hand.mrc is mirrored along x" in check["reason"]


def test_the_help_states_the_criterion_and_the_answers(capsys):
    with pytest.raises(SystemExit):
        main(["sharpness", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert CRITERION in text
    assert ", ".join(ANSWERS) in text


def test_a_map_of_inverted_contrast_is_refused(tmp_path, capsys):
    noisy = small_maps.noisy()
    write_map(tmp_path / "inverted.mrc", noisy.like(-noisy.data))
    code = main(["sharpness", str(tmp_path / "inverted.mrc"), "--resolution", "5", "-o", str(tmp_path / "out")])
    assert_refused(tmp_path, capsys, code, "inverted.mrc has inverted contrast", "multiply the map by -1")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--check", "sharp.mrc"], ["--check compares sharp.mrc with the unsharpened map", "--half1"]),
        (["map.mrc", "--resolution", "nan"], ["--resolution", "'nan' is not"]),
        (["map.mrc", "--b-factors", "0,-1e9"], ["--b-factors", "-1000 to 1000"]),
        (["map.mrc", "--b-factors", "0,nan"], ["--b-factors", "-1000 to 1000"]),
        (["map.mrc", "--resolution", "2"], ["2.5 Å", "coarser"]),
        (["map.mrc", "--resolution", "4", "--cutoff", "0.3"], ["--cutoff", "half maps"]),
        (["map.mrc", "--resolution", "4", "--percentile", "120"], ["--percentile", "'120' is not"]),
        (["map.mrc", "--resolution", "4", "--half1", "half1.mrc"], ["half1.mrc", "one half map"]),
        (["--resolution", "4"], ["no map"]),
        (["map.mrc", "--check", "sharp.mrc", "--b-factors", "0,-9"], ["--check", "--b-factors"]),
        (["map.mrc", "--check", "small.mrc"], ["small.mrc", "one grid"]),
        (["map.mrc", "--check", "absent.mrc"], ["absent.mrc", "does not exist"]),
        (["map.mrc", "--resolution", "4", "--mask", "small.mrc"], ["small.mrc", "mask"]),
        (["map.mrc", "--resolution", "8", "--range", "high", "--voxel-size", "3.5"], ["too coarse", "3.5 Å"]),
    ],
)
def test_what_does_not_fit_is_refused(files, capsys, monkeypatch, options, words):
    monkeypatch.chdir(files)
    write_map("small.mrc", DensityMap(np.indices((20, 20, 20))[0].astype(np.float32), VOXEL_SIZE))
    assert_refused(files, capsys, run(files, *options), *words)


def test_a_file_for_a_folder_is_refused(files, capsys):
    (files / "new").write_text("")
    assert run(files, *halves(files)) == 2
    assert "is a file" in capsys.readouterr().err


def test_b_factors_must_be_numbers(files, capsys):
    assert run(files, *halves(files), "--b-factors", "weak,strong") == 2
    assert "'weak' is not a number" in capsys.readouterr().err
