"""``deepres train cryores``."""

import argparse
from collections.abc import Callable
from typing import Any

SUMMARY = "CryoRes, which also predicts the global resolution and the mask"
DEFAULTS = "--batch 32 (published: 32), --rate 0.002 (published: 1e-07)"
OPTIONS = ("examples",)
EXAMPLES = 4000


def add_arguments(group: argparse._ArgumentGroup) -> None:
    """Adds the program's options."""
    group.add_argument(
        "--examples",
        type=int,
        metavar="N",
        help=f"half-map pairs to simulate (default: {EXAMPLES})",
    )


def train(args: argparse.Namespace, shared: dict[str, Any], report: Callable[[str], None]) -> None:
    """Trains a CryoRes network."""
    from deepreslib.training.cryores import program
    from deepreslib.training.cryores.presets import PRESETS

    preset = PRESETS[args.preset]
    options = program.Options(
        examples=EXAMPLES if args.examples is None else args.examples,
        batch=args.batch or preset.batch,
        rate=args.rate or preset.rate,
        **shared,
    )
    program.train(options, report)
