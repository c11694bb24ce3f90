"""What a B factor changes, taken out of CryoRes' inputs: a layer of its network.

A B factor multiplies the amplitudes at frequency f by exp(-B f² / 4). It tells what someone did to a map, and nothing
of what its half maps have in common. In the features it adds a multiple of f² to the logarithms of the bands'
amplitudes (``training.cryores.augmentation`` does just that). So the slope of the molecule's logarithmic amplitudes
over f² is brought to 0: of two maps that differ by a B factor, the network then sees nearly the same.
"""

import keras
import numpy as np
from keras import layers, ops

from deepreslib.fourier.arrays import FloatArray
from deepreslib.fourier.spectra import BANDS, SHELLS
from deepreslib.networks import cryores_features as layout
from deepreslib.networks.cryores_features import FLOOR, scaled, unscaled
from deepreslib.networks.tensors import Tensor, TensorShape

COARSEST = 15.0
"""Å; the slope is that of finer bands, as coarser ones tell more of the molecule's shape."""

FAINT, CLEAR = FLOOR + 0.2, FLOOR + 0.8
"""log10 amplitudes between which the weight of a band in the slope rises from 0 to 1."""

LEAST_WEIGHT = 3.5
"""With less weight of bands in all there is no slope to speak of, and nothing is changed."""

_AT_FLOOR = FLOOR + 0.05
_UNKNOWN = -1e6
_LN10 = float(np.log(10))
_SQUARES = np.square(np.asarray(BANDS, np.float32))
_FINE = (np.asarray(BANDS) > 1 / COARSEST).astype(np.float32)


@keras.saving.register_keras_serializable("deepres")
class Unsharpened(layers.Layer):
    """The features and the map summary as if a B factor had made the molecule's spectrum level."""

    def call(self, features: Tensor, summary: Tensor) -> tuple[Tensor, Tensor]:
        """Both inputs with other amplitudes.

        Args:
            features: (batch, z, y, x, ``FEATURES``).
            summary: (batch, ``SUMMARY``), map summaries.

        Returns:
            (features, summary) of the same shapes.
        """
        molecule = unscaled(summary[:, layout.SUMMARY_AMPLITUDES])
        slope = _slope(molecule)
        known = ops.where(molecule > _AT_FLOOR, molecule, _UNKNOWN)
        sharpened = known - slope * ops.convert_to_tensor(_SQUARES)
        reference = _total(sharpened) - _total(known)  # amplitudes are in units of the molecule's
        changed = _moved(summary, slope, reference, _OF_SUMMARY)
        slope, reference = (ops.reshape(number, (-1, 1, 1, 1, 1)) for number in (slope, reference))
        return _moved(features, slope, reference, _OF_FEATURES), changed

    def compute_output_shape(
        self, features_shape: TensorShape, summary_shape: TensorShape
    ) -> tuple[TensorShape, TensorShape]:
        """The shapes of the outputs."""
        return features_shape, summary_shape


def _squares(count: int, parts: list[tuple[slice, FloatArray]]) -> FloatArray:
    """Squared frequencies, 1/Å², of those of some numbers (count,) that are amplitudes; NaN for the others."""
    squares = np.full(count, np.nan, np.float32)
    for part, frequencies in parts:
        size = len(squares[part])
        squares[part] = np.tile(np.square(frequencies), size // len(frequencies))
    return squares


_OF_FEATURES = _squares(layout.FEATURES, [(part, BANDS) for part in layout.FEATURE_AMPLITUDES])
_OF_SUMMARY = _squares(
    layout.SUMMARY,
    [
        (layout.SUMMARY_PERCENTILES, BANDS),
        (layout.SUMMARY_AMPLITUDES, BANDS),
        (layout.SUMMARY_RADIAL, SHELLS),
    ],
)


def _slope(molecule: Tensor) -> Tensor:
    """The slope (batch, 1) of log10 amplitudes (batch, bands) over the squared frequency, Å²."""
    weight = ops.clip((molecule - FAINT) / (CLEAR - FAINT), 0.0, 1.0) * ops.convert_to_tensor(_FINE)
    total = ops.sum(weight, axis=1, keepdims=True)
    enough = ops.maximum(total, LEAST_WEIGHT)
    squares = ops.convert_to_tensor(_SQUARES)
    square = squares - ops.sum(weight * squares, axis=1, keepdims=True) / enough
    spread = ops.sum(weight * ops.square(square), axis=1, keepdims=True)
    level = ops.sum(weight * molecule, axis=1, keepdims=True) / enough
    slope = ops.sum(weight * square * (molecule - level), axis=1, keepdims=True) / ops.maximum(spread, 1e-6)
    return ops.where(total > LEAST_WEIGHT, slope, ops.zeros_like(slope))


def _total(amplitudes: Tensor) -> Tensor:
    """log10 of the amplitude of all bands together (batch, 1), from those of each band (batch, bands)."""
    return ops.logsumexp(2 * _LN10 * amplitudes, axis=1, keepdims=True) / (2 * _LN10)


def _moved(values: Tensor, slope: Tensor, reference: Tensor, squares: FloatArray) -> Tensor:
    """Values of which those that are amplitudes were moved; amplitudes at the floor stay there."""
    amplitude = unscaled(values)
    moved = ops.maximum(amplitude - slope * ops.convert_to_tensor(np.nan_to_num(squares)) - reference, FLOOR)
    moves = ops.logical_and(amplitude > _AT_FLOOR, ops.convert_to_tensor(~np.isnan(squares)))
    return ops.where(moves, scaled(moved), values)
