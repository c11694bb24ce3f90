"""What the tests of networks share."""

import keras
import numpy as np
import pytest


@pytest.fixture
def quick_weights(monkeypatch):
    """New networks begin with weights that are drawn quickly: truncated normals of a hundred million take a minute."""

    def draw(self, shape, dtype=None):
        size = int(np.prod(shape))
        few = np.random.default_rng(size).standard_normal(min(size, 999_983), np.float32)
        few *= np.sqrt(2 * shape[-1] / size)
        return keras.ops.convert_to_tensor(np.resize(few, shape))

    monkeypatch.setattr(keras.initializers.VarianceScaling, "__call__", draw)
