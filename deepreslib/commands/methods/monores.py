"""``deepres estimate --method monores``."""

from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from deepreslib.commands.choices import Options
from deepreslib.commands.methods import Inputs, Method, add_sweep_arguments, check_sweep
from deepreslib.commands.numbers import SHARE, lower

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution

NAMES = {"min_res": "finest", "max_res": "coarsest", "step": "step", "significance": "significance"}
"""Options of the command → options of the estimator."""


def add_arguments(options: Options) -> None:
    """Adds the method's options."""
    add_sweep_arguments(options, coarsest="18", step="0.3")
    options.add_argument("--significance", type=SHARE, metavar="S", help="0 to 1 (default: 0.95)")
    options.add_argument(
        "--edition",
        type=lower,
        choices=["published", "first"],
        help="of the algorithm: as published (default), or the first",
    )


def estimate(args: Namespace, inputs: Inputs) -> "tuple[LocalResolution, str]":
    """Sweeps the monogenic amplitude from coarse to fine."""
    from deepreslib.estimation import monores

    check_sweep(args)

    given = {option: getattr(args, option) for option in NAMES if getattr(args, option) is not None}
    edition = args.edition or "published"
    result = monores.estimate(
        inputs.density_map_or_halves,
        inputs.mask,
        **{NAMES[option]: value for option, value in given.items()},
        edition={"published": monores.PUBLISHED, "first": monores.FIRST}[edition],
        workers=inputs.workers,
        progress=True,
    )
    report = {"options": {**given, "edition": edition}, **result.report}
    return replace(result, report=report), "half maps" if inputs.half_maps else "one map"


METHOD = Method(
    "MonoRes, monogenic signal: one map or two half maps (Vilas et al. 2018)",
    estimate,
    add_arguments,
    meaning="the finest detail that stands out of the noise of the whole map",
    more="two half maps and --method localfsc tell how far they agree",
    uses_halves=True,
)
