"""Trained DeepRes networks on disk: their cards, and how the network of each preset is applied to a map."""

import os
from dataclasses import dataclass
from functools import cached_property

from deepreslib.errors import InputError
from deepreslib.networks import running, store
from deepreslib.networks.calibration import Calibration
from deepreslib.networks.ranges import RANGES, STRIDE, ResolutionRange


@dataclass(frozen=True)
class WindowScheme:
    """How a DeepRes network is applied to a map, and what it predicts of a window.

    Attributes:
        stride: voxels from a window to the next along each axis. With more than 1, a voxel gets the weighted mean of
            the predictions around it; the weights are computed from deviations, which the network must then predict.
        whole_boxes: whether the network takes a box and predicts all its windows at once; otherwise it takes single
            windows of unit L2 norm.
        deviations: whether it predicts a deviation beside each resolution.
    """

    stride: int
    whole_boxes: bool
    deviations: bool


SCHEMES = {
    "published": WindowScheme(stride=1, whole_boxes=False, deviations=False),
    "compact": WindowScheme(stride=STRIDE, whole_boxes=True, deviations=True),
}
"""How the network of each preset is applied to a map."""


class StoredDeepRes(store.StoredModel):
    """A trained DeepRes network with its card."""

    @property
    def resolution_range(self) -> ResolutionRange:
        """The resolution range that the network was trained for."""
        return RANGES[self.card["range"]]

    @property
    def scheme(self) -> WindowScheme:
        """How the network is applied to a map."""
        return SCHEMES[self.preset]

    @cached_property
    def calibration(self) -> Calibration | None:
        """The calibration of the network's deviations; None if they are used as predicted."""
        return Calibration.from_card(self.card)


def load_deepres(path: str, range_name: str) -> StoredDeepRes:
    """A DeepRes network from a model folder or from a Keras ``.h5`` file of the published architecture.

    Args:
        path: the folder, or the file (Xmipp's ``model_w13.h5`` for the low range, ``model_w7.h5`` for the high one).
        range_name: ``low`` or ``high``; a folder's card must agree.

    Returns:
        The network with its card; for a ``.h5`` file the card has no more than name, preset, range and sha256.

    Raises:
        InputError: nothing usable there.
    """
    running.import_keras()
    from deepreslib.networks import deepres

    if os.path.isdir(path):
        card = store.check_card(path, "deepres", "DeepRes", deepres.PRESETS)
        if not isinstance(card.get("range"), str) or card["range"] not in RANGES:
            raise InputError(f"{path}: its model card does not say for which range it was trained; copy it again.")
        if card["range"] != range_name:
            raise InputError(f"{path}: trained for the {card['range']} range; choose --range {card['range']}.")
        try:
            Calibration.from_card(card)
        except (KeyError, TypeError) as error:
            raise InputError(f"{path}: its model card has a calibration of another version; train it again.") from error
        except ValueError as error:
            raise InputError(
                f"{path}: its model card has a calibration that cannot be right ({error}); copy the folder again."
            ) from error
        network = deepres.build(card["preset"], RANGES[range_name])
        store.load_weights(network, path, card)
        return StoredDeepRes(network, card, path)
    if not os.path.isfile(path):
        raise InputError(f"{path}: there is no such model; give a model folder or a Keras .h5 file.")
    network = deepres.build("published", RANGES[range_name])
    store.fill(
        network,
        path,
        "does not hold the weights of the published DeepRes network; "
        "give Xmipp's model_w13.h5 or model_w7.h5, or a model folder.",
    )
    card = {
        "name": os.path.basename(path),
        "network": "deepres",
        "preset": "published",
        "range": range_name,
        "sha256": store.sha256(path),
    }
    return StoredDeepRes(network, card, path)
