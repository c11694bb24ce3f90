"""``deepres train``: programs are found in their folder, options of other programs are refused, the help is fast."""

import importlib
import re
import subprocess
import sys

import pytest

from deepreslib.commands import main, programs
from deepreslib.commands.choices import Options

NEW_PROGRAM = '''"""A program of a test."""

from deepreslib.commands.programs import TrainingProgram


def add_arguments(options):
    options.add_argument("--depth", type=int, help="layers")


def train(args, shared, report):
    report(f"depth {args.depth}, {shared['minutes']} minutes, seed {shared['seed']}")


PROGRAM = TrainingProgram("another network", train, add_arguments, presets=("compact",))
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
    assert "depth 3, 1.0 minutes, seed 5" in capsys.readouterr().out
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
