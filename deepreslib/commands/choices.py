"""Choices that are the files of a folder, each with options of its own: methods of ``estimate``, programs of ``train``.

A command that offers such a choice lists the folder, so a new choice is one new file. Each choice declares its options.
Several choices may share an option. An option that the user gives and the user's choice does not have is refused.
"""

import importlib
import pkgutil
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol

from deepreslib.errors import InputError


class Options:
    """Collects the options of one choice; it has the ``add_argument`` of an argparse parser.

    Attributes:
        declared: for each option its names, settings and default, as they were given to ``add_argument``.
    """

    def __init__(self) -> None:
        self.declared: list[tuple[tuple[str, ...], dict[str, Any], str | None]] = []

    def add_argument(self, *names: str, default_text: str | None = None, **settings: Any) -> None:
        """Adds an option.

        Several choices may add the same option, with the same settings; the help shows it once, under all their names.

        Args:
            *names: such as ``--step``.
            default_text: the default in words, where choices that share an option differ in it; it is added to the
                help with the choice's name.
            **settings: as of argparse, without a default: an option that is not given is None.

        Raises:
            ValueError: a default was given. With a default, the command could not see whether the user gave the option.
        """
        if "default" in settings:
            raise ValueError(f"{names[0]} has a default; leave it out, and let the choice take it for None.")
        self.declared.append((names, {"default": None, **settings}, default_text))


class Choice(Protocol):
    """What a choice must have: a function that adds its options to an ``Options``."""

    def add_arguments(self, options: Options, /) -> None:
        """Adds the options."""


@dataclass
class OwnedOption:
    """An option of one or more choices.

    Attributes:
        names: such as ``--step``.
        settings: for argparse.
        owners: the choices' names.
        defaults: the default in words by choice, where they differ.
        destination: its name in the parsed arguments; set when it is added to a parser.
    """

    names: tuple[str, ...]
    settings: dict[str, Any]
    owners: list[str] = field(default_factory=list)
    defaults: dict[str, str] = field(default_factory=dict)
    destination: str = ""


def list_folder(package: ModuleType, attribute: str) -> dict[str, Any]:
    """What each file of a folder offers.

    Args:
        package: the folder, as a package.
        attribute: the name, in each file, of the object that it offers.

    Returns:
        The file's name without ``.py`` → what it offers, in alphabetical order. An underscore at the end of a file's
        name is left out: ``global_.py`` offers ``global``, which is a word of Python.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = {name.removesuffix("_"): importlib.import_module(f"{package.__name__}.{name}") for name in names}
    return {name: getattr(module, attribute) for name, module in modules.items()}


def add_options(parser: ArgumentParser, choices: Mapping[str, Choice]) -> list[OwnedOption]:
    """Adds the options of all choices to a parser, those with the same owners in a group named after them.

    Args:
        parser: of the command.
        choices: by name.

    Returns:
        The options.

    Raises:
        ValueError: two choices have options of one name and other settings.
    """
    options: dict[str, OwnedOption] = {}
    for owner, choice in choices.items():
        own = Options()
        choice.add_arguments(own)
        for names, settings, default_text in own.declared:
            option = options.setdefault(names[0], OwnedOption(names, settings))
            if (option.names, option.settings) != (names, settings):
                raise ValueError(f"{option.owners[0]} and {owner} have different options {names[0]}")
            option.owners.append(owner)
            if default_text is not None:
                option.defaults[owner] = default_text
    groups = {}
    for option in options.values():
        title = join(option.owners, "and")
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        settings = option.settings
        if option.defaults:
            defaults = ", ".join(f"{text} {owner}" for owner, text in option.defaults.items())
            settings = {**settings, "help": f"{settings['help']} (default: {defaults})"}
        option.destination = groups[title].add_argument(*option.names, **settings).dest
    return list(options.values())


def refuse_foreign_options(args: Namespace, options: Sequence[OwnedOption], chosen: str, label: str, verb: str) -> None:
    """Refuses options that the user's choice does not have.

    Args:
        args: the parsed arguments.
        options: from :func:`add_options`.
        chosen: name of the choice.
        label: what stands before its name in the message, such as ``--method``.
        verb: what is done with the others that have the option, such as ``choose``.

    Raises:
        InputError: the user gave such an option.
    """
    for option in sorted(options, key=lambda option: option.destination):
        if chosen not in option.owners and getattr(args, option.destination) is not None:
            raise InputError(
                f"{option.names[0]} means nothing to {label} {chosen}; leave it out, or {verb} "
                f"{join(option.owners, 'or')}."
            )


def refuse_unowned_options(args: Namespace, options: Sequence[OwnedOption], label: str) -> None:
    """Refuses options of choices where the user chose none.

    Args:
        args: the parsed arguments.
        options: from :func:`add_options`.
        label: the option by which one chooses, such as ``--method``.

    Raises:
        InputError: the user gave such an option; the choices that have it are named.
    """
    for option in sorted(options, key=lambda option: option.destination):
        if getattr(args, option.destination) is not None:
            mend = "add it" if len(option.owners) == 1 else "add the one that you want"
            raise InputError(f"{option.names[0]} belongs to {label} {join(option.owners, 'or')}; {mend}.")


def join(names: Sequence[str], word: str) -> str:
    """Names as a list in a sentence: "a", "a and b" or "a, b and c"."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
