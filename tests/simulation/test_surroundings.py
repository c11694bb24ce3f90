"""Solvent and belt: limits and geometry."""

import numpy as np
import pytest

from deepreslib.simulation.surroundings import Belt, Solvent


def test_solvent_takes_contrast_away_at_low_frequency_only():
    weights = Solvent(contrast=0.6, b_factor=90.0).weights(np.array([0.0, 0.1, 1.0], np.float32))
    np.testing.assert_allclose(weights, [0.4, 1 - 0.6 * np.exp(-90 * 0.01 / 4), 1.0], atol=1e-6)


@pytest.fixture(scope="module")
def rod():
    """A rod along z, 16 Å across and 80 Å long, in a box of 100 Å with voxels of 2 Å."""
    z, y, x = np.indices((50, 50, 50)) * 2.0 - 50
    return (np.hypot(y, x) < 8) & (abs(z) < 40)


def test_a_belt_rings_the_molecule_at_its_middle(rod):
    belt = Belt(axis=0, width=20.0, height=40.0, rim=7.0, heads=1.0, core=0.0, blur=1.0).density(rod, 2.0)
    assert belt.shape == rod.shape
    middle = belt[25]
    across = middle[25, 25:]
    assert across[0] < 0.05  # inside the molecule
    assert across[round(14 / 2)] < 0.2  # the belt's core
    assert across[round(24.5 / 2)] > 0.7  # its head groups: 8 Å and 13 to 20 Å from the axis
    assert across[round(36 / 2)] < 0.05  # solvent
    np.testing.assert_allclose(middle[25, 25 + 12], middle[25 + 12, 25], atol=0.05)
    assert abs(belt[[2, 3, 46, 47]]).max() < 0.05
    assert belt[25 - 8, 25, 25 + 6] > 0.3  # rims above and below the core
    assert belt[25 + 8, 25, 25 + 6] > 0.3


def test_another_axis_turns_the_belt(rod):
    belt = Belt(axis=2, width=20.0, height=30.0, heads=1.0, core=1.0, blur=1.0).density(rod, 2.0)
    assert belt[25 + 23, 25, 25] > 0.5  # beyond the rod's end, where the first belt was not
