"""The maps of ``sharpening_accuracy.py``: half maps of structures, and what is measured of a sharpened map.

Each structure is simulated once at 1 Å a voxel, from 2.5 to 6 Å, with the disorder, noise and solvent that CryoRes'
training draws; the mean of its half maps is looked at as it is, and with 60 Å² more of a B factor on signal and noise.
Molecules that need a larger box than ``LARGEST`` are cut to one of ``CUT`` voxels.
"""

import dataclasses
import os
from dataclasses import dataclass

import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.fourier.fsc import global_fsc
from deepreslib.maps import DensityMap
from deepreslib.simulation import half_maps, model_map
from deepreslib.structures import AtomicStructure, random_rotation, read_structure
from deepreslib.training.cryores.recipe import SceneRecipe, draw_settings
from deepreslib.training.structures import find_structures

SEED = 20230825
SIZE = 1.0
LARGEST, CUT = 144, 128
"""Voxels of a box."""

RESOLUTIONS = (2.5, 6.0)
"""Å; the maps' resolutions are spread evenly between them in their logarithm."""

EXTRA = (0.0, 60.0)
"""Å², further B factors."""

RECIPE = SceneRecipe(cropped=0, binned=0, voxel_size=(SIZE, SIZE), masked=0)

RESIDUE = 2.5
"""Å around the atoms of a residue, in which its correlation is taken."""

LEAST_VOXELS = 20
"""Residues of fewer voxels are left out."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A map, what it was made from, and what it should look like.

    Attributes:
        name: of the structure.
        extra: Å², the further B factor.
        full: the map to sharpen.
        halves: both half maps, with the same B factor.
        made: what the simulator gave.
        structure: the atoms.
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0).
        selected: bool (n,), the atoms in the map.
        model: float32 (z, y, x), the density of the atoms at rest.
    """

    name: str
    extra: float
    full: DensityMap
    halves: tuple[DensityMap, DensityMap]
    made: half_maps.HalfMaps
    structure: AtomicStructure
    positions: np.ndarray
    selected: np.ndarray
    model: np.ndarray

    @property
    def mask(self):
        """bool (z, y, x), the molecule."""
        return self.made.mask

    @property
    def resolution(self):
        """Å, where the FSC of the half maps falls to 0.143."""
        return self.made.global_resolution

    def density(self, b_factors=None, selected=None):
        """float32 (z, y, x), the density of the atoms of the map with B factors, or of some of them."""
        chosen = self.selected if selected is None else selected
        return model_map.density(self.structure, self.positions, self.mask.shape, SIZE, b_factors, chosen)


def scenes(folder, most=None):
    """Yields the maps of all structures of a folder, or of some of them, evenly chosen."""
    paths = find_structures(folder)
    numbers = range(len(paths)) if most is None else np.linspace(0, len(paths) - 1, most).astype(int)
    order = np.random.default_rng(SEED).permutation(len(paths))
    for number in numbers:
        finest, coarsest = RESOLUTIONS
        resolution = finest * (coarsest / finest) ** (order[number] / max(len(paths) - 1, 1))
        try:
            yield from scenes_of(paths[number], resolution, (SEED, int(number)))
        except InputError as error:
            print(f"{os.path.basename(paths[number])}: left out: {error}", flush=True)


def scenes_of(path, resolution, seed, extra=EXTRA):
    """The maps of one structure at one resolution, Å, with each further B factor."""
    rng = np.random.default_rng(list(seed))
    structure = read_structure(path)
    size, selected = model_map.box_size(structure, SIZE), np.ones(len(structure), bool)
    if size > LARGEST:
        size = CUT
        positions, selected = model_map.cut_out(structure, size, SIZE, rng, rim=15)
    else:
        positions = model_map.placed(structure, (size,) * 3, SIZE, random_rotation(rng))
    reach = np.linalg.norm(positions[selected] - size // 2 * SIZE, axis=1).max()
    settings = draw_settings(resolution, min(2 * reach / (size * SIZE), 1.2), RECIPE, rng)
    settings = dataclasses.replace(settings, finish=type(settings.finish)())
    made = half_maps.simulate(structure, positions, size, SIZE, settings, rng, selected=selected)
    model = model_map.density(structure, positions, (size,) * 3, SIZE, None, selected)
    for b_factor in extra:
        halves = tuple(
            half.like(filters.apply_b_factor(half.data, SIZE, b_factor)) for half in (made.half1, made.half2)
        )
        full = halves[0].like((halves[0].data + halves[1].data) / 2)
        name = os.path.basename(path).split(".")[0]
        yield Scene(name, b_factor, full, halves, made, structure, positions, selected, model)


def correlation(one, other, mask):
    """Pearson's correlation of two maps in a mask."""
    return float(np.corrcoef(one[mask], other[mask])[0, 1])


class Residues:
    """The voxels of each residue of a scene."""

    def __init__(self, scene):
        positions = scene.positions[scene.selected]
        names = np.stack([scene.structure.chains[scene.selected], scene.structure.residues[scene.selected].astype(str)])
        _, numbers = np.unique(names, axis=1, return_inverse=True)
        near = model_map.molecular_mask(positions, scene.mask.shape, SIZE, RESIDUE)
        self.voxels = np.nonzero(near)
        self.numbers = numbers.ravel()[model_map.nearest_atom(positions, near, SIZE)]

    def mean_correlation(self, one, other):
        """The mean over residues of the correlation of two maps within ``RESIDUE`` of their atoms."""
        x, y = (each[self.voxels].astype(float) for each in (one, other))
        count = np.bincount(self.numbers)
        x, y = (each - (np.bincount(self.numbers, each) / np.maximum(count, 1))[self.numbers] for each in (x, y))
        common = np.bincount(self.numbers, x * y)
        power = np.bincount(self.numbers, x * x) * np.bincount(self.numbers, y * y)
        found = common[count >= LEAST_VOXELS] / np.sqrt(np.maximum(power[count >= LEAST_VOXELS], 1e-30))
        return float(found.mean())


def model_fsc(scene, data):
    """Å, where the FSC of a map with the model falls to 0.5 in a soft mask."""
    soft = half_maps.soft_mask(scene.mask, SIZE)
    return float(global_fsc(data, scene.model, SIZE, soft).resolution(0.5))
