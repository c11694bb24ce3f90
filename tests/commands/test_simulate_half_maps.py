"""``deepres simulate --half-maps``: files, report, options, refusals."""

import json

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.commands import main
from deepreslib.fourier import filters
from deepreslib.fourier.fsc import global_fsc
from deepreslib.maps import read_map

NAMES = ("_half1", "_half2", "", "_mask", "_resolution")


@pytest.fixture(scope="module")
def structure(tmp_path_factory):
    return write_structure(tmp_path_factory.mktemp("structures") / "sheet.pdb", chains="ABCDEFGHIJKL", residues=12)


def simulate(structure, folder, *options):
    command = ["simulate", structure, "--half-maps", "--resolution", 6, "--voxel-size", 2, "--box", 40, *options]
    return main([*map(str, command), "-o", str(folder / "out.mrc")])


@pytest.fixture(scope="module")
def written(structure, tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    assert simulate(structure, folder) == 0
    return folder


def outputs(folder):
    return [read_map(folder / f"out{name}.mrc") for name in NAMES]


def test_maps_share_a_grid_and_the_truth_is_inside_the_mask(written):
    half1, half2, full, mask, resolution = outputs(written)
    for density_map in (half1, half2, full, mask, resolution):
        assert density_map.data.shape == (40, 40, 40)
        assert density_map.voxel_size == (2.0, 2.0, 2.0)
    assert [one.quantity for one in (half1, full, mask, resolution)] == ["half map", "density", "mask", "resolution"]
    assert set(np.unique(mask.data)) == {0.0, 1.0}
    np.testing.assert_array_equal(resolution.data > 0, mask.data > 0)
    assert 0.1 < np.corrcoef(half1.data.ravel(), half2.data.ravel())[0, 1] < 0.999
    assert not list(written.glob(".*"))


def test_the_report_says_what_was_done_and_found(written):
    report = json.loads((written / "out.json").read_text())
    half1, half2, _, mask, resolution = outputs(written)
    assert report["global_resolution"] == pytest.approx(6.0, rel=0.15)
    assert report["settings"]["resolution"] == 6.0
    assert report["settings"]["disorder"]["spread"] == 1.8
    assert report["local_resolution"]["median"] == pytest.approx(np.median(resolution.data[mask.data > 0]), abs=1e-3)
    assert report["structure"]["atoms"] == 144
    assert (report["box"], report["voxel_size"], report["seed"]) == (40, 2.0, 1)
    curve = report["fsc"]
    assert len(curve["frequency"]) == len(curve["correlation"]) > 10
    whole = global_fsc(half1.data, half2.data, 2.0)
    assert np.interp(1 / 20, curve["frequency"], curve["correlation"]) > whole.at(1 / 20) - 0.05


def test_the_seed_decides(structure, written, tmp_path):
    assert simulate(structure, tmp_path, "--rotate", "--seed", 2) == 0
    turned = outputs(tmp_path)
    assert not np.array_equal(turned[0].data, outputs(written)[0].data)
    assert simulate(structure, tmp_path) == 0
    for again, first in zip(outputs(tmp_path), outputs(written), strict=True):
        np.testing.assert_array_equal(again.data, first.data)


def test_options_reach_the_maps(structure, tmp_path):
    options = ["--spread", 1, "--disorder", "own,domain", "--belt", "--sharpen", 0, "--no-fsc-weight"]
    assert simulate(structure, tmp_path, *options, "--low-pass", 8, "--masked") == 0
    settings = json.loads((tmp_path / "out.json").read_text())["settings"]
    assert [settings["disorder"][name] for name in ("own", "random", "distal", "domain")] == [1, 0, 0, 1]
    assert settings["belt"] is not None
    half1, half2, full, _, _ = outputs(tmp_path)
    assert (full.data[0] == 0).all()
    filtered = filters.low_pass((half1.data + half2.data) / 2, 2.0, 8.0)
    inside = full.data != 0
    middle = read_map(tmp_path / "out_mask.mrc").data > 0
    np.testing.assert_allclose(full.data[middle], filtered[middle], atol=1e-3 * filtered.std())
    assert inside.sum() < full.data.size


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--half-maps"], "--resolution"),
        (["--resolution", "5", "--belt"], "--belt goes with --half-maps"),
        (["--half-maps", "--resolution", "5", "--region=A=3"], "--region does not go"),
        (["--half-maps", "--resolution", "5", "--noise", "0.5"], "--noise does not go"),
        (["--half-maps", "--resolution", "5", "--spread", "0.5"], "argument --spread: '0.5' is not"),
        (["--half-maps", "--resolution", "5", "--disorder", "own,mine"], "'mine'"),
        (["--half-maps", "--resolution", "5", "--low-pass", "0"], "--low-pass"),
        (["--half-maps", "--resolution", "1.5"], "finer than twice"),
        (["--half-maps", "--resolution", "15", "--box", "56"], "at least 60 Å"),
    ],
)
def test_bad_options_are_refused(structure, tmp_path, capsys, options, word):
    assert main(["simulate", structure, *options, "-o", str(tmp_path / "out.mrc")]) == 2
    error = capsys.readouterr().err
    assert word in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_in_the_way_is_refused_before_any_work(structure, tmp_path, capsys):
    (tmp_path / "out_half2.mrc").mkdir()
    assert simulate(structure, tmp_path) == 2
    assert "out_half2.mrc is a folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["out_half2.mrc"]
