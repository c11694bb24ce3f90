"""``deepres train cryores``."""

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from deepreslib.commands.choices import Options
from deepreslib.commands.numbers import Number, at_least_one
from deepreslib.commands.programs import TrainingProgram, add_step_arguments
from deepreslib.training.cryores.recipes import RECIPES

EXAMPLES, USUAL = 4000, 3000


def add_arguments(options: Options) -> None:
    """Adds the program's options."""
    options.add_argument(
        "--examples",
        type=at_least_one(10**7),
        metavar="N",
        help=f"half-map pairs of all kinds to simulate (default: {EXAMPLES})",
    )
    options.add_argument(
        "--usual",
        type=Number(0, 10**7, whole=True),
        metavar="N",
        help=f"further pairs, of whole molecules as most maps show them (default: {USUAL})",
    )
    add_step_arguments(options, batch="32", rate="0.002 (published 1e-07)")


def train(args: Namespace, shared: dict[str, Any], report: Callable[[str], None]) -> None:
    """Trains a CryoRes network."""
    from deepreslib.training.cryores import program
    from deepreslib.training.cryores.presets import PRESETS

    preset = PRESETS[args.preset]
    options = program.Options(
        examples=EXAMPLES if args.examples is None else args.examples,
        usual=USUAL if args.usual is None else args.usual,
        batch=args.batch or preset.batch,
        rate=args.rate or preset.rate,
        **shared,
    )
    program.train(options, report)


PROGRAM = TrainingProgram(
    "CryoRes, which also predicts the global resolution and the mask", train, add_arguments, recipes=RECIPES
)
