"""The methods of ``deepres estimate``: each file of this folder is one.

A file ``NAME.py`` holds ``METHOD``, a :class:`Method`, and so becomes ``--method NAME``: its options appear in
``deepres estimate --help``, are refused with other methods, and its result is written. Nothing else needs a change. All
files are imported for ``--help``, so they import what takes long inside their functions.
"""

import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepreslib.commands.choices import Options, list_folder
from deepreslib.commands.numbers import ANGSTROM, Number, file_name
from deepreslib.errors import InputError

if TYPE_CHECKING:
    from deepreslib.estimation.result import HalfMaps, LocalResolution, MapOrHalves
    from deepreslib.fourier.arrays import BoolArray
    from deepreslib.maps import DensityMap


__all__ = [
    "Inputs",
    "Method",
    "add_network_argument",
    "add_sweep_arguments",
    "check_sweep",
    "find_methods",
]


MOST_STEPS = 2000
"""Resolutions that a method may be asked to test one after another."""


@dataclass(frozen=True)
class Inputs:
    """What a method is given.

    Attributes:
        density_map: the map; with half maps and no map of its own, their mean, or for a method that compares them the
            first of them.
        half_maps: two half maps, or None; None too for a method that looks at their mean alone.
        given_mask: bool (z, y, x); None if the user gave none and the method finds it itself.
        threads: processor cores, None for all.
    """

    density_map: "DensityMap"
    half_maps: "HalfMaps | None"
    given_mask: "BoolArray | None"
    threads: int | None

    @property
    def mask(self) -> "BoolArray":
        """The mask, for a method that does not find it itself.

        Raises:
            ValueError: there is none, so the ``Method`` says ``finds_mask``.
        """
        if self.given_mask is None:
            raise ValueError("there is no mask; a method with finds_mask looks at given_mask, which may be None.")
        return self.given_mask

    @property
    def halves(self) -> "HalfMaps":
        """The half maps, for a method that cannot do without.

        Raises:
            ValueError: there are none, so the ``Method`` does not say ``needs_halves``.
        """
        if self.half_maps is None:
            raise ValueError("there are no half maps; a method that takes them for granted must say needs_halves.")
        return self.half_maps

    @property
    def density_map_or_halves(self) -> "MapOrHalves":
        """The half maps if there are any, else the map: the first argument of an estimator."""
        return self.half_maps or self.density_map

    @property
    def workers(self) -> int:
        """Threads as SciPy counts them: -1 for all."""
        return self.threads or -1


@dataclass(frozen=True)
class Method:
    """A method of ``deepres estimate``.

    Attributes:
        summary: what it is and what it takes, in one line for ``--help``.
        estimate: function that runs it; takes the parsed arguments and the :class:`Inputs`, and gives the result and a
            few words about it, which are printed.
        add_arguments: function that adds its options to an :class:`~deepreslib.commands.choices.Options`.
        endings: what is added to the output's name for further maps that it may write: ``_sd`` (the deviation),
            ``_mask`` (the mask found), or others that ``estimate.FURTHER_MAPS`` names, of the result's ``further``.
        meaning: what its number says, half a sentence that is printed after the result; ``{local_cutoff}`` in it stands
            for that of the result.
        more: what would tell more, half a sentence that follows.
        uses_halves: whether it compares half maps if there are any; otherwise it looks at their mean.
        wants_halves: function of the parsed arguments: whether it looks at half maps beside the map or their mean.
        needs_halves: whether it cannot do without them.
        finds_mask: whether it finds the mask itself if none is given.
        uses_network: whether it runs a network, so that the report has Keras' version.
    """

    summary: str
    estimate: "Callable[[Namespace, Inputs], tuple[LocalResolution, str]]"
    add_arguments: Callable[[Options], None] = lambda options: None
    endings: tuple[str, ...] = ()
    meaning: str = ""
    more: str = ""
    uses_halves: bool = False
    wants_halves: Callable[[Namespace], bool] = lambda args: False
    needs_halves: bool = False
    finds_mask: bool = False
    uses_network: bool = False


def find_methods() -> dict[str, Method]:
    """All methods, by name, in alphabetical order."""
    return list_folder(sys.modules[__name__], "METHOD")


def add_network_argument(options: Options) -> None:
    """``--model``, which methods that run a network share."""
    options.add_argument(
        "--model",
        type=file_name,
        metavar="PATH",
        help="model folder of 'deepres train', or, for deepres, a .h5 file as Xmipp distributes (default: shipped)",
    )


def add_sweep_arguments(options: Options, coarsest: str, step: str) -> None:
    """``--min-res``, ``--max-res`` and ``--step``, which methods that test one resolution after another share.

    Args:
        options: of the method.
        coarsest: the method's default of ``--max-res``, Å.
        step: the method's default of ``--step``, Å.
    """
    options.add_argument(
        "--min-res", type=ANGSTROM, metavar="A", help="finest resolution tested, Å (default: by the voxel)"
    )
    options.add_argument("--max-res", type=ANGSTROM, metavar="A", default_text=coarsest, help="coarsest one")
    options.add_argument("--step", type=Number(0.01, 100, "Å"), metavar="A", default_text=step, help="between them")


def check_sweep(args: Namespace) -> None:
    """Refuses more resolutions to test than anybody waits for.

    Args:
        args: with those of :func:`add_sweep_arguments`.

    Raises:
        InputError: the options give more than ``MOST_STEPS`` of them.
    """
    if args.min_res is not None and args.max_res is not None and args.max_res <= args.min_res:
        raise InputError(
            f"--max-res {args.max_res:g} is not coarser than --min-res {args.min_res:g}; give a greater one."
        )
    coarsest = 20.0 if args.max_res is None else args.max_res
    step = 0.3 if args.step is None else args.step
    steps = (coarsest - (args.min_res or 0.0)) / step
    if steps > MOST_STEPS:
        raise InputError(f"these are {steps:.0f} resolutions to test; give a larger --step or a narrower range.")
