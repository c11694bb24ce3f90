"""Pairs of half maps simulated from an atomic structure, with the full map made from them and their true resolution.

A smooth field of disorder gives every atom a B factor and an occupancy (``disorder``). The density of the atoms, in
solvent and perhaps with a belt of detergent (``surroundings``), is the signal of both half maps. Each half map has
noise of its own (``noise``), just strong enough that the FSC of the half maps falls to 0.143 at the resolution that was
set. Where views are uneven (``directions``), so is the noise, and directions that were never seen are missing from
both. The true resolutions are then measured as on experimental maps: the global resolution by the FSC in a soft mask,
the local one by the local FSC of the half maps.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from deepreslib.errors import InputError
from deepreslib.estimation import localfsc
from deepreslib.fourier import filters, resampling
from deepreslib.fourier.arrays import BoolArray, FloatArray, Shape
from deepreslib.fourier.fsc import ShellCorrelation, global_fsc, shell_sums
from deepreslib.fourier.grid import fast_length, voxel_triple
from deepreslib.fourier.shells import mean_in_shells
from deepreslib.maps import DensityMap, masks
from deepreslib.simulation import disorder, full_map, model_map, noise
from deepreslib.simulation.directions import Directions
from deepreslib.simulation.disorder import Disorder
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.model_mask import ModelMask
from deepreslib.simulation.noise import ReconstructionNoise
from deepreslib.simulation.surroundings import Belt, Solvent
from deepreslib.structures import AtomicStructure

SOFT_MASK = (3.0, 7.0)
"""Å; the mask of the global FSC is the molecule's, widened by the first number, with a soft edge as wide as the
second."""

WAVES = 6.0
"""The window of the local FSC is this many times the resolution, and at least ``localfsc.WINDOW``. The default window
of 30 Å holds only three waves of 9 Å, so that the local resolution of a map of 9 Å would be mostly chance: over one
molecule its rank correlation with the atoms' B factors is 0.4, against 0.75 in a window of 54 Å."""

LEAST_WAVES = 4
"""The edge of a box is at least this many times the resolution."""

SMALLEST_BOX = 16
"""Least edge of a box, voxels."""

_ROUNDS = 3
"""Held noise is measured and weakened so often, as a mask mixes the shells that were weakened with others."""


@dataclass(frozen=True)
class HalfMapSettings:
    """How a pair of half maps is simulated.

    Attributes:
        resolution: Å, where the FSC of the half maps shall fall to 0.143.
        disorder: of the atoms.
        solvent: what surrounds the molecule.
        belt: of detergent or lipid; None for none.
        noise: of each half map.
        finish: what is done to the mean of the half maps to make the full map.
        detail: signal finer than resolution / detail is not simulated, and no local resolution is finer; so most steps
            can use a grid just fine enough for that.
        local_cutoff: of the local FSC.
        directions: of the views, if they are uneven or incomplete; None for even ones. The global FSC, which is that of
            whole shells, still falls at ``resolution``.
    """

    resolution: float
    disorder: Disorder = field(default_factory=Disorder)
    solvent: Solvent = field(default_factory=Solvent)
    belt: Belt | None = None
    noise: ReconstructionNoise = field(default_factory=ReconstructionNoise)
    finish: Finish = field(default_factory=Finish)
    detail: float = 1.5
    local_cutoff: float = 0.5
    directions: Directions | None = None

    @property
    def window(self) -> float:
        """Å, edge of the local FSC's window."""
        return max(localfsc.WINDOW, WAVES * self.resolution)

    def as_dict(self) -> dict[str, Any]:
        """All parameters, as nested dicts."""
        return asdict(self) | {"window": self.window}


@dataclass(frozen=True, eq=False)
class HalfMaps:
    """A simulated pair of half maps, the full map and the true resolutions; arrays (z, y, x) on one grid.

    Attributes:
        half1: neither sharpened nor filtered.
        half2: neither sharpened nor filtered.
        full: the full map, as a user would get it.
        mask: bool, the molecule.
        local_resolution: float32, Å, from the local FSC of the half maps; 0 outside the mask.
        global_resolution: Å, where the FSC of the half maps in a soft mask falls to 0.143.
        fsc: of the half maps in that mask.
        b_factors: (n,) Å², of the atoms; 0 for atoms left out of the map.
        occupancies: (n,), of the atoms, from 0 to 1; 0 for atoms left out of the map.
        settings: how they were simulated.
    """

    half1: DensityMap
    half2: DensityMap
    full: DensityMap
    mask: BoolArray
    local_resolution: FloatArray
    global_resolution: float
    fsc: ShellCorrelation
    b_factors: FloatArray
    occupancies: FloatArray
    settings: HalfMapSettings


def simulate(
    structure: AtomicStructure,
    positions: FloatArray,
    size: int,
    voxel_size: float,
    settings: HalfMapSettings,
    rng: np.random.Generator,
    selected: BoolArray | None = None,
    workers: int = 1,
) -> HalfMaps:
    """Half maps, full map, mask, local and global resolution of a structure.

    Args:
        structure: the structure.
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0) (see ``simulation.placed``).
        size: edge of the cubic box, voxels.
        voxel_size: Å, one number.
        settings: how they are simulated.
        rng: the random generator, of disorder and noise.
        selected: (n,) bool, the atoms in the map; None for all.
        workers: threads of the local FSC, -1 for all.

    Returns:
        The half maps, the full map and the true resolutions.

    Raises:
        InputError: the resolution is finer than twice the voxel size, or the box is too small.
    """
    check(size, voxel_size, settings)
    present = np.ones(len(structure), bool) if selected is None else selected
    atom_disorder = disorder.field(structure.b_factors[present], positions[present], settings.disorder, rng)
    b_factors: FloatArray = np.zeros(len(structure))
    occupancies: FloatArray = np.zeros(len(structure))
    occupancies[present] = disorder.occupancies(atom_disorder, settings.disorder)
    b_factors[present] = disorder.b_factors(atom_disorder, settings.resolution, settings.disorder)

    grid = CoarseGrid(size, voxel_size, settings.resolution / settings.detail)
    molecule = ModelMask(structure, positions, present)
    inside = molecule.on(grid.shape, grid.voxel_size)
    soft = soft_mask(inside, grid.voxel_size)
    density_b_factors = np.where(present, b_factors, b_factors.max())
    occupied = model_map.with_occupancies(structure, np.where(present, occupancies, 1))
    signal = common_signal(occupied, positions, density_b_factors, present, inside, grid, settings)
    weights = noise_weights(signal, soft, grid, settings)
    full_signal = grid.enlarged(signal)
    one, other = (noisy(full_signal, weights, soft, grid, settings.noise, rng) for _ in range(2))
    halves = one, other

    mask = molecule.on((size,) * 3, voxel_size)
    reduced1, reduced2 = (grid.reduced(half) for half in halves)
    fsc = global_fsc(reduced1, reduced2, grid.voxel_size, soft)
    full_data = full_map.full_map(*halves, voxel_size, mask, settings.finish, fsc)
    half1, half2, full = (
        DensityMap(np.ascontiguousarray(data), voxel_triple(voxel_size)) for data in (*halves, full_data)
    )
    return HalfMaps(
        half1=half1,
        half2=half2,
        full=full,
        mask=mask,
        local_resolution=measured_local_resolution((reduced1, reduced2), mask, grid, settings, workers),
        global_resolution=min(fsc.resolution(), grid.edge),
        fsc=fsc,
        b_factors=b_factors,
        occupancies=occupancies,
        settings=settings,
    )


class CoarseGrid:
    """A grid on the same box with fewer voxels, if that is possible, and Fourier resampling to and from it."""

    def __init__(self, full_size: int, full_voxel_size: float, finest: float) -> None:
        """Choose the grid.

        Args:
            full_size: edge of the full grid's cubic box, voxels.
            full_voxel_size: Å, the full grid's.
            finest: Å; twice the voxel size of this grid is at most this, or that of the full grid.
        """
        self.edge = full_size * full_voxel_size
        size = fast_length(int(np.ceil(2 * self.edge / finest)))
        size = min(max(size, SMALLEST_BOX), full_size)
        self.full_shape: Shape = (full_size, full_size, full_size)
        self.full_voxel_size = full_voxel_size
        self.shape: Shape = (size, size, size)
        self.voxel_size = self.edge / size

    def reduced(self, data: FloatArray) -> FloatArray:
        """A map of the full grid on this one."""
        return resampling.to_shape(data, self.shape)

    def enlarged(self, data: FloatArray) -> FloatArray:
        """A map of this grid on the full one."""
        return resampling.to_shape(data, self.full_shape)


def check(size: int, voxel_size: float, settings: HalfMapSettings) -> None:
    """Refuses a resolution that the grid cannot hold.

    Args:
        size: edge of the cubic box, voxels.
        voxel_size: Å, one number.
        settings: how half maps are to be simulated.

    Raises:
        InputError: the resolution is finer than twice the voxel size, or the box is too small.
    """
    finest = 2 * voxel_size
    if not settings.resolution >= finest:
        raise InputError(
            f"resolution {settings.resolution:g} Å is finer than twice the voxel size, {finest:g} Å; "
            "give a smaller voxel size or a coarser resolution."
        )
    if size < SMALLEST_BOX:
        raise InputError(f"a box of {size} voxels is too small; give one of at least {SMALLEST_BOX}.")
    if size * voxel_size < LEAST_WAVES * settings.resolution:
        raise InputError(
            f"a box of {size * voxel_size:g} Å is too small for a resolution of {settings.resolution:g} Å; "
            f"give one of at least {LEAST_WAVES * settings.resolution:g} Å."
        )


def soft_mask(inside: BoolArray, voxel_size: float) -> FloatArray:
    """The mask of the global FSC.

    Args:
        inside: bool (z, y, x), the molecule.
        voxel_size: Å, one number.

    Returns:
        float32 (z, y, x), from 0 to 1.
    """
    grow, edge = SOFT_MASK
    return masks.soft_edge(masks.dilate(inside, grow / voxel_size), max(edge / voxel_size, 1.0))


def common_signal(
    structure: AtomicStructure,
    positions: FloatArray,
    b_factors: FloatArray,
    present: BoolArray,
    inside: BoolArray,
    grid: CoarseGrid,
    settings: HalfMapSettings,
) -> FloatArray:
    """What both half maps have in common.

    Args:
        structure: the structure.
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0).
        b_factors: (n,) Å², of the atoms.
        present: (n,) bool, the atoms in the map.
        inside: bool, the molecule on the coarse grid.
        grid: the coarse grid.
        settings: how the half maps are simulated.

    Returns:
        float32 (z, y, x) on the coarse grid.
    """
    signal = model_map.density(structure, positions, grid.shape, grid.voxel_size, b_factors, present)
    signal = filters.transfer(signal, settings.solvent.weights(filters.frequencies(grid.shape, grid.voxel_size)))
    if settings.belt is not None:
        contrast = signal[inside].mean() - signal[~inside].mean()
        signal += contrast * settings.belt.density(inside, grid.voxel_size)
    if settings.directions is not None:
        signal = filters.transfer(signal, settings.directions.present(grid.shape))
    return signal


def noise_weights(signal: FloatArray, soft: FloatArray, grid: CoarseGrid, settings: HalfMapSettings) -> FloatArray:
    """The noise's amplitude at each coefficient of the full grid; the FSC in the soft mask falls at the resolution set.

    Args:
        signal: of both half maps, (z, y, x) on the coarse grid.
        soft: the mask of the global FSC on it.
        grid: the coarse grid.
        settings: how the half maps are simulated.

    Returns:
        float32 (z, y, x // 2 + 1).
    """
    recipe, directions = settings.noise, settings.directions
    sums = shell_sums(signal, signal, grid.voxel_size, soft)
    frequency, signal_power = sums.frequency[1:], sums.power1[1:] / sums.count[1:]
    # White noise of SD 1 on the full grid, reduced to the coarse one, has this variance.
    variance = (grid.full_voxel_size / grid.voxel_size) ** 3
    mask = soft * (1 + recipe.excess * soft)
    weights = recipe.weights(grid.full_shape, grid.full_voxel_size)
    if recipe.held:
        factors = _held_factors(signal_power, frequency, variance, mask, grid, settings)
        weights *= np.interp(filters.frequencies(grid.full_shape, grid.full_voxel_size), frequency, factors)
    else:
        weight = float(np.square(mask, dtype=float).sum())
        noise_power = variance * weight * recipe.amplitude(frequency, grid.full_voxel_size, grid.edge) ** 2
        if directions is not None:
            noise_power *= directions.noise_power()
        weights *= np.float32(noise.factor(signal_power, noise_power, frequency, settings.resolution))
    if directions is not None:
        weights *= directions.noise_weights(grid.full_shape)
    return weights


def _held_factors(
    signal_power: FloatArray,
    frequency: FloatArray,
    variance: float,
    mask: FloatArray,
    grid: CoarseGrid,
    settings: HalfMapSettings,
) -> FloatArray:
    """The factors of ``noise.held_factors``; what the mask carries from one shell to another is counted too."""
    radius = filters.frequencies(grid.shape, grid.voxel_size)
    unheld = settings.noise.amplitude(radius, grid.full_voxel_size, grid.edge) * math.sqrt(variance)
    if settings.directions is not None:
        unheld *= settings.directions.noise_weights(grid.shape)
    factors = np.ones(len(frequency))
    for _ in range(_ROUNDS):
        power = noise.masked_power(unheld * np.interp(radius, frequency, factors), mask)
        noise_power = mean_in_shells(power, grid.shape, grid.voxel_size)[1][1:][: len(frequency)]
        # The two ways of counting shells may differ by the last one, at Nyquist's frequency.
        noise_power = np.pad(noise_power, (0, len(frequency) - len(noise_power)), mode="edge")
        factors = factors * noise.held_factors(signal_power, noise_power, frequency, settings.resolution)
    return factors


def noisy(
    signal: FloatArray,
    weights: FloatArray,
    soft: FloatArray,
    grid: CoarseGrid,
    recipe: ReconstructionNoise,
    rng: np.random.Generator,
) -> FloatArray:
    """A map on the full grid: a signal, and noise of its own.

    Args:
        signal: float32 (z, y, x), on the full grid.
        weights: the noise's amplitude at each coefficient (see ``noise_weights``).
        soft: the molecule's soft mask on the coarse grid.
        grid: the coarse grid.
        recipe: where the noise is stronger, and the sphere outside which there is nothing.
        rng: draws the noise.

    Returns:
        float32 (z, y, x).
    """
    shape, voxel_size = grid.full_shape, grid.full_voxel_size
    data = filters.transfer(rng.standard_normal(shape, np.float32), weights)
    if recipe.excess:
        everywhere = np.ones(shape, bool)
        data *= 1 + recipe.excess * resampling.sample_back(soft, everywhere, voxel_size, grid.voxel_size)
    data += signal
    sphere = recipe.sphere_mask(shape)
    return data if sphere is None else data * sphere


def measured_local_resolution(
    halves: Sequence[FloatArray], mask: BoolArray, grid: CoarseGrid, settings: HalfMapSettings, workers: int
) -> FloatArray:
    """Local FSC of half maps on the coarse grid, brought to the full grid's mask.

    Args:
        halves: two, on the coarse grid.
        mask: bool (z, y, x), the molecule on the full grid.
        grid: the coarse grid.
        settings: how the half maps were simulated.
        workers: threads, -1 for all.

    Returns:
        float32 (z, y, x) on the full grid, Å, 0 outside the mask.
    """
    needed = resampling.needed_voxels(mask, grid.full_voxel_size, grid.voxel_size, grid.shape)
    half1, half2 = (DensityMap(np.ascontiguousarray(half), voxel_triple(grid.voxel_size)) for half in halves)
    box = min(max(2 * round(settings.window / grid.voxel_size / 2), localfsc.SMALLEST_BOX), grid.shape[0])
    local = localfsc.estimate((half1, half2), needed, cutoff=settings.local_cutoff, box=box, workers=workers)
    resolution = resampling.sample_back(local.resolution, mask, grid.full_voxel_size, grid.voxel_size)
    return resampling.clip_resolution(resolution, mask, 0, np.inf, grid.full_voxel_size)
