"""``deepres train deepres``."""

import argparse
from collections.abc import Callable
from typing import Any

from deepreslib.errors import InputError

SUMMARY = "DeepRes, for one range of resolutions"
DEFAULTS = "--batch 1024 (published: 256), --rate 0.002 (published: 0.0001)"
OPTIONS = ("range_name",)


def add_arguments(group: argparse._ArgumentGroup) -> None:
    """Adds the program's options."""
    group.add_argument(
        "--range",
        choices=["low", "high"],
        dest="range_name",
        help="low: 2.5-13 Å at 1 Å/px; high: 1.5-6 Å at 0.5 Å/px; must be given",
    )


def train(args: argparse.Namespace, shared: dict[str, Any], report: Callable[[str], None]) -> None:
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
