"""A map made flat before its windows are looked at: sharpened by one B factor, and low-pass filtered.

Windows have no taper, so what is strong at coarse frequencies leaks into the fine shells of a window. In an unsharpened
map it drowns them: their profile is that of the leak, and gains lift the leak. A map whose amplitudes are level hardly
leaks, and what its windows are given then corrects the one B factor of the whole map from place to place. The gains
that bring windows nearest to a model's are measured to win 0.01 to 0.03 in correlation by it.
"""

from deepreslib.enhancement.global_filter import GlobalFilter
from deepreslib.fourier.arrays import BoolArray
from deepreslib.maps import DensityMap

FINER = 1.15
"""With half maps, the low-pass filter begins at a frequency so many times the resolution's, as the FSC weights noise
down and gains take what is left; without, at the resolution."""


def flattening(
    density_map: DensityMap,
    mask: BoolArray,
    resolution: float,
    half_maps: tuple[DensityMap, DensityMap] | None = None,
    workers: int = -1,
) -> GlobalFilter:
    """What makes a map flat, and its half maps alike.

    Where there is no Guinier fit, it only filters and weights by the FSC, and its warnings say so.

    Args:
        density_map: the map, as the refinement wrote it.
        mask: bool (z, y, x), the molecule.
        resolution: Å.
        half_maps: two half maps; None for none.
        workers: threads, -1 for all.
    """
    finest = 2 * max(density_map.voxel_size)
    low_pass = max(resolution / (1 if half_maps is None else FINER), finest)
    return GlobalFilter(density_map, mask, resolution, half_maps, low_pass=low_pass, workers=workers)
