"""Kinds of scenes and views: all are drawn, or all but those left out."""

from dataclasses import asdict

import numpy as np
import pytest

from deepreslib.training.cryores import kinds


def test_kinds_left_out_are_never_drawn():
    mixture = kinds.without("filament", "coarse filament", "zone", "white noise")
    rng = np.random.default_rng(0)
    drawn = [mixture.draw_scene(rng)[:2] for _ in range(300)]
    views = {mixture.draw_view(number % 2, rng)[0] for number in range(300)}
    assert {"filament", "coarse filament"}.isdisjoint(subject for subject, _ in drawn)
    assert "white noise" not in {experiment for _, experiment in drawn}
    assert "zone" not in views
    assert {subject for subject, _ in drawn} == set(mixture.subjects)
    assert views == set(mixture.views)


def test_unknown_kinds_are_refused():
    for ask in (kinds.only, kinds.without):
        with pytest.raises(ValueError, match="no kind 'sphinx'"):
            ask("sphinx")


def test_the_card_says_what_was_drawn():
    card = kinds.Mixture().as_dict()
    assert card["views"]["zone"] == {"share": kinds.VIEW_KINDS["zone"].share, **kinds.VIEW_KINDS["zone"].changes}
    assert card["scene"] == asdict(kinds.WideRecipe())


def test_usual_scenes_are_whole_molecules_and_their_second_views_of_any_kind():
    mixture, rng = kinds.usual(), np.random.default_rng(3)
    assert {mixture.draw_scene(rng)[:2] for _ in range(20)} == {(kinds.USUAL_SUBJECT, kinds.USUAL_EXPERIMENT)}
    first, second = ({mixture.draw_view(number, rng)[0] for _ in range(400)} for number in (0, 1))
    assert first == set(kinds.COMMON_VIEWS) < set(kinds.names())
    assert second == set(kinds.VIEW_KINDS)
