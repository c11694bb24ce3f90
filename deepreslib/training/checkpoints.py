"""Checkpoints of Keras networks: the network with its weights, and its optimiser's variables, as files of a folder.

A program that trains several networks gives each a prefix, which is put before the names of its files.
"""

import os

import keras
import numpy as np
from keras import ops

from deepreslib.files import write_aside
from deepreslib.networks.tensors import KerasModel

NETWORK = "checkpoint.keras"
OPTIMISER = "optimiser.npz"


def save(network: KerasModel, folder: str, prefix: str = "") -> None:
    """Writes a compiled network and its optimiser, each under a temporary name that is then changed.

    Args:
        network: the Keras model.
        folder: of the checkpoint; it exists.
        prefix: of the files' names.
    """
    with write_aside(os.path.join(folder, prefix + NETWORK)) as temporary:
        network.save(temporary)
    variables = {f"{i:04d}": ops.convert_to_numpy(v) for i, v in enumerate(network.optimizer.variables)}
    with write_aside(os.path.join(folder, prefix + OPTIMISER)) as temporary:
        np.savez(temporary, **variables)


def load_network(folder: str, prefix: str = "") -> KerasModel | None:
    """The network of a checkpoint, not compiled; compile it, then call ``restore_optimiser``.

    Args:
        folder: of the checkpoint.
        prefix: of the files' names.

    Returns:
        The Keras model; None if there is no such checkpoint.
    """
    path = os.path.join(folder, prefix + NETWORK)
    return keras.models.load_model(path, compile=False) if os.path.exists(path) else None


def restore_optimiser(network: KerasModel, folder: str, prefix: str = "") -> None:
    """Puts the optimiser of a compiled network back into the state of the checkpoint.

    Args:
        network: the Keras model.
        folder: of the checkpoint.
        prefix: of the files' names.
    """
    network.optimizer.build(network.trainable_variables)
    with np.load(os.path.join(folder, prefix + OPTIMISER)) as values:
        for variable, key in zip(network.optimizer.variables, sorted(values.files), strict=True):
            variable.assign(values[key])
