"""The profiles of one window of a map, before and after it was enhanced, and as a network predicts it.

They are what methods that scale windows see and what they make of it, to be looked at by eye. Arrays and triples are
(z, y, x).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from deepreslib.enhancement import ilocscale
from deepreslib.enhancement.flattening import flattening
from deepreslib.enhancement.ilocscale import Gains
from deepreslib.enhancement.local_scaling import LocalScaling
from deepreslib.enhancement.profiles import Windows
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray, Triple
from deepreslib.maps import DensityMap, read_map
from deepreslib.maps.density_map import format_triple

USUAL_WINDOWS = 2000
"""So many windows tell what is usual in a map."""


@dataclass(frozen=True, eq=False)
class WindowProfiles:
    """Profiles of the window around a voxel, float32 (13,).

    Attributes:
        voxel: the voxel.
        known: bool (13,), the shells in which the map holds something.
        before: of the map, its SD in the mask being 1.
        after: of the enhanced map.
        predicted: of the map that the network looks at, which may be made flat before, times the gains that it predicts
            for this window, in the unit of ``after``; None without a network.
    """

    voxel: tuple[int, int, int]
    known: BoolArray
    before: FloatArray
    after: FloatArray
    predicted: FloatArray | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON: lists, and None for what is not there."""
        profiles = {"known": self.known, "before": self.before, "after": self.after, "predicted": self.predicted}
        return {"voxel": list(self.voxel)} | {
            name: None if values is None else values.tolist() for name, values in profiles.items()
        }


def at_voxel(
    density_map: DensityMap,
    enhanced: DensityMap,
    mask: BoolArray,
    resolution: float,
    voxel: Sequence[int] | None = None,
    network: Gains | None = None,
    workers: int = -1,
) -> WindowProfiles:
    """The profiles of the window around a voxel.

    The window's centre lies at most half an Å from the voxel's, along each axis, where the map is resampled to 1 Å.

    Args:
        density_map: the map as it was.
        enhanced: what a method that scales windows made of it.
        mask: bool, the voxels that were enhanced.
        resolution: Å, the one that was taken for the map's.
        voxel: (z, y, x); None for the voxel of the mask that lies nearest to its centre.
        network: what predicts gains; None for none.
        workers: threads, -1 for all.

    Returns:
        The profiles.

    Raises:
        InputError: the voxel lies outside the mask; or see :func:`deepreslib.enhancement.local_scaling.check`.
    """
    scaling = LocalScaling(density_map, mask, resolution, workers=workers)
    place = central_voxel(mask) if voxel is None else _checked(voxel, mask)
    axes = scaling.region.axes
    ratios = np.array([axis.ratio for axis in axes])
    centres = np.array([axis.centre for axis in axes])
    middle = np.array([axis.count // 2 for axis in axes])
    window = (centres + np.rint((np.array(place) - middle) * ratios).astype(int))[None]
    before = scaling.windows(density_map).profiles(window)
    values = scaling.region.read(enhanced.data)  # in the unit that gains make of the standardised map, solvent at 0
    after = Windows(scaling.region.at_windows(values, workers)).profiles(window)
    predicted = None
    if network is not None:
        predicted = _predicted(scaling, network, window, workers)
    return WindowProfiles(place, scaling.known, before[0], after[0], predicted)


def _predicted(scaling: LocalScaling, network: Gains, window: IntArray, workers: int) -> FloatArray:
    """The profile of a window, (1, 3), after the gains that a network predicts for it: float32 (13,)."""
    if network.standard == "flat":
        given = scaling.density_map, scaling.mask, scaling.resolution
        scaling = LocalScaling(*given, before=flattening(*given, workers), workers=workers)
    windows = scaling.windows(scaling.density_map)
    inside = scaling.lattice.places[scaling.inside()]
    some = windows.profiles(inside[:: max(len(inside) // USUAL_WINDOWS, 1)])
    usual = ilocscale.mean_and_spread(ilocscale.as_known(scaling, network, some)[0])
    seen = windows.profiles(window)
    found: FloatArray = (seen * np.exp(ilocscale.network_gains(scaling, network, seen, usual)))[0]
    return found


def from_files(
    before: str,
    after: str,
    mask: str,
    voxel_size: Triple,
    resolution: float,
    voxel: Sequence[int] | None = None,
    network: Sequence[str | None] | None = None,
    workers: int = -1,
) -> dict[str, Any]:
    """The same of files, in numbers that JSON holds.

    Args:
        before: file of the map as it was.
        after: of the enhanced map.
        mask: of the mask, 1 inside.
        voxel_size: Å, whatever the headers say.
        resolution: Å, the one that was taken for the map's.
        voxel: (z, y, x), or None; see :func:`at_voxel`.
        network: path, preset and aim for :func:`deepreslib.enhancement.ilocscale.load`; None for no prediction.
        workers: threads, -1 for all.

    Returns:
        See :meth:`WindowProfiles.as_dict`.

    Raises:
        InputError: a file or the network cannot be used; or see :func:`at_voxel`.
    """
    one, other, inside = (read_map(path, voxel_size, (0.0, 0.0, 0.0)) for path in (before, after, mask))
    gains = None
    if network is not None:
        path, preset, aim = network
        gains = ilocscale.load(path, preset or "compact", aim or "density")
    return at_voxel(one, other, inside.data > 0.5, resolution, voxel, gains, workers).as_dict()


def central_voxel(mask: BoolArray) -> tuple[int, int, int]:
    """The voxel of a mask that lies nearest to its centre of mass.

    Args:
        mask: bool, not empty.

    Raises:
        InputError: the mask is empty.
    """
    if not mask.any():
        raise InputError("The mask is empty, so it has no centre: give another.")
    centre = np.array(ndimage.center_of_mass(mask))
    voxels = np.argwhere(mask)
    z, y, x = voxels[np.argmin(np.square(voxels - centre).sum(axis=1))].tolist()
    return z, y, x


def _checked(voxel: Sequence[int], mask: BoolArray) -> tuple[int, int, int]:
    """A voxel within the mask."""
    z, y, x = (int(number) for number in voxel)
    if not all(0 <= number < size for number, size in zip((z, y, x), mask.shape, strict=True)):
        raise InputError(
            f"There is no voxel x {x}, y {y}, z {z}: the map has {format_triple(mask.shape)} voxels, counted from 0."
        )
    if not mask[z, y, x]:
        nearest = central_voxel(mask)
        raise InputError(
            f"The voxel x {x}, y {y}, z {z} lies outside the mask, where nothing was enhanced: choose another, such as "
            f"x {nearest[2]}, y {nearest[1]}, z {nearest[0]}."
        )
    return z, y, x
