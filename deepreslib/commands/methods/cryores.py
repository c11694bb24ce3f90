"""``deepres estimate --method cryores``."""

import time

import numpy as np

from deepreslib.commands.methods import Outcome

OPTIONS = ("model",)
ENDINGS = ("_sd", "_mask")
USES_HALVES = NEEDS_HALVES = False
FINDS_MASK = True


def estimate(args, inputs):
    """Runs the network, which finds the mask itself; one that was given says where the resolution is wanted."""
    from deepreslib.estimation import cryores

    started = time.monotonic()
    found = cryores.estimate(inputs.density_map, args.model, inputs.workers, True, inputs.mask)
    globally = {"value": round(found.global_resolution, 3), "deviation": round(found.global_deviation, 3)}
    report = {
        "global_resolution": globally,
        "model": {"name": found.model.name, "path": found.model.path, "sha256": found.model.sha256},
        "seconds": {"network": round(found.seconds, 2), "estimator": round(time.monotonic() - started, 2)},
    }
    headline = f"global resolution {found.global_resolution:.2f} ± {found.global_deviation:.2f} Å"
    more = {"_sd": found.deviation, "_mask": found.mask.astype(np.float32)}
    return Outcome(found.resolution, more, report, headline)
