"""``deepres estimate --method deepres``."""

import time

from deepreslib.commands.methods import Outcome
from deepreslib.networks.ranges import RANGES

OPTIONS = ("range_name", "model")
ENDINGS = ("_sd",)
USES_HALVES = NEEDS_HALVES = False
FINDS_MASK = False


def estimate(args, inputs):
    """Runs the network."""
    from deepreslib.estimation import deepres

    started = time.monotonic()
    result = deepres.estimate(inputs.density_map, inputs.mask, args.range_name or "auto", args.model, progress=True)
    model, limits = result.model, RANGES[result.model.resolution_range.name]
    report = {
        "range": {"name": limits.name, "low": limits.low, "high": limits.high, "voxel_size": limits.voxel_size},
        "model": {"name": model.name, "path": model.path, "sha256": model.sha256},
        "seconds": {"network": round(result.seconds, 2), "estimator": round(time.monotonic() - started, 2)},
    }
    more = {} if result.deviation is None else {"_sd": result.deviation}
    return Outcome(result.resolution, more, report, f"{limits.name} range")
