"""``deepres estimate`` without a method, what it says about its result, and maps that a method cannot judge."""

import functools
import json

import numpy as np
import pytest
from small_maps import atoms, density_map, noisy, reconstruction_noise

from deepreslib import demo
from deepreslib.commands import main
from deepreslib.maps import DensityMap, read_map, write_map


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def estimate(*options):
    return main(["estimate", *options, "--threads", "1", "-o", "out.mrc"])


def report():
    with open("out.json", encoding="utf-8") as stream:
        return json.load(stream)


def write_halves(level=0.4):
    density = atoms()
    for number in (1, 2):
        noise = level * reconstruction_noise(density.shape, seed=number)
        write_map(f"half{number}.mrc", density_map(density + noise))
    return "--half1", "half1.mrc", "--half2", "half2.mrc"


def test_one_map_of_a_reconstruction_goes_to_cryores(capsys):
    write_map("map.mrc", noisy())
    assert estimate("map.mrc") == 0
    assert report()["method"] == "cryores"
    assert report()["chosen"].startswith("auto: the map shows the noise of the reconstruction")
    assert report()["range"] == {"low": 4.0, "high": 50.0}
    lines = capsys.readouterr().out
    assert "(cryores, local FSC 0.5, global resolution " in lines
    assert "cryores gives where the local FSC of half maps would fall to 0.5, predicted, ± the deviation" in lines
    assert "cryores was chosen by auto: the map shows" in lines


def test_the_demonstration_goes_to_deepres_and_the_line_says_why(capsys):
    assert estimate(demo.MAP, "--mask", demo.MASK) == 0
    assert (report()["method"], "warnings" in report()) == ("deepres", False)
    out = capsys.readouterr().out
    assert "deepres gives apparent sharpness" in out
    assert "follows sharpening" in out
    assert "deepres was chosen by auto: the map has noise as white as a program adds it" in out


def test_half_maps_go_to_localfsc():
    assert estimate(*write_halves()) == 0
    assert (report()["method"], report()["chosen"]) == ("localfsc", "auto: half maps were given")
    assert report()["range"]["low"] == 4.0


@pytest.mark.parametrize("method", ["deepres", "cryores"])
def test_methods_of_one_map_look_at_the_mean_of_half_maps(method, capsys):
    halves = write_halves()
    write_map("mask.mrc", density_map(atoms() > 1))
    assert estimate(*halves, "--mask", "mask.mrc", "--method", method) == 0
    assert f"({method}, mean of the half maps, " in capsys.readouterr().out
    found = read_map("out.mrc").data
    half1, half2 = (read_map(path) for path in ("half1.mrc", "half2.mrc"))
    write_map("mean.mrc", half1.like((half1.data + half2.data) / 2))
    assert estimate("mean.mrc", "--mask", "mask.mrc", "--method", method) == 0
    np.testing.assert_allclose(read_map("out.mrc").data, found, atol=0.01)


def test_the_reports_of_a_chosen_and_of_a_named_method_are_alike():
    write_map("map.mrc", noisy())
    assert estimate("map.mrc", "--method", "cryores") == 0
    assert "chosen" not in report()


def test_cryores_warns_of_a_map_without_noise(capsys):
    write_map("smooth.mrc", noisy(1e-3))
    assert estimate("smooth.mrc", "--method", "cryores") == 0
    (warning,) = [
        each for each in report()["warnings"] if each.startswith("the map shows no noise around the molecule")
    ]
    assert "CryoRes learnt from reconstructions with their noise" in warning
    assert "the map shows no noise around the molecule" in report()["status"]
    assert f"deepres: warning: {warning}" in capsys.readouterr().err


def test_the_ceiling_of_deepres_is_warned_about():
    write_map("blurred.mrc", density_map(atoms(blur=4.5) + 0.02 * reconstruction_noise((48,) * 3)))
    write_map("mask.mrc", density_map(atoms() > 1))
    assert estimate("blurred.mrc", "--mask", "mask.mrc", "--method", "deepres") == 0
    assert "the coarsest that deepres could give" in report()["warnings"][0]
    assert "try 'deepres sharpness', or CryoRes" in report()["warnings"][0]


@pytest.mark.parametrize("method", ["auto", "deepres", "cryores", "monores", "resmap", "localfsc"])
def test_inverted_maps_and_half_maps_are_refused_with_the_mend(method, capsys):
    halves = write_halves()
    for path in ("half1.mrc", "half2.mrc"):
        turned = read_map(path)
        write_map(path, turned.like(-turned.data))
    given = [halves] if method == "localfsc" else [halves, ("half1.mrc",)]
    for maps in given:
        assert estimate(*maps, "--method", method) == 2
        assert "inverted contrast" in (error := capsys.readouterr().err)
        assert "multiply the map by -1" in error


@functools.cache
def found_in_noise(method, scale=1, offset=0):
    """What a method finds in a noisy map that is scaled and moved, in the current folder."""
    write_map("mask.mrc", density_map(atoms() > 1))
    write_map("map.mrc", density_map(noisy().data.astype(np.float64) * scale + offset))
    options = {"monores": ["--max-res", "20"], "resmap": ["--min-res", "6", "--max-res", "9"]}.get(method, [])
    assert estimate("map.mrc", "--mask", "mask.mrc", "--method", method, *options) == 0
    return read_map("out.mrc").data


@pytest.mark.parametrize("method", ["deepres", "cryores", "monores", "resmap"])
@pytest.mark.parametrize(("scale", "offset"), [(1e-40, 0), (1e37, 0), (1, 200)])
def test_scale_and_offset_change_nothing(method, scale, offset):
    found = [found_in_noise(method), found_in_noise(method, scale, offset)]
    apart = np.abs(found[0] - found[1]) > 0.01
    if offset and method in ("deepres", "cryores"):  # which know the solvent's level as well as its noise allows
        apart = np.abs(found[0] - found[1]) > 0.05
    assert apart.mean() < 0.001  # the classical methods go by steps, and a voxel may be on either side of one


@pytest.mark.parametrize(
    ("scale", "offset", "words"), [(1e-2, 1e6, "differ by"), (1, 0, "far above or below all others")]
)
def test_what_rounding_or_one_voxel_spoilt_is_refused(scale, offset, words, capsys):
    data = noisy().data.astype(np.float64) * scale + offset
    if not offset:
        data[3, 4, 5] = 1e15
    write_map("odd.mrc", density_map(data))
    assert estimate("odd.mrc") == 2
    assert words in capsys.readouterr().err


def named(method, name, capsys):
    """Whether the run was refused, or gave a warning, in words about the fault."""
    code = estimate(name, "--method", method)
    said = capsys.readouterr().err
    faults = ("inverted contrast", "no noise", "masked", "constant", "stands out of the noise")
    return any(fault in said for fault in faults) and (code == 2 or "deepres: warning: " in said)


CASES = [
    ("monores", "inverted.mrc"),
    ("resmap", "inverted.mrc"),
    ("cryores", "inverted.mrc"),
    ("deepres", "inverted.mrc"),
    ("monores", "premasked.mrc"),
    ("resmap", "premasked.mrc"),
]


def write_cases(right, level):
    for name, data in (("right", right.data), ("inverted", -right.data)):
        write_map(f"{name}.mrc", right.like(data))
    write_map("premasked.mrc", right.like(np.where(right.data > level, right.data, 0)))


@pytest.mark.parametrize(("method", "name"), CASES)
def test_betagal_inverted_or_cut_at_a_level_is_named(method, name, shared_data, capsys):
    right = read_map(shared_data / "maps" / "betagal.mrc")
    write_cases(DensityMap(right.data, (3.54,) * 3), 0.02)
    assert named(method, name, capsys)


@pytest.mark.parametrize(("method", "name"), CASES)
def test_a_small_map_inverted_or_cut_at_a_level_is_named(method, name, capsys):
    write_cases(noisy(), 1.0)
    assert named(method, name, capsys)


def test_the_right_map_is_not_called_wrong(shared_data, capsys):
    assert estimate(str(shared_data / "maps" / "betagal.mrc"), "--method", "monores") == 0
    assert "warning" not in capsys.readouterr().err
