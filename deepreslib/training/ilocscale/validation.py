"""How well gains sharpen windows of unseen structures."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.training.ilocscale.examples import FAINTEST, LabelledWindows
from deepreslib.training.ilocscale.losses import LOG_GAINS

_LEAST = 1e-9


@dataclass(frozen=True, eq=False)
class Unseen:
    """Windows of unseen structures, and what gains that need no network do to them.

    Attributes:
        examples: the windows.
        one: (13,), logarithms of the one set of gains that is best for all windows in the mask.
    """

    examples: LabelledWindows
    one: FloatArray

    @cached_property
    def ends(self) -> dict[str, tuple[float, float]]:
        """For each loss and the correlation what the one set of gains reaches, and what fitted gains reach."""
        of_one, of_fitted = (
            self._measured(gains)
            for gains in (np.broadcast_to(self.one, self.examples.profiles.shape), fitted_gains(self.examples))
        )
        return {name: (value, of_fitted[name]) for name, value in of_one.items()}

    @cached_property
    def flat(self) -> FloatArray:
        """The correlation of each flat map with its model, (maps,)."""
        return correlations(self.examples, np.zeros_like(self.examples.profiles))

    def figures(self, log_gains: FloatArray) -> dict[str, float]:
        """How well gains do.

        Args:
            log_gains: float32 (n, 13).

        Returns:
            ``correlation``, the mean over maps of the correlation with the model at voxels in the mask, as if each had
            the gains of the window's centre nearby; ``gain`` and ``least``, the mean and the least of how much it is
            above the flat map's; ``window``, the mean over maps of the loss of whole windows, at the best scale
            of each map; and the shares of the way from one set of gains for all windows (0) to gains fitted to the
            model window by window (1) that both go, ``correlation_share`` and ``window_share``.
        """
        values = self._measured(log_gains)
        shares = {
            f"{name}_share": (values[name] - of_one) / (of_fitted - of_one)
            for name, (of_one, of_fitted) in self.ends.items()
            if of_fitted != of_one
        }
        above = correlations(self.examples, log_gains) - self.flat
        found = values | shares | {"gain": float(above.mean()), "least": float(above.min())}
        return {name: round(value, 4) for name, value in found.items()}

    def _measured(self, log_gains: FloatArray) -> dict[str, float]:
        return {
            "correlation": float(correlations(self.examples, log_gains).mean()),
            "window": float(window_losses(self.examples, log_gains).mean()),
        }


def best_single(examples: LabelledWindows) -> FloatArray:
    """Logarithms of the one set of gains that brings all windows in the mask nearest to their models, (13,)."""
    seen = examples.known * examples.inside[:, None]
    power, common = ((values * seen).sum(axis=0, dtype=float) for values in (examples.power, examples.common))
    return _logarithm(common, power)


def fitted_gains(examples: LabelledWindows) -> FloatArray:
    """Logarithms of the gains that bring each window nearest to its model, (n, 13)."""
    return _logarithm(examples.common, examples.power)


def correlations(examples: LabelledWindows, log_gains: FloatArray) -> FloatArray:
    """The correlation of each map with its model at the voxels in the mask around the centres of windows, (maps,).

    Args:
        examples: n windows.
        log_gains: float32 (n, 13), of each.
    """
    scaled, counts = _scaled(examples, log_gains), _counts(examples)
    found = []
    for number in np.unique(examples.maps):
        chosen = counts & (examples.maps == number)[:, None]
        found.append(np.corrcoef(scaled[chosen].astype(float), examples.density[chosen].astype(float))[0, 1])
    return np.array(found)


def window_losses(examples: LabelledWindows, log_gains: FloatArray) -> FloatArray:
    """How far the scaled windows in the mask of each map are from their models: (maps,).

    That is the mean of the squared difference of both, less the model's power and divided by it, at the map's best
    scale: -1 where all are the same but for a scale.

    Args:
        examples: n windows.
        log_gains: float32 (n, 13), of each; what is added to all of a map does not matter.
    """
    gains = np.exp(np.clip(log_gains, *LOG_GAINS))
    power, common = (
        np.sum(examples.known * values, axis=1)[examples.inside]
        for values in (gains * gains * examples.power, gains * examples.common)
    )
    _, numbers = np.unique(examples.maps[examples.inside], return_inverse=True)
    counts, powers, commons = (np.bincount(numbers, values) for values in (None, power, common))
    return -np.square(commons) / np.maximum(powers, _LEAST) / counts


def profile_figures(examples: LabelledWindows, predicted: FloatArray) -> dict[str, float]:
    """How near predicted profiles are to the model's.

    Args:
        examples: n windows.
        predicted: float32 (n, 13), logarithms.

    Returns:
        Over the windows in the mask and all shells: ``rms`` of the error, and ``bias``, the greatest magnitude of the
        mean error of a shell.
    """
    counts = examples.inside & (examples.strength >= FAINTEST)
    errors = (predicted - examples.target)[counts].astype(float)
    bias = np.abs(errors.mean(axis=0)).max()
    return {"rms": round(float(np.sqrt(np.square(errors).mean())), 4), "bias": round(float(bias), 4)}


def _scaled(examples: LabelledWindows, log_gains: FloatArray) -> FloatArray:
    """The scaled map at the voxels around the centres of windows, float32 (n, 15)."""
    gains = np.exp(np.clip(log_gains, *LOG_GAINS)).astype(np.float32)
    scaled: FloatArray = np.einsum("nvs,ns->nv", examples.filtered.astype(np.float32), gains)
    return scaled


def _counts(examples: LabelledWindows) -> BoolArray:
    return examples.within & examples.inside[:, None]


def _logarithm(common: FloatArray, power: FloatArray) -> FloatArray:
    ratio = np.maximum(common, _LEAST) / np.maximum(power, _LEAST)
    return np.clip(np.log(ratio), *LOG_GAINS).astype(np.float32)
