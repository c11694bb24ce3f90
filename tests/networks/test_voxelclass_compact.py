"""Our network for the class of each voxel: classes in order, ratios as MonoRes takes them, CryoRes' trunk, folders."""

import os

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.fourier.spectra import BANDS
from deepreslib.networks import cryores, store, voxelclass
from deepreslib.networks.cryores_features import FEATURES, SUMMARY, SUMMARY_NOISE, scaled
from deepreslib.networks.voxelclass_card import CENTRES, load_voxel_classes
from deepreslib.networks.voxelclass_compact import FinerDetail, OrderedClasses, begin_with

CARD = {"name": "x", "network": "voxelclass", "preset": "compact", "labels": ["monores", "resmap"]}


@pytest.fixture(scope="module")
def network():
    return voxelclass.build("compact")


@pytest.fixture(scope="module")
def inputs():
    rng = np.random.default_rng(1)
    return {
        "features": rng.standard_normal((2, 2, 3, 2, FEATURES)).astype(np.float32),
        "summary": rng.standard_normal((2, SUMMARY)).astype(np.float32),
    }


def test_probabilities_follow_the_logits():
    layer = OrderedClasses()
    raw = np.array([-2.0, 0.0, 3.0, -1.0, 0.5, 0.0, 2.0, -4.0, 1.0], np.float32)
    logits = raw[0] + np.r_[0, np.cumsum(np.log1p(np.exp(raw[1:])))]
    for sharpness in (1.0, 0.5):
        found = np.asarray(layer(raw[None]))[0]
        ends = np.r_[0, 1 / (1 + np.exp(-sharpness * logits)), 1]
        np.testing.assert_allclose(found, np.diff(ends), atol=1e-6)
        layer.sharpness.assign(0.5)


def test_no_probability_is_negative_and_they_sum_to_one(network, inputs):
    found = network.predict_on_batch(inputs)
    assert set(found) == {"monores", "resmap"}
    for probabilities in found.values():
        assert probabilities.shape == (2, 2, 3, 2, 10)
        assert probabilities.min() >= 0
        np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-5)


def test_ratios_are_those_of_all_finer_bands():
    count = len(BANDS)
    place, noise = np.linspace(0, -2, count), np.linspace(-1.5, -2, count)  # log10 of amplitudes
    features, summary = np.zeros((1, 1, 1, 1, FEATURES), np.float32), np.zeros((1, SUMMARY), np.float32)
    features[..., cryores.FEATURE_AMPLITUDES[0]] = scaled(place)
    features[..., cryores.FEATURE_AMPLITUDES[1]] = scaled(noise)
    summary[:, SUMMARY_NOISE] = scaled(noise)
    found = np.asarray(FinerDetail()(features, summary))[0, 0, 0, 0]
    signal, rest = (np.cumsum(10 ** (2 * values[::-1]))[::-1] for values in (place, noise))
    np.testing.assert_allclose(found[:count], np.clip(np.log(signal / rest), -2, 7) / 4, atol=1e-4)
    np.testing.assert_allclose(found[count:], 0, atol=1e-4)


def test_the_trunk_begins_with_that_of_cryores(network, inputs):
    trained = cryores.build("compact")
    before = network.get_layer("monores_hidden").get_weights()[0].copy()
    begin_with(trained, network)
    for name in ("summary1_1", "summary2_1", "trunk_summary_1", "trunk1_1", "trunk2_1"):
        for one, other in zip(
            trained.get_layer(name).get_weights(), network.get_layer(name).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(network.get_layer("monores_hidden").get_weights()[0], before)
    with pytest.raises(ValueError, match="shape"):
        begin_with(trained, voxelclass.build("compact", trunk=[256, 128]))


def test_it_is_small_and_comes_back_from_its_folder(network, inputs, tmp_path):
    assert 4 * network.count_params() < 4e6
    store.save(network, tmp_path, {**CARD, "centres": {"monores": [n + 1.5 for n in range(10)]}})
    model = load_voxel_classes(str(tmp_path))
    assert not model.takes_cubes
    found, expected = model.run(inputs), network.predict_on_batch(inputs)
    for label in model.labels:
        np.testing.assert_allclose(found[label], expected[label], atol=1e-5)
    np.testing.assert_array_equal(model.centres("monores"), np.arange(10) + 1.5)
    np.testing.assert_array_equal(model.centres("resmap"), CENTRES)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"labels": ["monores"]}, "names other labels"),
        ({"centres": [1, 2]}, "ten resolutions that rise"),
        ({"centres": {"monores": [2.0] * 10}}, "ten resolutions that rise"),
        ({"centres": {"monores": list(range(10))}}, "ten resolutions that rise"),
        ({"centres": {"monores": [*range(1, 10), 1000.0]}}, "ten resolutions that rise"),
    ],
)
def test_cards_that_cannot_be_right_are_refused(entries, message, network, tmp_path):
    store.save(network, tmp_path, CARD | entries)
    with pytest.raises(InputError, match=message):
        load_voxel_classes(str(tmp_path))


def test_the_shipped_network_is_small_and_was_trained_by_its_recipe():
    folder = store.shipped_folder("voxelclass", "compact")
    assert os.path.getsize(os.path.join(folder, store.WEIGHTS_FILE)) < 4e6
    model = load_voxel_classes(folder)
    assert (model.labels, model.takes_cubes, model.card["recipe"]) == (("monores", "resmap"), False, "shipped")
    assert model.card["trunk"] == store.read_card(store.shipped_folder("cryores"))["sha256"]
    figures = model.card["metrics"]
    assert figures["exact_monores"] > 0.55
    assert figures["exact_resmap"] > 0.6
    assert max(figures["ece_monores"], figures["ece_resmap"]) < 0.1
    assert [row["maps"] for row in model.card["learning_curve"]] == [125, 250, 500, 1000]
