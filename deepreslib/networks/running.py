"""How trained networks are run: Keras without what is not used, inputs of any size in one go, and where it happens."""

import importlib
import platform
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from deepreslib.networks.tensors import KerasModel

Run: TypeAlias = Callable[[Any], Any]
"""Takes a network's inputs, an array or a dict of arrays, and gives its outputs, arrays or what NumPy makes arrays
of."""

_UNUSED = ("IPython", "matplotlib")
"""Packages that Keras imports where they are installed, for functions that are not called here; it does without."""


def import_keras() -> None:
    """Imports Keras, without packages of which it uses nothing here: that saves half a second.

    In IPython, where they are there already and somebody may use all of Keras, it is imported as usual.
    """
    if "keras" in sys.modules or "IPython" in sys.modules:
        return
    hidden = [name for name in _UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: "import" says that there is no such one
    try:
        import keras  # noqa: F401
    finally:
        for name in hidden:
            del sys.modules[name]


def any_size(network: KerasModel) -> Run:
    """A function that runs a network on inputs of any size.

    TensorFlow traces a network for each new shape of its inputs, a second each time, in which little is computed. Here
    it is traced once, for all sizes that the network's inputs leave open.

    Args:
        network: the Keras model, or any object that has its ``predict_on_batch``.

    Returns:
        The function; it gives what ``predict_on_batch`` would give.
    """
    if not hasattr(network, "inputs") or _backend() != "tensorflow":
        return network.predict_on_batch

    import keras
    import tensorflow as tf
    from keras import tree

    symbols = network.inputs[0] if isinstance(network, keras.Sequential) else network.input
    signature = tree.map_structure(lambda symbol: tf.TensorSpec(symbol.shape, symbol.dtype), symbols)
    traced = tf.function(lambda inputs: network(inputs, training=False), input_signature=[signature], autograph=False)

    def run(inputs: Any) -> Any:
        given = tree.map_structure(lambda values, spec: tf.convert_to_tensor(values, spec.dtype), inputs, signature)
        return tree.map_structure(np.asarray, traced(given))

    return run


def device(network: KerasModel) -> dict[str, str]:
    """Where a network runs.

    Args:
        network: the Keras model, whose weights lie where it runs.

    Returns:
        dict: ``kind`` (``cpu`` or ``gpu``) and ``name`` (of the processor or the graphics card).
    """
    weights = getattr(network, "weights", None)
    find = {"tensorflow": _of_tensorflow, "torch": _of_torch, "jax": _of_jax}.get(_backend()) if weights else None
    card = find(weights[0].value) if find and weights else None
    return {"kind": "cpu", "name": _processor()} if card is None else {"kind": "gpu", "name": card}


def _backend() -> str:
    """The name of the Keras backend."""
    import_keras()
    import keras

    return keras.backend.backend()


def _of_tensorflow(value: Any) -> str | None:
    """The name of the GPU on which a tensor lies, or None."""
    import tensorflow as tf

    place = tf.DeviceSpec.from_string(value.device)
    if place.device_type != "GPU":
        return None
    details = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[place.device_index or 0])
    return str(details.get("device_name", "GPU"))


def _of_torch(value: Any) -> str | None:
    if value.device.type == "cuda":
        return str(importlib.import_module("torch").cuda.get_device_name(value.device))
    return None if value.device.type == "cpu" else str(value.device.type)


def _of_jax(value: Any) -> str | None:
    place = next(iter(value.devices()))
    return None if place.platform == "cpu" else str(place.device_kind)


def _processor() -> str:
    """The processor's name, such as "AMD EPYC 7543"; the machine's architecture where the system does not tell."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            names = [line.partition(":")[2].strip() for line in stream if line.startswith("model name")]
    except OSError:
        names = []
    return next(filter(None, [*names[:1], platform.processor(), platform.machine()]), "unknown")
