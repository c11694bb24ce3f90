"""What the signal-to-noise ratio allows."""

import numpy as np
import pytest

from deepreslib.enhancement.snr import global_resolution
from deepreslib.errors import InputError
from deepreslib.maps import DensityMap


def test_half_maps_without_a_common_signal_are_refused():
    rng = np.random.default_rng(3)
    halves = [DensityMap(rng.standard_normal((32,) * 3).astype(np.float32), (1.0,) * 3) for _ in range(2)]
    with pytest.raises(InputError, match="nothing in common"):
        global_resolution(halves, np.ones((32,) * 3, bool))
