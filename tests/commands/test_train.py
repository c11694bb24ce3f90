"""``deepres train``: programs are found in their folder, options of other programs are refused, the help is fast."""

import argparse
import importlib
import re
import subprocess
import sys

import pytest
from small_structures import write_structure

from deepreslib.commands import main, programs
from deepreslib.commands.choices import Options
from deepreslib.commands.train import FIXED, add_arguments
from deepreslib.networks import store

NEW_PROGRAM = '''"""A program of a test."""

import hashlib, json, os

from deepreslib.commands.programs import TrainingProgram
from deepreslib.training.stages import Recipe, Stage


def add_arguments(options):
    options.add_argument("--depth", type=int, help="layers")


def train(args, shared, report):
    report(f"depth {args.depth}, {shared['minutes']} minutes, {shared['steps']} steps, seed {shared['seed']}")
    if shared["steps"]:
        card = {key: shared[key] for key in ("steps", "seed", "start", "command", "preset")}
        os.makedirs(shared["folder"])
        for name, content in {
            "model.weights.h5": "",
            "card.json": json.dumps(
                card | {"minutes": 1, "history": [], "sha256": hashlib.sha256().hexdigest()}
            ),
            "state.json": json.dumps({"seconds": 60, "scenes": 1, "steps": shared["steps"], "history": []}),
        }.items():
            with open(os.path.join(shared["folder"], name), "w") as stream:
                stream.write(content)


STAGES = [Stage(7, {"depth": 3}), Stage(9, {"depth": 4}, seed=1)]
PROGRAM = TrainingProgram(
    "another network", train, add_arguments, presets=("compact",), recipes={"tried": Recipe("both", STAGES)}
)
'''


@pytest.fixture
def new_program(tmp_path, monkeypatch):
    (tmp_path / "brandnew.py").write_text(NEW_PROGRAM)
    monkeypatch.setattr(programs, "__path__", [*programs.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    yield
    sys.modules.pop("deepreslib.commands.programs.brandnew", None)


def train(*words):
    return main(["train", *words, "--structures", "absent", "--minutes", "1", "-o", "absent/model"])


def test_the_programs_are_those_of_the_folder():
    assert {"cryores", "deepres"} <= set(programs.find_programs())


@pytest.mark.usefixtures("new_program")
def test_a_program_is_added_by_one_file(capsys):
    assert train("brandnew", "--depth", "3", "--seed", "5") == 0
    assert "depth 3, 1.0 minutes, None steps, seed 5" in capsys.readouterr().out
    assert train("brandnew", "--range", "low") == 2
    assert "--range means nothing to train brandnew; leave it out, or train deepres" in capsys.readouterr().err
    assert train("brandnew", "--preset", "published") == 2
    assert "brandnew has no preset published; choose compact." in capsys.readouterr().err
    assert train("cryores", "--depth", "3") == 2
    assert "--depth means nothing to train cryores; leave it out, or train brandnew" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert "another network" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("deepres", "--range", "low", "--examples", "5"), "--examples means nothing to train deepres"),
        (("cryores", "--range", "low"), "--range means nothing to train cryores"),
        (("deepres",), "give --range low or --range high"),
        (("deepres", "--range", "low"), "absent: there is no such folder"),
        (("cryores",), "absent: there is no such folder"),
        (("cryores", "--start", "nowhere"), "nowhere: there is no such model"),
    ],
)
def test_what_cannot_be_trained_is_refused(words, sentence, capsys):
    assert train(*words) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--minutes", "--batch", "--rate"])
@pytest.mark.parametrize("number", ["0", "-3"])
def test_numbers_that_train_nothing_are_refused(option, number, capsys):
    command = ["train", "cryores", "--structures", "absent", "--minutes", "1", "-o", "model"]
    assert main([*command, f"{option}={number}"]) == 2
    assert f"argument {option}: '{number}' is not a" in capsys.readouterr().err


def test_the_help_does_not_import_keras():
    code = (
        "import sys\nfrom deepreslib.commands import main\ntry:\n    main(['train', '--help'])\n"
        "except SystemExit:\n    sys.exit('keras' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0
    assert "--examples" in found.stdout


@pytest.mark.parametrize("name", ["deepres", "cryores"])
def test_the_help_tells_the_defaults_of_the_presets(name):
    presets = importlib.import_module(f"deepreslib.training.{name}.presets").PRESETS
    options = Options()
    programs.find_programs()[name].add_arguments(options)
    texts = {names[0]: default_text for names, _, default_text in options.declared}
    for option in ("batch", "rate"):
        numbers = [float(word) for word in re.findall(r"\d[\d.e-]*", texts[f"--{option}"])]
        values = [getattr(presets[preset], option) for preset in ("compact", "published")]
        assert numbers == (values if values[0] != values[1] else values[:1])


def recipe(*words):
    return main(["train", *words])


@pytest.mark.usefixtures("new_program")
def test_a_recipe_is_trained_by_one_command_and_is_added_with_its_program(tmp_path, capsys, structures):
    out = tmp_path / "model"
    words = ["brandnew", "--recipe", "tried", "--structures", structures, "--seed", "5", "-o", str(out)]
    assert recipe(*words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "depth" in line] == [
        "depth 3, None minutes, 7 steps, seed 5",
        "depth 4, None minutes, 9 steps, seed 6",
    ]
    assert lines[-1] == f"wrote {out}"
    card = store.read_card(out)
    assert (card["recipe"], card["seed"], card["steps"], card["preset"]) == ("tried", 5, 16, "compact")
    assert card["command"].startswith("deepres train brandnew --recipe tried --structures")
    assert recipe(*words) == 2
    assert "--recipe tried has ended there" in capsys.readouterr().err
    assert recipe("brandnew", "--minutes", "1", "--structures", structures, "-o", str(out)) == 2
    assert "a --recipe is trained there" in capsys.readouterr().err


@pytest.fixture
def structures(tmp_path):
    for split in ("train", "val"):
        (tmp_path / split).mkdir()
        write_structure(tmp_path / split / "any.pdb")
    return str(tmp_path / "train")


FIXED_OPTIONS = [
    *("--preset compact", "--minutes 3", "--steps 3", "--start absent", "--batch 4", "--rate 0.1"),
    *("--examples 5", "--preset published"),
]


@pytest.mark.parametrize("option", FIXED_OPTIONS)
def test_what_a_recipe_fixes_is_refused_beside_it(option, tmp_path, capsys, structures):
    words = ["cryores", "--recipe", "shipped", "--structures", structures, "-o", str(tmp_path / "model")]
    assert recipe(*words, *option.split()) == 2
    name = option.split()[0]
    assert (
        capsys.readouterr().err == f"deepres: error: {name} is fixed by --recipe shipped; leave one of the two out.\n"
    )
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("deepres --recipe shipped", "deepres has no recipe shipped; choose shipped-low or shipped-high."),
        ("cryores --recipe shipped-low", "cryores has no recipe shipped-low; choose shipped."),
        ("cryores --recipe shipped-lo", "there is no 'shipped-lo' (did you mean shipped-low?)"),
        ("deepres --recipe shipped-low --range low", "--range is fixed by --recipe shipped-low; leave one of the two"),
        ("deepres --recipe shipped-low --examples 3", "--examples means nothing to train deepres"),
        ("deepres --recipe shipped-low", "absent: there is no such folder"),
        ("deepres --range low", "--minutes is missing; say how long to train, or train a shipped network by --recipe"),
    ],
)
def test_a_recipe_that_cannot_be_trained_is_refused(words, sentence, tmp_path, capsys):
    assert recipe(*words.split(), "--structures", "absent", "-o", str(tmp_path / "model")) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("network", "name"), [(n, name) for n, program in programs.find_programs().items() for name in program.recipes]
)
def test_the_stages_of_a_recipe_have_options_of_their_program(network, name):
    program = programs.find_programs()[network]
    own = Options()
    program.add_arguments(own)
    options = {settings.get("dest", names[0].removeprefix("--")) for names, settings, _ in own.declared} | {"preset"}
    for stage in program.recipes[name].stages:
        assert stage.steps > 0
        assert set(stage.options) == options, "a recipe leaves nothing to a default that may change"
        assert stage.options["preset"] in program.presets


def test_the_options_that_recipes_fix_exist():
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert set(FIXED) <= set(parser._option_string_actions)
