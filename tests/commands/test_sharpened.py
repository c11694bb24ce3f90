"""``deepres estimate --method deepres --sharpen``: by hand, by a Guinier fit, by half maps; and what is refused."""

import json

import numpy as np
import pytest
import small_maps
from refusals import assert_refused

from deepreslib.commands import main
from deepreslib.enhancement import guinier
from deepreslib.enhancement.sharpening import Sharpening
from deepreslib.estimation import GlobalResolution, LocalResolution, cryores, deepres
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, read_map, write_map

SHAPE, VOXEL_SIZE, BLUR = (44, 46, 48), (1.25,) * 3, 90.0


@pytest.fixture(scope="module")
def maps():
    """Density with the amplitudes of a protein, blurred; its half maps with noise of their own; the mask."""
    rng = np.random.default_rng(0)
    ball = sum((c - n // 2) ** 2 for c, n in zip(np.indices(SHAPE), SHAPE, strict=True)) < 14**2
    frequency = filters.frequencies(SHAPE, VOXEL_SIZE)
    protein = np.exp(guinier.protein_logarithm(frequency**2)) * filters.raised_cosine(frequency, 4.0, VOXEL_SIZE)
    white = rng.standard_normal(SHAPE) * ball
    signal = filters.transfer(white, protein * filters.b_factor_weights(frequency, BLUR))
    noise = 0.05 * signal[ball].std()
    halves = [signal + noise * rng.standard_normal(SHAPE) for _ in range(2)]
    return {"half1": halves[0], "half2": halves[1], "map": (halves[0] + halves[1]) / 2, "mask": ball}


@pytest.fixture
def files(tmp_path, maps, monkeypatch):
    for name, data in maps.items():
        write_map(tmp_path / f"{name}.mrc", DensityMap(np.asarray(data, np.float32), VOXEL_SIZE))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cryores_says(monkeypatch):
    """Lets CryoRes say a resolution, and a word about it."""

    def say(value, status=None):
        result = LocalResolution(
            np.zeros((2,) * 3, np.float32), global_resolution=GlobalResolution(value, 0.3), status=status
        )
        monkeypatch.setattr(cryores, "estimate", lambda *_, **__: result)

    return say


def run(*options, mask="mask.mrc"):
    words = ["--method", "deepres", "--mask", mask, "--range", "low", "--threads", "1", "-o", "out.mrc"]
    return main(["estimate", *words, *map(str, options)])


def read_report():
    with open("out.json", encoding="utf-8") as file:
        return json.load(file)


def test_a_b_factor_by_hand_needs_no_equals_sign(files, capsys):
    assert run("map.mrc", "--sharpen", "-60", "--resolution", 4.5) == 0
    report, printed = read_report(), capsys.readouterr().out
    found = report["sharpening"]
    assert (found["b_factor"], found["source"]) == (-60, "given")
    assert found["low_pass"] == {"resolution": 4.5, "source": "given"}
    assert found["median"]["after"] == pytest.approx(report["resolution"]["median"], abs=1e-3)
    assert found["median"]["after"] < found["median"]["before"] - 0.3
    assert "the map is sharpened by a B factor of -60 Å² (given) and low-pass filtered at 4.50 Å (given)" in printed
    medians = f"median {found['median']['before']:.2f} Å before and {found['median']['after']:.2f} Å after"
    assert f"low range, B factor -60 Å² applied, {medians}" in printed
    inside = read_map("mask.mrc").data > 0.5
    sharp = Sharpening(read_map("map.mrc"), 4.5).by(-60)
    expected = deepres.estimate(sharp, inside, range_name="low").resolution
    np.testing.assert_allclose(read_map("out.mrc").data, expected, atol=0.02)
    assert {path.name for path in files.iterdir()} - {f"{name}.mrc" for name in ("half1", "half2", "map", "mask")} == {
        "out.mrc",
        "out_sd.mrc",
        "out.json",
    }


def test_without_the_option_the_map_is_taken_as_it_is(files):
    assert run("map.mrc") == 0
    assert "sharpening" not in read_report()


@pytest.mark.usefixtures("files")
def test_a_guinier_fit_finds_the_b_factor_of_a_single_map(cryores_says, capsys):
    cryores_says(4.2)
    assert run("map.mrc", "--sharpen", "AUTO") == 0
    found, printed = read_report()["sharpening"], capsys.readouterr().out
    assert found["source"] == "guinier"
    assert found["b_factor"] == pytest.approx(-BLUR, abs=20)
    assert found["b_factor"] == -round(found["guinier"]["b_factor"])
    assert found["guinier"]["error"] < 40
    assert found["low_pass"] == {"resolution": 4.2, "source": "CryoRes, ± 0.3 Å"}
    assert found["sentence"] in printed
    assert "a Guinier fit from " in printed
    assert found["median"]["after"] < found["median"]["before"] - 0.5


def test_a_map_that_is_sharpened_already_is_taken_as_it_is(files, maps, cryores_says, capsys):
    flat = filters.apply_b_factor(np.asarray(maps["map"], np.float32), VOXEL_SIZE, -BLUR + 5)
    flat = filters.low_pass(flat, VOXEL_SIZE, 4.0)
    write_map(files / "map.mrc", DensityMap(flat, VOXEL_SIZE))
    cryores_says(4.4)
    assert run("map.mrc") == 0
    untouched = read_map("out.mrc").data
    assert run("map.mrc", "--sharpen", "auto") == 0
    found = read_report()["sharpening"]
    assert (found["b_factor"], found["low_pass"]) == (0, None)
    assert abs(found["guinier"]["b_factor"]) <= 15
    assert found["median"]["before"] == found["median"]["after"]
    assert "the map is sharpened already and taken as it is" in capsys.readouterr().out
    np.testing.assert_array_equal(read_map("out.mrc").data, untouched)


def test_half_maps_find_it_as_the_sharpening_check_does(files, capsys):
    assert run("--half1", "half1.mrc", "--half2", "half2.mrc", "--sharpen", "auto") == 0
    found, printed = read_report()["sharpening"], capsys.readouterr().out
    assert found["source"] == "sharpness"
    assert found["search"]["outcome"] == "coincide"
    assert found["b_factor"] == found["search"]["b_factor"]
    assert found["low_pass"]["source"] == "FSC 0.143 of the half maps"
    assert "B factor 0 Å²: DeepRes" in printed
    options = ["--mask", "mask.mrc", "--range", "low", "--b-factors", "0,-50,-100,-150,-200,-300,-400"]
    assert main(["sharpness", "--half1", "half1.mrc", "--half2", "half2.mrc", *options, "-o", "check"]) == 0
    check = json.loads((files / "check" / "sharpness.json").read_text())
    assert check["search"]["b_factor"] == found["b_factor"]


@pytest.mark.usefixtures("files")
def test_a_doubt_of_cryores_is_passed_on_and_what_it_does_not_know_is_refused(files, cryores_says, capsys):
    cryores_says(4.2, "doubtful: it is like nothing seen")
    assert run("map.mrc", "--sharpen", "-50") == 0
    assert "filtered is doubtful: it is like nothing seen; give it by --resolution" in capsys.readouterr().err
    assert any("doubtful" in sentence for sentence in read_report()["warnings"])
    for path in files.glob("out*"):
        path.unlink()
    cryores_says(27.0, "outside the range: it is coarser than 25 Å")
    words = "CryoRes cannot tell (outside the range: it is coarser than 25 Å); give it by --resolution"
    assert_refused(files, capsys, run("map.mrc", "--sharpen", "-50"), words)


def test_a_reliable_answer_of_cryores_is_taken_without_a_word(files, cryores_says, capsys):
    cryores_says(4.2, "reliable")
    assert run("map.mrc", "--sharpen", "-50") == 0
    assert "reliable" not in capsys.readouterr().err


def test_the_resolution_is_where_a_filter_ended_the_map(files, maps, cryores_says):
    filtered = filters.low_pass(np.asarray(maps["map"], np.float32), VOXEL_SIZE, 5.0)
    write_map(files / "map.mrc", DensityMap(filtered, VOXEL_SIZE))
    cryores_says(4.3)
    assert run("map.mrc", "--sharpen", "auto") == 0
    low_pass = read_report()["sharpening"]["low_pass"]
    assert low_pass["resolution"] == pytest.approx(4.9, abs=0.3)
    assert low_pass["source"] == "where a filter ended its amplitudes; CryoRes, ± 0.3 Å says 4.30 Å"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sharpen", "-1001"], ["--sharpen", "-1000 to 1000", "auto"]),
        (["--sharpen", "nan"], ["--sharpen", "'nan'"]),
        (["--sharpen", "-inf"], ["--sharpen", "'-inf'"]),
        (["--sharpen", "much"], ["--sharpen", "'much'", "auto"]),
        (["--sharpen", ""], ["--sharpen", "''"]),
        (["--sharpen"], ["--sharpen", "expected one argument"]),
        (["--resolution", "4"], ["--resolution", "add --sharpen auto"]),
        (["--sharpen", "-50", "--resolution", "2"], ["finer than twice the voxel size"]),
        (["--sharpen", "-50", "--resolution", "14"], ["14.0 Å (given)", "beyond what DeepRes can tell"]),
        (
            ["--sharpen", "auto", "--resolution", "12.9"],
            ["--sharpen auto finds no B factor", "too few", "--sharpen -80"],
        ),
    ],
)
def test_what_cannot_be_is_refused(files, capsys, options, words):
    assert_refused(files, capsys, run("map.mrc", *options), *words)


def test_an_impossible_b_factor_is_refused(files, capsys, maps):
    blurred = filters.apply_b_factor(np.asarray(maps["map"], np.float32), VOXEL_SIZE, 1500)
    write_map(files / "map.mrc", DensityMap(blurred, VOXEL_SIZE))
    code = run("map.mrc", "--sharpen", "auto", "--resolution", 6.0)
    assert_refused(files, capsys, code, "--sharpen auto finds", "give")


def test_a_map_that_cryores_cannot_judge_needs_a_resolution(files, capsys):
    write_map(files / "map.mrc", small_maps.density_map(small_maps.atoms()))
    write_map(files / "mask.mrc", small_maps.density_map(np.pad(np.ones((16,) * 3, np.float32), 16)))
    for wanted in ("auto", "-50"):
        assert_refused(files, capsys, run("map.mrc", "--sharpen", wanted), "CryoRes cannot tell", "--resolution")


def test_the_option_belongs_to_deepres(files, capsys):
    code = main(["estimate", "map.mrc", "--sharpen", "auto", "-o", "out.mrc"])
    assert_refused(files, capsys, code, "--sharpen belongs to --method deepres")
    code = main(["estimate", "map.mrc", "--method", "resmap", "--sharpen", "-80", "-o", "out.mrc"])
    assert_refused(files, capsys, code, "--sharpen means nothing to --method resmap")


def test_the_warning_about_the_coarsest_value_names_it(files, capsys, maps):
    blurred = filters.apply_b_factor(np.asarray(maps["map"], np.float32), VOXEL_SIZE, 2000)
    write_map(files / "map.mrc", DensityMap(blurred, VOXEL_SIZE))
    assert run("map.mrc") == 0
    assert "--sharpen auto" in capsys.readouterr().err
    assert run("map.mrc", "--sharpen", "-10", "--resolution", 6) == 0
    errors = capsys.readouterr().err
    assert "--sharpen auto" not in errors
    assert "its B factor may be stronger" in errors
