"""``deepres estimate --method resmap``."""

from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from deepreslib.commands.choices import Options
from deepreslib.commands.methods import Inputs, Method, add_sweep_arguments, check_sweep
from deepreslib.commands.numbers import Number

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution

NAMES = {"min_res": "finest", "max_res": "coarsest", "step": "step", "p_value": "p_value"}
"""Options of the command → options of the estimator."""


def add_arguments(options: Options) -> None:
    """Adds the method's options."""
    add_sweep_arguments(options, coarsest="10", step="0.5")
    options.add_argument(
        "--p-value", type=Number(1e-6, 0.999), metavar="P", help="false discovery rate (default: 0.05)"
    )


def estimate(args: Namespace, inputs: Inputs) -> "tuple[LocalResolution, str]":
    """Tests every voxel from fine to coarse."""
    from deepreslib.estimation import resmap

    check_sweep(args)

    options = {name: getattr(args, option) for option, name in NAMES.items() if getattr(args, option) is not None}
    result = resmap.estimate(
        inputs.density_map_or_halves, inputs.mask, **options, workers=inputs.workers, progress=True
    )
    kind = "half maps" if inputs.half_maps else "one map"
    headline = f"{kind}; {result.report['unassigned']} voxels passed no test"
    return replace(result, report={"options": options, **result.report}), headline


METHOD = Method(
    "ResMap, likelihood-ratio test: one map or two half maps (Kucukelbir et al. 2014)",
    estimate,
    add_arguments,
    meaning="the finest wave that fits better than noise does",
    more="two half maps and --method localfsc tell how far they agree",
    uses_halves=True,
)
