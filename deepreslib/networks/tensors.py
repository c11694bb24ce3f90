"""Names for what Keras, which is not typed, gives and takes; importing them does not import Keras."""

from typing import Any, TypeAlias

Tensor: TypeAlias = Any
"""A tensor of the Keras backend, symbolic or with values; docstrings give its shape."""

TensorShape: TypeAlias = tuple[int | None, ...]
"""A tensor's shape; None along axes of any length."""

KerasModel: TypeAlias = Any
"""A ``keras.Model``: a network with its weights."""

KerasLayer: TypeAlias = Any
"""A ``keras.layers.Layer``."""
