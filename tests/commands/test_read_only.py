"""Folders and files that may not be written to, as a user without rights sees them: one sentence, before any work."""

import contextlib
import encodings.utf_8_sig  # noqa: F401  # users without rights may not be allowed to read Python's own files
import importlib
import io
import os
import tempfile
from pathlib import Path

import pytest
from command_runs import COMMANDS, contents, make_inputs, words
from unprivileged import as_nobody

from deepreslib import commands
from deepreslib.commands import main

for name in commands.COMMANDS:
    importlib.import_module(f"deepreslib.commands.{name}")

TRAINING = "train deepres --range high --structures structures --minutes 1 -o out/model"


@pytest.fixture(scope="module")
def folder():
    """Inputs that everybody may read, and a folder ``out`` that nobody may write to, with a file in it."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        make_inputs(path)
        (path / "structures").mkdir()
        os.link(path / "model.pdb", path / "structures" / "model.pdb")
        (path / "out").mkdir()
        (path / "out" / "res.mrc").write_bytes(b"older")
        (path / "out").chmod(0o555)
        yield path
        (path / "out").chmod(0o755)


def run(folder, arguments):
    """The exit code and standard error of a command, as one text."""
    os.chdir(folder)
    error = io.StringIO()
    with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()):
        code = main(arguments)
    return f"{code} {error.getvalue()}"


def assert_one_sentence(answer, word):
    assert answer.startswith("2 deepres: error: "), answer
    assert answer.count("\n") == 1, answer
    assert word in answer, answer


@pytest.mark.parametrize("name", [*COMMANDS, "train"])
def test_a_folder_that_may_not_be_written_to(name, folder):
    arguments = TRAINING.split() if name == "train" else words(COMMANDS[name])
    before = contents(folder)
    assert_one_sentence(as_nobody(run, folder, arguments), "not writable")
    assert contents(folder) == before


@pytest.mark.parametrize("name", [name for name in COMMANDS if name.split()[0] in ("compare", "pictures", "sharpness")])
def test_a_folder_that_cannot_be_made(name, folder):
    arguments = [word.replace("out", "out/deeper/still") for word in words(COMMANDS[name])]
    assert_one_sentence(as_nobody(run, folder, arguments), "not writable")
    assert not (folder / "out" / "deeper").exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_inputs_that_may_not_be_read(name, folder):
    """Each in turn; whatever cannot be read is named."""
    arguments = words(COMMANDS[name])
    for path in [word for word in arguments if (folder / word).is_file() and not word.startswith("out")]:
        (folder / path).chmod(0o000)
        try:
            with tempfile.TemporaryDirectory() as place:
                Path(place).chmod(0o777)
                moved = [word.replace("out", place, 1) if word.startswith("out") else word for word in arguments]
                answer = as_nobody(run, folder, moved)
                assert os.listdir(place) == []
        finally:
            (folder / path).chmod(0o644)
        assert_one_sentence(answer, path)
        assert "permission" in answer.lower() or "may not be read" in answer, answer
