"""No command overwrites one of its inputs, by whatever name, and none writes a file that it has not declared."""

import os
from pathlib import Path

import pytest

from deepreslib.commands import main, parse
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError

COMMANDS = {
    "estimate": "estimate {map} --half1 {half1} --half2 {half2} --mask {mask} --method {method} --model {model} "
    "-o res.mrc",
    "enhance": "enhance {map} --half1 {half1} --half2 {half2} --mask {mask} --structure {structure} --model {model} "
    "-o out.mrc",
    "mask": "mask {map} --model {model} -o mask.mrc",
    "classify": "classify {map} --half1 {half1} --half2 {half2} --mask {mask} --structure {structure} --model {model} "
    "--cryores-model {network} -o folder",
    "compare": "compare {one} {two} --labels a b --mask {mask} --map {map} -o folder",
    "annotate": "annotate {structure} {resolution} --mask {mask} -o model.cif",
    "pictures": "pictures {resolution} --map {map} --mask {mask} --compare {other} -o folder",
    "sharpness": "sharpness {map} --half1 {half1} --half2 {half2} --mask {mask} --check {sharpened} --model {model} "
    "-o folder",
    "simulate": "simulate {structure} --resolution 4 -o map.mrc",
    "half maps": "simulate {structure} --resolution 4 --half-maps -o map.mrc",
    "train": "train cryores --structures {structures} --minutes 1 --start {start} --validation {validation} -o folder",
}
"""Each command with all its inputs; train's are folders."""

METHODS = ("deepres", "cryores", "localfsc", "monores", "resmap")
FOLDERS = ("structures", "start", "validation")


def words(name, method="cryores", **renamed):
    """The arguments of a command, each input under its own name or a new one."""
    names = {}
    for word in COMMANDS[name].split():
        if word.startswith("{"):
            what = word.strip("{}")
            names[what] = method if what == "method" else renamed.get(what, f"in_{what}")
    return COMMANDS[name].format(**names).split(), [what for what in names if what != "method"]


def make(path, what):
    """A file of some text, in a folder or as the folder's only file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"the {what}")


def assert_refused(arguments, path, capsys):
    before = Path(path).read_bytes()
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("deepres: error: ")
    assert "would overwrite the input" in error
    assert error.count("\n") == 1
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize("link", ["name", "symbolic link to the output", "symbolic link to the input", "hard link"])
@pytest.mark.parametrize(
    ("name", "method"),
    [*((name, "cryores") for name in COMMANDS), *(("estimate", method) for method in METHODS if method != "cryores")],
)
def test_no_output_overwrites_an_input(tmp_path, monkeypatch, capsys, name, method, link):
    monkeypatch.chdir(tmp_path)
    arguments, inputs = words(name, method)
    module, args = parse(arguments)
    outputs = [os.path.relpath(output) for output in module.paths(args).outputs]
    assert len(outputs) >= 1
    for what in inputs:
        for output in outputs:
            if what in FOLDERS:
                if link != "name":
                    continue
                make(output, what)
                arguments, _ = words(name, method, **{what: os.path.dirname(output)})
                assert_refused(arguments, output, capsys)
                continue
            given = output
            if link == "name":
                make(output, what)
            elif link == "symbolic link to the output":
                make(output, what)
                given = f"in_{what}"
                os.symlink(output, given)
            elif link == "symbolic link to the input":
                given = f"in_{what}"
                make(given, what)
                Path(output).parent.mkdir(exist_ok=True)
                os.symlink(os.path.abspath(given), output)
            else:
                given = f"in_{what}"
                make(given, what)
                Path(output).parent.mkdir(exist_ok=True)
                os.link(given, output)
            arguments, _ = words(name, method, **{what: given})
            assert_refused(arguments, given, capsys)
            for path in {given, output}:
                os.unlink(path)


def test_a_file_of_the_trained_network_is_an_input(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make("network/card.json", "card")
    make("map.mrc", "map")
    assert_refused(["estimate", "map.mrc", "--model", "network", "-o", "network/card.mrc"], "network/card.json", capsys)


def test_pages_that_may_follow_are_outputs_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make("model_12.png", "model")
    assert main(["annotate", "model_12.png", "res.mrc", "-o", "model.cif"]) == 2
    assert "would overwrite the input model_12.png" in capsys.readouterr().err
    paths = Paths([], ["model.png"], pages="model.png")
    assert paths.allows(tmp_path / "model_2.png")
    assert not paths.allows(tmp_path / "model_b.png")
    assert not paths.allows(tmp_path / "deeper" / "model_2.png")


def test_other_inputs_pass(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make("folder/map.mrc", "map")
    paths = Paths(["folder/map.mrc", None, "absent"], ["folder/res.mrc", "res.mrc"], folders=["folder", None])
    paths.check()
    assert paths.output_folders() == [tmp_path / "folder", tmp_path]
    assert paths.allows(tmp_path / "res.mrc")


def test_an_input_that_its_report_does_not_describe_is_refused(tmp_path):
    (tmp_path / "res.mrc").write_text("of another run")
    (tmp_path / "res.json").write_text('{"command": "", "files": {"res.mrc": "0"}}')
    with pytest.raises(InputError, match="files of two runs"):
        Paths([tmp_path / "res.mrc"], [tmp_path / "new.mrc"]).check()


def test_a_folder_for_a_file_is_the_readers_to_refuse(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make("map.mrc", "map")
    assert main(["simulate", ".", "--resolution", "4", "-o", "map.mrc"]) == 2
    assert "is a folder" in capsys.readouterr().err
