"""How trained networks are run: by Keras without what is not used, on inputs of any size."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeAlias

from deepreslib.networks.quiet import quiet
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
    if "keras" in sys.modules:
        return
    hidden = [] if "IPython" in sys.modules else [name for name in _UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: "import" says that there is no such one
    try:
        with quiet():
            import keras  # noqa: F401
    finally:
        for name in hidden:
            del sys.modules[name]


def backend() -> str:
    """The name of the Keras backend, such as ``tensorflow``; imports Keras if nothing has done so yet."""
    import_keras()
    import keras

    return keras.backend.backend()


def any_size(network: KerasModel) -> Run:
    """A function that runs a network on inputs of any size.

    TensorFlow traces a network for each new shape of its inputs, a second each time, in which little is computed. Here
    it is traced once, for all sizes that the network's inputs leave open.

    Args:
        network: the Keras model, or any object that has its ``predict_on_batch``.

    Returns:
        The function; it gives what ``predict_on_batch`` would give, and raises MemoryError where memory runs out.
    """
    if not hasattr(network, "inputs") or backend() != "tensorflow":
        return network.predict_on_batch

    import keras
    import numpy as np
    import tensorflow as tf
    from keras import tree

    symbols = network.inputs[0] if isinstance(network, keras.Sequential) else network.input
    signature = tree.map_structure(lambda symbol: tf.TensorSpec(symbol.shape, symbol.dtype), symbols)
    traced = tf.function(lambda inputs: network(inputs, training=False), input_signature=[signature], autograph=False)

    first = iter([quiet()])

    def run(inputs: Any) -> Any:
        given = tree.map_structure(lambda values, spec: tf.convert_to_tensor(values, spec.dtype), inputs, signature)
        try:
            with next(first, nullcontext()):
                found = traced(given)
            return tree.map_structure(np.asarray, found)
        except tf.errors.ResourceExhaustedError as error:
            raise MemoryError("the network needs more memory than there is") from error

    return run
