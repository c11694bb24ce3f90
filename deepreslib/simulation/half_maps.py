"""Pairs of half maps simulated from an atomic structure, with the full map that comes of them and their true quality.

A smooth field of disorder gives every atom a B factor (``disorder``); their density, in solvent and perhaps with a
belt of detergent (``surroundings``), is the signal of both half maps. Each has noise of its own (``noise``), as strong
as makes the FSC of the half maps fall to 0.143 at the resolution wanted. What is true is then measured as on
experimental maps: the global resolution by the FSC in a soft mask, the local one by the local FSC of the half maps.
"""

from dataclasses import asdict, dataclass, field

import numpy as np
import scipy.fft

from deepreslib.errors import InputError
from deepreslib.estimation import localfsc
from deepreslib.fourier import filters, resampling
from deepreslib.fourier.fsc import ShellCorrelation, global_fsc, shell_sums
from deepreslib.maps import DensityMap, masks
from deepreslib.simulation import disorder, full_map, model_map, noise
from deepreslib.simulation.disorder import Disorder
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.model_mask import ModelMask
from deepreslib.simulation.noise import ReconstructionNoise
from deepreslib.simulation.surroundings import Belt, Solvent

SOFT_MASK = (3.0, 7.0)
"""Å; the mask of the global FSC is the molecule's, widened by the first number, with an edge of the second."""

WAVES = 6.0
"""The window of the local FSC is this many times the resolution, and at least ``localfsc.WINDOW``. In the default 30 Å
alone a map of 9 Å has three waves, and its local resolution is mostly chance: over one molecule its rank correlation
with the atoms' B factors is 0.4, against 0.75 in a window of 54 Å."""

LEAST_WAVES = 4
"""A box is at least this many times the resolution."""

SMALLEST_BOX = 16
"""Voxels."""


@dataclass(frozen=True)
class HalfMapSettings:
    """How a pair of half maps is simulated.

    Attributes:
        resolution: Å, where the FSC of the half maps shall fall to 0.143.
        disorder, solvent, belt (or None), noise, finish: see their classes.
        detail: signal finer than resolution / detail is not simulated, and no finer local resolution is told; so most
            work is done on a grid just fine enough, whatever the voxel size.
        local_cutoff: of the local FSC.
    """

    resolution: float
    disorder: Disorder = field(default_factory=Disorder)
    solvent: Solvent = field(default_factory=Solvent)
    belt: Belt | None = None
    noise: ReconstructionNoise = field(default_factory=ReconstructionNoise)
    finish: Finish = field(default_factory=Finish)
    detail: float = 1.5
    local_cutoff: float = 0.5

    @property
    def window(self):
        """Å, edge of the local FSC's window."""
        return max(localfsc.WINDOW, WAVES * self.resolution)

    def as_dict(self):
        """All parameters, as nested dicts of numbers."""
        return asdict(self) | {"window": self.window}


@dataclass(frozen=True, eq=False)
class HalfMaps:
    """A simulated pair of half maps and what is true of it; arrays (z, y, x) on one grid.

    Attributes:
        half1, half2: ``DensityMap``, neither sharpened nor filtered.
        full: ``DensityMap`` as a user would be given it.
        mask: bool, the molecule.
        local_resolution: float32, Å, from the local FSC of the half maps; 0 outside the mask.
        global_resolution: Å, where the FSC of the half maps in a soft mask falls to 0.143.
        fsc: the ``ShellCorrelation`` of the half maps in that mask.
        b_factors: (n,) Å², of the atoms; 0 for those that are not there.
        settings: ``HalfMapSettings``.
    """

    half1: DensityMap
    half2: DensityMap
    full: DensityMap
    mask: np.ndarray
    local_resolution: np.ndarray
    global_resolution: float
    fsc: ShellCorrelation
    b_factors: np.ndarray
    settings: HalfMapSettings


def simulate(structure, positions, size, voxel_size, settings, random, selected=None, workers=1):
    """Half maps, full map, mask, local and global resolution of a structure.

    Args:
        structure: an ``AtomicStructure``.
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0) (see ``simulation.placed``).
        size: edge of the cubic box, voxels.
        voxel_size: Å, one number.
        settings: a ``HalfMapSettings``.
        random: ``numpy.random.Generator`` of disorder and noise.
        selected: (n,) bool, the atoms that are there; None for all.
        workers: threads of the local FSC, -1 for all.

    Returns:
        ``HalfMaps``.

    Raises:
        InputError: the resolution is finer than twice the voxel size, or the box is too small.
    """
    _check(size, voxel_size, settings)
    there = np.ones(len(structure), bool) if selected is None else selected
    found = disorder.field(structure.b_factors[there], positions[there], settings.disorder, random)
    b_factors = np.zeros(len(structure))
    b_factors[there] = disorder.b_factors(found, settings.resolution, settings.disorder)

    grid = _CoarseGrid(size, voxel_size, settings.resolution / settings.detail)
    model = ModelMask(structure, positions, there)
    inside = model.on(grid.shape, grid.voxel_size)
    soft = _soft_mask(inside, grid.voxel_size)
    signal = _signal(structure, positions, np.where(there, b_factors, b_factors.max()), there, inside, grid, settings)
    factor = _noise_factor(signal, soft, grid, settings)
    halves = _halves(signal, factor, soft, grid, settings.noise, random)

    mask = model.on((size,) * 3, voxel_size)
    reduced = [grid.reduced(half) for half in halves]
    fsc = global_fsc(*reduced, grid.voxel_size, soft)
    full = full_map.full_map(*halves, voxel_size, mask, settings.finish, fsc)
    half1, half2, full = (DensityMap(np.ascontiguousarray(data), (voxel_size,) * 3) for data in (*halves, full))
    return HalfMaps(
        half1=half1,
        half2=half2,
        full=full,
        mask=mask,
        local_resolution=_local_resolution(reduced, mask, grid, settings, workers),
        global_resolution=min(fsc.resolution(), grid.edge),
        fsc=fsc,
        b_factors=b_factors,
        settings=settings,
    )


class _CoarseGrid:
    """A grid on the same box with fewer voxels, if that is possible, and Fourier resampling to and from it."""

    def __init__(self, full_size, full_voxel_size, finest):
        """Twice the voxel size is at most ``finest``, Å, or the full grid's."""
        self.edge = full_size * full_voxel_size
        size = scipy.fft.next_fast_len(int(np.ceil(2 * self.edge / finest)), real=True)
        size = min(max(size, SMALLEST_BOX), full_size)
        self.full_shape, self.full_voxel_size = (full_size,) * 3, full_voxel_size
        self.shape, self.voxel_size = (size,) * 3, self.edge / size

    def reduced(self, data):
        """A map of the full grid on this one."""
        return resampling.to_shape(data, self.shape)

    def enlarged(self, data):
        """A map of this grid on the full one."""
        return resampling.to_shape(data, self.full_shape)


def _check(size, voxel_size, settings):
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


def _soft_mask(inside, voxel_size):
    """The mask of the global FSC."""
    grow, edge = SOFT_MASK
    return masks.soft_edge(masks.dilate(inside, grow / voxel_size), max(edge / voxel_size, 1.0))


def _signal(structure, positions, b_factors, there, inside, grid, settings):
    """What both half maps have in common: float32 on the coarse grid."""
    signal = model_map.density(structure, positions, grid.shape, grid.voxel_size, b_factors, there)
    signal = filters.transfer(signal, settings.solvent.weights(filters.frequencies(grid.shape, grid.voxel_size)))
    if settings.belt is not None:
        contrast = signal[inside].mean() - signal[~inside].mean()
        signal += contrast * settings.belt.density(inside, grid.voxel_size)
    return signal


def _noise_factor(signal, soft, grid, settings):
    """The factor of the noise's amplitude that puts the FSC in the soft mask where it is wanted."""
    recipe = settings.noise
    sums = shell_sums(signal, signal, grid.voxel_size, soft)
    frequency, signal_power = sums.frequency[1:], sums.power1[1:] / sums.count[1:]
    # White noise of SD 1 on the full grid, reduced to the coarse one, has this variance.
    variance = (grid.full_voxel_size / grid.voxel_size) ** 3
    seen = float(np.square(soft * (1 + recipe.excess * soft), dtype=float).sum())
    noise_power = variance * seen * recipe.amplitude(frequency, grid.full_voxel_size, grid.edge) ** 2
    return noise.factor(signal_power, noise_power, frequency, settings.resolution)


def _halves(signal, factor, soft, grid, recipe, random):
    """Two maps on the full grid: the signal, and noise of their own."""
    shape, voxel_size = grid.full_shape, grid.full_voxel_size
    weights = np.float32(factor) * recipe.weights(shape, voxel_size)
    signal = grid.enlarged(signal)
    sphere = recipe.sphere_mask(shape)
    excess = recipe.excess and 1 + recipe.excess * resampling.sample_back(
        soft, np.ones(shape, bool), voxel_size, grid.voxel_size
    )
    halves = []
    for _ in range(2):
        half = filters.transfer(random.standard_normal(shape, np.float32), weights)
        if recipe.excess:
            half *= excess
        half += signal
        if sphere is not None:
            half *= sphere
        halves.append(half)
    return halves


def _local_resolution(halves, mask, grid, settings, workers):
    """Local FSC of half maps on the coarse grid, brought to the full grid's mask."""
    needed = resampling.needed_voxels(mask, grid.full_voxel_size, grid.voxel_size, grid.shape)
    half1, half2 = (DensityMap(np.ascontiguousarray(half), (grid.voxel_size,) * 3) for half in halves)
    box = min(max(2 * round(settings.window / grid.voxel_size / 2), localfsc.SMALLEST_BOX), grid.shape[0])
    local = localfsc.estimate((half1, half2), needed, cutoff=settings.local_cutoff, box=box, workers=workers)
    found = resampling.sample_back(local.resolution, mask, grid.full_voxel_size, grid.voxel_size)
    return resampling.clip_resolution(found, mask, 0, np.inf, grid.full_voxel_size)
