"""deepres compare: numbers, table, maps, pictures; refuses what does not fit and then writes nothing."""

import json

import mrcfile
import numpy as np
import pytest
from refusals import assert_refused

from deepreslib.commands import main
from deepreslib.commands.folder import short_names
from deepreslib.maps import DensityMap, read_map, write_map

VOXEL_SIZE = (1.5, 1.5, 1.5)
ORIGIN = (-21.0, 0.0, 5.0)
SHAPE = (18, 16, 14)


@pytest.fixture
def files(tmp_path):
    """Three resolution maps of a ball; the second 0.5 Å coarser, the third 100 in part of it; mask and density."""
    z, y, x = np.mgrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    distance = np.sqrt((z - 9) ** 2 + (y - 8) ** 2 + (x - 7) ** 2)
    inside = distance < 6
    steps = np.where(z < 10, np.round(2 * (3 + 0.2 * z)) / 2, 100)
    arrays = {
        "mono": (3 + 0.2 * z) * inside,
        "local": (3.5 + 0.2 * z) * inside,
        "steps": steps * inside,
        "mask": inside & (x > 5),
        "density": 8 - distance,
    }
    for name, array in arrays.items():
        data = np.ascontiguousarray(array, dtype=np.float32)
        write_map(tmp_path / f"{name}.mrc", DensityMap(data, VOXEL_SIZE, ORIGIN))
    return tmp_path


@pytest.fixture
def no_pictures(monkeypatch):
    """Spares the time that the pictures take."""
    monkeypatch.setattr("deepreslib.commands.compare._figures", lambda *_: {})


def compare(folder, *options, names=("mono", "local", "steps")):
    paths = [str(folder / f"{name}.mrc") for name in names]
    return main(["compare", *paths, "-o", str(folder / "new" / "out"), *map(str, options)])


def test_writes_the_files_it_names(files, capsys):
    assert compare(files, "--mask", files / "mask.mrc", "--map", files / "density.mrc") == 0
    out = files / "new" / "out"
    line = capsys.readouterr().out.splitlines()[-1]
    written = set(line.removeprefix("wrote ").split(", "))
    assert written == {str(path) for path in out.iterdir()}
    maps = {"consensus.mrc", "spread.mrc", "count.mrc", "difference_local.mrc", "difference_steps.mrc"}
    pictures = {"histogram.png", "agreement.png", "consensus.png", "spread.png"}
    pictures |= {"difference_local.png", "difference_steps.png"}
    assert {path.name for path in out.iterdir()} == {"compare.json", *maps, *pictures}
    for name in maps:
        written = read_map(out / name)
        quantities = {"consensus.mrc": "resolution", "spread.mrc": "spread", "count.mrc": "count"}
        assert written.quantity == quantities.get(name, "difference")
        assert (written.data.shape, written.voxel_size, written.origin) == (SHAPE, VOXEL_SIZE, ORIGIN)


@pytest.mark.usefixtures("no_pictures")
def test_numbers_and_maps_are_right(files):
    assert compare(files, "--mask", files / "mask.mrc") == 0
    out, mask = files / "new" / "out", read_map(files / "mask.mrc").data > 0.5
    report = json.loads((out / "compare.json").read_text())
    assert report["reference"] == "mono"
    assert report["mask"] == {"source": "file", "path": str(files / "mask.mrc"), "voxels": int(mask.sum())}
    assert report["background"] == [0.0, 100.0]
    mono, local, steps = report["maps"]
    assert (mono["label"], mono["path"], mono["difference"]) == ("mono", str(files / "mono.mrc"), None)
    assert mono["agreement"] is None
    assert local["agreement"] == {
        "voxels": int(mask.sum()),
        "rmse": 0.5,
        "pearson": 1.0,
        "spearman": 1.0,
        "median_difference": 0.5,
    }
    assigned = mask & (np.arange(SHAPE[0])[:, None, None] < 10)
    assert steps["voxels"] == steps["agreement"]["voxels"] == assigned.sum()
    assert steps["resolution"]["max"] == 5.0
    difference = read_map(out / local["difference"]).data
    np.testing.assert_allclose(difference, 0.5 * mask, atol=1e-6)
    consensus, spread = read_map(out / "consensus.mrc").data, read_map(out / "spread.mrc").data
    np.testing.assert_array_equal(consensus > 0, assigned)
    assert not spread[~assigned].any()
    np.testing.assert_array_equal(read_map(out / "count.mrc").data, 2 * mask + assigned)
    assert report["consensus"]["voxels"] == report["counts"]["3"] == assigned.sum()
    assert (report["share"], report["consensus"]["needed"], report["counts"]["2"]) == (1, 3, (mask & ~assigned).sum())


@pytest.mark.usefixtures("no_pictures")
def test_consensus_of_a_share_of_the_maps(files, capsys):
    assert compare(files, "--mask", files / "mask.mrc", "--share", 0.6) == 0
    assert "at least 2 of the 3 maps have a value" in capsys.readouterr().out
    out, mask = files / "new" / "out", read_map(files / "mask.mrc").data > 0.5
    report = json.loads((out / "compare.json").read_text())
    consensus, spread = read_map(out / "consensus.mrc").data, read_map(out / "spread.mrc").data
    alone = mask & (read_map(out / "count.mrc").data == 2)  # two maps, 0.5 Å apart
    np.testing.assert_allclose(spread[alone], 0.34 * 0.5, atol=1e-5)
    np.testing.assert_allclose(consensus[alone], read_map(files / "mono.mrc").data[alone] + 0.25, atol=1e-5)
    assert report["consensus"]["voxels"] == (consensus > 0).sum() == mask.sum()


@pytest.mark.usefixtures("no_pictures")
def test_the_table_is_printed(files, capsys):
    assert compare(files, "--mask", files / "mask.mrc", "--reference", 2) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "voxels of the mask" in lines[0]
    assert lines[1].split()[:4] == ["map", "voxels", "median", "SD"]
    rows = {line.split()[0]: line.split() for line in lines[2:6]}
    assert list(rows) == ["mono", "local", "steps", "consensus"]
    assert rows["mono"][-4:] == ["0.50", "1.000", "1.000", "-0.50"]
    assert rows["local"][-1] == "reference"


@pytest.mark.usefixtures("no_pictures")
def test_without_a_mask_the_voxels_are_those_of_all_maps(files, capsys):
    assert compare(files) == 0
    assert "all 3 maps have a value" in capsys.readouterr().out
    report = json.loads((files / "new" / "out" / "compare.json").read_text())
    steps = read_map(files / "steps.mrc").data
    assert report["mask"] == {"source": "common", "path": None, "voxels": int(((steps > 0) & (steps < 100)).sum())}


@pytest.mark.usefixtures("no_pictures")
def test_background_voxel_size_and_origin_can_be_given(files):
    assert compare(files, "--background", 5, "--voxel-size", 2, "--origin=1,2,3") == 0
    report = json.loads((files / "new" / "out" / "compare.json").read_text())
    assert report["maps"][2]["resolution"]["max"] == 100
    consensus = read_map(files / "new" / "out" / "consensus.mrc")
    assert (consensus.voxel_size, consensus.origin) == ((2.0,) * 3, (3.0, 2.0, 1.0))


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize(("reference", "label"), [("3", "Local FSC"), ("Local FSC", "Local FSC"), ("2", "MonoRes 2/a")])
def test_labels_and_reference(files, reference, label):
    options = ["--labels", "MonoRes 2.a", "MonoRes 2/a", "Local FSC", "--reference", reference]
    assert compare(files, *options) == 0
    report = json.loads((files / "new" / "out" / "compare.json").read_text())
    assert report["reference"] == label
    names = [each["difference"] for each in report["maps"] if each["difference"]]
    assert len({*names}) == 2
    for name in names:
        assert (files / "new" / "out" / name).exists()


@pytest.mark.usefixtures("no_pictures")
def test_labels_alike_as_file_names_get_their_own_files(files):
    assert compare(files, "--labels", "first", "a b", "a/b") == 0
    report = json.loads((files / "new" / "out" / "compare.json").read_text())
    assert [each["difference"] for each in report["maps"][1:]] == ["difference_a_b.mrc", "difference_a_b_2.mrc"]


def test_short_names():
    assert short_names(["x/mono.mrc", "y/res.map.gz"]) == ["mono", "res"]
    assert short_names(["a/x/mono.mrc", "b/y/mono.mrc"]) == ["x/mono", "y/mono"]
    assert short_names(["a/x/mono.mrc", "b/x/mono.mrc.gz"]) == ["a/x/mono", "b/x/mono"]
    assert short_names(["mono.mrc", "mono.mrc"]) == ["1: mono", "2: mono"]
    assert short_names(["monores_1.5A.mrc", "b.mrc"]) == ["monores_1.5A", "b"]


def other_map(data=None, voxel_size=VOXEL_SIZE):
    def spoil(folder):
        array = np.full(SHAPE, 4.0, np.float32) if data is None else data
        write_map(folder / "local.mrc", DensityMap(np.ascontiguousarray(array, np.float32), voxel_size))

    return spoil


def with_nan(folder):
    with mrcfile.open(folder / "local.mrc", "r+") as file:
        file.data[3, 4, 5] = np.nan


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (other_map(np.ones((18, 16, 13))), ["local.mrc", "mono.mrc", "13 × 16 × 18"]),
        (other_map(voxel_size=(1.53,) * 3), ["local.mrc", "mono.mrc", "1.53", "--voxel-size"]),
        (other_map(np.zeros(SHAPE)), ["local", "no value above 0"]),
        (other_map(np.full(SHAPE, 100.0)), ["local", "no value above 0"]),
        (with_nan, ["local.mrc", "NaN"]),
        (lambda folder: (folder / "local.mrc").unlink(), ["local.mrc", "does not exist"]),
    ],
)
def test_bad_maps_are_refused(files, capsys, spoil, words):
    spoil(files)
    assert_refused(files, capsys, compare(files), *words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--mask", "density_other.mrc"], ["density_other.mrc"]),
        (["--reference", "4"], ["--reference 4", "1 to 3", "mono, local, steps"]),
        (["--reference", "0"], ["--reference 0"]),
        (["--labels", "a", "b"], ["3 maps and 2 --labels"]),
        (["--labels", "a", "b", "a"], ["its own"]),
        (["--map", "small.mrc"], ["small.mrc", "grid"]),
        (["--mask", "small.mrc"], ["small.mrc", "grid"]),
        (["--mask", "outside.mrc"], ["no value inside the mask"]),
    ],
)
def test_bad_options_are_refused(files, capsys, options, words):
    write_map(files / "small.mrc", DensityMap(np.ones((5, 5, 5), np.float32), VOXEL_SIZE))
    outside = np.zeros(SHAPE, np.float32)
    outside[0, 0, 0] = 1
    write_map(files / "outside.mrc", DensityMap(outside, VOXEL_SIZE))
    options = [files / word if word.endswith(".mrc") else word for word in options]
    assert_refused(files, capsys, compare(files, *options), *words)


def test_one_map_and_bad_folders_are_refused(files, capsys):
    assert_refused(files, capsys, compare(files, names=["mono"]), "two resolution maps or more")
    code = main(["compare", *[str(files / f"{name}.mrc") for name in ("mono", "local")], "-o", str(files / "mono.mrc")])
    assert_refused(files, capsys, code, "mono.mrc", "is the name of a file")


def test_the_same_map_twice_is_said(files, capsys, no_pictures):
    assert compare(files, names=("mono", "mono")) == 0
    assert "1: mono and 2: mono hold the same values" in capsys.readouterr().err
    report = json.loads((files / "new" / "out" / "compare.json").read_text())
    assert len(report["warnings"]) == 1
    assert (files / "new" / "out" / "difference_2_mono.mrc").exists()
    assert compare(files) == 0
    assert not capsys.readouterr().err
