"""The methods of ``deepres estimate`` are found by listing their folder; a new one is one file."""

import json
import subprocess
import sys

import numpy as np
import pytest
from refusals import assert_refused

from deepreslib.commands import main, methods
from deepreslib.maps import DensityMap, read_map, write_map

FLAT = '''
"""The same resolution everywhere, to show how little a method takes."""
from deepreslib.commands.methods import Method, add_sweep_arguments

def add_arguments(options):
    options.add_argument("--level", type=float, metavar="A", help="the resolution (default: 4)")
    add_sweep_arguments(options, coarsest="20", step="1")

def estimate(args, inputs):
    from deepreslib.estimation import LocalResolution
    level = args.level or 4.0
    return LocalResolution(level * inputs.mask.astype("float32"), report={"level": level}), "flat"

METHOD = Method("Flat, for tests: one map", estimate, add_arguments)
'''


@pytest.fixture
def flat(tmp_path, monkeypatch):
    """A sixth method, in a folder that is listed together with the others."""
    folder = tmp_path / "methods"
    folder.mkdir()
    (folder / "flat.py").write_text(FLAT)
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(folder)])
    yield
    sys.modules.pop(f"{methods.__name__}.flat", None)


@pytest.fixture
def files(tmp_path):
    """A map and its mask, 20³ voxels."""
    noise = np.random.default_rng(0).standard_normal((20, 20, 20)).astype(np.float32)
    density_map = DensityMap(noise, (1.2,) * 3)
    write_map(tmp_path / "map.mrc", density_map)
    write_map(tmp_path / "mask.mrc", density_map.like(np.indices(noise.shape)[0] > 9))
    return tmp_path


def estimate(folder, *options):
    files = [str(folder / "map.mrc"), "--mask", str(folder / "mask.mrc"), "-o", str(folder / "out.mrc")]
    return main(["estimate", *files, *options])


def help_text(capsys):
    with pytest.raises(SystemExit):
        main(["estimate", "--help"])
    return " ".join(capsys.readouterr().out.split())


def test_a_new_method_is_in_the_help(flat, capsys):
    text = help_text(capsys)
    names = ",".join(["auto", *methods.find_methods()])
    assert f"{{{names}}}" in text
    assert ",flat," in names
    assert "flat: Flat, for tests: one map;" in text
    assert "flat: --level A the resolution (default: 4)" in text
    sweeping = text[text.index("--min-res A finest") :]
    assert "20 flat" in sweeping
    assert "18 monores" in sweeping


def test_a_new_method_writes_map_and_report(flat, files, capsys):
    assert estimate(files, "--method", "flat", "--level", "5") == 0
    mask = read_map(files / "mask.mrc").data > 0.5
    np.testing.assert_array_equal(read_map(files / "out.mrc").data, np.where(mask, np.float32(5), 0))
    report = json.loads((files / "out.json").read_text())
    assert (report["method"], report["level"], report["resolution"]["median"]) == ("flat", 5, 5)
    assert set(report["versions"]) == {"deepres", "python", "numpy", "scipy"}
    assert "(flat, flat, " in capsys.readouterr().out
    assert not (files / "out_sd.mrc").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--method", "flat", "--range", "low"), "--range means nothing to --method flat; leave it out, or choose"),
        (("--method", "flat", "--exact"), "--exact means nothing to --method flat; leave it out, or choose localfsc."),
        (
            ("--method", "resmap", "--level", "3"),
            "--level means nothing to --method resmap; leave it out, or choose flat.",
        ),
        (("--step", "3"), "--step belongs to --method flat, monores or resmap; add the one that you want."),
        (("--method", "auto", "--range", "low"), "--range belongs to --method deepres; add it."),
        (("--model", "folder"), "--model belongs to --method classes, cryores or deepres; add the one that you want."),
        (("--method", "flat", "--half1", "map.mrc"), "map.mrc is one half map"),
    ],
)
def test_options_of_other_methods_are_refused(flat, files, capsys, options, words):
    assert_refused(files, capsys, estimate(files, *options), words)


def test_the_help_imports_no_numerical_library():
    program = "import sys; from deepreslib.commands import main\n"
    program += "try: main(['estimate', '--help'])\nfinally: print(sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "'deepreslib.commands.methods.resmap'" in run.stdout
    assert "'numpy'" not in run.stdout


def test_a_method_is_told_what_its_inputs_lack(files):
    density_map = read_map(files / "map.mrc")
    inputs = methods.Inputs(density_map, None, None, None)
    with pytest.raises(ValueError, match="needs_halves"):
        _ = inputs.halves
    with pytest.raises(ValueError, match="finds_mask"):
        _ = inputs.mask
    mask = density_map.data > 0
    complete = methods.Inputs(density_map, (density_map, density_map), mask, None)
    assert complete.mask is mask
    assert complete.halves == (density_map, density_map)
