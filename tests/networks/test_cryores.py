"""The CryoRes networks: contract, size, scale."""

import math

import keras
import numpy as np
import pytest

from deepreslib.fourier.spectra import BANDS
from deepreslib.networks import cryores, cryores_features


@pytest.fixture(scope="module")
def network():
    return cryores.build("compact")


def inputs(shape, batch=1):
    rng = np.random.default_rng(0)
    return {
        "features": rng.standard_normal((batch, *shape, cryores.FEATURES)).astype(np.float32),
        "summary": rng.standard_normal((batch, cryores.SUMMARY)).astype(np.float32),
    }


def test_outputs_keep_the_contract(network):
    outputs = network.predict(inputs((8, 12, 16), 2), verbose=0)
    assert outputs["baseline"].shape == (2, 2)
    assert outputs["level"].shape == (2, 1)
    assert outputs["local"].shape == (2, 8, 12, 16, 2)
    assert outputs["mask"].shape == (2, 8, 12, 16, 1)
    assert (outputs["baseline"][:, 1] > 0).all()
    assert (outputs["local"][..., 1] > 0).all()


def test_weights_fit_into_eight_megabytes(network):
    assert 4 * network.count_params() < 8e6


def test_places_are_looked_at_one_by_one(network):
    box = inputs((4, 6, 8))
    listed = box | {"features": box["features"].reshape(1, -1, 1, 1, cryores.FEATURES)}
    whole, places = network.predict(box, verbose=0), network.predict(listed, verbose=0)
    for name in ("local", "mask", "level"):
        np.testing.assert_allclose(places[name].ravel(), whole[name].ravel(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(places["baseline"], whole["baseline"])


def test_bands_are_told_in_units_of_the_noise():
    """Energies of 3 places: as strong as the noise, e² and e³ times as strong in 5 bands, and without end in all."""
    noise = np.linspace(-0.5, 0.8, len(BANDS)).astype(np.float32)
    summary = np.zeros((1, cryores.SUMMARY), np.float32)
    summary[0, cryores_features.SUMMARY_NOISE] = noise
    features = np.zeros((1, 3, 1, 1, cryores.FEATURES), np.float32)
    steps = [cryores_features.scaled(n / 2 / math.log(10)) - cryores_features.scaled(0) for n in (2, 3)]  # amplitudes
    for kind, step in zip(cryores_features.FEATURE_AMPLITUDES, steps, strict=True):
        features[0, :, 0, 0, kind] = noise
        features[0, 1, 0, 0, kind.start : kind.start + 5] += step
        features[0, 2, 0, 0, kind] += 10
    outputs = np.asarray(cryores.SignalToNoise()(features, summary))[0, :, 0, 0]
    for part, logarithm in zip(np.split(outputs, 2, axis=-1), (2.0, 3.0), strict=True):
        ratio, count = part[:, : len(BANDS)] * 4, (part[:, len(BANDS) :] + 1) * 4
        np.testing.assert_allclose(ratio[0], 0, atol=1e-5)
        np.testing.assert_allclose(ratio[1], [logarithm] * 5 + [0] * (len(BANDS) - 5), atol=1e-4)
        np.testing.assert_allclose(ratio[2], cryores.RATIO_LIMITS[1])
        for number, (middle, width) in enumerate(cryores.FALLS):
            above = np.clip((np.array([0.0, logarithm]) - middle) / width + 0.5, 0, 1)
            expected = [len(BANDS) * above[0], 5 * above[1] + (len(BANDS) - 5) * above[0], len(BANDS)]
            np.testing.assert_allclose(count[:, number], expected, atol=1e-3)


def test_local_resolutions_are_raised_by_a_number_of_their_map():
    local = np.arange(12, dtype=np.float32).reshape(2, 3, 1, 1, 2)
    outputs = np.asarray(cryores.Raised()(local, np.array([[0.5], [7.0]], np.float32)))
    np.testing.assert_allclose(outputs[..., 0, 0, 0], local[..., 0, 0, 0] + [[0.5], [7.0]])
    np.testing.assert_array_equal(outputs[..., 1], local[..., 1])


def test_members_say_together_the_mean_and_how_far_they_disagree():
    consensus = cryores.Consensus()
    outputs = np.asarray(consensus([np.array([[4.0, 0.3]], np.float32), np.array([[6.0, 0.4]], np.float32)]))
    np.testing.assert_allclose(outputs, [[5.0, np.sqrt((0.3**2 + 0.4**2) / 2 + 1.0)]], rtol=1e-6)
    consensus.factor.assign(0.5)
    halved = np.asarray(consensus([np.array([[5.0, 0.6]], np.float32)]))
    np.testing.assert_allclose(halved, [[5.0, 0.3]], rtol=1e-6)


def test_network_answers_what_its_members_do(network):
    members = cryores.member_outputs(network).values()
    assert len(members) == cryores.PRESETS["compact"]["config"]["members"]
    given = inputs((2, 3, 4))
    together = network.predict(given, verbose=0)
    for head in cryores.HEADS:
        answers = keras.Model(network.input, [member[head] for member in members]).predict(given, verbose=0)
        assert np.ptp(answers, axis=0).max() > 0  # they are not one and the same
        np.testing.assert_allclose(together[head][..., 0], np.mean(answers, axis=0)[..., 0], rtol=1e-4, atol=1e-5)
