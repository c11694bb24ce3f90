"""``deepres enhance --method ilocscale``."""

from argparse import Namespace
from typing import TYPE_CHECKING

from deepreslib.commands.choices import Options
from deepreslib.commands.enhancers import Enhancer, EnhancerInputs, add_gains_arguments, add_mask_arguments, check_model
from deepreslib.commands.numbers import lower
from deepreslib.errors import InputError

if TYPE_CHECKING:
    from deepreslib.enhancement.enhanced import Enhanced

AIMS, PRESETS = ("density", "contrast"), ("compact", "published")


def add_arguments(options: Options) -> None:
    """Adds the method's options."""
    add_mask_arguments(options)
    options.add_argument(
        "--aim",
        type=lower,
        choices=AIMS,
        help="density: as near to the molecule's density as the noise allows (default); contrast: amplitudes as a "
        "structure has them, side chains as LocScale shows them, at the price of noise",
    )
    options.add_argument(
        "--preset",
        type=lower,
        choices=PRESETS,
        help="compact: our network (default); published: the two networks of Bot 2023, whose aim is contrast",
    )
    add_gains_arguments(options)


def check(args: Namespace) -> None:
    """Refuses an aim that a preset does not have, and a folder without a network."""
    if args.preset == "published" and args.aim == "density":
        raise InputError(
            "--preset published has the aim contrast alone; leave out --aim density, or choose --preset compact."
        )
    check_model(args)


def enhance(args: Namespace, inputs: EnhancerInputs) -> "tuple[Enhanced, str]":
    """Runs the network on windows of the map."""
    from deepreslib.enhancement import ilocscale

    preset = args.preset or "compact"
    aim = args.aim or ("density" if preset == "compact" else "contrast")
    result = ilocscale.enhance(
        inputs.density_map,
        inputs.mask,
        inputs.resolution,
        half_maps=inputs.half_maps,
        aim=aim,
        preset=preset,
        network_path=args.model,
        stride=4 if args.stride is None else args.stride,
        keep_outside=inputs.keep_outside,
        workers=inputs.workers,
        progress=True,
    )
    return result, f"aim {aim}" if preset == "compact" else f"preset {preset}, aim {aim}"


ENHANCER = Enhancer(
    "iLocScale, local sharpening by networks that look at the profiles of windows: one map or two half maps, no "
    "structure (after Bot 2023)",
    enhance,
    add_arguments,
    check,
    endings=("_bfactor",),
    more="amplitudes are scaled in windows, so nothing is drawn into the map; 'deepres sharpness --check' tells "
    "whether it claims more than its half maps allow",
    uses_network=True,
)
