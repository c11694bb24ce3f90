"""Density maps simulated from atomic structures, with the true local resolution beside them.

The density is gemmi's sum of electron scattering factors, computed on a finer grid with every atom blurred, then
deblurred and cropped in Fourier space, so that the map is band-limited without aliasing. Filters and resolution
ranges follow Ramírez-Aportela et al. 2019, section 2.1.
"""

import gemmi
import numpy as np
import scipy.fft
import scipy.ndimage
from scipy.spatial import cKDTree

from deepreslib import structures
from deepreslib.errors import InputError
from deepreslib.fourier import filters

MASK_RADIUS = 3.0
"""Å; voxels nearer than this to an atom are inside the mask."""

FINER = 1.5
"""The density is summed on a grid this many times finer than asked for."""

BLUR = 37.0
"""B factor (Å² at 1 Å/voxel) of the blur that makes the finer grid free of aliasing: error below 1e-3."""

BOX_SIZES = tuple(n for n in range(12, 1025, 4) if scipy.fft.next_fast_len(n, real=True) == n)


def box_size(structure, voxel_size, padding=15.0):
    """Edge in voxels of a cubic box that holds the structure, however rotated, and ``padding`` Å around it.

    Raises:
        InputError: more than 1024 voxels would be needed.
    """
    radius = np.linalg.norm(structure.positions - structure.positions.mean(0), axis=1).max()
    needed = 2 * (radius + padding) / voxel_size
    for size in BOX_SIZES:
        if size >= needed:
            return size
    raise InputError(f"{structure.name}: needs a box of {needed:.0f} voxels; choose a larger voxel size.")


def placed(structure, shape, voxel_size, rotation=None, shift=(0.0, 0.0, 0.0)):
    """Atom positions with the structure's centre in the box's centre.

    Args:
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


def cut_out(structure, size, voxel_size, random, rim=4):
    """A cube around a random atom of the structure, rotated at random.

    Args:
        size: edge of the cube, voxels.
        voxel_size: Å, one number.
        random: ``numpy.random.Generator``.
        rim: atoms nearer than this many voxels to the cube's faces are left out.

    Returns:
        (positions, kept): (n, 3) Å, x y z, from voxel (0, 0, 0), and (n,) bool, the atoms inside.
    """
    rotated = structure.positions @ structures.random_rotation(random).T
    centre = rotated[random.integers(len(structure))] + random.uniform(-4, 4, 3) * voxel_size
    kept = np.all(np.abs(rotated - centre) < (size // 2 - rim) * voxel_size, axis=1)
    return rotated - centre + size // 2 * voxel_size, kept


def density(structure, positions, shape, voxel_size, b_factors=None, selected=None):
    """Electron-scattering density of the atoms, band-limited to the grid's Nyquist frequency.

    Args:
        structure: an ``AtomicStructure``.
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0) (see ``placed``).
        shape: the box (z, y, x); the density is periodic in it.
        voxel_size: Å, one number.
        b_factors: (n,) or one number, Å²; None for atoms at rest (B = 0, as in the paper).
        selected: (n,) bool, the atoms to sum; None for all.

    Returns:
        float32 array (z, y, x).
    """
    b_factors = np.zeros(len(structure)) if b_factors is None else np.broadcast_to(b_factors, len(structure))
    fine_shape = [scipy.fft.next_fast_len(int(np.ceil(n * FINER)), real=True) for n in shape]
    calculator = gemmi.DensityCalculatorE()
    calculator.blur = max(0.0, BLUR * voxel_size**2 - float(b_factors.min()))
    calculator.cutoff = 1e-5
    calculator.grid.set_size(*fine_shape[::-1])
    calculator.grid.set_unit_cell(gemmi.UnitCell(*(n * voxel_size for n in shape[::-1]), 90, 90, 90))
    calculator.add_model_density_to_grid(structure.model(positions, b_factors, selected))
    fine = np.array(calculator.grid, copy=False).T
    spectrum = _crop_spectrum(scipy.fft.rfftn(fine), fine_shape, shape)
    spectrum *= filters.b_factor_weights(filters.frequencies(shape, voxel_size), -calculator.blur)
    return scipy.fft.irfftn(spectrum, shape, overwrite_x=True)


def _crop_spectrum(spectrum, fine_shape, shape):
    """The low-frequency part of an ``rfftn`` spectrum, scaled so that values are kept."""
    for axis in (0, 1):
        keep = np.fft.fftfreq(shape[axis], 1 / shape[axis]).astype(int)
        spectrum = np.take(spectrum, keep, axis=axis)
    spectrum = spectrum[:, :, : shape[2] // 2 + 1]
    return spectrum * np.float32(np.prod(shape) / np.prod(fine_shape))


def molecular_mask(positions, shape, voxel_size, radius=MASK_RADIUS):
    """Voxels (z, y, x) nearer than ``radius`` Å to an atom; positions (n, 3) as given to ``density``."""
    nearest = np.ones(shape, bool)
    index = np.rint(positions[:, ::-1] / voxel_size).astype(int)
    index = index[np.all((index >= 0) & (index < np.array(shape)), axis=1)]
    nearest[tuple(index.T)] = False
    return scipy.ndimage.distance_transform_edt(nearest, sampling=voxel_size) <= radius


def nearest_atom(positions, mask, voxel_size):
    """For each voxel of the mask (in ``numpy.nonzero`` order) the number of the nearest atom."""
    voxels = np.argwhere(mask)[:, ::-1] * voxel_size
    return cKDTree(positions).query(voxels, workers=-1)[1]


def regional_map(structure, positions, shape, voxel_size, labels, resolutions, b_factors=None):
    """A map whose regions are low-pass filtered each at its own resolution, then summed.

    Args:
        labels: (n,) region number of each atom, 0 … len(resolutions) - 1.
        resolutions: Å, one a region.

    Returns:
        (density, truth, mask): float32 map; float32 true local resolution in Å, that of the nearest atom's region
        inside the mask and 0 outside; bool mask. All (z, y, x).
    """
    frequency = filters.frequencies(shape, voxel_size)
    total = np.zeros(shape, np.float32)
    for number, resolution in enumerate(resolutions):
        part = density(structure, positions, shape, voxel_size, b_factors, labels == number)
        total += filters.transfer(part, filters.raised_cosine(frequency, resolution, voxel_size))
    mask = molecular_mask(positions, shape, voxel_size)
    truth = np.zeros(shape, np.float32)
    truth[mask] = np.asarray(resolutions, np.float32)[labels[nearest_atom(positions, mask, voxel_size)]]
    return total, truth, mask


def add_noise(data, mask, strength, random, weights=None):
    """The map plus Gaussian noise whose SD is ``strength`` times the density's SD inside the mask.

    ``weights`` (``rfftn``'s shape) shape the noise's spectrum; None is white noise, as in the paper.
    """
    return data + np.float32(strength * data[mask].std()) * filters.shaped_noise(data.shape, random, weights)
