"""Trained networks on disk: a model folder holds ``model.weights.h5`` and ``card.json``, the model card.

The card says what the network is (network, preset, configuration), what it was trained on, by which command, when, and
how well it does. It also has the sha256 of the weights, which is checked on loading, and the number of its own format.
This module serves every network; what the card of one network holds beyond that is read by its ``NAME_card.py``.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from deepreslib.errors import InputError
from deepreslib.files import PathLike, write_aside, write_json
from deepreslib.networks import running
from deepreslib.networks.tensors import KerasModel

WEIGHTS_FILE = "model.weights.h5"
CARD_FILE = "card.json"
SHIPPED = os.path.join(os.path.dirname(__file__), "weights")

FORMAT = 2
"""The number of the card format that this version writes. A card without a number is of format 1, which older versions
wrote: DeepRes networks of format 1 are read, CryoRes networks are not, as their inputs were others."""

Card: TypeAlias = dict[str, Any]
"""The content of a model card."""


@dataclass(frozen=True, eq=False)
class StoredModel:
    """A trained network with its card.

    Attributes:
        network: the Keras model.
        card: the content of its model card.
        folder: where it was loaded from: a model folder, or a file of weights.
    """

    network: KerasModel
    card: Card
    folder: str

    @property
    def name(self) -> str:
        """The name that reports show."""
        return self.card["name"]

    @property
    def path(self) -> str:
        """Where it was loaded from, for reports."""
        return self.folder

    @property
    def sha256(self) -> str:
        """The sha256 of the weights, hexadecimal."""
        return self.card["sha256"]

    @property
    def preset(self) -> str:
        """The name of the network's preset, such as ``compact``."""
        return self.card["preset"]

    @cached_property
    def run(self) -> running.Run:
        """The function that runs the network on inputs of any size."""
        return running.any_size(self.network)

    def describe(self) -> dict[str, str]:
        """What reports say about it: ``name``, ``path`` and ``sha256``."""
        return {"name": self.name, "path": self.path, "sha256": self.sha256}


def sha256(path: PathLike) -> str:
    """The sha256 of a file, hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def shipped_folder(*names: str) -> str:
    """The model folder that comes with the package, e.g. of ``deepres``, ``low``, or of ``cryores``."""
    return os.path.join(SHIPPED, "-".join(names))


def save(network: KerasModel, folder: PathLike, card: Card) -> None:
    """Writes a model folder.

    Args:
        network: the Keras model.
        folder: made if it is not there.
        card: the content of the card; the format's number and the weights' sha256 are added.
    """
    os.makedirs(folder, exist_ok=True)
    weights = os.path.join(folder, WEIGHTS_FILE)
    with write_aside(weights) as temporary, tempfile.TemporaryDirectory() as aside:
        loose = os.path.join(aside, WEIGHTS_FILE)
        network.save_weights(loose)
        _pack(loose, temporary)
    write_json(os.path.join(folder, CARD_FILE), {"format": FORMAT} | card | {"sha256": sha256(weights)})


def _pack(loose: str, packed: PathLike) -> None:
    """Writes a file of weights anew in HDF5's newest format, whose groups take a tenth of the room.

    Keras writes the oldest format, which of a network of a few thousand weights makes a file three times their size.
    """
    import h5py

    with h5py.File(loose) as source, h5py.File(packed, "w", libver="latest") as target:

        def copied(name: str, content: Any) -> None:
            found = target.create_group(name) if isinstance(content, h5py.Group) else None
            if found is None:
                found = target.create_dataset(name, data=content[()])
            found.attrs.update(content.attrs)

        target.attrs.update(source.attrs)
        source.visititems(copied)


def read_card(folder: PathLike) -> Card:
    """The model card of a folder.

    Args:
        folder: a model folder.

    Returns:
        The content of the card.

    Raises:
        InputError: the card is missing, unreadable, or of a newer format.
    """
    path = os.path.join(folder, CARD_FILE)
    try:
        with open(path, encoding="utf-8") as stream:
            card = json.load(stream)
        if not isinstance(card, dict):
            raise ValueError("not a JSON object")
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: no readable model card; give a folder written by 'deepres train'.") from error
    number = card.get("format", 1)
    if type(number) is not int or number < 1:
        raise InputError(
            f"{path}: its format is {json.dumps(number)[:40]}, which is no whole number; copy the folder again."
        )
    if number > FORMAT:
        raise InputError(
            f"{path}: a model card of format {number}, and this version of deepres reads format {FORMAT} at most; "
            "update deepres."
        )
    return card


def check_card(folder: PathLike, network: str, title: str, presets: Container[str]) -> Card:
    """The card of a folder that must hold a certain network.

    Args:
        folder: a model folder.
        network: the value that the card must have under ``network``.
        title: the network's name in messages.
        presets: names of the network's presets, of which the card must have one.

    Returns:
        The content of the card.

    Raises:
        InputError: the card cannot be read, or is of another network.
    """
    card = read_card(folder)
    if card.get("network") != network:
        raise InputError(f"{folder}: its model card is not of a {title} network; give another model folder.")
    for key in ("name", "preset", "sha256"):
        if not isinstance(card.get(key), str) or not card[key]:
            raise InputError(f"{folder}: its model card has no {key} that is a text; copy the folder again.")
    if card["preset"] not in presets:
        raise InputError(
            f"{folder}: its model card is of a {title} network of a preset that this version does not have; "
            "give another model folder."
        )
    return card


def load_weights(network: KerasModel, folder: PathLike, card: Card) -> None:
    """Fills a network with the weights of a folder, after comparing their checksum with the card's.

    Args:
        network: the Keras model.
        folder: a model folder.
        card: the content of its card.

    Raises:
        InputError: the weights are missing, damaged, or of another network.
    """
    weights = os.path.join(folder, WEIGHTS_FILE)
    try:
        found = sha256(weights) if os.path.isfile(weights) else None
    except OSError as error:
        raise InputError(f"{weights} cannot be read ({error.strerror or error}); check the file.") from error
    if found != card["sha256"]:
        raise InputError(f"{weights}: missing, or not the weights that its card describes; copy the folder again.")
    fill(network, weights, "of a network of another version, or damaged; copy the folder again, or train it again.")


def fill(network: KerasModel, path: PathLike, fault: str) -> None:
    """Fills a network with the weights of a file.

    Args:
        network: the Keras model.
        path: a file of weights that Keras can read.
        fault: what is wrong with a file whose weights cannot be read, and the mend.

    Raises:
        InputError: the weights cannot be read, or are not all finite numbers.
    """
    try:
        network.load_weights(path)
    except Exception as error:  # whatever Keras, h5py and zipfile raise for bytes that are something else
        raise InputError(f"{path}: {fault}") from error
    import numpy as np

    for layer in network.layers:
        for values in layer.get_weights():
            if not np.isfinite(values).all():
                raise InputError(
                    f"{path}: the weights of its layer {layer.name} are not all finite numbers; "
                    "copy the file again, or train the network again."
                )


def transfer_weights(source: KerasModel, target: KerasModel) -> None:
    """Gives the layers of a network the weights of another network's layers of the same names.

    Args:
        source: the network that has the weights; it may have more layers than the target.
        target: the network that gets the weights.
    """
    for layer in target.layers:
        if not layer.weights:
            continue
        layer.set_weights(source.get_layer(layer.name).get_weights())
        if hasattr(layer, "finalize_state"):  # Normalization computes with values derived from its weights
            layer.finalize_state()
