"""``deepres estimate --method cryores``."""

from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from deepreslib.commands.choices import Options
from deepreslib.commands.methods import Inputs, Method, add_network_argument

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution


def add_arguments(options: Options) -> None:
    """Adds the method's options."""
    add_network_argument(options)
    options.add_argument(
        "--local-cutoff",
        type=_local_cutoff,
        metavar="C",
        help="local values on the scale of a local FSC of 0.5, or of 0.143, the cutoff of global resolutions "
        "(default: 0.5)",
    )


def estimate(args: Namespace, inputs: Inputs) -> "tuple[LocalResolution, str]":
    """Runs the network, which finds the mask itself; a mask from the user decides which voxels are estimated."""
    from deepreslib.estimation import cryores

    result = cryores.estimate(
        inputs.density_map,
        inputs.given_mask,
        network_path=args.model,
        local_cutoff=0.5 if args.local_cutoff is None else args.local_cutoff,
        workers=inputs.workers,
        progress=True,
    )
    whole = result.global_resolution
    assert whole is not None, "CryoRes always estimates it"
    return result, f"local FSC {result.local_cutoff:g}, global resolution {whole.value:.2f} ± {whole.deviation:.2f} Å"


def _local_cutoff(text: str) -> float:
    """0.5 or 0.143; a type and not ``choices``, so that 0.50 or .143 will do."""
    from deepreslib.errors import InputError
    from deepreslib.estimation.local_cutoff import checked

    try:
        return checked(float(text))
    except (ValueError, InputError):
        message = f"{text!r} is neither 0.5 nor 0.143, the two that CryoRes knows; give one of them"
        raise ArgumentTypeError(message) from None


METHOD = Method(
    "CryoRes, a neural network: one map, or the mean of half maps; finds the global resolution and "
    "the mask too (after Dang 2023)",
    estimate,
    add_arguments,
    meaning="where the local FSC of half maps would fall to {local_cutoff:g}, predicted, ± the deviation at each voxel",
    more="two half maps and --method localfsc would measure it",
    endings=("_sd", "_mask"),
    finds_mask=True,
    uses_network=True,
)
