"""Trained networks for the class of each voxel, on disk: their cards, and the bins of the classes."""

import math
import os
from typing import Any

import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray, IntArray
from deepreslib.networks import running, store
from deepreslib.networks.class_labels import HEADS, LABELS

CUBE = 16
"""Edge of the cube that a published network takes, voxels."""

EDGES = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
"""Å, where one class ends and the next begins; a resolution of exactly so much belongs to the finer class."""

CLASSES = len(EDGES) + 1

COMPACT = "compact"
"""The preset that takes CryoRes' inputs."""

CENTRES = (1.7, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 12.0)
"""Å, the resolution that stands for each class; of the two that are open at one end, one that is usual there."""

_LARGEST = 100.0


def class_numbers(resolution: FloatArray) -> IntArray:
    """The class of each resolution: 0 up to 2 Å, 1 for (2, 3] Å, ..., 9 beyond 10 Å.

    Args:
        resolution: Å, any shape.

    Returns:
        int of that shape.
    """
    return np.searchsorted(EDGES, resolution, side="left")


class StoredVoxelClass(store.StoredModel):
    """A trained network for the class of each voxel, with its card."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The methods whose classes it has learnt, among ``LABELS``."""
        return tuple(self.card["labels"])

    @property
    def takes_cubes(self) -> bool:
        """Whether it takes cubes of a map, as the published ones do, and not CryoRes' inputs."""
        return self.preset != COMPACT

    def centres(self, label: str) -> FloatArray:
        """The resolution that stands for each class, float64 (10,), Å: what the labels of the training had on average.

        Args:
            label: one of ``labels``.
        """
        return np.array(self.card.get("centres", {}).get(label, CENTRES), np.float64)


def load_voxel_classes(path: str) -> StoredVoxelClass:
    """A network for the class of each voxel from a model folder.

    Args:
        path: the folder.

    Returns:
        The network with its card.

    Raises:
        InputError: nothing usable there.
    """
    running.import_keras()
    from deepreslib.networks import voxelclass

    if not os.path.isdir(path):
        raise InputError(f"{path}: there is no such model; give a folder written by 'deepres train voxelclass'.")
    card = store.check_card(path, "voxelclass", "voxel class", voxelclass.PRESETS)
    labels = card.get("labels")
    if not isinstance(labels, list) or not labels or any(label not in LABELS for label in labels):
        raise InputError(
            f"{path}: its model card does not say of which methods ({', '.join(LABELS)}) the network has learnt the "
            "classes; copy the folder again."
        )
    if card["preset"] == COMPACT and set(labels) != set(HEADS):
        raise InputError(f"{path}: its model card names other labels than the network has; copy the folder again.")
    if not _are_centres(card.get("centres", {})):
        raise InputError(
            f"{path}: its model card has an entry 'centres' that cannot be right: ten resolutions that rise are "
            "expected for each label; copy the folder again."
        )
    network = voxelclass.build(card["preset"])
    store.load_weights(network, path, card)
    return StoredVoxelClass(network, card, path)


def _are_centres(content: Any) -> bool:
    """Whether an entry of a card has ten resolutions that rise for each label that it names."""
    if not isinstance(content, dict):
        return False
    for centres in content.values():
        if not isinstance(centres, list) or len(centres) != CLASSES:
            return False
        if not all(type(centre) in (int, float) and math.isfinite(centre) for centre in centres):
            return False
        if centres[0] <= 0 or centres[-1] > _LARGEST or min(np.diff(centres)) <= 0:
            return False
    return True
