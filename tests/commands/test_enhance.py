"""``deepres enhance``: what it writes, what its report holds, what it says."""

import json
import subprocess
import sys

import numpy as np
import pytest
from enhance_runs import HALVES, ORIGIN, read_report, run, written
from refusals import assert_refused

from deepreslib.commands import main
from deepreslib.maps import labels, masks, read_map

pytestmark = pytest.mark.usefixtures("enhance_files")


def test_one_map(capsys):
    assert run("map.mrc", "--mask", "mask.mrc", "--resolution", 6) == 0
    assert written() == ["out.json", "out.mrc", "out_bfactor.mrc", "out_mask.mrc"]
    given, mask = read_map("map.mrc"), read_map("mask.mrc").data > 0.5
    enhanced, factors = read_map("out.mrc"), read_map("out_bfactor.mrc")
    for written_map in (enhanced, factors, read_map("out_mask.mrc")):
        assert (written_map.voxel_size, written_map.origin) == (given.voxel_size, ORIGIN)
    np.testing.assert_allclose(enhanced.data[mask], 2 * given.data[mask], rtol=1e-6)
    assert not enhanced.data[~masks.dilate(mask, 4)].any()
    np.testing.assert_array_equal(factors.data, np.where(mask, -50, 0))
    np.testing.assert_array_equal(read_map("out_mask.mrc").data > 0.5, mask)
    quantities = [read_map(f"out{ending}.mrc").quantity for ending in ("", "_mask", "_bfactor")]
    assert quantities == [labels.DENSITY, labels.MASK, labels.B_FACTOR]
    printed = capsys.readouterr()
    assert "resolution 6.00 Å (given), mask of " in printed.out
    assert "B factor -50 Å² (median; 90 % between -50 and -50 Å²), correlation with the input 1.000" in printed.out
    assert "plain: it is twice the map" in printed.out
    assert "deepres: warning: it is only a test." in printed.err
    assert "FSC" not in printed.out


def test_the_report_of_one_map():
    assert run("map.mrc", "--mask", "mask.mrc", "--resolution", 6, "--times", 3) == 0
    report = read_report()
    assert (report["method"], report["times"], report["structure"]) == ("plain", 3, None)
    assert report["input"]["path"] == "map.mrc"
    assert report["resolution"] == {"value": 6, "source": "given"}
    assert report["mask"]["source"] == "file"
    assert report["voxels"] == report["mask"]["voxels"] > 1000
    assert report["surroundings"] == "masked"
    assert report["b_factor"]["median"] == -50
    assert report["correlation"] == pytest.approx(1)
    assert len(report["phase_change"]["frequency"]) == len(report["phase_change"]["radians"]) == 12
    assert report["model"]["sha256"] == "0"
    assert "it is only a test." in report["warnings"]
    assert {"total", "mask_and_resolution", "gains"} <= set(report["seconds"])
    assert set(report["files"]) == {"out.mrc", "out_bfactor.mrc", "out_mask.mrc"}
    assert not {"fsc", "fsc_before", "fsc_after", "fsc_use"} & set(report)


def test_half_maps_come_out_with_what_their_fsc_is_for(capsys):
    assert run(*HALVES, "--mask", "mask.mrc") == 0
    assert written() == [
        "out.json",
        "out.mrc",
        "out_bfactor.mrc",
        "out_half1.mrc",
        "out_half2.mrc",
        "out_mask.mrc",
    ]
    mask, halves = read_map("mask.mrc").data > 0.5, [read_map(f"out_half{number}.mrc") for number in (1, 2)]
    np.testing.assert_allclose(np.mean([half.data for half in halves], axis=0), read_map("out.mrc").data, atol=1e-4)
    np.testing.assert_allclose(halves[0].data[mask], 2 * read_map("half1.mrc").data[mask], atol=1e-5)
    assert {half.quantity for half in halves} == {labels.HALF_MAP}
    assert {half.origin for half in halves} == {ORIGIN}
    report, printed = read_report(), capsys.readouterr().out
    assert report["input"]["path"] is None
    assert report["resolution"]["source"] == "FSC 0.143 of the half maps"
    assert report["resolution"]["value"] == pytest.approx(report["fsc"]["resolution_0.143"], abs=1e-3)
    before = report["fsc_before"]["resolution_0.143"]
    assert before == pytest.approx(report["fsc"]["resolution_0.143"], abs=0.7)
    assert report["fsc_after"]["resolution_0.143"] == pytest.approx(before, abs=0.01)
    assert "for comparison, not for claims" in report["fsc_use"]
    assert f"{before:.2f} Å before" in printed
    assert "for comparison, not for claims" in printed


def test_half_maps_beside_a_map(capsys):
    assert run("map.mrc", *HALVES, "--mask", "mask.mrc", "--resolution", 7.5) == 0
    report = read_report()
    assert report["input"]["path"] == "map.mrc"
    assert report["resolution"] == {"value": 7.5, "source": "given"}
    assert "out_half2.mrc" in written()


def test_no_mask_keeps_the_surroundings():
    assert run("map.mrc", "--mask", "mask.mrc", "--resolution", 6, "--no-mask") == 0
    np.testing.assert_array_equal(read_map("out.mrc").data, 2 * read_map("map.mrc").data)
    assert read_report()["surroundings"] == "kept"


def test_names_of_compressed_outputs():
    assert main(["enhance", "map.mrc", "--method", "plain", "--resolution", "6", "-o", "out.map.gz"]) == 0
    assert written() == ["out.json", "out.map.gz", "out_bfactor.map.gz", "out_mask.map.gz"]


def test_the_default_method_is_ilocscale(capsys):
    with pytest.raises(SystemExit):
        main(["enhance", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "{global,ilocscale,locscale,plain}" in text
    assert "default: ilocscale; global: one B factor for the whole map" in text
    assert "plain: --times TIMES (default: 2)" in text


@pytest.mark.parametrize(
    ("method", "options", "words"),
    [
        ("plain", ["--strict"], "--strict means nothing to --method plain; leave it out, or choose locscale."),
        ("plain", ["--aim", "contrast"], "--aim means nothing to --method plain; leave it out, or choose ilocscale."),
        ("plain", ["--model", "net"], "--model means nothing to --method plain; leave it out, or choose"),
        (None, ["--strict"], "--strict means nothing to --method ilocscale; leave it out, or choose locscale."),
        (None, ["--fsc-weight", "on"], "--fsc-weight means nothing to --method ilocscale"),
        ("global", ["--stride", "2"], "--stride means nothing to --method global"),
        ("locscale", ["--preset", "published"], "--preset means nothing to --method locscale"),
        ("locscale", ["--strict"], "--method locscale needs an atomic structure"),
        ("locscale", ["--structure", "model.pdb", "--fsc-weight", "on"], "--fsc-weight on needs half maps"),
        ("locscale", ["--structure", "model.pdb", "--strict", "--model", "net"], "--strict uses no network"),
        ("ilocscale", ["--preset", "published", "--aim", "density"], "--preset published has the aim contrast alone"),
        ("ilocscale", ["--stride", "0"], "--stride"),
        ("plain", ["--times", "0"], "--times 0 leaves nothing"),
        ("plain", ["--fdr", "0.01", "--mask", "mask.mrc"], "--mask and --fdr each give a mask"),
        ("plain", ["--fdr", "0.01", "--mask-threshold", "1"], "--mask-threshold and --fdr each give a mask"),
        ("plain", ["--fdr", "0.9"], "--fdr"),
        ("plain", ["--mask-threshold", "1", "--mask", "mask.mrc"], "not allowed with argument"),
    ],
)
def test_options_that_cannot_be_are_refused(enhance_files, capsys, method, options, words):
    assert_refused(enhance_files, capsys, run("map.mrc", *options, method=method), words)


def test_an_output_that_cannot_be_written(enhance_files, capsys):
    words = ["enhance", "map.mrc", "--method", "plain", "-o"]
    assert_refused(enhance_files, capsys, main([*words, "absent/out.mrc"]), "absent")
    assert_refused(enhance_files, capsys, main([*words, "new.tif"]), "new.mrc")
    assert_refused(enhance_files, capsys, main([*words, "map.mrc"]), "would overwrite the input map.mrc")


def test_an_earlier_runs_half_maps_are_removed(capsys):
    assert run(*HALVES, "--mask", "mask.mrc") == 0
    assert run("map.mrc", "--mask", "mask.mrc", "--resolution", 6) == 0
    removed = capsys.readouterr().out.split("removed what an earlier run had left: ")[1]
    assert [name in removed for name in ("out_half1.mrc", "out_half2.mrc", "out_mask.mrc")] == [True, True, False]
    assert written() == ["out.json", "out.mrc", "out_bfactor.mrc", "out_mask.mrc"]


def test_the_help_imports_no_numerical_library():
    program = "import sys; from deepreslib.commands import main\n"
    program += "try: main(['enhance', '--help'])\nfinally: print(sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "'deepreslib.commands.enhancers.global_'" in found.stdout
    assert "'numpy'" not in found.stdout


def test_reports_are_json_without_nan():
    assert run("map.mrc", "--mask", "mask.mrc", "--resolution", 6) == 0
    with open("out.json", encoding="utf-8") as file:
        json.load(file, parse_constant=lambda name: pytest.fail(name))
