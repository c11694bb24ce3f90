"""``deepres estimate --method monores``."""

import time

from deepreslib.commands.methods import Outcome
from deepreslib.estimation import monores

OPTIONS = ("min_res", "max_res", "step", "significance", "edition")
ENDINGS = ()
USES_HALVES, NEEDS_HALVES = True, False
FINDS_MASK = False
EDITIONS = {"published": monores.PUBLISHED, "first": monores.FIRST}


def estimate(args, inputs):
    """Sweeps the monogenic amplitude from coarse to fine."""
    started = time.monotonic()
    given = {name: getattr(args, name) for name in ("min_res", "max_res", "step", "significance")}
    options = {name: value for name, value in given.items() if value is not None}
    edition = args.edition or "published"
    resolution = monores.estimate(
        inputs.density_map,
        inputs.mask,
        inputs.half_maps,
        **options,
        edition=EDITIONS[edition],
        workers=inputs.workers,
        progress=True,
    )
    report = {
        "options": {**options, "edition": edition},
        "noise": "half the difference of the half maps" if inputs.half_maps else "the map outside the mask",
        "seconds": {"estimator": round(time.monotonic() - started, 2)},
    }
    return Outcome(resolution, report=report, headline="half maps" if inputs.half_maps else "one map")
