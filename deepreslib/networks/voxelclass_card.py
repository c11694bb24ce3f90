"""Trained networks for the class of each voxel, on disk: their cards, and the bins of the classes."""

import os

import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray, IntArray
from deepreslib.networks import running, store

CUBE = 16
"""Edge of the cube that a published network takes, voxels."""

EDGES = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
"""Å, where one class ends and the next begins; a resolution of exactly so much belongs to the finer class."""

CLASSES = len(EDGES) + 1

LABELS = ("fsc", "monores", "resmap")
"""The methods whose classes a network may have learnt: local FSC, MonoRes, ResMap."""


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
        return self.preset.startswith("unet")


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
    network = voxelclass.build(card["preset"])
    store.load_weights(network, path, card)
    return StoredVoxelClass(network, card, path)
