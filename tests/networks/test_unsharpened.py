"""Inputs of CryoRes without what a B factor changes."""

import keras
import numpy as np
import pytest
from keras import ops

from deepreslib.fourier.spectra import BANDS
from deepreslib.networks import cryores
from deepreslib.networks import cryores_features as layout
from deepreslib.networks.cryores_features import FEATURES, FLOOR, SUMMARY, scaled, unscaled
from deepreslib.networks.unsharpened import Unsharpened
from deepreslib.training.cryores import augmentation


@pytest.fixture(scope="module")
def inputs():
    """Inputs of two maps: amplitudes around 0.1, the last bands of the second beyond Nyquist's frequency."""
    rng = np.random.default_rng(0)
    features = scaled(rng.uniform(-1.5, -0.5, (2, 3, 2, 2, FEATURES))).astype(np.float32)
    summary = scaled(rng.uniform(-1.5, -0.5, (2, SUMMARY))).astype(np.float32)
    for part, last in ((layout.SUMMARY_AMPLITUDES, 4), (layout.FEATURE_AMPLITUDES[0], 4)):
        array = summary if part is layout.SUMMARY_AMPLITUDES else features
        array[1, ..., part][..., -last:] = scaled(FLOOR)
    return features, summary


def seen(layer, features, summary):
    return [ops.convert_to_numpy(part) for part in layer(features, summary)]


@pytest.mark.parametrize("b_factor", [-60.0, 40.0, 120.0])
def test_a_b_factor_changes_nothing(inputs, b_factor):
    layer = Unsharpened()
    plain = seen(layer, *inputs)
    other = augmentation.apply_b_factors(*inputs, np.full(2, b_factor / 10))
    for before, after, changed in zip(plain, seen(layer, *other), other, strict=True):
        np.testing.assert_allclose(after, before, atol=2e-4)
        assert np.abs(changed - before).max() > 0.05


def test_the_molecule_is_level_and_the_unit_is_still_its_amplitude(inputs):
    _, summary = seen(Unsharpened(), *inputs)
    amplitudes = unscaled(summary[:, layout.SUMMARY_AMPLITUDES])
    fine = np.asarray(BANDS) > 1 / 15
    slope = np.polyfit(np.square(BANDS)[fine], amplitudes[0][fine], 1)[0]
    assert slope == pytest.approx(0, abs=1e-3)
    assert np.log10(np.sqrt(np.sum(10 ** (2 * amplitudes[0])))) == pytest.approx(
        np.log10(np.sqrt(np.sum(10 ** (2 * unscaled(inputs[1][0, layout.SUMMARY_AMPLITUDES]))))), abs=1e-3
    )


def test_what_is_no_amplitude_stays_and_so_does_the_floor(inputs):
    features, summary = seen(Unsharpened(), *inputs)
    others = np.ones(FEATURES, bool)
    for part in layout.FEATURE_AMPLITUDES:
        others[part] = False
    np.testing.assert_array_equal(features[..., others], inputs[0][..., others])
    np.testing.assert_array_equal(summary[:, -5:], inputs[1][:, -5:])
    np.testing.assert_array_equal(summary[1, layout.SUMMARY_AMPLITUDES][-4:], np.float32(scaled(FLOOR)))


def test_without_enough_bands_nothing_changes():
    features = np.full((1, 1, 1, 1, FEATURES), scaled(-1.0), np.float32)
    summary = np.full((1, SUMMARY), scaled(FLOOR), np.float32)
    summary[:, layout.SUMMARY_AMPLITUDES][:, 10:13] = scaled(np.array([0.0, -1.0, -2.0]))
    for before, after in zip((features, summary), seen(Unsharpened(), features, summary), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-5)


def test_the_layer_is_stored_with_the_network(tmp_path):
    network = cryores.build("compact")
    assert isinstance(network.get_layer("unsharpened"), Unsharpened)
    network.save(tmp_path / "network.keras")
    assert isinstance(keras.saving.load_model(tmp_path / "network.keras").get_layer("unsharpened"), Unsharpened)
