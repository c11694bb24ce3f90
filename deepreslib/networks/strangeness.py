"""How unlike the maps of its training a map is, from its summary: a layer of CryoRes' network.

The summaries of the training's maps are standardised and described by their principal components. A map is strange if
its summary lies far out along these, or if much of it lies beside them (the two parts of a Mahalanobis distance; as the
residual and the leverage of process monitoring: Jackson & Mudholkar 1979, *Control procedures for residuals associated
with principal component analysis*).
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks.tensors import Tensor, TensorShape

COMPONENTS = 40
"""Principal components that are kept."""

LIMIT = 8.0
"""Standardised numbers beyond this count as this, so that a single one does not decide."""

_LEAST_SPREAD = 0.02


@keras.saving.register_keras_serializable("deepres")
class Strangeness(layers.Layer):
    """The strangeness of map summaries; 1 is usual among the maps of the training. It is not trained but fitted."""

    def __init__(self, components: int = COMPONENTS, **options: Any) -> None:
        super().__init__(**options)
        self.components = components

    def build(self, summary_shape: TensorShape) -> None:
        """Adds what ``fit`` sets."""
        numbers = summary_shape[-1]

        def fitted(name: str, shape: tuple[Any, ...], start: str) -> Any:
            return self.add_weight(name=name, shape=shape, initializer=start, trainable=False)

        self.middle = fitted("middle", (numbers,), "zeros")
        self.scale = fitted("scale", (numbers,), "ones")
        self.basis = fitted("basis", (numbers, self.components), "zeros")
        self.spread = fitted("spread", (self.components,), "ones")
        self.rest = fitted("rest", (), "ones")
        self.usual = fitted("usual", (), "ones")

    def call(self, summary: Tensor) -> Tensor:
        """The strangeness (batch, 1) of map summaries (batch, numbers)."""
        standard = ops.clip((summary - self.middle) / self.scale, -LIMIT, LIMIT)
        along = ops.matmul(standard, self.basis)
        beside = standard - ops.matmul(along, ops.transpose(self.basis))
        far = ops.mean(ops.square(along / self.spread), axis=-1, keepdims=True)
        residual = ops.mean(ops.square(beside), axis=-1, keepdims=True) / ops.square(self.rest)
        return ops.sqrt((far + residual) / 2) / self.usual

    def fit(self, summaries: FloatArray) -> None:
        """Sets what is usual.

        Args:
            summaries: (maps, numbers), of the maps of the training.
        """
        middle, scale = summaries.mean(axis=0), np.maximum(summaries.std(axis=0), _LEAST_SPREAD)
        standard = np.clip((summaries - middle) / scale, -LIMIT, LIMIT)
        count = min(self.components, *standard.shape)
        _, _, rows = np.linalg.svd(standard, full_matrices=False)
        basis = np.zeros((len(middle), self.components))
        basis[:, :count] = rows[:count].T
        along = standard @ basis
        spread = np.maximum(along.std(axis=0), _LEAST_SPREAD)
        rest = max(float(np.sqrt(np.mean(np.square(standard - along @ basis.T)))), _LEAST_SPREAD)
        self.set_weights([middle, scale, basis, spread, np.array(rest), np.array(1.0)])
        found = ops.convert_to_numpy(self.call(ops.convert_to_tensor(summaries.astype(np.float32))))
        self.usual.assign(float(np.median(found)))

    def compute_output_shape(self, summary_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return summary_shape[0], 1

    def get_config(self) -> dict[str, Any]:
        """What Keras stores to make the layer again."""
        return super().get_config() | {"components": self.components}
