"""``deepres train deepres``."""

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from deepreslib.commands.choices import Options
from deepreslib.commands.programs import TrainingProgram, add_step_arguments
from deepreslib.errors import InputError
from deepreslib.training.deepres.recipes import RECIPES


def add_arguments(options: Options) -> None:
    """Adds the program's options."""
    options.add_argument(
        "--range",
        choices=["low", "high"],
        dest="range_name",
        help="low: 2.5-13 Å at 1 Å/px; high: 1.5-6 Å at 0.5 Å/px; must be given",
    )
    add_step_arguments(options, batch="1024 (published 256)", rate="0.002 (published 0.0001)")


def train(args: Namespace, shared: dict[str, Any], report: Callable[[str], None]) -> None:
    """Trains a DeepRes network."""
    if args.range_name is None:
        raise InputError("a DeepRes network has one range; give --range low or --range high.")
    from deepreslib.training.deepres import program
    from deepreslib.training.deepres.presets import PRESETS

    preset = PRESETS[args.preset]
    options = program.Options(
        range_name=args.range_name, batch=args.batch or preset.batch, rate=args.rate or preset.rate, **shared
    )
    program.train(options, report)


PROGRAM = TrainingProgram("DeepRes, for one range of resolutions", train, add_arguments, recipes=RECIPES)
