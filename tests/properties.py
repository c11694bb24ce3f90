"""What property tests share: how many examples they try, and the shapes, voxel sizes, masks and values they draw."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

quick = settings(max_examples=40, deadline=None, derandomize=True, database=None)
"""Few examples, the same at every run, and nothing written to disk."""

thorough = settings(quick, max_examples=300)
"""For what is quick to try and goes wrong seldom."""


def shapes(least, most):
    """Shapes (z, y, x) with edges of ``least`` to ``most`` voxels."""
    return st.tuples(*[st.integers(least, most)] * 3)


def voxel_sizes(least, most):
    """Voxel sizes (z, y, x) in Å."""
    return st.tuples(*[st.floats(least, most)] * 3)


@st.composite
def masks(draw, least=1, most=12, empty=False):
    """Masks, bool (z, y, x), of voxels drawn at random, few or many; some are empty if ``empty`` is true."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    shape = draw(shapes(least, most))
    mask = rng.random(shape) < draw(st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]))
    if not empty:
        mask[tuple(rng.integers(shape))] = True
    return mask


def random_values(shape, seed=0):
    """Normal numbers, float32 of ``shape``."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
