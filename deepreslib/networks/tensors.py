"""Type names for the objects of Keras, which has no type hints; importing this module does not import Keras."""

from typing import Any, TypeAlias

Tensor: TypeAlias = Any
"""A tensor of the Keras backend, symbolic or with values; docstrings give its shape."""

TensorShape: TypeAlias = tuple[int | None, ...]
"""A tensor's shape; None along axes of any length."""

KerasModel: TypeAlias = Any
"""A ``keras.Model``: a network with its weights."""

KerasLayer: TypeAlias = Any
"""A ``keras.layers.Layer``."""
