"""The profiles of a window: those of the definition, in one unit, at the voxel that was asked for."""

import numpy as np
import pytest
from scipy import ndimage
from window_gains import FakeNetwork, molecule

from deepreslib.enhancement import ilocscale, window_profiles
from deepreslib.enhancement.profiles import FREQUENCY, SHELLS, Windows
from deepreslib.errors import InputError
from deepreslib.fourier.resampling import to_voxel_size
from deepreslib.maps import DensityMap, write_map

RESOLUTION = 3.5


EVEN = FakeNetwork(b_factor=60, by_window=0)
"""The same gains everywhere."""


@pytest.fixture
def scene():
    """A map with voxels of 1 Å, its mask, and the map after even gains."""
    density, ball = molecule(44, 12)
    noise = np.random.default_rng(0).standard_normal(density.shape).astype(np.float32)
    density_map = DensityMap(density + 0.1 * density[ball].std() * noise, (1.0,) * 3)
    return density_map, ball


def test_before_is_the_window_of_the_map_over_its_sd_in_the_mask(scene):
    density_map, ball = scene
    found = window_profiles.at_voxel(density_map, density_map, ball, RESOLUTION, (22, 20, 25), workers=1)
    data = density_map.data
    level = np.median(data[ndimage.distance_transform_edt(~ball) > 8])
    expected = Windows((data - level) / data[ball].std()).profiles(np.array([[22, 20, 25]]))[0]
    np.testing.assert_allclose(found.before[1:], expected[1:], rtol=1e-3)
    np.testing.assert_allclose(found.after, Windows(data).profiles(np.array([[22, 20, 25]]))[0], rtol=1e-3)
    assert found.voxel == (22, 20, 25)
    assert found.known.all()
    assert found.predicted is None


def test_even_gains_come_out_as_predicted(scene, monkeypatch):
    density_map, ball = scene
    monkeypatch.setattr(ilocscale, "load", lambda *_: EVEN)
    enhanced = ilocscale.enhance(density_map, ball, RESOLUTION, workers=1, keep_outside=True)
    after = density_map.like(enhanced.data)
    found = window_profiles.at_voxel(density_map, after, ball, RESOLUTION, (22, 22, 22), EVEN, workers=1)
    np.testing.assert_allclose(found.predicted, found.before * np.exp(15 * FREQUENCY**2), rtol=1e-4)
    np.testing.assert_allclose(found.after[1:], found.predicted[1:], rtol=0.15)  # shells of windows leak


def test_without_a_voxel_the_centre_of_the_mask_is_taken(scene):
    density_map, ball = scene
    found = window_profiles.at_voxel(density_map, density_map, ball, RESOLUTION, network=FakeNetwork(), workers=1)
    assert found.voxel == window_profiles.central_voxel(ball) == (22, 22, 22)
    ring = ball & (np.linalg.norm(np.indices(ball.shape) - 22, axis=0) > 6)
    assert ring[window_profiles.central_voxel(ring)]


def test_a_map_of_other_voxels_is_looked_at_at_the_same_place(scene):
    density_map, _ = scene
    smooth = ndimage.gaussian_filter(density_map.data, 1.2)
    data, (size, _, _) = to_voxel_size(smooth, 1.0, 1.6)
    coarse, place = DensityMap(data, (size,) * 3), (np.array([22, 20, 26]) / size).round().astype(int)
    inside = np.linalg.norm(np.indices(data.shape) * size - 22, axis=0) < 12
    found = window_profiles.at_voxel(coarse, coarse, inside, 4.0, place, workers=1)
    window = np.rint(place * size).astype(int)[None]
    expected = Windows(smooth).profiles(window)[0]
    np.testing.assert_allclose(found.after[1:7], expected[1:7], rtol=0.15)
    assert not found.known[-1]


def test_files_give_the_same_in_numbers(scene, tmp_path, monkeypatch):
    density_map, ball = scene
    for name, data in (("map", density_map.data), ("mask", ball)):
        write_map(tmp_path / f"{name}.mrc", density_map.like(data))
    monkeypatch.setattr(ilocscale, "load", lambda *given: FakeNetwork() if given == (None, "compact", "density") else 1)
    path, mask = str(tmp_path / "map.mrc"), str(tmp_path / "mask.mrc")
    network = (None, "compact", "density")
    found = window_profiles.from_files(path, path, mask, (1.0,) * 3, RESOLUTION, [22, 22, 22], network, 1)
    expected = window_profiles.at_voxel(density_map, density_map, ball, RESOLUTION, (22,) * 3, FakeNetwork(), 1)
    assert found == expected.as_dict()
    assert [len(found[name]) for name in ("known", "before", "after", "predicted")] == [SHELLS] * 4


def test_voxels_that_were_not_enhanced_are_refused(scene):
    density_map, ball = scene
    for voxel, words in (((2, 3, 4), "x 4, y 3, z 2 lies outside the mask"), ((0, 0, 99), "There is no voxel x 99")):
        with pytest.raises(InputError, match=words):
            window_profiles.at_voxel(density_map, density_map, ball, RESOLUTION, voxel, workers=1)
    with pytest.raises(InputError, match="mask is empty"):
        window_profiles.central_voxel(np.zeros((3, 3, 3), bool))
