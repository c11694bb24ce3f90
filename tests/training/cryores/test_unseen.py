"""How deviations are widened on kinds of maps that a network has never seen."""

import numpy as np
import pytest

from deepreslib.networks.cryores_card import Widening
from deepreslib.training.cryores import examples, kinds, unseen
from deepreslib.training.cryores.unseen import Answers


def made(count, power, seed=0):
    """Usual maps, and left-out ones whose errors grow as a power of their strangeness."""
    rng = np.random.default_rng(seed)
    usual = Answers(rng.uniform(0.8, 1.2, count), np.abs(rng.standard_normal(count)), np.zeros(count, bool))
    strangeness = rng.uniform(1.3, 2.4, count)
    ratio = np.abs(rng.standard_normal(count)) * (strangeness / 1.2) ** power
    return [usual, Answers(strangeness, ratio, np.ones(count, bool))]


def test_groups_are_kinds_that_there_are():
    named = [kind for group in unseen.GROUPS.values() for kind in group]
    assert set(named) <= set(kinds.names())
    assert len(named) == len(set(named))


def test_the_power_is_found_by_which_errors_grow():
    card = unseen.reliability(made(4000, power=2.0))
    assert card["threshold"] == pytest.approx(1.2, abs=0.03)
    assert card["power"] == pytest.approx(2.0, abs=0.2)
    assert card["held"] == pytest.approx(0.68, abs=0.02)
    assert card["held_before"] < 0.5
    widening = Widening.from_card({"reliability": card})
    assert widening.factor(1.0) == 1
    assert 1 < widening.factor(2.0) <= unseen.LARGEST


def test_nothing_is_widened_where_errors_do_not_grow():
    card = unseen.reliability(made(4000, power=0.0))
    assert card["power"] < 0.1
    assert card["held_before"] == pytest.approx(0.68, abs=0.02)


def test_deviations_of_all_maps_are_widened_for_kinds_that_nobody_notices():
    rng = np.random.default_rng(2)
    usual, hidden = (
        Answers(rng.uniform(0.8, 1.2, 4000), scale * np.abs(rng.standard_normal(4000)), np.full(4000, left_out))
        for scale, left_out in ((1.0, False), (1.6, True))
    )
    card = unseen.reliability([usual, hidden])
    assert card["left_out_before"] == pytest.approx(0.468, abs=0.02)  # of a Gaussian within 1 / 1.6 SD
    assert 1.15 < card["everywhere"] < 1.4
    assert (card["seen_held"] + card["left_out_held"]) / 2 == pytest.approx(0.6827, abs=0.02)


def test_from_few_strange_maps_no_factor_is_fitted():
    usual, _ = made(400, power=2.0)
    assert unseen.reliability([usual])["power"] == 0 or len(usual.ratio) * 0.03 >= unseen.LEAST_STRANGE


def test_a_kind_that_is_left_out_is_not_trained_on(scene, tmp_path):
    """The groups of the examples are asked about once; the network of each has not seen it."""
    usual = examples.from_scene(scene, np.random.default_rng(0))
    strange = examples.Examples(**usual.__dict__ | {"kinds": np.array([["ball", "none", "zone", "plain"]])})
    seen, trained_on = examples.join([usual, usual, strange]), []

    class Network:
        """The second view of each example is strange."""

    def train(given):
        trained_on.append(given.kinds.tolist())
        return Network()

    def judged(network, given):
        count = 2 * len(given)
        labels = type("Judged", (), {})()
        labels.strangeness, labels.baseline_error = np.linspace(1, 2, count), -np.ones(count)
        labels.baseline_deviation = np.full(count, 2.0)
        return labels

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unseen.validation, "judged", judged)
        patch.setattr(unseen.validation, "calibrate", lambda network, given: trained_on.append(len(given)))
        first = unseen.of_all_groups(train, seen, seen, tmp_path)
        again = unseen.of_all_groups(train, seen, seen, tmp_path)
    assert trained_on == [[list(row) for row in usual.kinds.tolist()] * 2, 2]
    assert first == again
    assert first["threshold"] > 1
    stored = np.load(tmp_path / "unseen_zones.npz")
    np.testing.assert_array_equal(stored["left_out"], [False, False, True, False, False, False])  # in the first view
    np.testing.assert_allclose(stored["ratio"], 0.5)


def test_examples_of_no_group_say_nothing(scene, tmp_path):
    usual = examples.from_scene(scene, np.random.default_rng(0))
    assert unseen.of_all_groups(None, usual, usual, tmp_path) == {}
