"""What MonoRes and ResMap say of simulated maps, and where it is taken."""

import numpy as np

from deepreslib.errors import InputError
from deepreslib.estimation import monores
from deepreslib.estimation.result import Ends, LocalResolution
from deepreslib.maps import DensityMap
from deepreslib.training.voxelclass import labels


def test_labels_are_what_the_methods_say_of_the_mean(ball):
    found = labels.of_map(ball.mean, ball)
    expected = monores.estimate(DensityMap(ball.mean, (ball.voxel_size,) * 3), ball.mask, workers=1)
    assigned = (expected.resolution > 0) & (expected.resolution < labels.ASSIGNED["monores"] * expected.ends.high)
    assert assigned.any()
    np.testing.assert_array_equal(found[0], np.where(assigned, expected.resolution, 0))
    assert (found[:, ~ball.mask] == 0).all()


def test_what_a_method_does_not_assign_has_no_label(ball, known_methods):
    found = labels.of_map(ball.mean, ball)
    np.testing.assert_array_equal(found[1] > 0, ball.mask & (np.indices(ball.mask.shape)[0] < 20))


def test_a_map_that_a_method_refuses_has_no_labels_by_it(ball, known_methods, monkeypatch):
    def refusing(density_map, mask, workers):
        raise InputError("no noise around the molecule")

    monkeypatch.setitem(labels._METHODS, "resmap", refusing)
    found = labels.of_map(ball.mean, ball)
    assert (found[1] == 0).all()
    assert (found[0][ball.mask] > 0).all()


def test_a_view_is_judged_sharpened_and_filtered_but_not_masked(ball, scene, monkeypatch):
    seen = []

    def looking(density_map, mask, workers):
        seen.append(density_map.data)
        return LocalResolution(np.zeros(mask.shape, np.float32), ends=Ends(3.0, 18.0))

    monkeypatch.setattr(labels, "_METHODS", {"monores": looking, "resmap": looking})
    labels.of_view(ball, scene.settings["views"][1])
    np.testing.assert_allclose(seen[0], ball.mean, atol=1e-5)
    how = scene.settings["views"][0]["treatment"]
    finish = {**how["finish"], "b_factor": -100.0}
    labels.of_view(ball, {**scene.settings["views"][0], "treatment": {**how, "finish": finish}})
    labels.of_view(ball, {**scene.settings["views"][0], "afterwards": -100.0})
    assert seen[2].std() > 1.5 * seen[0].std()
    np.testing.assert_allclose(seen[4], seen[2], rtol=1e-3, atol=1e-3)


def test_places_get_the_label_of_their_voxel_within_what_the_view_can_show():
    values = np.zeros((2, 4, 4, 4), np.float32)
    values[:, 2, 1, 3] = 3.5, 3.5
    values[0, 0, 0, 0] = 7
    positions = np.array([[3.9, 2.1, 6.3], [0.4, 0, -0.9], [99, 0, 0], [2, 2, 2]])
    found = labels.at_positions(values, 2.0, positions, limit=3.0, shown_voxel_size=1.2)
    np.testing.assert_allclose(found, [[3.5, 3.5], [7, 0], [0, 0], [0, 0]])
    coarse = labels.at_positions(values, 2.0, positions[:1], limit=4.0, shown_voxel_size=2.0)
    np.testing.assert_allclose(coarse, [[4.0, 4.4]])
