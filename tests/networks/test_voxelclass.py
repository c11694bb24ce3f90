"""Networks for the class of each voxel: weights as published, layer by layer; training steps; folders."""

import keras
import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.networks import store, voxelclass
from deepreslib.networks.voxelclass_card import class_numbers, load_voxel_classes

DOUBLED = {
    "down_0_1": 1_792,
    "down_0_2": 221_312,
    "down_1_1": 442_496,
    "down_1_2": 884_992,
    "down_2_1": 1_769_728,
    "down_2_2": 3_539_456,
    "down_3_1": 7_078_400,
    "down_3_2": 14_156_800,
    "root_1": 28_312_576,
    "root_2": 28_312_576,
    "up_3_0": 4_194_816,
    "up_3_1": 21_234_176,
    "up_3_2": 7_078_400,
    "up_2_0": 1_048_832,
    "up_2_1": 5_308_672,
    "up_2_2": 1_769_728,
    "up_1_0": 262_272,
    "up_1_1": 1_327_232,
    "up_1_2": 442_496,
    "up_0_0": 65_600,
    "up_0_1": 331_840,
    "up_0_2": 110_656,
    "classes": 650,
}


@pytest.fixture
def batch():
    """Two cubes and the class of each of their voxels, one of ten."""
    rng = np.random.default_rng(7)
    labels = np.eye(10, dtype=np.float32)[rng.integers(10, size=(2, 16, 16, 16))]
    return rng.random((2, 16, 16, 16, 1), np.float32), labels


def step(network, batch):
    network.compile(keras.optimizers.Adam(), keras.losses.CategoricalCrossentropy(), run_eagerly=True)
    return float(network.train_on_batch(*batch))


def test_the_unet_of_the_script_has_the_published_weights_and_trains_a_step(batch, quick_weights):
    network = voxelclass.build("unet")
    assert {layer.name: layer.count_params() for layer in network.layers if layer.count_params()} == DOUBLED
    assert network.count_params() == 127_895_498
    dropouts = [layer for layer in network.layers if layer.name.startswith("dropout")]
    assert [type(layer).__name__ for layer in dropouts] == ["SpatialDropout3D"] * 5
    assert {layer.rate for layer in dropouts} == {0.5}
    assert network.get_layer("root_2").output.shape[1:] == (1, 1, 1, 1024)
    before = network.get_layer("classes").get_weights()[0]
    assert np.isfinite(step(network, batch))
    assert not np.array_equal(network.get_layer("classes").get_weights()[0], before)


def test_the_unet_of_the_text_has_equal_filters_in_a_level(quick_weights):
    network = voxelclass.build("unet-text")
    assert network.count_params() == 90_293_258
    assert [network.get_layer(f"down_2_{number}").filters for number in (1, 2)] == [256, 256]


@pytest.mark.parametrize("preset", ["unet", "unet-text"])
def test_a_small_unet_learns_and_comes_back_from_its_folder(preset, batch, tmp_path, monkeypatch):
    monkeypatch.setitem(voxelclass.PRESETS[preset]["config"], "filters", [4, 8, 8, 16, 16])
    network = voxelclass.build(preset)
    network.compile(keras.optimizers.Adam(0.01), keras.losses.CategoricalCrossentropy(), run_eagerly=True)
    losses = [float(network.train_on_batch(*batch)) for _ in range(12)]
    assert losses[-1] < losses[0]
    card = {"name": "x", "network": "voxelclass", "preset": preset, "labels": ["monores"]}
    store.save(network, tmp_path, card)
    model = load_voxel_classes(str(tmp_path))
    assert model.labels == ("monores",)
    assert model.takes_cubes
    found = np.asarray(model.run(batch[0]))
    np.testing.assert_allclose(found, network.predict_on_batch(batch[0]), atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("labels", [None, [], "fsc", ["fsc", "blocres"], [3], {}])
def test_cards_without_labels_are_refused(labels, tmp_path):
    network = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    card = {"name": "x", "network": "voxelclass", "preset": "unet", "labels": labels}
    store.save(network, tmp_path, card)
    with pytest.raises(InputError, match="of which methods"):
        load_voxel_classes(str(tmp_path))


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such model"):
        load_voxel_classes(str(tmp_path / "none"))
    with pytest.raises(InputError, match="is not of a voxel class network"):
        load_voxel_classes(store.shipped_folder("deepres", "low"))


def test_bins_are_closed_on_the_right():
    resolution = np.array([0.5, 2.0, 2.001, 3.0, 3.1, 9.0, 10.0, 10.001, 50.0])
    np.testing.assert_array_equal(class_numbers(resolution), [0, 0, 1, 1, 2, 7, 8, 9, 9])
