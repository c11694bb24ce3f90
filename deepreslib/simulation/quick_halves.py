"""A pair of half maps as training needs it: their mean on the map's grid, and the two on a coarser grid.

Only the mean of two half maps is ever shown, and only their coarser versions are correlated. With n1 and n2 for the
noise of the two, the mean's noise (n1 + n2) / 2 and the difference (n1 - n2) / 2 are independent and equally strong. So
the mean's noise is drawn on the map's grid and the difference on the coarse one, which takes half the time and memory
of two half maps. Everything else is as in ``half_maps``.
"""

import math
from dataclasses import dataclass

import numpy as np

from deepreslib.fourier import filters
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.fourier.fsc import ShellCorrelation, global_fsc
from deepreslib.fourier.grid import lowest_coefficients
from deepreslib.simulation import disorder, model_map
from deepreslib.simulation.half_maps import (
    CoarseGrid,
    HalfMapSettings,
    check,
    common_signal,
    measured_local_resolution,
    noise_weights,
    noisy,
    soft_mask,
)
from deepreslib.simulation.model_mask import VOXEL_SIZE, ModelMask
from deepreslib.structures import AtomicStructure

_LARGEST_MASK_GRID = 150
_LEAST_PART = 0.92
_COARSEST_PART = 1.4


@dataclass(frozen=True, eq=False)
class QuickHalves:
    """What is known of a pair of half maps; arrays (z, y, x).

    Attributes:
        mean: float32, the mean of the half maps on the map's grid.
        voxel_size: Å, of that grid.
        halves: float32, both half maps on the coarse grid.
        grid: the coarse grid.
        mask: bool, the molecule on the map's grid; as far as ``rim`` from the faces there is no true resolution.
        local_resolution: float32, Å, 0 outside the mask, on the map's grid.
        global_resolution: Å, where the FSC falls to 0.143.
        fsc: of the half maps, in the soft mask and inside the rim.
        rim: voxels at each face that belong to no map, because the box is periodic and the molecule may not be.
        settings: how they were simulated.
    """

    mean: FloatArray
    voxel_size: float
    halves: tuple[FloatArray, FloatArray]
    grid: CoarseGrid
    mask: BoolArray
    local_resolution: FloatArray
    global_resolution: float
    fsc: ShellCorrelation
    rim: int
    settings: HalfMapSettings

    def resolution_in(self, part: BoolArray) -> float:
        """The global resolution that the half maps have in a part of the molecule.

        Args:
            part: bool (z, y, x) on the map's grid, the voxels of the molecule that are there.

        Returns:
            Å; that of all the molecule if nearly all of it is there, or if the part is so small, for its resolution,
            that its FSC falls in its first shells, which tells nothing.
        """
        if np.count_nonzero(part) >= _LEAST_PART * np.count_nonzero(self.mask):
            return self.global_resolution
        soft = soft_mask(_on_coarse(part, self.grid), self.grid.voxel_size)
        fsc = global_fsc(*self.halves, self.grid.voxel_size, soft, workers=1)
        resolution = min(fsc.resolution(), self.grid.edge)
        return resolution if resolution <= _COARSEST_PART * self.global_resolution else self.global_resolution


def simulate(
    structure: AtomicStructure,
    positions: FloatArray,
    size: int,
    voxel_size: float,
    settings: HalfMapSettings,
    rng: np.random.Generator,
    rim: int = 0,
) -> QuickHalves:
    """Simulates a pair of half maps.

    Args:
        structure: the structure; all its atoms are in the map.
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0).
        size: edge of the cubic box, voxels.
        voxel_size: Å, one number.
        settings: how they are simulated; their finish is not used.
        rng: the random generator, of disorder and noise.
        rim: voxels at each face that no map will show; for molecules that are cut at the faces.

    Returns:
        The pair.

    Raises:
        InputError: the resolution is finer than twice the voxel size, or the box is too small.
    """
    check(size, voxel_size, settings)
    present = np.ones(len(structure), bool)
    field = disorder.field(structure.b_factors, positions, settings.disorder, rng)
    b_factors = disorder.b_factors(field, settings.resolution, settings.disorder)

    grid = CoarseGrid(size, voxel_size, settings.resolution / settings.detail)
    mask_voxel_size = max(VOXEL_SIZE, float(np.ptp(positions, axis=0).max()) / _LARGEST_MASK_GRID)
    molecule = ModelMask(structure, positions, voxel_size=mask_voxel_size)
    inside = molecule.on(grid.shape, grid.voxel_size)
    soft = soft_mask(inside, grid.voxel_size)
    if rim:
        soft = soft * _without_rim(grid, rim * voxel_size)
    occupied = model_map.with_occupancies(structure, disorder.occupancies(field, settings.disorder))
    signal = common_signal(occupied, positions, b_factors, present, inside, grid, settings)
    # Of the mean, and of half the difference, of two maps of independent noise.
    weights = noise_weights(signal, soft, grid, settings) * np.float32(math.sqrt(0.5))

    mean = noisy(grid.enlarged(signal), weights, soft, grid, settings.noise, rng)
    middle, difference = grid.reduced(mean), _difference(weights, soft, grid, settings, rng)
    halves = middle + difference, middle - difference
    fsc = global_fsc(*halves, grid.voxel_size, soft, workers=1)
    mask = molecule.on((size,) * 3, voxel_size)
    if rim:
        shown = np.zeros_like(mask)
        shown[(slice(rim, -rim),) * 3] = True
        mask &= shown
    return QuickHalves(
        mean=mean,
        voxel_size=voxel_size,
        halves=halves,
        grid=grid,
        mask=mask,
        local_resolution=measured_local_resolution(halves, mask, grid, settings, 1),
        global_resolution=min(fsc.resolution(), grid.edge),
        fsc=fsc,
        rim=rim,
        settings=settings,
    )


def _difference(
    weights: FloatArray, soft: FloatArray, grid: CoarseGrid, settings: HalfMapSettings, rng: np.random.Generator
) -> FloatArray:
    """Half the difference of the half maps on the coarse grid."""
    recipe, size = settings.noise, grid.shape[0]
    lowest = lowest_coefficients(grid.full_shape[0], size)
    coarse = weights[np.ix_(lowest, lowest, np.arange(size // 2 + 1))]
    # White noise of SD 1 on the full grid, reduced to the coarse one, has this SD.
    reduced = np.float32((grid.full_voxel_size / grid.voxel_size) ** 1.5)
    data = filters.transfer(rng.standard_normal(grid.shape, np.float32), reduced * coarse)
    if recipe.excess:
        data *= 1 + recipe.excess * soft
    sphere = recipe.sphere_mask(grid.shape)
    return data if sphere is None else data * sphere


def _without_rim(grid: CoarseGrid, rim: float) -> FloatArray:
    """1 inside the box, falling to 0 in the outer half of the rim: float32 on the coarse grid."""
    place = np.arange(grid.shape[0]) * grid.voxel_size
    depth = np.minimum(place, grid.edge - place)
    side = 0.5 - 0.5 * np.cos(np.pi * np.clip(depth / rim, 0, 1))
    return (side[:, None, None] * side[:, None] * side).astype(np.float32)


def _on_coarse(part: BoolArray, grid: CoarseGrid) -> BoolArray:
    """The voxels of the coarse grid nearest to those of a part of the map's grid."""
    index = np.minimum(np.rint(np.arange(grid.shape[0]) * grid.voxel_size / grid.full_voxel_size), len(part) - 1)
    return part[np.ix_(*(index.astype(int),) * 3)]
