"""``deepres estimate --method localfsc``."""

from argparse import Namespace
from typing import TYPE_CHECKING

from deepreslib.commands.choices import Options
from deepreslib.commands.methods import Inputs, Method
from deepreslib.commands.numbers import SHARE, Number

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution
    from deepreslib.maps import DensityMap


def add_arguments(options: Options) -> None:
    """Adds the method's options."""
    options.add_argument("--cutoff", type=SHARE, metavar="C", help="of the FSC (default: 0.5)")
    options.add_argument(
        "--box", type=_size, metavar="B", help="edge of the window, voxels, or Å as in 30A (default: 30A)"
    )
    options.add_argument("--exact", action="store_true", help="transform a window at every voxel: much slower")


def estimate(args: Namespace, inputs: Inputs) -> "tuple[LocalResolution, str]":
    """Correlates the half maps in a window at every voxel."""
    from deepreslib.estimation import localfsc

    result = localfsc.estimate(
        inputs.halves,
        inputs.mask,
        cutoff=0.5 if args.cutoff is None else args.cutoff,
        box=None if args.box is None else _box(args.box, inputs.halves[0]),
        exact=bool(args.exact),
        workers=inputs.workers,
        progress=True,
    )
    return result, f"FSC {result.report['cutoff']:g} in a window of {result.report['box']['voxels']} voxels"


def _size(text: str) -> tuple[float, bool]:
    """``20`` (voxels) or ``30A`` (Å): the number, and whether it is in Å."""
    number = text.strip().rstrip("AaÅå").strip()
    return Number(1, 10000, "voxels, or Å as in 30A")(number), number != text.strip()


def _box(size: tuple[float, bool], half_map: "DensityMap") -> int:
    """The edge of the window in voxels."""
    number, in_angstrom = size
    return round(number / float(max(half_map.voxel_size)) if in_angstrom else number)


METHOD = Method(
    "local FSC, as blocres: two half maps (Cardone et al. 2013)",
    estimate,
    add_arguments,
    meaning="where the FSC of the half maps within a window falls to {local_cutoff:g}",
    more="--method deepres tells how sharp the map looks, and 'deepres compare' where methods disagree",
    uses_halves=True,
    needs_halves=True,
)
