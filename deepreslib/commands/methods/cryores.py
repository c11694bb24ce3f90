"""``deepres estimate --method cryores``."""

from argparse import Namespace
from typing import TYPE_CHECKING

from deepreslib.commands.methods import Inputs, Method, add_network_argument

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution


def estimate(args: Namespace, inputs: Inputs) -> "tuple[LocalResolution, str]":
    """Runs the network, which finds the mask itself; a mask from the user decides which voxels are estimated."""
    from deepreslib.estimation import cryores

    result = cryores.estimate(
        inputs.density_map, inputs.given_mask, network_path=args.model, workers=inputs.workers, progress=True
    )
    whole = result.global_resolution
    assert whole is not None, "CryoRes always estimates it"
    return result, f"global resolution {whole.value:.2f} ± {whole.deviation:.2f} Å"


METHOD = Method(
    "CryoRes, a neural network: one map, or the mean of half maps; finds the global resolution and "
    "the mask too (after Dang 2023)",
    estimate,
    add_network_argument,
    meaning="where the local FSC of half maps would fall to 0.5, predicted, ± the deviation at each voxel",
    more="two half maps and --method localfsc would measure it",
    endings=("_sd", "_mask"),
    finds_mask=True,
    uses_network=True,
)
