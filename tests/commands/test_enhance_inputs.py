"""What ``deepres enhance`` needs beside its map, and every map that it refuses: one sentence each, nothing left."""

from argparse import Namespace

import mrcfile
import numpy as np
import pytest
import small_maps
from enhance_runs import HALVES, ORIGIN, read_report, run, write_structure
from refusals import assert_refused

from deepreslib.commands import enhance_inputs
from deepreslib.estimation import GlobalResolution, LocalResolution, cryores
from deepreslib.fourier import filters
from deepreslib.fourier.fsc import ShellCorrelation
from deepreslib.maps import DensityMap, masks, read_map, write_map
from deepreslib.structures import read_structure

pytestmark = pytest.mark.usefixtures("enhance_files")


@pytest.fixture
def cryores_says(monkeypatch):
    """Lets CryoRes say a resolution and a word about it; its mask is a slab."""
    asked = []

    def say(value, status=None):
        def estimate(density_map, mask=None, **_):
            asked.append(mask)
            found = np.zeros(density_map.data.shape, bool)
            found[15:30, 15:33, 15:33] = True
            whole = GlobalResolution(value, 0.3)
            return LocalResolution(np.float32(found), global_resolution=whole, mask=found, status=status)

        monkeypatch.setattr(cryores, "estimate", estimate)
        return asked

    return say


def change(name, function):
    """Writes what a function makes of a map in its place."""
    changed = function(read_map(f"{name}.mrc"))
    if changed:  # else the function has written it
        write_map(f"{name}.mrc", changed)


def with_nan(density_map):
    with mrcfile.open(density_map.path, "r+") as file:
        file.data[3, 4, 5] = np.nan


def cropped(density_map):
    return DensityMap(np.ascontiguousarray(density_map.data[:-2]), density_map.voxel_size, density_map.origin)


def small(density_map):
    part = np.ascontiguousarray(density_map.data[18:30])
    return DensityMap(part, density_map.voxel_size, density_map.origin)


def with_voxels(size):
    return lambda density_map: DensityMap(density_map.data, (size,) * 3)


def masked(density_map):
    return density_map.like(density_map.data * (read_map("mask.mrc").data > 0.5))


def constant(density_map):
    return density_map.like(np.ones_like(density_map.data))


def empty(density_map):
    return density_map.like(np.zeros_like(density_map.data))


def inverted(density_map):
    return density_map.like(-density_map.data)


MAP, BOTH = ("map.mrc", "--resolution", "6"), (*HALVES, "--resolution", "6")
REFUSALS = {
    "no map": ([], None, ["there is no map", "--half1"]),
    "one half": (["map.mrc", "--half1", "half1.mrc"], None, ["half1.mrc is one half map", "--half2"]),
    "no file": (["absent.mrc"], None, ["absent.mrc"]),
    "unlike halves": (BOTH, ("half2", cropped), ["half1.mrc", "half2.mrc", "shape"]),
    "map unlike its halves": ([*BOTH, "map.mrc"], ("map", cropped), ["map.mrc", "half1.mrc"]),
    "one half twice": ([*MAP, "--half1", "half1.mrc", "--half2", "half1.mrc"], None, ["one and the same"]),
    "unlike mask": ([*MAP, "--mask", "mask.mrc"], ("mask", cropped), ["mask.mrc", "voxels"]),
    "small box": (MAP, ("map", small), ["map.mrc is too small", "at least 25 Å"]),
    "large voxels": (("map.mrc", "--resolution", "12"), ("map", with_voxels(5.2)), ["voxels of 5.2 Å", "finer map"]),
    "constant": (MAP, ("map", constant), ["map.mrc is constant"]),
    "NaN": (MAP, ("map", with_nan), ["map.mrc has 1 NaN"]),
    "NaN in a half": (BOTH, ("half2", with_nan), ["half2.mrc has 1 NaN"]),
    "inverted": (MAP, ("map", inverted), ["map.mrc has inverted contrast", "-1"]),
    "empty mask": ([*MAP, "--mask", "mask.mrc"], ("mask", empty), ["the mask mask.mrc is empty"]),
    "threshold above all": ([*MAP, "--mask-threshold", "99"], None, ["no voxel above 99", "lower"]),
    "a mask for a map": (
        ["mask.mrc", "--resolution", "6"],
        None,
        ["mask.mrc is a mask, 0 outside and 1 inside"],
    ),
    "too fine": (["map.mrc", "--resolution", "3.9"], None, ["3.9 Å is finer than twice the voxel size", "4 Å"]),
    "too coarse": (["map.mrc", "--resolution", "300"], None, ["at a resolution of 300 Å map.mrc has no details"]),
    "no resolution": (["map.mrc", "--resolution", "fine"], None, ["--resolution", "'fine'"]),
    "rate for a masked map": ([*MAP, "--fdr", "0.01"], ("map", masked), ["map.mrc shows no noise", "masked"]),
    "no structure": ([*MAP, "--structure", "absent.pdb"], None, ["absent.pdb"]),
    "a map for a structure": ([*MAP, "--structure", "mask.mrc"], None, ["mask.mrc"]),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_enhanced_is_refused(enhance_files, capsys, monkeypatch, case):
    monkeypatch.setattr(cryores, "estimate", lambda *_, **__: pytest.fail("it works before it refuses"))
    options, changed, words = REFUSALS[case]
    if changed:
        change(*changed)
    assert_refused(enhance_files, capsys, run(*options), *words)


def test_half_maps_that_have_nothing_in_common_in_the_mask(enhance_files, capsys, monkeypatch):
    curve = ShellCorrelation(np.linspace(0, 0.25, 9), np.r_[1, np.full(8, 0.1)])
    monkeypatch.setattr(enhance_inputs.inputs, "fsc_within", lambda *_: curve)
    code = run(*HALVES, "--mask", "mask.mrc")
    assert_refused(enhance_files, capsys, code, "half1.mrc and half2.mrc have nothing in common within the mask")


def test_a_filtered_map_is_warned_about(capsys):
    change("map", lambda given: given.like(filters.low_pass(given.data, given.voxel_size, 9.0)))
    assert run("map.mrc", "--resolution", 9, "--mask", "mask.mrc") == 0
    assert "map.mrc looks low-pass filtered" in capsys.readouterr().err


def test_masks_by_threshold_and_automatic():
    assert run("map.mrc", "--resolution", 6, "--mask-threshold", 1.2) == 0
    report = read_report()
    assert (report["mask"]["source"], report["mask"]["threshold"]) == ("threshold", 1.2)
    np.testing.assert_array_equal(read_map("out_mask.mrc").data > 0.5, read_map("map.mrc").data > 1.2)
    assert run("map.mrc", "--resolution", 6) == 0
    assert read_report()["mask"]["source"] == "automatic"
    expected, _ = masks.automatic_mask(read_map("map.mrc"))
    np.testing.assert_array_equal(read_map("out_mask.mrc").data > 0.5, expected)


@pytest.mark.parametrize("given", [MAP, HALVES])
def test_the_confidence_mask(given):
    assert run(*given, "--fdr", 0.01) == 0
    report, mask = read_report()["mask"], read_map("mask.mrc").data > 0.5
    assert (report["source"], report["fdr"]) == ("fdr", 0.01)
    assert report["threshold"] > report["noise"]["mean"] + 2 * report["noise"]["sd"]
    found = read_map("out_mask.mrc").data > 0.5
    assert found.sum() == report["voxels"]
    assert found[mask].mean() > 0.6
    assert found[~masks.dilate(mask, 1.5)].sum() < 0.02 * found.sum()


def test_noise_alone_leaves_nothing_to_enhance(enhance_files, capsys):
    noise = np.random.default_rng(3).standard_normal((48,) * 3)
    change("map", lambda given: given.like(noise))
    assert_refused(enhance_files, capsys, run(*MAP, "--fdr", 0.01), "--fdr 0.01 finds nothing in map.mrc")


def test_the_mask_of_a_structure(capsys):
    assert run(*MAP, "--structure", "model.pdb") == 0
    report = read_report()
    assert report["structure"] == "model.pdb"
    assert (report["mask"]["source"], report["mask"]["structure"]) == ("structure", "model.pdb")
    found, inside = read_map("out_mask.mrc").data > 0.5, read_map("mask.mrc").data > 0.5
    assert found[~masks.dilate(inside, 1.5)].sum() == 0
    assert found[inside].mean() > 0.6
    atoms = read_structure("model.pdb")
    assert f"structure {len(atoms)}" in capsys.readouterr().out
    nearest = np.rint((atoms.positions[:, ::-1] - ORIGIN) / 2).astype(int)
    assert found[tuple(nearest.T)].mean() > 0.9


def test_a_given_mask_wins_over_the_structures():
    assert run(*MAP, "--structure", "model.pdb", "--mask", "mask.mrc") == 0
    assert read_report()["mask"]["source"] == "file"
    np.testing.assert_array_equal(read_map("out_mask.mrc").data, read_map("mask.mrc").data)


def test_where_the_structure_does_not_decide_its_mask_is_added():
    atoms = read_structure("model.pdb").positions[:, ::-1]
    tail = atoms[:8] * [0, 0, 0] + np.array(ORIGIN) + np.linspace(10, 24, 8)[:, None] * [1, 1, 1]
    write_structure("model.pdb", np.concatenate([atoms, tail]))
    density_map = read_map("map.mrc")
    structure = enhance_inputs.read_placed_structure("model.pdb", density_map)
    args = _arguments(structure="model.pdb", resolution=6.0)
    given = enhance_inputs.GivenMaps(density_map)
    found = enhance_inputs.find(args, given, structure, masks_by_structure=False)
    assert (found.mask_report["source"], found.mask_report["structure"]) == ("automatic and structure", "model.pdb")
    expected = masks.automatic_mask(density_map)[0] | enhance_inputs.structure_mask(structure, density_map)
    np.testing.assert_array_equal(found.mask, expected)
    assert found.mask_report["voxels"] == expected.sum() > masks.automatic_mask(density_map)[0].sum()


@pytest.mark.parametrize(("shift", "answer"), [(0.0, 0), (14.0, 2)])
def test_a_structure_on_density_is_taken_though_the_automatic_mask_is_elsewhere(monkeypatch, capsys, shift, answer):
    corner = np.zeros((48,) * 3, bool)
    corner[:6, :6, :6] = True
    monkeypatch.setattr(masks, "automatic_mask", lambda _: (corner, 0.5))
    write_structure("model.pdb", read_structure("model.pdb").positions[:, ::-1] + shift)
    assert run(*MAP, "--structure", "model.pdb") == answer
    assert ("lies elsewhere" in capsys.readouterr().err) == (answer == 2)


def _arguments(**given):
    nothing = ("mask", "mask_threshold", "fdr", "structure", "resolution", "voxel_size", "origin", "threads")
    return Namespace(**(dict.fromkeys(nothing) | given))


@pytest.mark.parametrize(("shift", "words"), [((0, 0, 0), "set the map's origin to"), ((30, 0, 0), "origin")])
def test_a_structure_elsewhere_is_refused_with_the_origin_that_would_fit(enhance_files, capsys, shift, words):
    change("map", lambda given: DensityMap(given.data, given.voxel_size, (0.0, 0.0, 0.0)))
    atoms = read_structure("model.pdb").positions[:, ::-1]
    write_structure("model.pdb", atoms - ORIGIN - 48 + np.array(shift))
    code = run(*MAP, "--structure", "model.pdb")
    expected = "-48,-48,-48" if not any(shift) else "the structure model lies elsewhere than the molecule of map.mrc"
    assert_refused(enhance_files, capsys, code, words, expected)


def test_cryores_tells_the_resolution_and_the_mask_of_a_single_map(cryores_says, capsys):
    asked = cryores_says(5.5)
    assert run("map.mrc") == 0
    report = read_report()
    assert report["resolution"] == {"value": 5.5, "source": "CryoRes, ± 0.3 Å"}
    assert report["mask"] == {"source": "cryores", "path": None, "threshold": None, "voxels": 15 * 18 * 18}
    assert asked == [None]
    assert "resolution 5.50 Å (CryoRes, ± 0.3 Å)" in capsys.readouterr().out


def test_cryores_runs_within_a_mask_that_is_given(cryores_says):
    asked = cryores_says(3.2)
    assert run("map.mrc", "--mask", "mask.mrc") == 0
    report = read_report()
    assert report["resolution"]["value"] == 4.0  # twice the voxel size
    assert report["mask"]["source"] == "file"
    np.testing.assert_array_equal(asked[0], read_map("mask.mrc").data > 0.5)


def test_cryores_doubts_are_passed_on_and_what_it_cannot_tell_is_refused(enhance_files, cryores_says, capsys):
    cryores_says(27.0, "outside the range: it is coarser than 25 Å")
    words = "CryoRes cannot tell it (outside the range: it is coarser than 25 Å); give it by --resolution"
    assert_refused(enhance_files, capsys, run("map.mrc"), "the resolution of map.mrc is needed", words)
    cryores_says(6.0, "doubtful: it is like nothing seen")
    assert run("map.mrc") == 0
    assert "CryoRes tells is doubtful: it is like nothing seen; give it by --resolution" in capsys.readouterr().err
    assert read_report()["mask"]["source"] == "automatic"


def test_a_map_that_cryores_does_not_suit_needs_a_resolution(enhance_files, capsys):
    write_map("map.mrc", small_maps.density_map(small_maps.atoms()))
    assert_refused(enhance_files, capsys, run("map.mrc"), "CryoRes cannot tell it", "--resolution")


def test_half_maps_whose_fsc_never_falls(capsys):
    rng = np.random.default_rng(1)
    signal = rng.standard_normal((48,) * 3) * (read_map("mask.mrc").data > 0.5)
    for name in ("half1", "half2"):
        change(name, lambda half: half.like(signal + 0.3 * rng.standard_normal(signal.shape)))
    assert run(*HALVES, "--mask", "mask.mrc") == 0
    assert read_report()["resolution"]["value"] == 4.0
    assert "never falls to 0.143" in capsys.readouterr().err
