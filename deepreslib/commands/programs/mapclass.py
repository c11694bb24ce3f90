"""``deepres train mapclass``."""

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from deepreslib.commands.choices import Options
from deepreslib.commands.numbers import at_least_one
from deepreslib.commands.programs import TrainingProgram, add_step_arguments
from deepreslib.training.mapclass.recipes import RECIPES


def add_arguments(options: Options) -> None:
    """Adds the program's options."""
    add_step_arguments(options, batch="64 (dnn 150, cnn3d 75)", rate="0.003 (dnn, cnn3d 0.01)")
    options.add_argument(
        "--patience",
        type=at_least_one(10**6),
        default_text="dnn 50, others none",
        help="end after so many validations without a lower loss",
    )


def train(args: Namespace, shared: dict[str, Any], report: Callable[[str], None]) -> None:
    """Trains a network for the class of a map."""
    from deepreslib.training.mapclass import program
    from deepreslib.training.mapclass.presets import PRESETS

    preset = PRESETS[args.preset]
    options = program.Options(
        batch=args.batch or preset.batch,
        rate=args.rate or preset.rate,
        patience=args.patience or preset.patience,
        **shared,
    )
    program.train(options, report)


NAMES = ("compact", "dnn", "cnn3d")

PROGRAM = TrainingProgram(
    f"the class of a whole map, high, medium or low (presets {', '.join(NAMES)})",
    train,
    add_arguments,
    presets=NAMES,
    recipes=RECIPES,
)
