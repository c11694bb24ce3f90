"""``deepres estimate --method deepres``."""

from argparse import Namespace
from typing import TYPE_CHECKING

from deepreslib.commands.choices import Options
from deepreslib.commands.methods import Inputs, Method, add_network_argument
from deepreslib.commands.numbers import lower

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
    add_network_argument(options)


def estimate(args: Namespace, inputs: Inputs) -> "tuple[LocalResolution, str]":
    """Runs the network."""
    from deepreslib.estimation import deepres

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
    uses_network=True,
)
