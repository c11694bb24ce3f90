"""What MonoRes and ResMap say of a simulated map before it is masked or cut: the labels of the class of each voxel.

Both are asked about the map as one map, in the true mask and with their defaults, as the labels of Avramov et al.
(2019) were made: the mean of the half maps, sharpened and filtered as its user has done, since both follow that, but
with all noise around the molecule. What the user sees may be masked so that ResMap refuses it and MonoRes misreads it;
a network that is shown that map learns what they would have said.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from deepreslib.errors import InputError
from deepreslib.estimation import monores, resmap
from deepreslib.estimation.result import LocalResolution
from deepreslib.fourier import filters
from deepreslib.fourier.arrays import FloatArray
from deepreslib.maps import DensityMap
from deepreslib.networks.class_labels import HEADS
from deepreslib.simulation.finishes import Treatment, treated
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.quick_halves import QuickHalves

ASSIGNED = {"monores": 0.95, "resmap": 0.999}
"""A method assigns nothing to a voxel whose value is more than this share of the coarsest that it tested: there no test
was passed. MonoRes smooths its values in the end, so that of such voxels may be a little finer."""

RESMAP_FINEST = resmap.FINEST
"""Voxels; ResMap tests nothing finer."""

_METHODS: dict[str, Callable[..., LocalResolution]] = {"monores": monores.estimate, "resmap": resmap.estimate}


def of_view(pair: QuickHalves, drawn: dict[str, Any]) -> FloatArray:
    """What each method of ``HEADS`` says of a view's map before it was masked, cut or brought to other voxels.

    Args:
        pair: the half maps behind it.
        drawn: what was drawn for the view, as ``Scene.settings`` has it.

    Returns:
        As ``of_map``.
    """
    how = drawn["treatment"]
    treatment = Treatment(Finish(**how["finish"]), how["local"])
    nowhere = np.zeros((0, 3))
    data = treated(pair.mean, pair.voxel_size, pair.mask, pair.local_resolution, nowhere, treatment, pair.fsc).data
    if drawn["afterwards"]:
        data = filters.apply_b_factor(data, pair.voxel_size, drawn["afterwards"])
    return of_map(data, pair)


def of_map(data: FloatArray, pair: QuickHalves) -> FloatArray:
    """What each method of ``HEADS`` says of a map.

    Args:
        data: float32 (z, y, x), the mean of the half maps or what was made of it.
        pair: the half maps.

    Returns:
        float32 (labels, z, y, x), Å; 0 where a method assigns nothing, and everywhere if it refuses the map.
    """
    found = np.zeros((len(HEADS), *pair.mask.shape), np.float32)
    inner = (slice(pair.rim, len(pair.mask) - pair.rim),) * 3
    density_map = DensityMap(np.ascontiguousarray(data[inner], np.float32), (pair.voxel_size,) * 3)
    mask = np.ascontiguousarray(pair.mask[inner])
    for label, values in zip(HEADS, found, strict=True):
        try:
            result = _METHODS[label](density_map, mask, workers=1)
        except InputError:  # no noise around the molecule, or voxels too coarse to test anything
            continue
        assert result.ends is not None, "both methods have ends"
        assigned = result.resolution < ASSIGNED[label] * result.ends.high
        values[inner] = np.where(assigned, result.resolution, np.float32(0))
    return found


def at_positions(
    labels: FloatArray, voxel_size: float, positions: FloatArray, limit: float, shown_voxel_size: float
) -> FloatArray:
    """The labels of places of a view.

    Args:
        labels: float32 (labels, z, y, x), from ``of_view``.
        voxel_size: Å, of their grid.
        positions: (places, 3), Å (z, y, x) from voxel (0, 0, 0).
        limit: Å, the finest detail that was left in the view; no label is finer.
        shown_voxel_size: Å, of the view; ResMap would test nothing finer than ``RESMAP_FINEST`` of these.

    Returns:
        float32 (places, labels), Å; 0 where a method assigns nothing.
    """
    index = np.rint(positions / voxel_size).astype(int)
    within = np.all((index >= 0) & (index < labels.shape[1:]), axis=1)
    z, y, x = np.clip(index, 0, np.array(labels.shape[1:]) - 1).T
    found = np.where(within, labels[:, z, y, x], 0).T
    finest = [max(limit, RESMAP_FINEST * shown_voxel_size if label == "resmap" else 0.0) for label in HEADS]
    return np.where(found > 0, np.maximum(found, np.array(finest)), 0).astype(np.float32)
