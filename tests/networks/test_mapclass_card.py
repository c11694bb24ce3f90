"""Cards of the networks for the class of a map, and the shares of a distribution between borders."""

import json
import os

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.networks import mapclass, store
from deepreslib.networks.mapclass_card import Decisions, load_map_classes, shares_between

SHARE = 0.6827


@pytest.fixture
def folder(tmp_path):
    """A model folder of a compact network of chance."""
    card = {"name": "x", "network": "mapclass", "preset": "compact", "decisions": [[5.0, 4.9], [10.0, 10.1]]}
    store.save(mapclass.build("compact"), tmp_path, card)
    return tmp_path


def edit(folder, **changes):
    path = folder / store.CARD_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_shipped_network_is_small_and_of_the_card(capsys):
    path = store.shipped_folder("mapclass", "compact")
    model = load_map_classes(path)
    assert model.has_ladder
    assert model.card["recipe"] == "shipped"
    assert model.card["scale"] == "Gaussian"
    assert model.decisions.at((5, 10)) == (4.9, 10.1)
    assert model.calibration is not None
    assert sum(os.path.getsize(os.path.join(path, name)) for name in os.listdir(path)) <= 100_000


def test_decisions_belong_to_borders_and_others_stay(folder):
    decisions = load_map_classes(str(folder)).decisions
    assert decisions.at((5, 10)) == (4.9, 10.1)
    assert decisions.at((4, 10.0)) == (4.0, 10.1)
    assert Decisions.from_card({}).at((5, 10)) == (5.0, 10.0)


@pytest.mark.parametrize(
    "value",
    [3, [[5]], [[5, 4.9, 3]], [["5", 4.9]], [[5, None]], [[5, -1]], [[5, 4.9], [10, 4.5]], [5], "5", [[5, 1e9]]],
)
def test_decisions_that_cannot_be_right(folder, value):
    edit(folder, decisions=value)
    with pytest.raises(InputError, match="'decisions'") as caught:
        load_map_classes(str(folder))
    assert str(folder) in str(caught.value)


def test_calibrations_that_cannot_be_right(folder):
    edit(folder, calibration={"resolution": [5, 2]})
    with pytest.raises(InputError, match="'calibration'"):
        load_map_classes(str(folder))


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such model"):
        load_map_classes(str(tmp_path / "none"))
    with pytest.raises(InputError, match="is not of a map class network"):
        load_map_classes(store.shipped_folder("deepres", "low"))


def test_deviations_are_in_angstrom_and_calibrated(folder):
    cubes = np.random.default_rng(1).random((2, 64, 64, 64), np.float32)
    plain, deviation = load_map_classes(str(folder)).predict(cubes)
    np.testing.assert_allclose(plain, np.exp(1.6), rtol=0.01)  # what a new network says of anything
    np.testing.assert_allclose(deviation, 0.313 * plain, rtol=0.01)
    wide = {"resolution": [2, 15], "typical": [1, 1], "relative": [0.5, 1.5], "factor": [[2, 2], [2, 2]]}
    edit(folder, calibration=wide)
    np.testing.assert_allclose(load_map_classes(str(folder)).predict(cubes)[1], 2 * deviation, rtol=1e-5)


def test_shares_are_those_of_a_laplace_distribution():
    inside = shares_between(7.0, 0.7, (7 * np.exp(-0.1), 7 * np.exp(0.1)))
    np.testing.assert_allclose(inside, [(1 - SHARE) / 2, SHARE, (1 - SHARE) / 2], rtol=1e-9)
    np.testing.assert_allclose(shares_between(5.0, 0.1, (5.0, 10.0))[0], 0.5)
    draws = np.random.default_rng(2).laplace(np.log(6), 0.3 / -np.log(1 - SHARE), 200_000)
    found = [np.mean(draws < np.log(5)), np.mean((draws >= np.log(5)) & (draws < np.log(10)))]
    np.testing.assert_allclose(shares_between(6.0, 1.8, (5, 10))[:2], found, atol=4e-3)


def test_shares_sum_to_one_however_far_the_borders_are():
    for resolution in (1.3, 5.0, 17.0):
        shares = shares_between(resolution, 1e-3, (4.9, 10.1))
        assert sum(shares) == pytest.approx(1)
        assert min(shares) >= 0
