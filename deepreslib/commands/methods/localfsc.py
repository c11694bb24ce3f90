"""``deepres estimate --method localfsc``."""

import time

from deepreslib.commands.methods import Outcome
from deepreslib.errors import InputError
from deepreslib.estimation import localfsc

OPTIONS = ("cutoff", "box", "exact")
ENDINGS = ()
USES_HALVES = NEEDS_HALVES = True
FINDS_MASK = False


def estimate(args, inputs):
    """Correlates the half maps in a window at every voxel."""
    started = time.monotonic()
    half1, half2 = inputs.half_maps
    cutoff = 0.5 if args.cutoff is None else args.cutoff
    box = min(localfsc.default_box(half1.voxel_size), *half1.data.shape) if args.box is None else _box(args.box, half1)
    resolution = localfsc.estimate(
        half1, half2, inputs.mask, cutoff, box, bool(args.exact), inputs.workers, progress=True
    )
    report = {
        "cutoff": cutoff,
        "box": {"voxels": int(box), "angstrom": round(float(box * max(half1.voxel_size)), 3)},
        "exact": bool(args.exact),
        "seconds": {"estimator": round(time.monotonic() - started, 2)},
    }
    return Outcome(resolution, report=report, headline=f"FSC {cutoff:g} in a window of {box} voxels")


def _box(text, half_map):
    """Voxels of a window given as ``20`` (voxels) or ``30A`` (Å)."""
    number = text.strip().rstrip("AaÅå").strip()
    try:
        size = float(number)
    except ValueError as error:
        raise InputError(f"--box {text} is not a size; give voxels, such as 20, or Å, such as 30A.") from error
    if number != text.strip():
        size /= float(max(half_map.voxel_size))
    return round(size)
