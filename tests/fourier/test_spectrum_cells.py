"""The local spectrum of cells against that of the whole map."""

import numpy as np
import pytest

from deepreslib.fourier import spectra
from deepreslib.fourier.spectrum_cells import SpectrumCells


@pytest.mark.parametrize("voxel_size", [0.9, 1.7, (4.0, 3.9, 4.1)])
def test_cells_are_parts_of_the_whole(voxel_size):
    data = np.random.default_rng(0).standard_normal((47, 60, 53)).astype(np.float32)
    data[10:20, 20:40, 30:45] *= 5
    whole = spectra.local_spectrum(data, voxel_size)
    cells = SpectrumCells(data, voxel_size)
    assert cells.places == whole.energy.shape[:3]
    middle = [count // 2 for count in cells.places]
    for z in (slice(0, middle[0]), slice(middle[0], cells.places[0])):
        for y in (slice(0, 3), slice(middle[1], cells.places[1])):
            found = cells.spectrum(z, y)
            np.testing.assert_allclose(found.energy, whole.energy[z, y], rtol=1e-3, atol=1e-5 * whole.energy.max())
            np.testing.assert_allclose(found.evenness, whole.evenness[z, y], atol=1e-3)


def test_smooth_cells_are_parts_of_the_whole():
    data = np.random.default_rng(0).standard_normal((31, 40, 37)).astype(np.float32)
    cells = SpectrumCells(data, 1.3)
    whole = spectra.smooth(data, (1.3,) * 3, cells.places, 5.0)
    np.testing.assert_allclose(cells.smooth(slice(3, 7), slice(8, 12), 5.0), whole[3:7, 8:12], atol=1e-5)


def test_cells_leave_out_the_voxels_that_do_not_count():
    data = np.random.default_rng(1).standard_normal((47, 60, 53)).astype(np.float32)
    valid = (slice(6, 40), slice(0, 51), slice(9, 53))
    whole = spectra.local_spectrum(data, 1.4, valid=valid)
    cells = SpectrumCells(data, 1.4, valid=valid)
    assert cells.places == whole.energy.shape[:3]
    found = cells.spectrum(slice(3, 9), slice(0, 7))
    np.testing.assert_allclose(found.energy, whole.energy[3:9, 0:7], rtol=1e-3, atol=1e-5 * whole.energy.max())
    smooth = spectra.smooth(data[valid], (1.4,) * 3, cells.places, 5.0)
    np.testing.assert_allclose(cells.smooth(slice(3, 7), slice(8, 12), 5.0), smooth[3:7, 8:12], atol=1e-5)
