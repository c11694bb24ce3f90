"""The methods of ``deepres enhance``: what each passes on to its science, and what a method may take for granted."""

import importlib

import numpy as np
import pytest
from enhance_runs import HALVES, read_report, run
from refusals import assert_refused
from window_gains import FakeNetwork

from deepreslib.commands import enhancers
from deepreslib.enhancement import ilocscale
from deepreslib.enhancement.enhanced import Enhanced
from deepreslib.maps import DensityMap, masks, read_map, write_map
from deepreslib.structures import AtomicStructure

pytestmark = pytest.mark.usefixtures("enhance_files")

MODULES = {"ilocscale": "ilocscale", "locscale": "locscale", "global": "global_sharpening"}
"""Method → the module of its science."""

USUAL = {"keep_outside": False, "workers": 1, "half_maps": None}
WINDOWS = USUAL | {"stride": 4, "network_path": None, "progress": True}
STRUCTURE = ["--structure", "model.pdb"]
CALLS = {
    "default": ("ilocscale", [], WINDOWS | {"aim": "density", "preset": "compact"}),
    "contrast": ("ilocscale", ["--aim", "CONTRAST"], WINDOWS | {"aim": "contrast", "preset": "compact"}),
    "published": ("ilocscale", ["--preset", "published"], WINDOWS | {"aim": "contrast", "preset": "published"}),
    "options": (
        "ilocscale",
        ["--model", "network", "--stride", "2", "--no-mask"],
        WINDOWS | {"aim": "density", "preset": "compact", "stride": 2, "network_path": "network", "keep_outside": True},
    ),
    "locscale": ("locscale", STRUCTURE, WINDOWS | {"structure_b": "shifted", "fsc_weight": None, "strict": False}),
    "locscale strict": (
        "locscale",
        [*STRUCTURE, "--structure-b", "own", "--fsc-weight", "off", "--strict"],
        WINDOWS | {"structure_b": "own", "fsc_weight": False, "strict": True},
    ),
    "global": ("global", ["--no-mask"], USUAL | {"keep_outside": True}),
}


@pytest.fixture
def called(monkeypatch):
    """What the science of each method was called with: method, arguments, keywords."""
    calls = []

    def recorder(method):
        def enhance(density_map, mask, resolution, *more, half_maps=None, **options):
            calls.append((method, (density_map, mask, resolution, *more), {"half_maps": half_maps, **options}))
            halves = half_maps and tuple(half.data for half in half_maps)
            factors = np.where(mask, np.float32(-20), np.float32(0))
            return Enhanced(density_map.data * mask, halves, factors, mask, resolution)

        return enhance

    for method, name in MODULES.items():
        module = importlib.import_module(f"deepreslib.enhancement.{name}")
        monkeypatch.setattr(module, "enhance", recorder(method))
    return calls


@pytest.mark.parametrize("case", CALLS)
def test_what_is_passed_on(enhance_files, called, case):
    method, options, expected = CALLS[case]
    (enhance_files / "network").mkdir()
    (enhance_files / "network" / "card.json").write_text("{}")
    assert run("map.mrc", "--resolution", 6, "--mask", "mask.mrc", *options, method=method) == 0
    ((found, positional, keywords),) = called
    assert (found, keywords) == (method, expected)
    density_map, mask, resolution, *more = positional
    assert density_map.path == "map.mrc"
    np.testing.assert_array_equal(mask, read_map("mask.mrc").data > 0.5)
    assert resolution == 6
    assert [type(each) for each in more] == ([AtomicStructure] if method == "locscale" else [])
    report = read_report()
    assert report["method"] == method
    assert ("keras" in report["versions"]) == (method != "global")


@pytest.mark.parametrize("method", MODULES)
def test_half_maps_are_passed_on(called, method):
    options = [*STRUCTURE, "--fsc-weight", "on"] if method == "locscale" else []
    assert run(*HALVES, "--mask", "mask.mrc", *options, method=method) == 0
    ((_, positional, keywords),) = called
    assert [half.path for half in keywords["half_maps"]] == ["half1.mrc", "half2.mrc"]
    mean = np.mean([half.data for half in keywords["half_maps"]], axis=0)
    np.testing.assert_allclose(positional[0].data, mean, atol=1e-5)


@pytest.mark.parametrize(("options", "source"), [([], "automatic and structure"), (["--strict"], "structure")])
def test_the_mask_of_locscale_holds_what_is_not_modelled_unless_it_is_strict(called, options, source):
    assert run("map.mrc", "--resolution", 6, *STRUCTURE, *options, method="locscale") == 0
    assert read_report()["mask"]["source"] == source
    mask = called[0][1][1]
    automatic = masks.automatic_mask(read_map("map.mrc"))[0]
    assert bool((mask | ~automatic).all()) == (not options)


@pytest.mark.parametrize("method", ["ilocscale", "locscale"])
def test_a_folder_without_a_network_is_refused(enhance_files, called, capsys, method):
    code = run("map.mrc", "--resolution", 6, *STRUCTURE, "--model", "absent", method=method)
    assert_refused(enhance_files, capsys, code, "--model absent holds no network")
    assert called == []


METHODS = {
    "ilocscale": ("ilocscale", []),
    "locscale": ("locscale", STRUCTURE),
    "locscale strict": ("locscale", [*STRUCTURE, "--strict"]),
    "global": ("global", ["--mask", "mask.mrc"]),
}


@pytest.mark.parametrize("case", METHODS)
def test_half_maps_are_enhanced_from_beginning_to_end(monkeypatch, capsys, case):
    method, options = METHODS[case]
    monkeypatch.setattr(ilocscale, "load", lambda *_: FakeNetwork())
    assert run(*HALVES, *options, method=method) == 0
    given, enhanced = read_map("half1.mrc"), read_map("out.mrc")
    mask = read_map("out_mask.mrc").data > 0.5
    halves = [read_map(f"out_half{number}.mrc").data for number in (1, 2)]
    np.testing.assert_allclose(np.mean(halves, axis=0), enhanced.data, atol=1e-3 * enhanced.data.std())
    assert (enhanced.voxel_size, enhanced.origin) == (given.voxel_size, given.origin)
    assert not enhanced.data[~masks.dilate(mask, 3.6)].any()
    factors = read_map("out_bfactor.mrc").data
    assert factors[mask].any()
    assert not factors[~mask].any()
    report = read_report()
    assert report["b_factor"]["mean"] == pytest.approx(factors[mask].mean(), abs=0.1)
    assert 0.3 < report["correlation"] <= 1
    assert len(report["fsc_before"]["correlation"]) == len(report["fsc_after"]["correlation"])
    if method != "global":
        assert report["stride"] == 4
        assert len(report["gains"]["frequency"]) == 13
        shells = [shell["shell"] for shell in report["held_shells"]]
        assert shells == list(range(shells[0], 13))
        assert 4 <= shells[0] <= 6  # by the voxels, or by the filter that makes a map flat
    assert ("model" in report) == (method == "ilocscale")  # the structure of this map is whole
    assert "for comparison, not for claims" in capsys.readouterr().out


def test_coarse_voxels_are_warned_about(monkeypatch, capsys):
    monkeypatch.setattr(ilocscale, "load", lambda *_: FakeNetwork())
    given = read_map("map.mrc")
    write_map("map.mrc", DensityMap(given.data, (2.4,) * 3, given.origin))
    assert run("map.mrc", "--resolution", 8, "--mask-threshold", 1.2, "--stride", 12, method="ilocscale") == 0
    assert (
        "map.mrc has voxels of 2.4 Å, so only 5 of the 13 shells of its windows hold anything"
        in capsys.readouterr().err
    )
    assert any("voxels of 2.4 Å" in sentence for sentence in read_report()["warnings"])


def test_a_method_is_told_what_its_inputs_lack():
    density_map = DensityMap(np.zeros((2, 2, 2), np.float32), (1.0,) * 3)
    inputs = enhancers.EnhancerInputs(density_map, None, density_map.data > 0, 3.0, None, False, None)
    assert inputs.workers == -1
    with pytest.raises(ValueError, match="needs_structure"):
        _ = inputs.needed_structure
