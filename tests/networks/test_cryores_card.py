"""Cards of CryoRes networks: old formats, and by how much deviations are widened."""

import json
import math

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.networks import cryores, store
from deepreslib.networks.cryores_card import Widening, load_cryores

GOOD = {"threshold": 1.5, "power": 2.0, "largest": 4.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model folder with random weights."""
    path = tmp_path_factory.mktemp("model")
    store.save(cryores.build("compact"), path, {"name": "random", "network": "cryores", "preset": "compact"})
    return path


@pytest.fixture
def card(folder):
    """Writes a changed card; what it was is put back."""
    path = folder / store.CARD_FILE
    before = path.read_text()

    def change(without=(), **changes):
        content = json.loads(before) | changes
        path.write_text(json.dumps({key: value for key, value in content.items() if key not in without}))

    yield change
    path.write_text(before)


def test_new_folders_are_read(folder):
    model = load_cryores(str(folder))
    assert model.card["format"] == store.FORMAT
    assert Widening.from_card(model.card) is None


def refused(folder, match):
    with pytest.raises(InputError, match=match) as caught:
        load_cryores(str(folder))
    message = str(caught.value)
    assert message.startswith(f"{folder}: ")
    assert message.endswith(".")
    assert "\n" not in message


def test_networks_of_the_format_before_are_refused(folder, card):
    for changes in ({"format": 1}, {"without": ["format"]}):
        card(**changes)
        refused(folder, r"older version.*train it again by 'deepres train cryores', or use the one that comes with")


def test_the_entry_is_read(folder, card):
    card(reliability=GOOD)
    assert Widening.from_card(load_cryores(str(folder)).card) == Widening(1.5, 2.0, 4.0, everywhere=1.0)
    card(reliability=GOOD | {"everywhere": 1.2})
    assert Widening.from_card(load_cryores(str(folder)).card) == Widening(1.5, 2.0, 4.0, everywhere=1.2)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        *((GOOD | {"threshold": value}, "threshold") for value in (0, -1, "1.5", None, True, math.nan, math.inf, [1])),
        *((GOOD | {"power": value}, "power") for value in (-0.1, math.nan, {}, 10**400)),
        *((GOOD | {"largest": value}, "largest") for value in (-math.inf, False)),
        *((GOOD | {"everywhere": value}, "everywhere") for value in (math.nan, "1", None)),
        *((GOOD | {name: 0.9}, "factors") for name in ("largest", "everywhere")),
        *(({key: value for key, value in GOOD.items() if key != left_out}, left_out) for left_out in GOOD),
        *((entry, r"reliability") for entry in (3, "x", [1, 2, 3], True, [], False)),
    ],
)
def test_entries_that_cannot_be_right_are_refused(folder, card, entry, words):
    card(reliability=entry)
    refused(folder, rf"'reliability' that cannot be right \(.*{words}|'{words}' that cannot be right")


def test_the_factor_is_1_then_a_power_then_the_largest():
    widening = Widening(**GOOD)
    assert widening.factor(0.0) == widening.factor(1.5) == 1.0
    assert widening.factor(1.8) == pytest.approx(1.2**2)
    assert widening.factor(3.0) == pytest.approx(4.0)
    assert widening.factor(1e300) == pytest.approx(4.0)
    assert Widening(1e-300, 1e300, 1e300).factor(1e300) == pytest.approx(1e300)


@pytest.mark.parametrize("widening", [Widening(**GOOD), Widening(0.7, 0.0, 1.0), Widening(2.0, 0.3, 10.0)])
def test_the_factor_never_falls_and_does_not_jump(widening):
    factors = [widening.factor(strangeness) for strangeness in np.linspace(0, 20, 2001)]
    assert min(factors) == 1
    assert max(factors) <= widening.largest * (1 + 1e-12)
    assert (np.diff(factors) >= 0).all()
    assert np.diff(factors).max() < 0.05
