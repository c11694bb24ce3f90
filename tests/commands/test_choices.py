"""Choices that share options, and options that only some of them have."""

import importlib
from argparse import ArgumentParser
from types import SimpleNamespace

import pytest

from deepreslib.commands import choices
from deepreslib.errors import InputError


def choice(*options):
    """A choice with options, each (name, settings)."""

    def add_arguments(collected):
        for name, settings in options:
            collected.add_argument(name, **settings)

    return SimpleNamespace(add_arguments=add_arguments)


def test_shared_options_are_one_option_with_the_defaults_of_each():
    parser = ArgumentParser()
    shared = {"type": float, "help": "between them"}
    offered = {
        "one": choice(("--step", {**shared, "default_text": "3"}), ("--own", {"help": "of one"})),
        "two": choice(("--step", {**shared, "default_text": "5"})),
    }
    step, own = choices.add_options(parser, offered)
    assert (step.owners, own.owners) == (["one", "two"], ["one"])
    assert "between them (default: 3 one, 5 two)" in " ".join(parser.format_help().split())
    args = parser.parse_args(["--own", "x"])
    choices.refuse_foreign_options(args, [step, own], "one", "--method", "choose")
    with pytest.raises(InputError, match="--own means nothing to --method two; leave it out, or choose one"):
        choices.refuse_foreign_options(args, [step, own], "two", "--method", "choose")


def test_options_without_a_choice_are_refused_and_their_owners_named():
    parser = ArgumentParser()
    shared = ("--step", {"type": float})
    options = choices.add_options(parser, {"one": choice(shared, ("--own", {})), "two": choice(shared)})
    choices.refuse_unowned_options(parser.parse_args([]), options, "--method")
    for given, words in (
        (["--own", "x"], r"--own belongs to --method one; add it\."),
        (["--step", "3"], r"--step belongs to --method one or two; add the one that you want\."),
    ):
        with pytest.raises(InputError, match=words):
            choices.refuse_unowned_options(parser.parse_args(given), options, "--method")


def test_options_of_one_name_must_be_the_same_and_have_no_default():
    one, other = (choice(("--step", {"type": kind})) for kind in (float, int))
    with pytest.raises(ValueError, match="one and two have different options --step"):
        choices.add_options(ArgumentParser(), {"one": one, "two": other})
    with pytest.raises(ValueError, match="--step has a default"):
        choices.add_options(ArgumentParser(), {"one": choice(("--step", {"default": 3}))})


def test_a_file_named_after_a_word_of_python_has_an_underscore_and_its_choice_has_not(tmp_path, monkeypatch):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "__init__.py").write_text("")
    for name in ("global_", "plain"):
        (tmp_path / "words" / f"{name}.py").write_text(f"CHOICE = {name!r}")
    monkeypatch.syspath_prepend(tmp_path)
    package = importlib.import_module("words")
    assert choices.list_folder(package, "CHOICE") == {"global": "global_", "plain": "plain"}


def test_names_are_joined_as_in_a_sentence():
    assert [choices.join(names, "or") for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a or b", "a, b or c"]
