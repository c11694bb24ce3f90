"""``deepres train voxelclass``."""

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from deepreslib.commands.choices import Options
from deepreslib.commands.numbers import at_least_one, file_name
from deepreslib.commands.programs import TrainingProgram, add_map_arguments, add_step_arguments
from deepreslib.networks.class_labels import LABELS
from deepreslib.training.voxelclass.recipes import RECIPES


def add_arguments(options: Options) -> None:
    """Adds the program's options."""
    options.add_argument(
        "--labels", choices=LABELS, help="the method whose classes a U-Net learns; compact learns monores and resmap"
    )
    add_map_arguments(options, maps="4000 (U-Nets 200)")
    options.add_argument(
        "--trunk",
        type=file_name,
        metavar="FOLDER",
        help="CryoRes network with whose trunk the compact network begins (default: shipped)",
    )
    options.add_argument(
        "--learning-curve",
        type=at_least_one(10**9),
        dest="learning_curve",
        metavar="STEPS",
        help="of compact: then also train on 125, 250, 500 and more of the maps, so many steps each, to compare",
    )
    add_step_arguments(options, batch="32", rate="0.001")


def train(args: Namespace, shared: dict[str, Any], report: Callable[[str], None]) -> None:
    """Trains a network for the class of each voxel."""
    from deepreslib.training.voxelclass import program
    from deepreslib.training.voxelclass.presets import PRESETS

    preset = PRESETS[args.preset]
    options = program.Options(
        examples=args.maps or preset.examples,
        labels=args.labels,
        trunk=args.trunk,
        learning_curve=args.learning_curve,
        batch=args.batch or preset.batch,
        rate=args.rate or preset.rate,
        **shared,
    )
    program.train(options, report)


NAMES = ("compact", "unet", "unet-text")

PROGRAM = TrainingProgram(
    f"ten classes of local resolution a voxel, as by MonoRes and ResMap (presets {', '.join(NAMES)})",
    train,
    add_arguments,
    presets=NAMES,
    recipes=RECIPES,
)
