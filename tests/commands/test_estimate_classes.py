"""``deepres estimate --method classes``: its files and report, with networks whose answers are known; its refusals."""

import json

import numpy as np
import pytest
from known_cryores import known_model
from refusals import assert_refused
from small_maps import noisy

from deepreslib.commands import main
from deepreslib.estimation import classes, cryores
from deepreslib.maps import read_map, write_map
from deepreslib.networks.voxelclass_card import StoredVoxelClass


class KnownHeads:
    """Class 4 with 60 % and class 6 with 40 % by both methods."""

    def predict_on_batch(self, inputs):
        found = np.zeros((*inputs["features"].shape[:-1], 10), np.float32)
        found[..., 3], found[..., 5] = 0.6, 0.4
        return {"monores": found, "resmap": found}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a map; networks that are loaded by no path."""
    card = {"name": "known", "sha256": "", "preset": "compact", "labels": ["monores", "resmap"]}
    monkeypatch.setattr(cryores, "load_model", lambda path=None: known_model())
    monkeypatch.setattr(classes, "load_model", lambda path=None: StoredVoxelClass(KnownHeads(), card, "here"))
    density_map = noisy(edge=40, radius=11.0)
    write_map(tmp_path / "map.mrc", density_map)
    mask = np.zeros(density_map.data.shape, np.float32)
    mask[14:26, 15:25, 16:24] = 1
    write_map(tmp_path / "mask.mrc", density_map.like(mask))
    return tmp_path


def estimate(folder, *options):
    return main(["estimate", str(folder / "map.mrc"), *options, "--threads", "1", "-o", str(folder / "out.mrc")])


def test_four_maps_and_a_report(folder, capsys):
    assert estimate(folder, "--method", "classes", "--labels", "MonoRes") == 0
    maps = {name: read_map(folder / f"out{name}.mrc") for name in ("", "_sd", "_class", "_probability")}
    assert [each.quantity for each in maps.values()] == ["resolution", "sd", "class", "probability"]
    inside = maps[""].data > 0
    assert inside.any()
    np.testing.assert_array_equal(maps["_class"].data, np.where(inside, 4, 0))
    np.testing.assert_allclose(maps["_probability"].data, np.where(inside, 0.6, 0), atol=1e-5)
    np.testing.assert_allclose(maps[""].data[inside], 0.6 * 4.5 + 0.4 * 6.5, atol=1e-3)
    np.testing.assert_array_equal(maps["_sd"].data > 0, inside)
    report = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    assert (report["method"], report["labels"], report["model"]["name"]) == ("classes", "monores", "known")
    assert report["mask"] == {"source": "cryores", "path": None, "threshold": None, "voxels": int(inside.sum())}
    assert [row["class"] for row in report["classes"]] == list(range(1, 11))
    assert report["classes"][3]["voxels"] == inside.sum()
    assert report["classes"][3]["mean_probability"] == pytest.approx(0.6)
    out = capsys.readouterr().out
    assert "(classes, classes of MonoRes, " in out
    assert "; to measure it, run the method itself: --method localfsc" in out


def test_local_fsc_is_the_default_and_a_mask_is_kept(folder):
    assert estimate(folder, "--method", "classes", "--mask", str(folder / "mask.mrc")) == 0
    mask = read_map(folder / "mask.mrc").data > 0
    np.testing.assert_array_equal(read_map(folder / "out_class.mrc").data, np.where(mask, 4, 0))
    assert json.loads((folder / "out.json").read_text(encoding="utf-8"))["labels"] == "fsc"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--method", "cryores", "--labels", "fsc"], ["--labels", "choose classes"]),
        (["--method", "classes", "--step", "1"], ["--step means nothing to --method classes"]),
    ],
)
def test_options_that_mean_nothing_are_refused(options, words, folder, capsys):
    assert_refused(folder, capsys, estimate(folder, *options), *words)


def test_labels_that_the_network_has_not_learnt_are_refused(folder, capsys, monkeypatch):
    card = {"name": "known", "sha256": "", "preset": "unet", "labels": ["resmap"]}
    monkeypatch.setattr(classes, "load_model", lambda path=None: StoredVoxelClass(None, card, "here"))
    code = estimate(folder, "--method", "classes", "--labels", "monores")
    assert_refused(folder, capsys, code, "has learnt the classes of resmap and not of monores")
