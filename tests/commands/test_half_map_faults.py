"""The commands that take two half maps: which pairs they refuse, what they warn about, what they say of the FSC."""

import json

import half_map_pairs
import numpy as np
import pytest
from refusals import assert_refused

from deepreslib.commands import main
from deepreslib.maps import DensityMap, examine, masked_fsc, read_map, write_map

METHODS = ["localfsc", "monores", "resmap"]


@pytest.fixture
def files(tmp_path):
    """Half maps of a made-up molecule, the same again, scaled and mirrored, and a mask."""
    half1, half2 = half_map_pairs.pair()
    for name, data in {
        "h1": half1.data,
        "h2": half2.data,
        "same": half1.data,
        "scaled": half1.data * 1000,
        "flip": half1.data[:, :, ::-1],
        "flip2": half2.data[:, :, ::-1],
        "louder": half2.data * 2,
        "mask": (half_map_pairs.molecule() != 0).astype(np.float32),
    }.items():
        write_map(tmp_path / f"{name}.mrc", half1.like(np.ascontiguousarray(data)))
    return tmp_path


def estimate(folder, method, partner):
    command = ["estimate", "--method", method, "--half1", str(folder / "h1.mrc"), "--half2", str(folder / partner)]
    return main([*command, "--mask", str(folder / "mask.mrc"), "--threads", "1", "-o", str(folder / "out.mrc")])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("partner", "words"),
    [
        ("h1", "one and the same"),
        ("same", "hold the same values"),
        ("scaled", "hold the same values"),
        ("flip", "mirrored along x"),
        ("flip2", "mirrored along x"),
    ],
)
def test_the_same_halves_or_mirrored_ones_are_refused(files, capsys, method, partner, words):
    assert_refused(files, capsys, estimate(files, method, f"{partner}.mrc"), words, "h1.mrc", f"{partner}.mrc")


def test_sharpness_refuses_them_too(files, capsys):
    command = ["sharpness", "--half1", str(files / "h1.mrc"), "--half2", str(files / "scaled.mrc")]
    code = main([*command, "--mask", str(files / "mask.mrc"), "-o", str(files / "out")])
    assert_refused(files, capsys, code, "scaled.mrc", "hold the same values")


@pytest.mark.parametrize("method", METHODS)
def test_a_right_pair_gets_its_fsc_and_no_warning(files, capsys, method):
    assert estimate(files, method, "h2.mrc") == 0
    printed = capsys.readouterr()
    assert "FSC of the half maps within the mask, its edge made soft: 0.143 at" in printed.out
    assert "warning" not in printed.err
    report = json.loads((files / "out.json").read_text())
    fsc = report["fsc"]
    assert fsc["masked"] is True
    assert len(fsc["frequency"]) == len(fsc["correlation"])
    assert 3.0 <= (fsc["resolution_0.143"] or 3.0) <= fsc["resolution_0.5"]
    assert f"0.5 at {fsc['resolution_0.5']:.2f} Å" in printed.out
    assert not report.get("warnings")


def test_another_scale_is_matched_and_said(files, capsys):
    assert estimate(files, "monores", "h2.mrc") == 0
    right = read_map(files / "out.mrc").data
    capsys.readouterr()
    assert estimate(files, "monores", "louder.mrc") == 0
    matched = read_map(files / "out.mrc").data
    assert np.mean(np.abs(matched - right)[right > 0] < 0.3) > 0.98
    assert "louder.mrc has another scale" in capsys.readouterr().err
    assert "another scale" in json.loads((files / "out.json").read_text())["warnings"][0]


@pytest.mark.parametrize(("resolution", "voxel_size"), [(3, 1.2), (6, 2.0), (12, 4.0)])
def test_simulated_pairs_are_right(shared_data, tmp_path, resolution, voxel_size):
    structure = shared_data / "structures" / "test" / "2b42.pdb.gz"
    command = ["simulate", "--half-maps", "--resolution", str(resolution), "--voxel-size", str(voxel_size)]
    assert main([*command, "-o", str(tmp_path / "map.mrc"), str(structure)]) == 0
    half1, half2 = (read_map(tmp_path / f"map_half{number}.mrc") for number in (1, 2))
    assert examine(half1, half2, 1).warnings == ()
    mask = read_map(tmp_path / "map_mask.mrc").data > 0.5
    found = masked_fsc(half1, half2, mask, 1).resolution()
    assert found == pytest.approx(json.loads((tmp_path / "map.json").read_text())["global_resolution"], rel=0.1)


@pytest.mark.parametrize("half", ["--half1", "--half2"])
def test_the_map_itself_is_no_half_map(files, capsys, half):
    halves = {"--half1": "h1", "--half2": "h2"} | {half: "full"}
    half1, half2 = (read_map(files / f"{name}.mrc") for name in ("h1", "h2"))
    write_map(files / "full.mrc", half1.like((half1.data + half2.data) / 2))
    words = [word for name, file in halves.items() for word in (name, str(files / f"{file}.mrc"))]
    assert main(["estimate", str(files / "full.mrc"), *words, "-o", str(files / "out.mrc")]) == 2
    full = files / "full.mrc"
    assert f"{full} is the map {full} itself; give the two half maps" in capsys.readouterr().err
    assert not (files / "out.mrc").exists()


def test_half_maps_of_other_voxels_than_the_map(files, capsys):
    half1, half2 = (read_map(files / f"{name}.mrc") for name in ("h1", "h2"))
    sizes = tuple(1.1 * size for size in half1.voxel_size)
    write_map(files / "full.mrc", DensityMap((half1.data + half2.data) / 2, sizes))
    words = ["--half1", str(files / "h1.mrc"), "--half2", str(files / "h2.mrc"), "-o", str(files / "out.mrc")]
    assert main(["estimate", str(files / "full.mrc"), *words]) == 2
    half = files / "h1.mrc"
    assert f"full.mrc has voxels of 1.65 Å and its half map {half} of 1.5 Å" in capsys.readouterr().err
