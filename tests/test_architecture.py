"""The house itself: floors, the root, the wings' doors, the length of files, and a test for every module."""

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCIENCE = ROOT / "deepreslib"
TESTS = ROOT / "tests"
PACKAGES = ("deepreslib", "deepres_plugin")

ROOT_FILES = {
    "__init__.py",
    "__init__.pyi",
    "__main__.py",
    "errors.py",
    "memory.py",
    "progress.py",
    "py.typed",
    "version.py",
}
"""What the root of the science may hold, beside its wings."""

KERAS_WINGS = {"networks", "training"}
"""The wings that may import Keras."""

LONGEST = 400
"""Lines of the longest file of Python."""

OF_THE_WHOLE = {
    "commands/test_foreign_maps.py",
    "commands/test_read_only.py",
    "installer/test_installer.py",
    "test_benchmarks.py",
    "test_classes_benchmarks.py",
    "test_documentation.py",
    "test_experimental_benchmark.py",
    "test_face.py",
}
"""Test modules of the whole package and no module of it, beside this one."""

FOLDERS_OF_THE_WHOLE = ("endurance/", "fuzz/")
"""Folders of such test modules."""

NOTHING_TO_TEST = {"__main__", "enhancement/enhanced", "errors", "version", "fourier/arrays", "networks/tensors"}
"""Modules without a line that could go wrong by itself: names, types, a class without a body."""

ELSEWHERE = {
    "commands/test_classify.py": {
        "commands/classify_more",
        "commands/classify_one",
        "commands/classify_outputs",
    },
    "commands/test_estimate_cryores.py": {"commands/mask"},
    "commands/test_estimate_auto.py": set(),
    "commands/test_estimate_classes.py": set(),
    "commands/test_estimate_methods.py": set(),
    "commands/test_estimate_status.py": set(),
    "commands/test_half_map_faults.py": set(),
    "commands/test_train.py": {"training/cryores/recipes", "training/deepres/recipes"},
    "estimation/test_axis_order.py": set(),
    "estimation/test_cryores_invariance.py": set(),
    "estimation/test_localfsc.py": {"estimation/localfsc_window"},
    "estimation/test_cryores.py": {"estimation/cryores_voxels"},
    "estimation/test_monores.py": {"estimation/monores_sweep"},
    "estimation/test_resmap.py": {"estimation/resmap_noise"},
    "estimation/test_scale.py": set(),
    "networks/test_cards.py": set(),
    "networks/test_mapclass.py": {"networks/mapclass_features"},
    "networks/test_store.py": {"networks/deepres_card"},
    "networks/test_voxelclass.py": {"networks/class_labels", "networks/voxelclass_card"},
    "training/cryores/test_program.py": {
        "training/cryores/batches",
        "training/cryores/presets",
        "training/cryores/validation",
    },
    "training/cryores/test_scenes.py": {"training/cryores/recipe"},
    "training/deepres/test_program.py": {
        "training/deepres/calibration",
        "training/deepres/presets",
        "training/deepres/validation",
    },
    "training/deepres/test_scenes.py": {"training/deepres/stream"},
    "training/mapclass/test_program.py": {
        "training/mapclass/presets",
        "training/mapclass/recipes",
        "training/mapclass/validation",
    },
    "enhancement/test_sharpened_maps.py": set(),
    "training/mapclass/test_scenes.py": {"training/mapclass/molecules", "training/mapclass/stream"},
    "training/voxelclass/test_examples.py": {"training/voxelclass/batches"},
    "training/ilocscale/test_program.py": {"training/ilocscale/presets"},
    "training/voxelclass/test_program.py": {"training/voxelclass/presets", "training/voxelclass/recipes"},
    "training/cryores/test_examples.py": {"training/example_files"},
    "training/test_loop.py": {"training/checkpoints", "training/single_network"},
}
"""Test modules that test more than the module they mirror, or several and mirror none: path → modules."""

BY_THEIR_COMMAND = ("commands/enhancers/", "commands/methods/", "commands/programs/")
"""Folders that a command lists; what is in them is tested by running the command."""

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

FLOORS = "Each floor imports only what lies below it, and wings of one floor do not import each other"
BREACHES = {
    "upwards": ("deepreslib/fourier/scratch.py", "from deepreslib.maps import read_map", FLOORS),
    "sideways": ("deepreslib/structures/scratch.py", "from deepreslib.networks import store", FLOORS),
    "Scipion": (
        "deepreslib/estimation/scratch.py",
        "from pwem.objects import Volume",
        "The science knows neither Scipion nor Tk",
    ),
    "Keras": ("deepreslib/analysis/scratch.py", "import keras", "Keras is imported by networks and training alone"),
    "the command line": (
        "deepres_plugin/scratch.py",
        "from deepreslib.commands import main",
        "The plugin runs the command line as a program and never imports it",
    ),
}
"""What is wrong → file, the import that breaks a floor there, the contract that names it."""

IMPORTED = """
import sys
import deepreslib, deepreslib.maps, deepreslib.networks, deepreslib.commands.estimate
sys.exit(", ".join(sorted({"keras", "tensorflow", "torch", "jax"} & set(sys.modules))) or None)
"""


def modules(folder):
    """Paths without suffix, relative to the folder, of the modules in it."""
    paths = [path for path in folder.rglob("*.py") if path.name != "__init__.py"]
    return {path.relative_to(folder).with_suffix("").as_posix() for path in paths}


def mirrored(test):
    """The module that a test module mirrors by its place and name: ``maps/test_mrc.py`` → ``maps/mrc``."""
    path = Path(test)
    return path.with_name(path.stem.removeprefix("test_")).as_posix()


def written_tests():
    """Paths relative to ``tests`` of the modules that test modules."""
    paths = {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}
    of_the_whole = {path for path in paths if path.startswith(FOLDERS_OF_THE_WHOLE)} | OF_THE_WHOLE
    return paths - {Path(__file__).name} - of_the_whole


def wings():
    """Names, with dots, of the packages of the science, its root last."""
    paths = [path.parent.relative_to(ROOT) for path in SCIENCE.rglob("__init__.py")]
    return sorted((path.as_posix().replace("/", ".") for path in paths), reverse=True)


def public_names(statement, wing):
    """What a statement at the top of a wing's ``__init__`` offers: own definitions, and imports from the wing."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        names = [statement.name]
    elif isinstance(statement, ast.Assign):
        names = [name.id for target in statement.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    elif isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(f"{wing}."):
        names = [alias.asname or alias.name for alias in statement.names]
    else:
        names = []
    return [name for name in names if not name.startswith("_")]


def contract(name, key):
    """What stands in brackets after a key of the contract whose name starts so."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(rf'name = "{name}.*?{key} = \[(.*?)\]', text, re.DOTALL)[1]


def lint_imports(folder):
    """Exit status and output, white space made single, of the contracts' check of the packages in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo"]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return run.returncode, " ".join((run.stdout + run.stderr).split())


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of both packages' Python files and of the contracts."""
    folder = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold():
    status, output = lint_imports(ROOT)
    assert status == 0, output
    assert "BROKEN" not in output


@pytest.mark.parametrize("breach", BREACHES)
def test_a_broken_floor_fails_and_is_named(copied, breach):
    place, line, name = BREACHES[breach]
    scratch = copied / place
    scratch.write_text(f"{line}\n", encoding="utf-8")
    try:
        status, output = lint_imports(copied)
    finally:
        scratch.unlink()
    assert status != 0
    assert f"{name} BROKEN" in output
    assert place.removesuffix(".py").replace("/", ".") in output


def test_every_wing_has_a_floor_and_all_but_two_are_forbidden_keras():
    names = {path.parent.name for path in SCIENCE.glob("*/__init__.py")}
    floors = set(re.findall(r"deepreslib\.(\w+)", contract("Each floor", "layers")))
    without_keras = set(re.findall(r"deepreslib\.(\w+)", contract("Keras", "source_modules")))
    assert names <= floors
    assert names - without_keras == KERAS_WINGS


def test_the_root_holds_what_all_wings_share_and_no_more():
    assert {path.name for path in SCIENCE.iterdir() if path.is_file()} <= ROOT_FILES
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_no_file_is_long():
    folders = (*PACKAGES, "tests", "benchmarks", "scripts", "docs")
    paths = [*ROOT.glob("*.py"), *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    assert len(paths) > 100
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


@pytest.mark.parametrize("wing", wings())
def test_a_wing_says_what_it_is_and_what_it_hands_on(wing):
    package = importlib.import_module(wing)
    assert (package.__doc__ or "").strip(), f"{wing} has no docstring"
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    names = [name for node in tree.body for name in public_names(node, wing)]
    if names:
        assert package.__all__, f"{wing} has names but no __all__"
        assert sorted(set(package.__all__)) == sorted(package.__all__)
    for name in getattr(package, "__all__", ()):
        assert hasattr(package, name), f"{wing}.__all__ names {name}, which is not there"


def test_each_test_module_mirrors_a_module():
    packages = {path.parent.relative_to(SCIENCE).as_posix() for path in SCIENCE.rglob("__init__.py")}
    known = modules(SCIENCE) | packages
    strays = [test for test in written_tests() if mirrored(test) not in known and test not in ELSEWHERE]
    assert sorted(strays) == []


def test_each_module_has_a_test_module():
    known, tests = modules(SCIENCE), written_tests()
    mirrors = {mirrored(test) for test in tests}
    elsewhere = set().union(*ELSEWHERE.values())
    missing = known - mirrors - elsewhere - NOTHING_TO_TEST
    assert sorted(module for module in missing if not module.startswith(BY_THEIR_COMMAND)) == []
    assert sorted(ELSEWHERE.keys() - tests) == [], "ELSEWHERE names test modules that are not there"
    assert sorted((elsewhere | NOTHING_TO_TEST) - known) == [], "modules excused here that are not there"
    assert sorted((elsewhere | NOTHING_TO_TEST) & mirrors) == [], "these have a test module; excuse them no more"


def test_no_test_module_imports_from_another():
    for path in [*TESTS.rglob("*.py"), *(ROOT / "deepres_plugin" / "tests").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module or ''}.{alias.name}" for alias in node.names]
            else:
                continue
            guilty = [name for name in names if re.search(r"(^|\.)tests?\.(.*\.)?test_|^test_", name)]
            assert guilty == [], f"{path.relative_to(ROOT)} imports from another test module"


def test_importing_the_science_imports_no_network_library():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", IMPORTED], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"imported: {run.stderr}"
