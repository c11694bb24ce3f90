"""Molecules that a cube of 64 Å holds: the structures and single chains of a folder that are not too small or large."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepreslib import structures
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks.mapclass_card import EDGE, VOXEL_SIZE
from deepreslib.simulation.gaussian_map import electrons

LARGEST = 58.0
"""Å; a molecule of greater extent along x, y or z is left out."""

FEWEST = 300
"""Atoms of the smallest molecule."""

_TURNS = 20
_SHIFT = 1.0


@dataclass(frozen=True)
class Molecule:
    """A structure, or one of its chains.

    Attributes:
        path: the structure file.
        chain: its name; None for the whole structure.
    """

    path: str
    chain: str | None

    def atoms(self) -> tuple[FloatArray, FloatArray]:
        """Positions (n, 3), Å, x y z, and electrons (n,) of its atoms."""
        structure = structures.read_structure(self.path)
        chosen = np.ones(len(structure), bool) if self.chain is None else structure.chains == self.chain
        return structure.positions[chosen], electrons(structure)[chosen]


def find_molecules(paths: Sequence[str]) -> list[list[Molecule]]:
    """The molecules of structure files that a cube holds.

    Args:
        paths: the files.

    Returns:
        For each file that has any, its molecules: single chains, and the whole if it has several.

    Raises:
        InputError: no file has any.
    """
    found = []
    for path in paths:
        structure = structures.read_structure(path)
        names = dict.fromkeys(structure.chains.tolist())
        parts: dict[str | None, FloatArray] = {
            name: structure.positions[structure.chains == name] for name in names if len(names) > 1
        }
        parts[None] = structure.positions
        fitting = [
            Molecule(path, name)
            for name, positions in parts.items()
            if len(positions) >= FEWEST and np.ptp(positions, axis=0).max() <= LARGEST
        ]
        if fitting:
            found.append(fitting)
    if not found:
        raise InputError(
            f"none of the {len(paths)} structures has a chain of {FEWEST} atoms and more within {LARGEST:g} Å; "
            "give a folder of other structures."
        )
    return found


def placed(positions: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A molecule turned at random in the middle of the cube, or a little beside it.

    Args:
        positions: (n, 3) Å, x y z.
        rng: the random generator.

    Returns:
        (n, 3) Å, x y z, from voxel (0, 0, 0). A turn that makes the molecule too long for the cube is drawn again.
    """
    for _ in range(_TURNS):
        turned = positions @ structures.random_rotation(rng).T
        if np.ptp(turned, axis=0).max() <= LARGEST:
            break
    else:
        turned = positions
    middle = (turned.max(0) + turned.min(0)) / 2
    return turned - middle + EDGE / 2 * VOXEL_SIZE + rng.uniform(-_SHIFT, _SHIFT, 3)
