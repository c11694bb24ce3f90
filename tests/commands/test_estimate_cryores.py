"""``deepres estimate --method cryores`` and ``deepres mask``, with the shipped network on the demonstration's map."""

import json
from pathlib import Path

import numpy as np
import pytest
from mrc_files import mrc_bytes

from deepreslib import demo
from deepreslib.commands import main
from deepreslib.maps import DensityMap, read_map, write_map


@pytest.fixture(scope="module")
def estimated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cryores")
    command = ["estimate", demo.MAP, "--method", "cryores", "--threads", "1", "-o", str(folder / "out.mrc")]
    assert main(command) == 0
    return folder


def test_three_maps_on_the_inputs_grid_and_a_report(estimated):
    density = read_map(demo.MAP)
    found = {name: read_map(estimated / f"{name}.mrc") for name in ("out", "out_sd", "out_mask")}
    for each in found.values():
        assert each.data.shape == density.data.shape
        assert (each.voxel_size, each.origin) == (density.voxel_size, density.origin)
    mask = found["out_mask"].data
    assert set(np.unique(mask)) == {0, 1}
    assert (found["out"].data[mask == 0] == 0).all()
    assert found["out"].data[mask == 1].min() >= 2 * max(density.voxel_size)
    assert (found["out_sd"].data[mask == 1] > 0).all()
    report = json.loads((estimated / "out.json").read_text(encoding="utf-8"))
    assert report["mask"] == {"source": "cryores", "path": None, "threshold": None, "voxels": int(mask.sum())}
    assert report["resolution"]["median"] == pytest.approx(np.median(found["out"].data[mask == 1]), abs=1e-3)
    assert report["global_resolution"]["deviation"] > 0


def test_the_mask_is_the_molecule(estimated):
    mask, truth = read_map(estimated / "out_mask.mrc").data > 0.5, read_map(demo.MASK).data > 0.5
    assert (mask & truth).sum() / (mask | truth).sum() > 0.6


def test_mask_command_gives_the_same_mask(estimated, tmp_path, capsys):
    assert main(["mask", demo.MAP, "--threads", "1", "-o", str(tmp_path / "mask.mrc")]) == 0
    np.testing.assert_array_equal(read_map(tmp_path / "mask.mrc").data, read_map(estimated / "out_mask.mrc").data)
    assert "wrote" in capsys.readouterr().out


def test_mask_command_names_only_what_it_has(tmp_path, capsys):
    """The demonstration's map is one that CryoRes cannot judge; 'deepres mask' has no --method."""
    assert main(["mask", demo.MAP, "--threads", "1", "-o", str(tmp_path / "mask.mrc")]) == 0
    (warning,) = capsys.readouterr().err.splitlines()
    assert "so its mask may be wrong: look at it" in warning
    assert "--method" not in warning


def test_a_given_mask_says_where_the_resolution_is_wanted(tmp_path):
    command = ["estimate", demo.MAP, "--method", "cryores", "--mask", demo.MASK, "-o", str(tmp_path / "out.mrc")]
    assert main([*command, "--threads", "1"]) == 0
    truth = read_map(demo.MASK).data > 0.5
    np.testing.assert_array_equal(read_map(tmp_path / "out.mrc").data > 0, truth)
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["mask"]["source"] == "file"


def test_local_values_at_the_cutoff_of_the_global_resolution(estimated, tmp_path, capsys):
    command = ["estimate", demo.MAP, "--method", "cryores", "--local-cutoff", ".143", "--threads", "1"]
    assert main([*command, "-o", str(tmp_path / "out.mrc")]) == 0
    printed = capsys.readouterr().out
    assert "local FSC 0.143" in printed
    assert "would fall to 0.143" in printed
    half, seventh = (json.loads((folder / "out.json").read_text("utf-8")) for folder in (estimated, tmp_path))
    assert (half["local_cutoff"], seventh["local_cutoff"]) == (0.5, 0.143)
    assert half["global_resolution"] == seventh["global_resolution"]
    one, two = read_map(estimated / "out.mrc").data, read_map(tmp_path / "out.mrc").data
    np.testing.assert_array_equal(one > 0, two > 0)
    inside = one > 0
    assert (two[inside] <= one[inside]).all()
    assert 0.6 < np.median(two[inside]) / np.median(one[inside]) < 0.95
    order = np.argsort(one[inside])
    assert (np.diff(two[inside][order]) > -1e-4).all()
    assert two[inside].min() >= 2 * max(read_map(demo.MAP).voxel_size)


def test_scale_and_offset_change_nothing(estimated, tmp_path):
    density = read_map(demo.MAP)
    write_map(tmp_path / "scaled.mrc", density.like(density.data * 1000))
    command = ["estimate", str(tmp_path / "scaled.mrc"), "--method", "cryores", "--threads", "1"]
    assert main([*command, "-o", str(tmp_path / "out.mrc")]) == 0
    one, two = read_map(estimated / "out.mrc").data, read_map(tmp_path / "out.mrc").data
    both = (one > 0) & (two > 0)
    assert both.sum() > 0.999 * (one > 0).sum()
    np.testing.assert_allclose(one[both], two[both], atol=0.02)


REFUSALS = {
    "option of another method": (["estimate", "MAP", "--method", "cryores", "--range", "low"], ["--range", "deepres"]),
    "another cutoff": (["estimate", "MAP", "--method", "cryores", "--local-cutoff", "0.3"], ["0.3", "0.5", "0.143"]),
    "a cutoff that is none": (["estimate", "MAP", "--method", "cryores", "--local-cutoff", "nan"], ["nan", "0.143"]),
    "another method's cutoff": (["estimate", "MAP", "--method", "cryores", "--cutoff", "0.143"], ["localfsc"]),
    "no method for the cutoff": (["estimate", "MAP", "--local-cutoff", "0.143"], ["--local-cutoff", "cryores"]),
    "no such model": (["mask", "MAP", "--model", "nowhere"], ["nowhere", "deepres train cryores"]),
    "too small": (["mask", "small.mrc"], ["small.mrc", "too small"]),
    "NaN": (["mask", "nan.mrc"], ["nan.mrc", "NaN"]),
    "no map": (["mask", "missing.mrc"], ["missing.mrc"]),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals_are_one_sentence_and_leave_nothing(case, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(0).standard_normal((20, 20, 20)).astype(np.float32)
    write_map("small.mrc", DensityMap(noise, (1.0,) * 3))
    noise[3, 3, 3] = np.nan
    Path("nan.mrc").write_bytes(mrc_bytes(noise))
    arguments, words = REFUSALS[case]
    arguments = [demo.MAP if word == "MAP" else word for word in arguments]
    assert main([*arguments, "-o", "out.mrc"]) == 2
    (sentence,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("deepres: error: ")]
    for word in words:
        assert word in sentence
    assert not list(tmp_path.glob("out*"))
