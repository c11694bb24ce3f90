"""What ``sharpening_accuracy.py`` compares with: filters and gains that know the model, and so are bounds or baselines.

- ``best_b_factor``: one B factor and a low-pass filter at the resolution, the B factor chosen with the model's help;
- ``best_radial_filter``: the filter, one number a shell, that brings the map nearest to the model in the mask;
- ``fitted_gains``: the gains that bring each window nearest to the model's, least squares.
"""

import numpy as np
import scipy.fft
from scipy.optimize import minimize_scalar
from sharpening_maps import SIZE, correlation

from deepreslib.enhancement import profiles
from deepreslib.fourier import filters
from deepreslib.fourier.shells import sums_in_shells
from deepreslib.simulation.half_maps import soft_mask
from deepreslib.simulation.model_map import nearest_atom

B_FACTORS = (-50.0, 500.0)
"""Å², between which the best B factor is looked for."""

LEAST_GAIN = 1e-6


def best_b_factor(scene):
    """The map sharpened by the best B factor, and that, Å²."""
    frequency = filters.frequencies(scene.mask.shape, SIZE)
    spectrum = scipy.fft.rfftn(scene.full.data) * filters.raised_cosine(frequency, scene.resolution, SIZE)

    def sharpened(b_factor):
        return scipy.fft.irfftn(spectrum * filters.b_factor_weights(frequency, -b_factor), scene.mask.shape)

    def loss(b_factor):
        return -correlation(sharpened(b_factor), scene.model, scene.mask)

    found = minimize_scalar(loss, bounds=B_FACTORS, method="bounded", options={"xatol": 4})
    return sharpened(found.x), float(found.x)


def best_radial_filter(scene):
    """The map after the radial filter that brings it nearest to the model in a soft mask."""
    shape, soft = scene.mask.shape, soft_mask(scene.mask, SIZE)
    one, other = (scipy.fft.rfftn(each * soft) for each in (scene.full.data - scene.full.data.mean(), scene.model))
    planes = (((b * a.conj()).real, np.square(np.abs(a))) for a, b in zip(one, other, strict=True))
    frequency, _, (common, power) = sums_in_shells(shape, (SIZE,) * 3, planes)
    gain = np.maximum(common, 0) / np.maximum(power, 1e-30)
    weights = np.interp(filters.frequencies(shape, SIZE), frequency, gain).astype(np.float32)
    return filters.transfer(scene.full.data, weights)


def fitted_gains(map_windows, model_windows, centres):
    """Log gains, (places, 13), that bring the windows of the map nearest to the model's."""
    found = np.empty((len(centres), profiles.SHELLS), np.float32)
    for part, spectra in map_windows.batches(centres):
        model = model_windows.spectra(centres[part])
        gain = np.maximum(profiles.cross_power(spectra, model), 0) / np.maximum(profiles.power(spectra), 1e-30)
        found[part] = np.log(np.maximum(gain, LEAST_GAIN))
    return found


def nearest_to(positions, chosen, mask):
    """bool (z, y, x): the voxels of a mask whose nearest atom is one of the chosen, (n,) bool."""
    found = np.zeros(mask.shape, bool)
    found[mask] = chosen[nearest_atom(positions, mask, SIZE)]
    return found
