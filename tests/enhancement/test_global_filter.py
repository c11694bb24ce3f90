import numpy as np
import pytest

from deepreslib.enhancement import global_filter


def test_weights_of_the_fsc():
    assert global_filter.fsc_weights(np.array([1, 0.143, 0, -0.2])) == pytest.approx([1, 0.5, 0, 0], abs=1e-3)
