"""``deepres estimate --method deepres``."""

from argparse import Namespace
from typing import TYPE_CHECKING

from deepreslib.commands import sharpened
from deepreslib.commands.choices import Options
from deepreslib.commands.methods import Inputs, Method, add_network_argument
from deepreslib.commands.numbers import ANGSTROM, lower
from deepreslib.errors import InputError

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution


def add_arguments(options: Options) -> None:
    """Adds the method's options."""
    options.add_argument(
        "--range",
        type=lower,
        choices=["low", "high", "auto"],
        dest="range_name",
        help="low: 2.5-13 Å at 1 Å/px; high: 1.5-6 Å at 0.5 Å/px; auto: by the map (default)",
    )
    options.add_argument(
        "--sharpen",
        type=sharpened.b_factor,
        metavar="auto|B",
        help="sharpen the map first, as DeepRes reads maps that are not sharpened 2 to 5 Å too coarse: by a B factor "
        "in Å², negative to sharpen, such as -80; or auto: by the one that 'deepres sharpness' finds from the half "
        "maps, or that makes the amplitudes of a single map fall as those of a protein at rest. The sharpened map is "
        "not written; the medians before and after are told (default: the map is taken as it is)",
    )
    options.add_argument(
        "--resolution",
        type=ANGSTROM,
        metavar="A",
        help="with --sharpen: resolution of the map, Å, at which the sharpened map is low-pass filtered (default: "
        "where the FSC of the half maps falls to 0.143; of a single map what CryoRes says)",
    )
    add_network_argument(options)


def estimate(args: Namespace, inputs: Inputs) -> "tuple[LocalResolution, str]":
    """Runs the network, on the map as it is or sharpened."""
    from deepreslib.estimation import deepres

    if args.sharpen is not None:
        return sharpened.estimate(args, inputs)
    if args.resolution is not None:
        raise InputError(
            "--resolution is where a sharpened map is filtered, and the map is taken as it is; add --sharpen auto, or "
            "leave it out."
        )
    result = deepres.estimate(
        inputs.density_map,
        inputs.mask,
        range_name=args.range_name or "auto",
        network_path=args.model,
        progress=True,
    )
    return result, f"{result.report['range']['name']} range"


METHOD = Method(
    "DeepRes, a neural network: one map, or the mean of half maps (Ramírez-Aportela et al. 2019)",
    estimate,
    add_arguments,
    meaning="apparent sharpness, the resolution that molecules of such looks have; it follows sharpening and blur",
    more="two half maps and --method localfsc tell what can be trusted",
    endings=("_sd",),
    wants_halves=lambda args: args.sharpen is not None,
    uses_network=True,
)
