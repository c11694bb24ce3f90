"""What ``import deepreslib`` offers, and that it costs nothing until it is used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import deepreslib

VERBS = {
    "annotate",
    "automatic_mask",
    "coloured_slices_figure",
    "compare",
    "estimate",
    "global_fsc",
    "read_map",
    "read_structure",
    "recommend",
    "save_figure",
    "simulate",
    "statistics",
    "threshold_mask",
    "write_map",
}


def test_the_verbs_are_offered():
    assert set(dir(deepreslib)) >= VERBS
    for name in VERBS:
        assert callable(getattr(deepreslib, name)), name
    with pytest.raises(AttributeError):
        _ = deepreslib.no_such_verb


def test_everything_offered_has_a_name_that_type_checkers_see():
    stub = ast.parse(Path(deepreslib.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    (names,) = (ast.literal_eval(node.value) for node in stub.body if isinstance(node, ast.Assign))
    assert set(names) == set(deepreslib.__all__)


def test_every_wing_but_the_commands_is_offered():
    folders = {path.parent.name for path in Path(deepreslib.__file__).parent.glob("*/__init__.py")}
    assert folders - {"commands"} <= set(deepreslib.__all__)


def test_the_import_alone_loads_neither_arrays_nor_networks():
    code = (
        "import sys, deepreslib; dir(deepreslib); "
        "print(*sorted({name.partition('.')[0] for name in sys.modules} "
        "& {'numpy', 'scipy', 'matplotlib', 'keras', 'tensorflow', 'torch', 'gemmi'}))"
    )
    folder = Path(deepreslib.__file__).parents[1]
    loaded = subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True)
    assert loaded.stdout.split() == []
