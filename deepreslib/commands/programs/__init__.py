"""The programs of ``deepres train``: each file of this folder is one.

A file ``NAME.py`` holds ``PROGRAM``, a :class:`TrainingProgram`, and so becomes ``deepres train NAME``: its options
appear in ``deepres train --help`` and are refused with other programs. Nothing else needs a change. All files are
imported for ``--help``, so they import what takes long inside their functions.
"""

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deepreslib.commands.choices import Options, list_folder
from deepreslib.commands.numbers import Number, at_least_one
from deepreslib.training.stages import Recipe

__all__ = ["TrainingProgram", "add_map_arguments", "add_step_arguments", "find_programs"]


@dataclass(frozen=True)
class TrainingProgram:
    """A program of ``deepres train``.

    Attributes:
        summary: what it trains, a few words for ``--help``.
        train: function that trains. It takes three arguments: the parsed arguments; the options that all programs
            share, as a dict of keyword arguments of ``deepreslib.training.loop.LoopOptions``; and a function that is
            called with each line of progress.
        add_arguments: function that adds its options to an :class:`~deepreslib.commands.choices.Options`.
        presets: names of the presets of the network that can be trained.
        recipes: whole trainings by name, for ``--recipe``; the program's ``training/NAME/recipes.py`` has them.
        default_preset: the preset that is trained unless another one is named.
    """

    summary: str
    train: Callable[[Namespace, dict[str, Any], Callable[[str], None]], None]
    add_arguments: Callable[[Options], None] = lambda options: None
    presets: tuple[str, ...] = ("compact", "published")
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    default_preset: str = "compact"


def find_programs() -> dict[str, TrainingProgram]:
    """All programs, by name, in alphabetical order."""
    return list_folder(sys.modules[__name__], "PROGRAM")


def add_step_arguments(options: Options, batch: str, rate: str) -> None:
    """``--batch`` and ``--rate``, which all programs have, with a program's own defaults.

    Args:
        options: of the program.
        batch: the program's default of ``--batch``, in words.
        rate: the program's default of ``--rate``, in words.
    """
    options.add_argument("--batch", type=at_least_one(10**6), default_text=batch, help="windows or examples a step")
    options.add_argument("--rate", type=Number(1e-12, 10), default_text=rate, help="first learning rate")


def add_map_arguments(options: Options, maps: str) -> None:
    """``--maps``, of programs that simulate their maps beforehand.

    Args:
        options: of the program.
        maps: the program's default, in words.
    """
    options.add_argument("--maps", type=at_least_one(10**7), metavar="N", default_text=maps, help="maps to simulate")
