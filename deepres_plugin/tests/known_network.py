"""A CryoRes network whose answer is known, in a folder, for runs that are programs of their own."""

import math

import numpy as np

from deepreslib.networks import cryores, store

DENSITY = -4
"""Channel of the features that holds the density over its 99.5 % percentile."""

SURE = 20.0
"""Logit of the molecule for each unit of density above half of that percentile."""


def saveKnownNetwork(folder, resolution=6.0, deviation=0.2):
    """Write a network that gives every map one global resolution; locally it is 0.5 Å coarser.

    All weights are 0 but those that carry the density from the features to the mask, and the biases of the answers.

    Args:
        folder: made if missing.
        resolution: Å.
        deviation: Å, of the global resolution.

    Returns:
        The folder.
    """
    network = cryores.build("compact")
    for layer in network.layers:
        if layer.name.rpartition("_")[2].isdigit() and layer.get_weights():
            layer.set_weights([np.zeros_like(values) for values in layer.get_weights()])
    share = deviation / resolution
    for number in (1, 2):
        for name, unit in ((f"trunk1_{number}", DENSITY), (f"trunk2_{number}", 0), (f"mask_hidden_{number}", 0)):
            _set(network, name, kernel=(unit, 0, 1.0))
        _set(network, f"mask_{number}", kernel=(0, 0, SURE), bias=[-SURE / 2])
        baseline = [2 * math.log(resolution / 5), _beforeSoftplus(4 * (share - 2e-3))]
        _set(network, f"baseline_raw_{number}", bias=baseline)
        _set(network, f"local_raw_{number}", bias=[0.5, _beforeSoftplus(0.2)])
    store.save(network, folder, {"name": "known", "network": "cryores", "preset": "compact"})
    return folder


def _set(network, name, kernel=None, bias=None):
    """Sets one weight of a layer's kernel, as (input, output, value), and its bias."""
    layer = network.get_layer(name)
    values, *rest = layer.get_weights()
    if kernel:
        values[kernel[0], kernel[1]] = kernel[2]
    layer.set_weights([values, *([np.array(bias, np.float32)] if bias is not None else rest)])


def _beforeSoftplus(value):
    return math.log(math.expm1(value))
