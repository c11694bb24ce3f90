"""Kinds of scenes and of views by name: what each changes in the recipes, and how often it is drawn for training.

A scene has a subject (what the half maps are of) and an experiment (noise, disorder and views), and each of its views
a kind of its own (what was done to the map); the three are drawn independently. Benchmarks ask for one kind (``only``),
and a training that is to know how it does on maps unlike anything it has seen leaves one out (``without``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from deepreslib.training.cryores.wide_recipe import ViewRecipe, WideRecipe


@dataclass(frozen=True)
class Kind:
    """A subject, an experiment or a kind of view.

    Attributes:
        share: of the scenes or views in training; the shares of all subjects are divided by their sum, and so are those
            of all experiments and of all kinds of views.
        changes: fields of ``WideRecipe`` or ``ViewRecipe`` that differ from their defaults.
    """

    share: float
    changes: dict[str, Any] = field(default_factory=dict)


_COARSE = ((8.0, 13.0, 0.4), (13.0, 24.0, 0.6))

SUBJECTS = {
    "whole molecule": Kind(0.40),
    "ring": Kind(0.06, {"layout": "ring"}),
    "filament": Kind(0.09, {"layout": "filament", "distal": (0.0, 0.5)}),
    "layer": Kind(0.04, {"layout": "layer", "distal": (0.0, 0.3), "longest": 130.0}),
    "crystal": Kind(0.04, {"layout": "crystal", "distal": (0.0, 0.3), "longest": 105.0}),
    "coarse": Kind(0.07, {"bands": _COARSE}),
    "coarse ring": Kind(0.03, {"bands": _COARSE, "layout": "ring"}),
    "coarse filament": Kind(0.03, {"bands": _COARSE, "layout": "filament", "distal": (0.0, 0.5), "longest": 260.0}),
    "small box": Kind(0.04, {"box": (32, 48), "padding": (0.02, 0.3)}),
    "large box": Kind(0.03, {"box": (150, 192), "largest_box": 192}),
    "huge box": Kind(0.02, {"box": (200, 256), "largest_box": 256}),
    "belt": Kind(0.06, {"belts": 1.0}),
    "wide margin": Kind(0.05, {"padding": (0.5, 0.65), "off_centre": 0.6}),
}
"""What half maps are of, by name."""

EXPERIMENTS = {
    "usual": Kind(0.44),
    "white noise": Kind(0.08, {"slope": (0.0, 0.3), "rise": (0.0, 0.0)}),
    "falling noise": Kind(0.08, {"slope": (-3.0, -0.5), "rise": (-1.0, 0.5)}),
    "growing noise": Kind(0.06, {"slope": (1.5, 4.0), "rise": (1.0, 2.5)}),
    "bumpy noise": Kind(0.06, {"bump": (-0.7, 2.5)}),
    "quiet solvent": Kind(0.06, {"uneven": 1.0, "excess": (1.5, 9.0)}),
    "no solvent": Kind(0.06, {"bare": 1.0}),
    "linear disorder": Kind(0.04, {"laws": ("linear",)}),
    "partial occupancy": Kind(0.05, {"laws": ("occupancy",)}),
    "uniform order": Kind(0.03, {"laws": ("uniform",)}),
    "preferred orientation": Kind(0.07, {"lobes": 1.0, "cone": (0.0, 25.0)}),
    "missing cone": Kind(0.03, {"cone": (20.0, 45.0), "wedges": 0.3}),
}
"""How the half maps came about, by name."""

VIEW_KINDS = {
    "plain": Kind(0.15),
    "masked": Kind(0.07, {"masked": 1.0}),
    "masked tightly": Kind(0.14, {"masked": 1.0, "growth": (0.0, 1.5), "edge": (1.0, 4.0)}),
    "crop through": Kind(0.13, {"extents": (0.0, 0.0, 1.0), "rims": 0.15, "box": (90, 168), "afterwards": 0.5}),
    "hard zero": Kind(0.05, {"masked": 1.0, "hard": 1.0, "growth": (0.0, 8.0)}),
    "zone": Kind(0.06, {"masked": 1.0, "zones": 1.0, "hard": 0.6, "edge": (1.0, 4.0)}),
    "zone of a part": Kind(0.05, {"masked": 1.0, "zones": 1.0, "parts": 1.0, "hard": 0.6, "edge": (1.0, 4.0)}),
    "negatives cut": Kind(0.06, {"cuts": 1.0}),
    "flattened solvent": Kind(0.04, {"masked": 1.0, "flattened": 1.0, "growth": (1.0, 8.0)}),
    "resampled": Kind(0.05, {"resampled": 1.0}),
    "binned": Kind(0.04, {"binned": 1.0}),
    "filtered finer": Kind(0.05, {"filtered": True, "loose": 1.0}),
    "filtered coarser": Kind(0.05, {"filtered": True, "loose": 0.0, "low_pass": (1.1, 2.5)}),
    "filtered locally": Kind(0.04, {"local": 1.0, "sharpened": 1.0}),
    "oversharpened": Kind(0.04, {"extras": 1.0, "extra": (-150.0, -30.0), "sharpened": 1.0}),
    "undersharpened": Kind(0.04, {"extras": 1.0, "extra": (40.0, 200.0), "sharpened": 0.0}),
    "constant rims": Kind(0.05, {"rims": 1.0}),
}
"""Kinds of views, by name."""

USUAL_SUBJECT, USUAL_EXPERIMENT, PLAIN_VIEW = "whole molecule", "usual", "plain"

COMMON_VIEWS = {"plain": 0.6, "masked": 0.15, "masked tightly": 0.1, "binned": 0.08, "constant rims": 0.07}
"""Kinds of views as most people have them, and their shares in ``usual`` scenes."""


def _shares(kinds: Mapping[str, Kind]) -> dict[str, float]:
    return {name: kind.share for name, kind in kinds.items()}


@dataclass(frozen=True)
class Mixture:
    """Which kinds are drawn, and how often.

    Attributes:
        subjects: the name of a subject → its share.
        experiments: the name of an experiment → its share.
        views: the name of a kind of views → its share.
        second: the same for the second view of a scene; None for the shares of ``views``.
        count: views of a scene, 1 or 2.
    """

    subjects: Mapping[str, float] = field(default_factory=lambda: _shares(SUBJECTS))
    experiments: Mapping[str, float] = field(default_factory=lambda: _shares(EXPERIMENTS))
    views: Mapping[str, float] = field(default_factory=lambda: _shares(VIEW_KINDS))
    second: Mapping[str, float] | None = None
    count: int = 2

    def as_dict(self) -> dict[str, Any]:
        """The recipes, and the shares and changes of the kinds, as nested dicts, for a card."""
        kinds = {
            name: {kind: {"share": share, **table[kind].changes} for kind, share in shares.items()}
            for name, table, shares in (
                ("subjects", SUBJECTS, self.subjects),
                ("experiments", EXPERIMENTS, self.experiments),
                ("views", VIEW_KINDS, self.views),
            )
        }
        return {"scene": asdict(WideRecipe()), "view": asdict(ViewRecipe()), **kinds}

    def draw_scene(self, rng: np.random.Generator) -> tuple[str, str, WideRecipe]:
        """The subject and the experiment of a scene, and its recipe.

        Args:
            rng: draws them.

        Returns:
            The name of the subject, that of the experiment, the recipe.
        """
        subject, experiment = _drawn(self.subjects, rng), _drawn(self.experiments, rng)
        recipe = replace(WideRecipe(), **{**SUBJECTS[subject].changes, **EXPERIMENTS[experiment].changes})
        return subject, experiment, recipe

    def draw_view(self, number: int, rng: np.random.Generator) -> tuple[str, ViewRecipe]:
        """The kind of a view and its recipe.

        Args:
            number: 0 for the first view of a scene, 1 for the second.
            rng: draws it.

        Returns:
            The name of the kind, the recipe.
        """
        name = _drawn(self.views if not number or self.second is None else self.second, rng)
        return name, replace(ViewRecipe(), **VIEW_KINDS[name].changes)


def without(*kinds: str) -> Mixture:
    """The mixture of training without some kinds.

    Args:
        kinds: names of subjects, experiments or kinds of views.

    Returns:
        The mixture.

    Raises:
        ValueError: there is no such kind.
    """
    _check(kinds)
    subjects, experiments, views = (
        {name: kind.share for name, kind in table.items() if name not in kinds}
        for table in (SUBJECTS, EXPERIMENTS, VIEW_KINDS)
    )
    return Mixture(subjects, experiments, views)


def only(name: str, count: int = 1) -> Mixture:
    """One kind alone; in the rest the first view is of a whole molecule, of the usual experiment, and plain.

    Args:
        name: of a subject, an experiment or a kind of views.
        count: views of a scene, 1 or 2; the second is of any kind.

    Returns:
        The mixture.

    Raises:
        ValueError: there is no such kind.
    """
    _check([name])
    subject, experiment, view = (
        name if name in table else usual
        for table, usual in (
            (SUBJECTS, USUAL_SUBJECT),
            (EXPERIMENTS, USUAL_EXPERIMENT),
            (VIEW_KINDS, PLAIN_VIEW),
        )
    )
    return Mixture({subject: 1.0}, {experiment: 1.0}, {view: 1.0}, _shares(VIEW_KINDS), count)


def usual() -> Mixture:
    """Scenes of what most maps are: whole molecules of the usual experiment, whose first view is of a common kind.

    The second view is of any kind.

    Returns:
        The mixture.
    """
    return Mixture({USUAL_SUBJECT: 1.0}, {USUAL_EXPERIMENT: 1.0}, COMMON_VIEWS, _shares(VIEW_KINDS))


def names() -> list[str]:
    """The names of all kinds: subjects, experiments, kinds of views."""
    return [*SUBJECTS, *EXPERIMENTS, *VIEW_KINDS]


def _check(kinds: Sequence[str]) -> None:
    unknown = [name for name in kinds if name not in names()]
    if unknown:
        raise ValueError(f"there is no kind {unknown[0]!r}; the kinds are {', '.join(names())}")


def _drawn(shares: Mapping[str, float], rng: np.random.Generator) -> str:
    share = np.array(list(shares.values()))
    return list(shares)[rng.choice(len(share), p=share / share.sum())]
