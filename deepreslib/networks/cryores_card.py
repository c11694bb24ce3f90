"""Trained CryoRes networks on disk."""

import os

from deepreslib.errors import InputError
from deepreslib.networks import running, store


def load_cryores(path: str) -> store.StoredModel:
    """A CryoRes network from a model folder.

    Args:
        path: the folder.

    Returns:
        The network with its card.

    Raises:
        InputError: nothing usable there.
    """
    running.import_keras()
    from deepreslib.networks import cryores

    if not os.path.isdir(path):
        raise InputError(f"{path}: there is no such model; give a folder written by 'deepres train cryores'.")
    card = store.check_card(path, "cryores", "CryoRes", cryores.PRESETS)
    network = cryores.build(card["preset"])
    store.load_weights(network, path, card)
    return store.StoredModel(network, card, path)
