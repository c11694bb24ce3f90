"""deepres pictures: writes what it names; refuses what does not fit."""

import json

import numpy as np
import pytest
from hostile import draw_nothing
from refusals import assert_refused

from deepreslib import pictures
from deepreslib.commands import main
from deepreslib.maps import DensityMap, read_map, write_map

VOXEL_SIZE = (1.5, 1.5, 1.5)


@pytest.fixture
def files(tmp_path):
    """A ball's density, its resolution with z, and a mask; the resolution is 9 outside in a third file."""
    z, y, x = np.mgrid[:28, :26, :24]
    distance = np.sqrt((z - 14) ** 2 + (y - 13) ** 2 + (x - 12) ** 2)
    inside = distance < 9
    arrays = {
        "map": 8 - distance,
        "resolution": (3 + 0.1 * z) * inside,
        "mask": inside,
        "filled": np.where(inside, 3 + 0.1 * z, 9.0),
    }
    for name, array in arrays.items():
        data = np.ascontiguousarray(array, dtype=np.float32)
        write_map(tmp_path / f"{name}.mrc", DensityMap(data, VOXEL_SIZE, (-21.0, 0.0, 5.0)))
    return tmp_path


@pytest.fixture
def no_pictures(monkeypatch):
    """Spares the time that drawing takes where the files beside the pictures are looked at."""
    draw_nothing(monkeypatch)


def test_writes_the_files_it_names(files, capsys):
    out = files / "new" / "pictures"
    assert main(["pictures", str(files / "resolution.mrc"), "--map", str(files / "map.mrc"), "-o", str(out)]) == 0
    written = sorted(capsys.readouterr().out.strip().removeprefix("wrote ").split(", "))
    assert written == sorted(str(path) for path in out.iterdir())
    names = {path.name for path in out.iterdir()}
    surface = {"surface.png", "surface.cxc", "surface_resolution.mrc"}
    assert names == {"histogram.png", "slices.png", "pictures.json", *surface}
    script = (out / "surface.cxc").read_text()
    assert "volume #2 origin 5,0,-21" in script
    shown = read_map(out / "surface_resolution.mrc")
    assert (shown.origin, shown.quantity) == ((-21.0, 0.0, 5.0), "resolution")
    assert shown.data.min() > 0


def test_without_a_map_there_is_no_surface(files):
    out = files / "pictures"
    resolution = str(files / "resolution.mrc")
    assert (
        main(
            [
                "pictures",
                resolution,
                "--compare",
                resolution,
                "--range",
                "3,6",
                "--axis",
                "x",
                "--colour-map",
                "viridis",
                "-o",
                str(out),
            ]
        )
        == 0
    )
    assert {path.name for path in out.iterdir()} == {"histogram.png", "slices.png", "pictures.json"}


@pytest.mark.usefixtures("no_pictures")
def test_mask_takes_off_a_background(files):
    out = files / "pictures"
    assert (
        main(
            [
                "pictures",
                str(files / "filled.mrc"),
                "--mask",
                str(files / "mask.mrc"),
                "--map",
                str(files / "map.mrc"),
                "-o",
                str(out),
            ]
        )
        == 0
    )
    assert read_map(out / "surface_resolution.mrc").data.max() < 6


@pytest.mark.usefixtures("no_pictures")
def test_compressed_map_is_unpacked_for_chimerax(files):
    density = read_map(files / "map.mrc")
    write_map(files / "map.mrc.gz", density)
    out = files / "pictures"
    assert main(["pictures", str(files / "resolution.mrc"), "--map", str(files / "map.mrc.gz"), "-o", str(out)]) == 0
    np.testing.assert_array_equal(read_map(out / "surface_map.mrc").data, density.data)
    assert f'open "{out / "surface_map.mrc"}"' in (out / "surface.cxc").read_text()


@pytest.mark.parametrize(
    "other",
    [
        DensityMap(np.ones((28, 26, 23), np.float32), VOXEL_SIZE),
        DensityMap(np.ones((28, 26, 24), np.float32), (2.0,) * 3),
    ],
)
def test_map_on_another_grid_is_refused_before_anything_is_written(files, capsys, other):
    write_map(files / "other.mrc", other)
    out = files / "pictures"
    assert main(["pictures", str(files / "resolution.mrc"), "--map", str(files / "other.mrc"), "-o", str(out)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()


def test_bad_input_is_refused(files, capsys):
    write_map(files / "empty.mrc", DensityMap(np.zeros((8, 8, 8), np.float32), VOXEL_SIZE))
    resolution, out = str(files / "resolution.mrc"), str(files / "pictures")
    for arguments in ([str(files / "empty.mrc")], [resolution, "--range", "6,3"], [resolution, "--colour-map", "jett"]):
        assert main(["pictures", *arguments, "-o", out]) == 2
    assert main(["pictures", resolution, "-o", resolution]) == 2
    assert capsys.readouterr().err.count("deepres: error:") == 4
    assert not (files / "pictures").exists()


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize(("name", "folder"), [("a\"b'c.mrc", "pictures"), ("$HOME.mrc", "$HOME \"'")])
def test_a_map_whose_name_chimerax_cannot_take_is_copied(files, name, folder):
    (files / "map.mrc").rename(files / name)
    (files / "resolution.mrc").rename(files / f"$_{name}")
    out = files / folder
    assert main(["pictures", str(files / f"$_{name}"), "--map", str(files / name), "-o", str(out)]) == 0
    np.testing.assert_array_equal(read_map(out / "surface_map.mrc").data, read_map(files / name).data)
    place = out if folder == "pictures" else "."
    opened = [line for line in (out / "surface.cxc").read_text().splitlines() if line.startswith("open")]
    assert opened == [f'open "{place}/surface_map.mrc"', f'open "{place}/surface_resolution.mrc"']


@pytest.mark.parametrize("level", ["1e9", "-3e38", "7.9999", "8", "-12"])
def test_a_level_that_the_density_does_not_cross_is_refused(files, capsys, level):
    density = str(files / "map.mrc")
    code = main(["pictures", str(files / "resolution.mrc"), "--map", density, "--level", level, "-o", f"{files}/new"])
    if level == "7.9999":
        assert code == 0
    else:
        words = f"{density} has no surface at level {float(level):g}", "lies between", "and 8; give a level between"
        assert_refused(files, capsys, code, *words)


def test_a_level_without_a_density_is_refused(files, capsys):
    code = main(["pictures", str(files / "resolution.mrc"), "--level", "3", "-o", f"{files}/new"])
    assert_refused(files, capsys, code, "--level", "give it by --map")


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize(
    ("values", "quantity", "words"),
    [
        ("mask", "mask", ("a mask", "map of the mask")),
        ("resolution", "resolution", ("has the values of", "map of the resolution")),
        ("resolution", "sd", ("has the values of", "map of the sd")),
        ("constant", "density", ("is constant, every voxel is 3", "is constant")),
        ("constant inside", "density", ("is constant inside the mask, 3 in", "is constant inside the mask")),
    ],
)
def test_what_is_no_density_is_refused_as_map(files, capsys, labelled, values, quantity, words):
    resolution = read_map(files / "resolution.mrc")
    arrays = {
        "mask": resolution.data > 0,
        "resolution": resolution.data,
        "constant": np.full(resolution.data.shape, 3),
        "constant inside": np.where(resolution.data > 0, 3, resolution.data + np.indices(resolution.data.shape)[0]),
    }
    write_map(files / "given.mrc", resolution.like(arrays[values]), quantity if labelled else "")
    given, out = str(files / "given.mrc"), str(files / "new")
    code = main(["pictures", str(files / "resolution.mrc"), "--map", given, "-o", out])
    assert_refused(files, capsys, code, f"{given} ", words[labelled], "; give ")


@pytest.mark.usefixtures("no_pictures")
def test_another_resolution_map_as_map_is_warned_about_and_a_density_is_not(files, capsys):
    resolution = read_map(files / "resolution.mrc")
    write_map(files / "other.mrc", resolution.like(resolution.data * 1.2))
    cut = np.maximum(read_map(files / "map.mrc").data, 0)
    write_map(files / "cut.mrc", resolution.like(cut))
    write_map(files / "bytes.mrc", resolution.like(np.round(cut * 255 / cut.max())))
    for name, is_warned in (("other", True), ("cut", False), ("bytes", False)):
        given = str(files / f"{name}.mrc")
        assert main(["pictures", str(files / "resolution.mrc"), "--map", given, "-o", str(files / name)]) == 0
        assert (f"{given} looks like a local resolution map" in capsys.readouterr().err) == is_warned


def write_classes(folder, name, most):
    """Classes 1 to ``most``, which rise with z, as a map that says so."""
    resolution = read_map(folder / "resolution.mrc")
    numbers = np.where(resolution.data > 0, 1 + np.indices(resolution.data.shape)[0] * most // 28, 0)
    write_map(folder / name, resolution.like(numbers.astype(np.float32)), "class")
    return str(folder / name)


@pytest.fixture
def drawn(monkeypatch):
    """The figures by the names of their files, which are empty."""
    figures = {}

    def keep(figure, path, *_):
        figures[path.name] = figure
        path.parent.mkdir(exist_ok=True)
        path.touch()

    monkeypatch.setattr(pictures, "save_figure", keep)
    return figures


def key(figure):
    return [label.get_text().split("  (")[0] for label in figure.axes[-1].get_yticklabels()]


def test_ten_classes_have_ten_colours_and_a_key_of_spans(files, drawn):
    given, out = write_classes(files, "local_class.mrc", 10), files / "new"
    (files / "local.json").write_text(json.dumps({"labels": "monores"}))
    assert main(["pictures", given, "--map", str(files / "map.mrc"), "-o", str(out)]) == 0
    assert key(drawn["slices.png"]) == key(drawn["surface.png"]) == list(pictures.TEN_CLASSES.names)
    axes = drawn["histogram.png"].axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == list(pictures.TEN_CLASSES.names)
    assert axes.get_xlabel() == "Class of resolution as by MonoRes (Å)"
    script = (out / "surface.cxc").read_text(encoding="utf-8")
    assert "colorTreatment distinct" in script
    assert "Class of resolution as by MonoRes (Å)" in script
    assert read_map(out / "surface_resolution.mrc").quantity == "class"
    scale = json.loads((out / "pictures.json").read_text(encoding="utf-8"))["scale"]
    assert scale["classes"] == list(pictures.TEN_CLASSES.names)


@pytest.mark.parametrize(("report", "border"), [('{"borders": [4, 8]}', 4), ('{"borders": 4}', 5), (None, 5)])
def test_votes_have_the_three_classes_of_their_report(files, drawn, report, border):
    given = write_classes(files, "votes.mrc", 3)
    if report:
        (files / "classify.json").write_text(report)
    assert main(["pictures", given, "-o", str(files / "new")]) == 0
    assert key(drawn["slices.png"])[0].startswith(f"high\n(< {border} Å)")
    names = [label.get_text() for label in drawn["histogram.png"].axes[0].get_xticklabels()]
    assert names[0] == f"high (< {border} Å)"


@pytest.mark.parametrize(
    "options", [["--range", "2,9"], ["--colour-map", "jet"], ["--compare", "resolution.mrc"]], ids=lambda each: each[0]
)
def test_options_of_a_scale_are_refused_with_classes(files, capsys, monkeypatch, options):
    monkeypatch.chdir(files)
    code = main(["pictures", write_classes(files, "local_class.mrc", 10), *options, "-o", f"{files}/new"])
    assert_refused(files, capsys, code, f"{options[0]} is for values in Å", "has classes; leave it out")


def test_what_has_no_numbers_of_classes_is_not_drawn_as_classes(files, capsys):
    code = main(["pictures", str(files / "resolution.mrc"), "--quantity", "class", "-o", f"{files}/new"])
    assert_refused(files, capsys, code, "other values than the numbers of classes, 0 to 10", "--quantity")
