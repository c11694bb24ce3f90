"""``deepres train ilocscale``."""

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from deepreslib.commands.choices import Options
from deepreslib.commands.programs import TrainingProgram, add_map_arguments, add_step_arguments

ALL = "all"

NAMES = (ALL, "density", "contrast", "published")


def add_arguments(options: Options) -> None:
    """Adds the program's options."""
    add_map_arguments(options, maps="1500")
    add_step_arguments(options, batch="256 (published 3)", rate="0.003 (published 0.01)")


def train(args: Namespace, shared: dict[str, Any], report: Callable[[str], None]) -> None:
    """Trains one network for local sharpening, or all."""
    from deepreslib.training.ilocscale import program

    options = program.Options(maps=args.maps or MAPS, batch=args.batch or 0, rate=args.rate or 0.0, **shared)
    if args.preset == ALL:
        program.train_all(options, report)
    else:
        program.train(program.of_preset(options, args.preset, alone=True), report=report)


MAPS = 1500
"""Maps to simulate, unless the options give another number."""

PROGRAM = TrainingProgram(
    f"gains of windows for local sharpening (presets {', '.join(NAMES)}; default {ALL}, each in a folder of its own)",
    train,
    add_arguments,
    presets=NAMES,
    default_preset=ALL,
)
