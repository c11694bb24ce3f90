"""A map sharpened by a B factor (Rosenthal & Henderson 2003, J. Mol. Biol. 333, 721-745) and low-pass filtered."""

import scipy.fft

from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap


def check_resolution(density_map: DensityMap, resolution: float) -> None:
    """Refuses a resolution at which a map cannot be low-pass filtered.

    Args:
        density_map: the map.
        resolution: Å.

    Raises:
        InputError: it is finer than twice the voxel size, or no number.
    """
    finest = 2 * max(density_map.voxel_size)
    if not resolution >= finest - 1e-3:
        raise InputError(
            f"a resolution of {resolution:g} Å is finer than twice the voxel size of {density_map.name}, "
            f"{finest:g} Å; give a coarser one."
        )


class Sharpening:
    """A map to be sharpened by one B factor after another, low-pass filtered at one resolution.

    Args:
        density_map: a ``DensityMap``, not sharpened.
        resolution: where the low-pass filter begins to fall, Å; not finer than twice the voxel size.

    Raises:
        InputError: the resolution is finer than that.
    """

    def __init__(self, density_map: DensityMap, resolution: float) -> None:
        check_resolution(density_map, resolution)
        self.density_map = density_map
        self.frequency = filters.frequencies(density_map.data.shape, density_map.voxel_size)
        self.spectrum = scipy.fft.rfftn(density_map.data, workers=-1)
        self.spectrum *= filters.raised_cosine(self.frequency, resolution, density_map.voxel_size)

    def by(self, b_factor: float) -> DensityMap:
        """The map with a B factor (Å²) applied."""
        weights = filters.b_factor_weights(self.frequency, b_factor)
        shape = self.density_map.data.shape
        return self.density_map.like(scipy.fft.irfftn(self.spectrum * weights, shape, overwrite_x=True, workers=-1))
