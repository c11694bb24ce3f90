"""Density maps simulated from atomic structures, with the true local resolution beside them.

The density is gemmi's sum of electron scattering factors, computed on a finer grid with every atom blurred, then
deblurred and cropped in Fourier space, so that the map is band-limited without aliasing. Filters and resolution
ranges follow Ramírez-Aportela et al. 2019, section 2.1.
"""

from collections.abc import Sequence
from dataclasses import replace

import gemmi
import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.ndimage
from scipy.spatial import cKDTree

from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray
from deepreslib.fourier.grid import crop_spectrum, fast_length
from deepreslib.structures import AtomicStructure, random_rotation

MASK_RADIUS = 3.0
"""Å; voxels nearer than this to an atom are inside the mask."""

FINER = 1.5
"""The density is summed on a grid this many times finer than the map's."""

BLUR = 37.0
"""B factor (Å² at 1 Å/voxel) of the blur that makes the finer grid free of aliasing: error below 1e-3."""

BOX_SIZES = tuple(n for n in range(12, 1025, 4) if fast_length(n) == n)


def box_size(structure: AtomicStructure, voxel_size: float, padding: float = 15.0) -> int:
    """Edge of a cubic box that holds the structure, however rotated, and some space around it.

    Args:
        structure: the structure.
        voxel_size: Å, one number.
        padding: Å, the space around it.

    Returns:
        Voxels; one of ``BOX_SIZES``.

    Raises:
        InputError: more than 1024 voxels would be needed.
    """
    radius = np.linalg.norm(structure.positions - structure.positions.mean(0), axis=1).max()
    needed = 2 * (radius + padding) / voxel_size
    for size in BOX_SIZES:
        if size >= needed:
            return size
    raise InputError(f"{structure.name}: needs a box of {needed:.0f} voxels; choose a larger voxel size.")


def placed(
    structure: AtomicStructure,
    shape: Sequence[int],
    voxel_size: float,
    rotation: npt.ArrayLike | None = None,
    shift: Sequence[float] = (0.0, 0.0, 0.0),
) -> FloatArray:
    """Atom positions with the structure's centre in the box's centre.

    Args:
        structure: the structure.
        shape: the box (z, y, x), voxels.
        voxel_size: Å, one number.
        rotation: (3, 3) or None.
        shift: moves the centre, Å (z, y, x).

    Returns:
        (n, 3) Å, x y z, measured from voxel (0, 0, 0).
    """
    positions = structure.positions - structure.positions.mean(0)
    if rotation is not None:
        positions = positions @ np.asarray(rotation).T
    centre = np.array(shape[::-1]) // 2 * voxel_size + np.array(shift)[::-1]
    return positions + centre


def cut_out(
    structure: AtomicStructure, size: int, voxel_size: float, rng: np.random.Generator, rim: int = 4
) -> tuple[FloatArray, BoolArray]:
    """A cube around a random atom of the structure, rotated at random.

    Args:
        structure: the structure.
        size: edge of the cube, voxels.
        voxel_size: Å, one number.
        rng: the random generator.
        rim: atoms nearer than this many voxels to the cube's faces are left out.

    Returns:
        The positions, (n, 3) Å, x y z, from voxel (0, 0, 0); which atoms are inside, (n,) bool.
    """
    rotated = structure.positions @ random_rotation(rng).T
    centre = rotated[rng.integers(len(structure))] + rng.uniform(-4, 4, 3) * voxel_size
    inside = np.all(np.abs(rotated - centre) < (size // 2 - rim) * voxel_size, axis=1)
    return rotated - centre + size // 2 * voxel_size, inside


def density(
    structure: AtomicStructure,
    positions: FloatArray,
    shape: Sequence[int],
    voxel_size: float,
    b_factors: npt.ArrayLike | None = None,
    selected: BoolArray | None = None,
) -> FloatArray:
    """Electron-scattering density of the atoms, band-limited to the grid's Nyquist frequency.

    Args:
        structure: the structure.
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0) (see ``placed``).
        shape: the box (z, y, x); the density is periodic in it.
        voxel_size: Å, one number.
        b_factors: (n,) or one number, Å²; None for atoms at rest (B = 0, as in the paper).
        selected: (n,) bool, the atoms to sum; None for all.

    Returns:
        float32 array (z, y, x).
    """
    atom_b_factors = np.zeros(len(structure)) if b_factors is None else np.broadcast_to(b_factors, len(structure))
    fine_shape = [fast_length(int(np.ceil(n * FINER))) for n in shape]
    calculator = gemmi.DensityCalculatorE()
    calculator.blur = max(0.0, BLUR * voxel_size**2 - float(atom_b_factors.min()))
    calculator.cutoff = 1e-5
    calculator.grid.set_size(*fine_shape[::-1])
    edge_x, edge_y, edge_z = (n * voxel_size for n in shape[::-1])
    calculator.grid.set_unit_cell(gemmi.UnitCell(edge_x, edge_y, edge_z, 90, 90, 90))
    calculator.add_model_density_to_grid(structure.model(positions, atom_b_factors, selected))
    fine = np.array(calculator.grid, copy=False).T
    spectrum = crop_spectrum(scipy.fft.rfftn(fine), fine_shape, shape)
    spectrum *= filters.b_factor_weights(filters.frequencies(shape, voxel_size), -calculator.blur)
    return scipy.fft.irfftn(spectrum, shape, overwrite_x=True)


def with_occupancies(structure: AtomicStructure, occupancies: FloatArray) -> AtomicStructure:
    """The structure with the occupancies of its atoms multiplied by numbers.

    Args:
        structure: the structure.
        occupancies: (n,), above 0.

    Returns:
        The structure itself if all are 1.
    """
    if (occupancies == 1).all():
        return structure
    atoms = gemmi.FlatStructure(structure.template)
    atoms.occ[:] = atoms.occ * occupancies
    return replace(structure, template=atoms.generate_structure())


def molecular_mask(
    positions: FloatArray, shape: Sequence[int], voxel_size: float, radius: float = MASK_RADIUS
) -> BoolArray:
    """The voxels near an atom.

    Args:
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0).
        shape: the box (z, y, x).
        voxel_size: Å, one number.
        radius: Å; voxels nearer than this to an atom are inside.

    Returns:
        bool of ``shape``.
    """
    nearest = np.ones(shape, bool)
    index = np.rint(positions[:, ::-1] / voxel_size).astype(int)
    index = index[np.all((index >= 0) & (index < np.array(shape)), axis=1)]
    nearest[tuple(index.T)] = False
    return scipy.ndimage.distance_transform_edt(nearest, sampling=voxel_size) <= radius


def nearest_atom(positions: FloatArray, mask: BoolArray, voxel_size: float) -> IntArray:
    """The number of the nearest atom of each voxel of a mask.

    Args:
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0).
        mask: bool (z, y, x).
        voxel_size: Å, one number.

    Returns:
        int (voxels of the mask,), in the order of ``numpy.nonzero``.
    """
    voxels = np.argwhere(mask)[:, ::-1] * voxel_size
    return cKDTree(positions).query(voxels, workers=-1)[1]


def regional_map(
    structure: AtomicStructure,
    positions: FloatArray,
    shape: Sequence[int],
    voxel_size: float,
    labels: IntArray,
    resolutions: Sequence[float],
    b_factors: npt.ArrayLike | None = None,
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """A map whose regions are low-pass filtered each at its own resolution, then summed.

    Args:
        structure: the structure.
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0) (see ``placed``).
        shape: the box (z, y, x).
        voxel_size: Å, one number.
        labels: (n,) region number of each atom, 0 … len(resolutions) - 1.
        resolutions: Å, one a region.
        b_factors: (n,) or one number, Å²; None for atoms at rest.

    Returns:
        The map, float32; the true local resolution, float32, Å, that of the nearest atom's region inside the mask and
        0 outside; the mask, bool. All (z, y, x).
    """
    frequency = filters.frequencies(shape, voxel_size)
    total: FloatArray = np.zeros(shape, np.float32)
    for number, resolution in enumerate(resolutions):
        part = density(structure, positions, shape, voxel_size, b_factors, labels == number)
        total += filters.transfer(part, filters.raised_cosine(frequency, resolution, voxel_size))
    mask = molecular_mask(positions, shape, voxel_size)
    truth: FloatArray = np.zeros(shape, np.float32)
    truth[mask] = np.asarray(resolutions, np.float32)[labels[nearest_atom(positions, mask, voxel_size)]]
    return total, truth, mask


def add_noise(
    data: FloatArray,
    mask: BoolArray,
    strength: float,
    rng: np.random.Generator,
    weights: FloatArray | None = None,
) -> FloatArray:
    """The map plus Gaussian noise.

    Args:
        data: float32 (z, y, x).
        mask: bool (z, y, x).
        strength: SD of the noise, in units of the density's SD inside the mask.
        rng: the random generator.
        weights: factors that shape the noise's spectrum, of ``rfftn``'s shape; None for white noise, as in the paper.

    Returns:
        float32 (z, y, x).
    """
    return data + np.float32(strength * data[mask].std()) * filters.shaped_noise(data.shape, rng, weights)
