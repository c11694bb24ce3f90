"""The methods of ``deepres enhance``: each file of this folder is one.

A file ``NAME.py`` holds ``ENHANCER``, an :class:`Enhancer`, and so becomes ``--method NAME``: its options appear in
``deepres enhance --help``, are refused with other methods, and its map is written. Nothing else needs a change. All
files are imported for ``--help``, so they import what takes long inside their functions.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepreslib.commands.choices import Options, list_folder
from deepreslib.commands.numbers import Number, at_least_one, file_name
from deepreslib.errors import InputError
from deepreslib.networks.store import CARD_FILE

if TYPE_CHECKING:
    from deepreslib.enhancement.enhanced import Enhanced
    from deepreslib.estimation.result import HalfMaps
    from deepreslib.fourier.arrays import BoolArray
    from deepreslib.maps import DensityMap
    from deepreslib.structures import AtomicStructure

__all__ = [
    "Enhancer",
    "EnhancerInputs",
    "add_gains_arguments",
    "add_mask_arguments",
    "check_model",
    "find_enhancers",
]


@dataclass(frozen=True)
class EnhancerInputs:
    """What a method is given.

    Attributes:
        density_map: the map; with half maps and no map of its own, their mean.
        half_maps: two half maps, or None.
        mask: bool (z, y, x), the voxels to be enhanced.
        resolution: Å, of the map.
        structure: placed in the map, or None.
        keep_outside: whether the surroundings of the mask stay; if not, they fade to 0 at its soft edge.
        threads: processor cores, None for all.
    """

    density_map: "DensityMap"
    half_maps: "HalfMaps | None"
    mask: "BoolArray"
    resolution: float
    structure: "AtomicStructure | None"
    keep_outside: bool
    threads: int | None

    @property
    def needed_structure(self) -> "AtomicStructure":
        """The structure, for a method that cannot do without.

        Raises:
            ValueError: there is none, so the ``Enhancer`` does not say ``needs_structure``.
        """
        if self.structure is None:
            raise ValueError("there is no structure; a method that takes it for granted must say needs_structure.")
        return self.structure

    @property
    def workers(self) -> int:
        """Threads as SciPy counts them: -1 for all."""
        return self.threads or -1


@dataclass(frozen=True)
class Enhancer:
    """A method of ``deepres enhance``.

    Attributes:
        summary: what it is and what it takes, in one line for ``--help``.
        enhance: function that runs it; takes the parsed arguments and the :class:`EnhancerInputs`, and gives the result
            and a few words about it, which are printed.
        add_arguments: function that adds its options to an :class:`~deepreslib.commands.choices.Options`.
        check: function of the parsed arguments that refuses, by ``InputError`` and before any work, options that
            contradict each other.
        endings: what is added to the output's name for further maps that it may write: ``_bfactor``.
        more: what should be known about its map, half a sentence that is printed after the result.
        needs_structure: whether it cannot do without an atomic structure.
        masks_by_structure: function of the parsed arguments: whether the structure, if there is one, says what is
            molecule; if not, its molecular mask is added to the one found otherwise.
        uses_network: whether it runs a network, so that the report has Keras' version.
    """

    summary: str
    enhance: "Callable[[Namespace, EnhancerInputs], tuple[Enhanced, str]]"
    add_arguments: Callable[[Options], None] = lambda options: None
    check: Callable[[Namespace], None] = lambda args: None
    endings: tuple[str, ...] = ()
    more: str = ""
    needs_structure: bool = False
    masks_by_structure: Callable[[Namespace], bool] = lambda args: True
    uses_network: bool = False


def find_enhancers() -> dict[str, Enhancer]:
    """All methods, by name, in alphabetical order."""
    return list_folder(sys.modules[__name__], "ENHANCER")


def add_mask_arguments(options: Options) -> None:
    """``--fdr``, ``--structure`` and ``--no-mask``, which methods that work within a mask share."""
    options.add_argument(
        "--fdr",
        type=Number(1e-6, 0.5),
        metavar="Q",
        help="the mask is where the density is more than noise, at this false discovery rate, such as 0.01: the share "
        "of the mask's voxels that is expected to be noise (Beckers et al. 2019); for maps that were not masked",
    )
    options.add_argument(
        "--structure",
        type=file_name,
        metavar="MODEL",
        help="PDB or mmCIF that lies in the map; its molecular mask is the mask, unless another is given. With "
        "locscale the map gets the amplitudes of its density, and its mask is added to the one found without it",
    )
    options.add_argument(
        "--no-mask",
        action="store_true",
        help="keep what surrounds the mask (default: the map fades to 0 beyond the mask, whose edge is soft)",
    )


def add_gains_arguments(options: Options) -> None:
    """``--stride`` and ``--model``, which methods share that take their gains from windows and a network."""
    options.add_argument(
        "--stride",
        type=at_least_one(16),
        metavar="A",
        help="whole number of Å between the places at which gains are made; they are interpolated between (default: 4)",
    )
    options.add_argument(
        "--model",
        type=file_name,
        metavar="NETWORK",
        help="model folder of 'deepres train ilocscale' (default: shipped)",
    )


def check_model(args: Namespace) -> None:
    """Refuses a ``--model`` that is no model folder, before a map is read.

    Args:
        args: with those of :func:`add_gains_arguments`.

    Raises:
        InputError: there is no model card.
    """
    if args.model and not os.path.isfile(os.path.join(args.model, CARD_FILE)):
        raise InputError(f"--model {args.model} holds no network; give a folder written by 'deepres train ilocscale'.")
