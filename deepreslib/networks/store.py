"""Models on disk: a folder with ``model.weights.h5`` and ``card.json``, the model card.

The card says what the network is (network, preset, range, configuration), what it was trained on, by which command,
when, how well it does, and the sha256 of the weights, which is checked on loading.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any

from deepreslib.errors import InputError
from deepreslib.files import write_aside, write_json
from deepreslib.networks.calibration import Calibration
from deepreslib.networks.ranges import RANGES, ResolutionRange

WEIGHTS_FILE = "model.weights.h5"
CARD_FILE = "card.json"
SHIPPED = os.path.join(os.path.dirname(__file__), "weights")


@dataclass(frozen=True)
class StoredModel:
    """A loaded model.

    Attributes:
        network: the Keras model.
        preset: ``compact`` or ``published``.
        resolution_range: what it was trained for; None for CryoRes, which has one range.
        name, path, sha256: for reports.
        calibration: of the deviations of a DeepRes network; None leaves them as they are.
    """

    network: Any
    preset: str
    resolution_range: ResolutionRange | None
    name: str
    path: str
    sha256: str
    calibration: Calibration | None = None


def backend() -> str:
    """The name of the Keras backend, such as ``tensorflow``; imports Keras if nothing has done so yet."""
    import keras

    return keras.backend.backend()


def sha256(path):
    """The sha256 of a file, hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def shipped_folder(*names):
    """The folder of the weights that come with the package, e.g. of ``deepres``, ``low``, or of ``cryores``."""
    return os.path.join(SHIPPED, "-".join(names))


def save(network, folder, card):
    """Writes a model folder; ``card`` gets the weights' sha256."""
    os.makedirs(folder, exist_ok=True)
    weights = os.path.join(folder, WEIGHTS_FILE)
    with write_aside(weights) as temporary:
        network.save_weights(temporary)
    write_json(os.path.join(folder, CARD_FILE), card | {"sha256": sha256(weights)})


def read_card(folder):
    """The model card of a folder.

    Raises:
        InputError: it is missing or unreadable.
    """
    path = os.path.join(folder, CARD_FILE)
    try:
        with open(path) as stream:
            return json.load(stream)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no readable model card; give a folder written by 'deepres train'.") from error


def load_deepres(path, range_name):
    """A DeepRes model from a model folder or from a Keras ``.h5`` file of the published architecture.

    Args:
        path: the folder, or the file (Xmipp's ``model_w13.h5`` for the low range, ``model_w7.h5`` for the high one).
        range_name: ``low`` or ``high``; a folder's card must agree.

    Raises:
        InputError: nothing usable there.
    """
    from deepreslib.networks import deepres

    resolution_range = RANGES[range_name]
    if os.path.isdir(path):
        card = _checked_card(path, "deepres", "DeepRes", deepres.PRESETS)
        if card["range"] != range_name:
            raise InputError(f"{path}: trained for the {card['range']} range; choose --range {card['range']}.")
        network = deepres.build(card["preset"], resolution_range)
        _load_weights(network, path, card)
        return StoredModel(
            network,
            card["preset"],
            resolution_range,
            card["name"],
            path,
            card["sha256"],
            _calibration(path, card),
        )
    if not os.path.isfile(path):
        raise InputError(f"{path}: there is no such model; give a model folder or a Keras .h5 file.")
    network = deepres.build("published", resolution_range)
    try:
        network.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        raise InputError(
            f"{path}: does not hold the weights of the published DeepRes network; "
            "give Xmipp's model_w13.h5 or model_w7.h5, or a model folder."
        ) from error
    return StoredModel(network, "published", resolution_range, os.path.basename(path), path, sha256(path))


def load_cryores(path):
    """A CryoRes model from a model folder.

    Raises:
        InputError: nothing usable there.
    """
    from deepreslib.networks import cryores

    if not os.path.isdir(path):
        raise InputError(f"{path}: there is no such model; give a folder written by 'deepres train cryores'.")
    card = _checked_card(path, "cryores", "CryoRes", cryores.PRESETS)
    network = cryores.build(card["preset"])
    _load_weights(network, path, card)
    return StoredModel(network, card["preset"], None, card["name"], path, card["sha256"])


def _checked_card(path, network, title, presets):
    card = read_card(path)
    if card.get("network") != network or card.get("preset") not in presets:
        raise InputError(f"{path}: its model card is not of a {title} network; give another model folder.")
    return card


def _calibration(path, card):
    try:
        return Calibration.from_card(card)
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: its model card has a calibration of another version; train it again.") from error


def _load_weights(network, path, card):
    """Fills a network with the weights of a folder, after comparing their checksum with the card's."""
    weights = os.path.join(path, WEIGHTS_FILE)
    if not os.path.isfile(weights) or sha256(weights) != card["sha256"]:
        raise InputError(f"{weights}: missing, or not the weights that its card describes; copy the folder again.")
    try:
        network.load_weights(weights)
    except ValueError as error:
        raise InputError(f"{weights}: of a network of another version; train it again.") from error
