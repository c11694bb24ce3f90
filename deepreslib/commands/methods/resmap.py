"""``deepres estimate --method resmap``."""

import time

from deepreslib.commands.methods import Outcome
from deepreslib.estimation import resmap

OPTIONS = ("min_res", "max_res", "step", "p_value")
ENDINGS = ()
USES_HALVES, NEEDS_HALVES = True, False
FINDS_MASK = False
NAMES = {"min_res": "finest", "max_res": "coarsest", "step": "step", "p_value": "p_value"}


def estimate(args, inputs):
    """Tests every voxel from fine to coarse."""
    started = time.monotonic()
    options = {name: getattr(args, option) for option, name in NAMES.items() if getattr(args, option) is not None}
    found = resmap.assign(
        inputs.density_map, inputs.mask, inputs.half_maps, **options, workers=inputs.workers, progress=True
    )
    unassigned = int(found.unassigned.sum())
    report = {
        "options": options,
        "steps": [round(float(step), 3) for step in found.steps],
        "unassigned": unassigned,
        "noise": "half the difference of the half maps" if inputs.half_maps else "the map outside the mask",
        "seconds": {"estimator": round(time.monotonic() - started, 2)},
    }
    how = "half maps" if inputs.half_maps else "one map"
    return Outcome(found.resolution, report=report, headline=f"{how}; {unassigned} voxels passed no test")
