"""``deepres estimate --method classes``."""

from argparse import Namespace
from typing import TYPE_CHECKING

from deepreslib.commands.choices import Options
from deepreslib.commands.methods import Inputs, Method, add_network_argument
from deepreslib.commands.numbers import lower
from deepreslib.networks.class_labels import LABELS

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution

NAMES = dict(zip(LABELS, ("local FSC", "MonoRes", "ResMap"), strict=True))
"""What the methods are called whose classes these are to be."""


def add_arguments(options: Options) -> None:
    """Adds the method's options."""
    add_network_argument(options)
    options.add_argument(
        "--labels",
        type=lower,
        choices=LABELS,
        help="the method whose classes these are to be: local FSC as CryoRes expects it, MonoRes, or ResMap (default: "
        "fsc)",
    )


def estimate(args: Namespace, inputs: Inputs) -> "tuple[LocalResolution, str]":
    """Runs the network; a mask from the user decides which voxels are classified, otherwise CryoRes finds it."""
    from deepreslib.estimation import classes

    labels = args.labels or classes.FSC
    result = classes.estimate(
        inputs.density_map,
        inputs.given_mask,
        labels=labels,
        network_path=args.model,
        workers=inputs.workers,
        progress=True,
    )
    return result, f"classes of {NAMES[labels]}"


METHOD = Method(
    "ten classes of resolution a voxel, with their probabilities, as by local FSC, MonoRes or ResMap: one map, or the "
    "mean of half maps (after Avramov et al. 2019)",
    estimate,
    add_arguments,
    meaning="the resolution expected from the probabilities of ten classes, from up to 2 Å to beyond 10 Å",
    more="to measure it, run the method itself: --method localfsc with two half maps, monores or resmap",
    endings=("_sd", "_class", "_probability"),
    finds_mask=True,
    uses_network=True,
)
