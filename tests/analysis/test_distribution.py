"""Distributions of local resolutions, counted in bins."""

import numpy as np

from deepreslib.analysis.distribution import EDGES, Distribution


def test_a_distribution_counts_every_voxel_once():
    values = np.array([0.5, 3.0, 3.05, 3.11, 25.0])
    found = Distribution.of(values, 20, -50)
    assert found.voxels.sum() == len(values)
    assert found.voxels[0] == found.voxels[-1] == 1
    assert found.voxels[np.searchsorted(EDGES, 3.0)] == 2
    assert found.percentile == np.percentile(values, 20)
