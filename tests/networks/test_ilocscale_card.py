"""Networks for local sharpening on disk, and the gains that follow from their outputs."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from deepreslib.enhancement import profiles
from deepreslib.errors import InputError
from deepreslib.networks import ilocscale, ilocscale_card, store
from deepreslib.networks.ilocscale_card import SHELLS, load_gains

RNG = np.random.default_rng(0)
PROFILES = RNG.normal(-2, 1, (20, SHELLS)).astype(np.float32)
USUAL = np.stack([PROFILES.mean(axis=0), PROFILES.std(axis=0)])
EVERYTHING = np.ones(SHELLS, bool)
INPUTS = {"profile": PROFILES, "known": np.ones_like(PROFILES)} | {
    name: np.tile(values, (len(PROFILES), 1)) for name, values in zip(("usual", "spread"), USUAL, strict=True)
}
NAMES = ("density", "contrast", "published")
WIDE = [[-50.0] * SHELLS, [50.0] * SHELLS]


def write(folder, preset="compact", aim="density", **changes):
    """A model folder of a network of chance."""
    keras.utils.set_random_seed(1)
    network = ilocscale.build(preset)
    card = {"name": "x", "network": "ilocscale", "preset": preset, "aim": aim, "gains": WIDE} | changes
    store.save(network, folder, card)
    return network


def test_the_shells_are_those_of_profiles():
    assert profiles.SHELLS == SHELLS
    np.testing.assert_allclose(ilocscale_card.FREQUENCIES, profiles.FREQUENCY, atol=1e-7)


def test_the_output_for_density_is_the_gains(tmp_path):
    network = write(tmp_path)
    model = load_gains(str(tmp_path))
    assert (model.standard, model.aim, model.preset) == ("flat", "density", "compact")
    expected = network.predict_on_batch(INPUTS)
    found = model.log_gains(PROFILES, USUAL, EVERYTHING)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.asarray(expected), atol=1e-5)
    assert model.log_gains(PROFILES[:0], USUAL, EVERYTHING).shape == (0, SHELLS)


def test_the_output_for_contrast_is_a_profile(tmp_path):
    network = write(tmp_path, aim="contrast")
    expected = network.predict_on_batch(INPUTS)
    found = load_gains(str(tmp_path), aim="contrast").log_gains(PROFILES, USUAL, EVERYTHING)
    np.testing.assert_allclose(found + PROFILES, np.asarray(expected), atol=1e-5)


def test_many_windows_are_taken_some_at_a_time(tmp_path, monkeypatch):
    write(tmp_path)
    model = load_gains(str(tmp_path))
    together = model.log_gains(PROFILES, USUAL, EVERYTHING)
    monkeypatch.setattr(ilocscale_card, "AT_ONCE", 3)
    np.testing.assert_allclose(model.log_gains(PROFILES, USUAL, EVERYTHING), together, atol=1e-5)


def test_gains_are_limited_shell_by_shell(tmp_path):
    limits = [[-0.1 * shell for shell in range(SHELLS)], [0.0] * SHELLS]
    write(tmp_path, aim="contrast", gains=limits)
    found = load_gains(str(tmp_path), aim="contrast").log_gains(PROFILES, USUAL, EVERYTHING)
    assert (found >= np.float32(limits[0])).all()
    assert (found <= 0).all()
    assert (found.min(axis=0) == np.float32(limits[0])).any()


@pytest.mark.parametrize(
    ("preset", "aim"), [("compact", "density"), ("compact", "contrast"), ("published", "contrast")]
)
def test_unknown_shells_get_no_more_than_the_last_known_one(preset, aim, tmp_path):
    write(tmp_path, preset, aim)
    known = np.arange(SHELLS) < 8
    model = load_gains(str(tmp_path), preset, aim)
    found = model.log_gains(PROFILES, USUAL, known)
    assert (found[:, 8:] <= found[:, 7:8]).all()
    other = PROFILES.copy()
    other[:, 8:] = -20
    np.testing.assert_array_equal(model.log_gains(other, USUAL, known), found)


def test_the_published_networks_are_merged(tmp_path):
    network = write(tmp_path, "published", "contrast")
    model = load_gains(str(tmp_path), "published")
    assert model.standard == "box"
    outputs = network.predict_on_batch({"profile": PROFILES})
    linear, prelu = (np.exp(np.asarray(outputs[kind], float)) for kind in ("linear", "prelu"))
    weight = ilocscale_card.prelu_weights(ilocscale_card.window_b_factors(PROFILES, EVERYTHING, 3.0))
    expected = np.log(weight * prelu + (1 - weight) * linear) - PROFILES
    np.testing.assert_allclose(model.log_gains(PROFILES, USUAL, EVERYTHING, 3.0), expected, atol=1e-4)


def test_the_weights_are_those_of_the_thesis_figure():
    weights = ilocscale_card.prelu_weights(np.array([120.5]))[0]
    assert weights[[0, -1]] == pytest.approx([0.96, 0.06], abs=0.005)
    assert (np.diff(weights) < 0).all()


@pytest.mark.parametrize(("b_factor", "expected"), [(100, 100), (-50, 20), (900, 300)])
def test_the_b_factor_of_a_window_is_its_fall(b_factor, expected):
    window = -b_factor / 4 * profiles.FREQUENCY**2 + np.array([[1.0], [-3.0]])
    found = ilocscale_card.window_b_factors(window.astype(np.float32), EVERYTHING, 3.0)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_the_b_factor_is_that_up_to_the_resolution():
    window = -100 / 4 * profiles.FREQUENCY**2
    window[profiles.FREQUENCY > 1 / 4] = 5
    assert ilocscale_card.window_b_factors(window[None], EVERYTHING, 4.0) == pytest.approx([100])
    assert ilocscale_card.window_b_factors(window[None], profiles.FREQUENCY < 1 / 4) == pytest.approx([100])
    assert ilocscale_card.window_b_factors(window[None], np.arange(SHELLS) < 1) == pytest.approx([20])


def test_other_networks_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no such model"):
        load_gains(str(tmp_path / "none"))
    write(tmp_path, aim="contrast")
    with pytest.raises(
        InputError, match=r"one for density is needed; .* --aim contrast, or with locscale --fsc-weight off"
    ):
        load_gains(str(tmp_path))
    with pytest.raises(InputError, match=r"a published one is needed; .* --preset compact"):
        load_gains(str(tmp_path), "published")
    with pytest.raises(InputError, match="is not of a local sharpening network"):
        load_gains(store.shipped_folder("cryores"))


@pytest.mark.parametrize(
    "changes",
    [
        {"aim": "beauty"},
        {"gains": None},
        {"gains": [[0.0] * 12, [1.0] * 12]},
        {"gains": [[1.0] * SHELLS, [0.0] * SHELLS]},
        {"gains": [[0.0] * SHELLS, [1e9] * SHELLS]},
        {"gains": [[0.0] * SHELLS, ["1"] * SHELLS]},
        {"config": {"depth": 3}},
        {"config": 5},
    ],
)
def test_cards_that_cannot_be_right_are_refused(changes, tmp_path):
    write(tmp_path)
    path = tmp_path / store.CARD_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(InputError, match="copy the folder again"):
        load_gains(str(tmp_path))


@pytest.mark.parametrize("words", [("compact", "beauty"), ("large", "density")])
def test_unknown_presets_and_aims_are_named(words):
    with pytest.raises(ValueError, match="there are compact and published, density and contrast"):
        load_gains(None, *words)


def test_the_shipped_networks_are_named_by_preset_and_aim():
    names = [ilocscale_card.network_name(*pair) for pair in (("compact", "density"), ("compact", "contrast"))]
    assert names == ["density", "contrast"]
    assert {ilocscale_card.network_name("published", aim) for aim in ilocscale_card.AIMS} == {"published"}


def test_all_shipped_weights_together_are_small():
    sizes = [Path(store.shipped_folder("ilocscale", name), store.WEIGHTS_FILE).stat().st_size for name in NAMES]
    assert sum(sizes) <= 100_000
