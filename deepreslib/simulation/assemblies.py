"""Assemblies of a structure by symmetry: rings, filaments and lattices, whose copies touch without clashing.

Maps of filaments and crystals, and crops of any map, hold density up to their faces. They are cut from assemblies
that are larger than the map. How far copies lie apart is found by bisection: as close as they come before two of their
atoms are nearer than ``CONTACT``.
"""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import gemmi
import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from deepreslib.fourier.arrays import Array, BoolArray, FloatArray
from deepreslib.structures import AtomicStructure

CONTACT = 3.6
"""Å; atoms of two copies are at least this far from each other, as atoms of touching molecules without hydrogens."""

LARGEST_UNIT = 5000
"""Atoms; of a larger structure one chain or a ball is taken, so that copies are placed quickly."""

_LEAST_CHAIN = 800
_STEPS = 12
_FREE_TURN = (3.0, 14.0)
_TWO_FOLD_SHARE = 0.35
_MOST_NEIGHBOURS = 40


@dataclass(frozen=True, eq=False)
class Copies:
    """Where the copies of a structure lie: copy i of a point p is ``rotations[i] @ p + translations[i]``.

    Attributes:
        rotations: (n, 3, 3).
        translations: (n, 3) Å, x y z.
    """

    rotations: FloatArray
    translations: FloatArray

    def __len__(self) -> int:
        return len(self.translations)

    def place(self, points: FloatArray, number: int) -> FloatArray:
        """The points of one copy.

        Args:
            points: (m, 3) Å, of the structure.
            number: of the copy.

        Returns:
            (m, 3) Å.
        """
        return points @ self.rotations[number].T + self.translations[number]


def unit_of(structure: AtomicStructure, rng: np.random.Generator, most: int = LARGEST_UNIT) -> AtomicStructure:
    """The structure, or a chain or a ball of it if it has many atoms; its centre is at the origin, turned at random.

    Args:
        structure: the structure.
        rng: draws the chain or the ball, and the rotation.
        most: atoms, at most.

    Returns:
        The unit that is copied.
    """
    keep = np.ones(len(structure), bool)
    if len(structure) > most:
        names, counts = np.unique(structure.chains, return_counts=True)
        fitting = names[(counts >= _LEAST_CHAIN) & (counts <= most)]
        if len(fitting):
            keep = structure.chains == rng.choice(fitting)
        else:
            distance = np.linalg.norm(structure.positions - structure.positions[rng.integers(len(structure))], axis=1)
            keep = distance <= np.partition(distance, most - 1)[most - 1]
    unit = subset(structure, keep)
    turned = (unit.positions - unit.positions.mean(0)) @ Rotation.random(random_state=rng).as_matrix().T
    return replace(unit, positions=turned)


def ring(points: FloatArray, count: int) -> Copies:
    """Copies around an axis through the origin, z, as close as they come: cyclic symmetry.

    Args:
        points: (n, 3) Å, the atoms of the unit, about the origin.
        count: of copies, at least 2.

    Returns:
        The copies.
    """
    turns = _about_z(2 * math.pi * np.arange(count) / count)

    def at(radius: float) -> Copies:
        return Copies(turns, turns @ np.array([radius, 0.0, 0.0]))

    extent = _extent(points)
    longest = extent / (2 * math.sin(math.pi / count)) + CONTACT
    return at(_touching(points, lambda radius: _others(at(radius), range(1, count // 2 + 1)), longest))


def filament(points: FloatArray, length: float, rng: np.random.Generator) -> Copies:
    """Copies on a helix about z, as close as they come.

    About a third of the helices have nearly two copies a turn, as actin and amyloids; the others 3 to 14.

    Args:
        points: (n, 3) Å, the atoms of the unit, about the origin.
        length: Å, of the filament that is needed, with its middle at z = 0.
        rng: draws the helix.

    Returns:
        The copies, copy 0 in the middle.
    """
    extent = _extent(points)
    if rng.random() < _TWO_FOLD_SHARE:
        twist = math.pi + math.radians(rng.uniform(-20, 20))
        radius, reached = extent * rng.uniform(0.05, 0.35), 5
    else:
        a_turn = math.exp(rng.uniform(*np.log(_FREE_TURN)))
        twist, reached = 2 * math.pi / a_turn, math.ceil(2 * a_turn) + 1
        radius = float(np.linalg.norm(ring(points, max(math.floor(a_turn), 2)).translations[0]))

    def at(rise: float, numbers: Sequence[int]) -> Copies:
        turns = _about_z(twist * np.asarray(numbers))
        along = np.outer(numbers, [0, 0, rise])
        return Copies(turns, turns @ np.array([radius, 0.0, 0.0]) + along)

    def neighbours(rise: float) -> Copies:
        count = max(reached, _reached(extent, rise))
        return _others(at(rise, range(count + 1)), range(1, count + 1))

    rise = _touching(points, neighbours, extent)
    each = math.ceil((length / 2 + extent) / max(rise, 0.5))
    numbers = [0, *(sign * number for number in range(1, each + 1) for sign in (1, -1))]
    return at(rise, numbers)


def lattice(points: FloatArray, length: float, rng: np.random.Generator, dimensions: int = 3) -> Copies:
    """Copies in a layer (2 dimensions) or a crystal (3), as close as they come along each of its edges in turn.

    Args:
        points: (n, 3) Å, the atoms of the unit, about the origin.
        length: Å; the copies fill a cube of this edge about the origin, however it is turned.
        rng: draws the angles between the edges.
        dimensions: 2 or 3.

    Returns:
        The copies, copy 0 at the origin.
    """
    angle = math.radians(rng.choice([90.0, 60.0, rng.uniform(65, 115)]))
    directions = np.array([[1.0, 0, 0], [math.cos(angle), math.sin(angle), 0], [*rng.uniform(-0.25, 0.25, 2), 1.0]])
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    extent = _extent(points)
    edges: list[FloatArray] = []
    for direction in directions[:dimensions]:
        reached = [math.ceil(1.5 * extent / float(np.linalg.norm(edge))) for edge in edges]
        beside = _sums(edges, [range(-count, count + 1) for count in reached])
        distance = _touching(points, functools.partial(_moved_along, beside, direction, extent), 1.5 * extent)
        edges.append(distance * direction)
    reach = math.sqrt(3) / 2 * length + extent
    inverse = np.linalg.pinv(np.array(edges))
    counts = np.ceil(reach * np.linalg.norm(inverse, axis=0)).astype(int)
    translations = _sums(edges, [range(-n, n + 1) for n in counts.tolist()])
    distance = np.linalg.norm(translations, axis=1)
    near = np.argsort(distance)[: np.count_nonzero(distance <= reach)]
    return _shifted(translations[near])


def assemble(
    structure: AtomicStructure, copies: Copies, rotation: FloatArray | None = None, edge: float | None = None
) -> AtomicStructure:
    """The copies of a structure as one structure.

    Args:
        structure: the unit.
        copies: where its copies lie.
        rotation: (3, 3), turns the assembly about the origin; None for none.
        edge: Å, of a cube about the origin; only its atoms are kept. None for all atoms.

    Returns:
        The assembly, perhaps without atoms; atoms of one copy follow each other.
    """
    turn = np.eye(3) if rotation is None else rotation
    radius = float(np.linalg.norm(structure.positions, axis=1).max())
    model, kept, positions = gemmi.Model(1), [], []
    for number in range(len(copies)):
        centre = turn @ copies.translations[number]
        if edge is not None and np.abs(centre).max() > edge / 2 + radius:
            continue
        placed = copies.place(structure.positions, number) @ turn.T
        inside = np.ones(len(placed), bool) if edge is None else np.all(np.abs(placed) <= edge / 2, axis=1)
        if inside.any():
            for chain in _atoms_of(structure, inside)[0]:
                model.add_chain(chain)
            kept.append(np.flatnonzero(inside))
            positions.append(placed[inside])
    if not kept:
        return subset(structure, np.zeros(len(structure), bool))
    template = gemmi.Structure()
    template.add_model(model)
    return _picked(structure, np.concatenate(kept), np.concatenate(positions), template)


def subset(structure: AtomicStructure, keep: BoolArray) -> AtomicStructure:
    """Some atoms of a structure.

    Args:
        structure: the structure.
        keep: bool (n,).

    Returns:
        A structure of those atoms; the structure itself if it is all.
    """
    if keep.all():
        return structure
    number = np.flatnonzero(keep)
    return _picked(structure, number, structure.positions[number], _atoms_of(structure, keep))


def least_distance(points: FloatArray, copies: Copies) -> float:
    """The least distance between atoms of copy 0 and atoms of all others.

    Args:
        points: (n, 3) Å, of the unit.
        copies: at least two.

    Returns:
        Å.
    """
    tree = cKDTree(copies.place(points, 0))
    return min(float(tree.query(copies.place(points, number))[0].min()) for number in range(1, len(copies)))


def _atoms_of(structure: AtomicStructure, keep: BoolArray) -> gemmi.Structure:
    flat = gemmi.FlatStructure(structure.template)
    if not keep.all():
        flat.occ[~keep] = 0
        flat.leave_only("q > 0")
    return flat.generate_structure()


def _picked(
    structure: AtomicStructure, number: Array, positions: FloatArray, template: gemmi.Structure
) -> AtomicStructure:
    """A structure of the atoms of these numbers, some of them perhaps several times."""
    return AtomicStructure(
        name=structure.name,
        positions=positions,
        b_factors=structure.b_factors[number],
        chains=structure.chains[number],
        residues=structure.residues[number],
        nucleic=structure.nucleic[number],
        template=template,
    )


def _about_z(angles: FloatArray) -> FloatArray:
    return Rotation.from_euler("z", np.atleast_1d(angles)).as_matrix()


def _shifted(translations: FloatArray) -> Copies:
    return Copies(np.broadcast_to(np.eye(3), (len(translations), 3, 3)), translations)


def _sums(edges: Sequence[FloatArray], steps: Sequence[Sequence[int]]) -> FloatArray:
    """All sums of edges of a lattice, each taken as often as its steps say: (n, 3) Å."""
    sums = [np.zeros(3)]
    for edge, numbers in zip(edges, steps, strict=True):
        sums = [total + number * edge for total, number in itertools.product(sums, numbers)]
    return np.array(sums)


def _moved_along(translations: FloatArray, direction: FloatArray, extent: float, distance: float) -> Copies:
    """Copies moved along a direction by a distance and by its multiples, as far as they can touch the unit."""
    multiples = distance * np.arange(1, _reached(extent, distance) + 1)
    moved = (translations + multiple * direction for multiple in multiples)
    return _shifted(np.concatenate(list(moved)))


def _reached(extent: float, distance: float) -> int:
    """How many copies, each farther than the one before by a distance, a unit can touch on one side."""
    return min(math.ceil(extent / max(distance, 1.0)), _MOST_NEIGHBOURS)


def _extent(points: FloatArray) -> float:
    """The diameter of a ball about the origin that holds the points, with half a contact around them."""
    return 2 * float(np.linalg.norm(points, axis=1).max()) + CONTACT


def _others(copies: Copies, numbers: Sequence[int]) -> Copies:
    """Some of the copies as copy 0 sees them, which is put back to where the structure is."""
    back = copies.rotations[0].T
    picked = list(numbers)
    return Copies(back @ copies.rotations[picked], (copies.translations[picked] - copies.translations[0]) @ back.T)


def _touching(points: FloatArray, neighbours: Callable[[float], Copies], longest: float) -> float:
    """The distance at which copies touch: by bisection between 0 and one at which they are surely apart.

    Args:
        points: (n, 3) Å, of the unit.
        neighbours: the copies that may touch the unit at a distance.
        longest: Å, where none touches it.

    Returns:
        Å, a distance at which no atoms are nearer than ``CONTACT``.
    """
    tree = cKDTree(points)
    radius = float(np.linalg.norm(points, axis=1).max())

    def clashes(distance: float) -> bool:
        copies = neighbours(distance)
        for number in range(len(copies)):
            shift = copies.translations[number]
            if np.linalg.norm(shift) > 2 * radius + CONTACT:
                continue
            moved = copies.place(points, number)
            moved = moved[np.linalg.norm(moved, axis=1) <= radius + CONTACT]
            if len(moved) and np.isfinite(tree.query(moved, distance_upper_bound=CONTACT)[0]).any():
                return True
        return False

    low, high = 0.0, longest
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if clashes(middle) else (low, middle)
    return high
