"""Where the atoms of a scene are in its box: one molecule, a ring of copies, or copies that go on beyond the faces."""

import math
from dataclasses import dataclass, replace

import numpy as np

from deepreslib import structures
from deepreslib.fourier.arrays import FloatArray
from deepreslib.simulation import assemblies
from deepreslib.simulation.half_maps import LEAST_WAVES
from deepreslib.structures import AtomicStructure
from deepreslib.training.cryores.recipe import log_uniform
from deepreslib.training.cryores.wide_recipe import WideRecipe

CLEARANCE = 6.0
"""Å between the molecule and the faces of the box, at least."""

_LARGEST_FACTOR = 13
_SMALLEST_BOX = 32
_SMALLEST_PART = 25.0
_RIM_VOXELS = 3
_LEAST_SHOWN = 40.0
_COPIES = (2, 8)
_MOST_COPIES = 16
_LEAST_EXTENT = 5.0
_ORIENTATIONS = 6
_MARGINS_ARE_SMALL = 2.5
_ALONG_AN_AXIS = 0.6


@dataclass(frozen=True, eq=False)
class Place:
    """Where the atoms are in the box.

    Attributes:
        structure: the molecule or assembly, all of which is in the map.
        positions: (n, 3) Å, x, y, z from voxel (0, 0, 0).
        size: the box's edge, voxels.
        voxel_size: Å.
        rim: voxels at each face that no view shows; 0 where the molecule ends inside the box.
    """

    structure: AtomicStructure
    positions: FloatArray
    size: int
    voxel_size: float
    rim: int

    @property
    def sphere(self) -> float | None:
        """Radius of a sphere around the box's centre that holds the molecule, in units of half the box, or None."""
        if self.rim:
            return None
        centre = self.size // 2 * self.voxel_size
        reach = np.linalg.norm(self.positions - centre, axis=1).max() + CLEARANCE
        return min(float(reach) / (self.size * self.voxel_size / 2), 1.2)


def place(structure: AtomicStructure, resolution: float, recipe: WideRecipe, rng: np.random.Generator) -> Place:
    """Puts a structure, or an assembly of it, into a box.

    Args:
        structure: the structure.
        resolution: Å, of the half maps.
        recipe: how scenes are drawn.
        rng: draws the place.

    Returns:
        The place.
    """
    finest = max(recipe.voxel_size[0], resolution / recipe.sampling[1])
    coarsest = max(min(recipe.voxel_size[1], resolution / recipe.sampling[0]), finest)
    if recipe.layout in ("filament", "layer", "crystal"):
        return _endless(structure, resolution, (finest, coarsest), recipe, rng)
    count = int(rng.integers(*_COPIES)) if recipe.layout == "ring" else 1
    extent = float(np.ptp(structure.positions, axis=0).max())
    if extent < _LEAST_EXTENT * resolution:
        count = max(count, math.ceil(math.pi * (_LEAST_EXTENT * resolution / extent - 1)) + 1)
    if count > 1:
        unit = assemblies.unit_of(structure, rng)
        structure = assemblies.assemble(unit, assemblies.ring(unit.positions, min(count, _MOST_COPIES)))
    return _whole(structure, resolution, (finest, coarsest), recipe, rng)


def _whole(
    structure: AtomicStructure,
    resolution: float,
    voxel_sizes: tuple[float, float],
    recipe: WideRecipe,
    rng: np.random.Generator,
) -> Place:
    """The structure rotated, cut to a ball if need be, with a margin around it."""
    finest, coarsest = voxel_sizes
    positions = structure.positions @ structures.random_rotation(rng).T
    least, most = recipe.padding
    padding = least + (most - least) * rng.random() ** _MARGINS_ARE_SMALL
    centre = positions[rng.integers(len(positions))]
    anywhere, direction = rng.random() < recipe.off_centre, rng.uniform(-1, 1, 3)
    wanted = log_uniform(rng, *recipe.box)

    longest = min(_longest(resolution, recipe), recipe.largest_box * coarsest * 0.9 - 2 * CLEARANCE)
    longest = max(longest, _SMALLEST_PART)
    if np.ptp(positions, axis=0).max() > longest:
        keep = np.linalg.norm(positions - centre, axis=1) <= longest / 2
        structure, positions = assemblies.subset(structure, keep), positions[keep]
    low, high = positions.min(0), positions.max(0)
    extent = max(float((high - low).max()) + 2 * CLEARANCE, 1.02 * LEAST_WAVES * resolution)
    edge = min(extent / (1 - padding), max(recipe.largest_box * coarsest, extent))
    voxel_size = max(min(max(edge / wanted, finest), coarsest), edge / recipe.largest_box)
    size = box_size(edge / voxel_size)
    room = size * voxel_size - (high - low) - 2 * CLEARANCE
    shift = direction * (room / 2 if anywhere else np.minimum(2 * voxel_size, room / 2))
    return Place(structure, positions - (low + high) / 2 + size // 2 * voxel_size + shift, size, voxel_size, 0)


def _endless(
    structure: AtomicStructure,
    resolution: float,
    voxel_sizes: tuple[float, float],
    recipe: WideRecipe,
    rng: np.random.Generator,
) -> Place:
    """A cube cut from a filament or lattice, which is along an axis or turned at random."""
    finest, coarsest = voxel_sizes
    wanted = log_uniform(rng, *recipe.box)
    voxel_size = min(max(log_uniform(rng, finest, coarsest), 40 / wanted), coarsest)
    shown = max(min(wanted * voxel_size, recipe.longest, _longest(resolution, recipe)), 1.2 * LEAST_WAVES * resolution)
    shown = max(shown, _SMALLEST_BOX * voxel_size, _LEAST_SHOWN)
    rim = max(math.ceil(max(recipe.rim, resolution) / voxel_size), _RIM_VOXELS)
    size = box_size(min(shown / voxel_size, recipe.largest_box) + 2 * rim)
    edge = size * voxel_size

    unit = assemblies.unit_of(structure, rng)
    if recipe.layout != "filament" and rng.random() < 0.4:
        unit = assemblies.assemble(unit, assemblies.ring(unit.positions, int(rng.integers(2, 5))))
    unit, copies = _densest(unit, edge, recipe, rng)
    turn = structures.random_rotation(rng)
    if rng.random() < _ALONG_AN_AXIS:
        turn = np.roll(np.eye(3), int(rng.integers(3)), axis=0)
    # The cube's centre lies on an atom of the unit, or in the middle of the assembly if anything is there.
    atoms = copies.place(unit.positions, 0)
    on_atom = assemblies.Copies(copies.rotations, copies.translations - atoms[rng.integers(len(atoms))])
    assembly = assemblies.assemble(unit, on_atom, turn, edge)
    if rng.random() < 0.3:
        central = assemblies.assemble(unit, copies, turn, edge)
        assembly = central if len(central) > len(assembly) / 2 else assembly
    return Place(assembly, assembly.positions + size // 2 * voxel_size, size, voxel_size, rim)


def _densest(
    unit: AtomicStructure, edge: float, recipe: WideRecipe, rng: np.random.Generator
) -> tuple[AtomicStructure, assemblies.Copies]:
    """The unit turned to where most copies fit, of a few orientations, and its copies."""
    found = []
    for _ in range(1 if recipe.layout == "filament" else _ORIENTATIONS):
        turned = replace(unit, positions=unit.positions @ structures.random_rotation(rng).T)
        if recipe.layout == "filament":
            copies = assemblies.filament(turned.positions, math.sqrt(3) * edge, rng)
        else:
            copies = assemblies.lattice(turned.positions, edge, rng, 2 if recipe.layout == "layer" else 3)
        found.append((turned, copies))
    return max(found, key=lambda one: len(one[1]))


def _longest(resolution: float, recipe: WideRecipe) -> float:
    """Å, the longest molecule for which the local FSC does not take too long."""
    return recipe.largest_work * resolution / recipe.detail / 2


def box_size(needed: float) -> int:
    """The least edge that is large enough, even or odd, for which Fourier transforms are fast.

    Args:
        needed: voxels.

    Returns:
        Voxels, at least 32.
    """
    size = max(math.ceil(needed - 1e-6), _SMALLEST_BOX)
    while not _is_smooth(size):
        size += 1
    return size


def _is_smooth(number: int) -> bool:
    for factor in range(2, _LARGEST_FACTOR + 1):
        while number % factor == 0:
            number //= factor
    return number == 1
