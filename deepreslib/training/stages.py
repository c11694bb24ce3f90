"""Recipes of whole trainings: one command that trains a network from nothing, in stages.

A ``Recipe`` is a list of stages. A stage is a training of a fixed number of steps, with options of its own; it begins
with the network that the stage before has ended with, and the first one with a new network. Since stages are counted in
steps, a recipe gives the same training on slow and on fast machines. Each program has its recipes in its
``recipes.py``; this module runs those of any program, and knows none.

In the output folder each stage has a folder, ``stage-1`` and so on: its checkpoints, and at its end its model. At the
end of the last stage its model is written into the output folder itself, with a card that tells of all stages.
``recipe.json`` says which recipe is trained there. A training that was stopped goes on by the same command: stages that
have ended are passed over, and the next one goes on from its last checkpoint.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from deepreslib.errors import InputError
from deepreslib.files import sweep, write_aside, write_json
from deepreslib.networks import store
from deepreslib.networks.store import Card
from deepreslib.training import loop
from deepreslib.training.loop import Report

STATE = "recipe.json"
"""The file in the output folder that says which recipe is trained there, and in which stage it is."""

SEEDS = 2**32
"""Seeds are smaller than this."""

TrainStage: TypeAlias = Callable[[dict[str, Any]], object]
"""A function that trains one stage and writes its model folder. It gets the stage's own options, ``steps``, ``seed``,
``start``, ``output`` (the stage's folder) and ``shared_folder`` (the output folder)."""


@dataclass(frozen=True)
class Stage:
    """One stage of a recipe.

    Attributes:
        steps: number of steps.
        options: other options of the training program by the names that they have in the command's parsed arguments,
            such as ``rate`` or ``range_name``.
        seed: is added to the recipe's seed. A program that simulates on the way shows a stage new scenes by this; one
            that makes its examples beforehand leaves it at 0, so that all stages share them.
    """

    steps: int
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def describe(self) -> dict[str, Any]:
        """The stage as cards and ``recipe.json`` show it."""
        return {"steps": self.steps, "seed": self.seed, "options": dict(self.options)}


@dataclass(frozen=True)
class Recipe:
    """A whole training.

    Attributes:
        summary: what it trains, a few words.
        stages: in their order, at least one.
    """

    summary: str
    stages: Sequence[Stage]


@dataclass(frozen=True)
class Plan:
    """A recipe that is to be carried out.

    Attributes:
        network: name of the training program.
        name: of the recipe among the program's.
        recipe: the stages.
        folder: the output folder.
        seed: of all random numbers.
    """

    network: str
    name: str
    recipe: Recipe
    folder: str
    seed: int = 1

    def describe(self) -> dict[str, Any]:
        """What ``recipe.json`` says of it."""
        stages = [stage.describe() for stage in self.recipe.stages]
        described = {"network": self.network, "recipe": self.name, "seed": self.seed, "stages": stages}
        return dict(json.loads(json.dumps(described)))

    def stage_folder(self, number: int) -> str:
        """The folder of a stage; the first has the number 1."""
        return os.path.join(self.folder, f"stage-{number}")


def run(plan: Plan, train: TrainStage, report: Report = print) -> Card:
    """Trains all stages of a recipe, going on where an earlier run was stopped.

    Args:
        plan: what is trained, and where.
        train: function that trains one stage.
        report: called with each line of progress.

    Returns:
        The model card.

    Raises:
        InputError: the folder holds another training, or this one has ended there; or a stage cannot be trained.
    """
    _check(plan)
    if _has_ended(plan):
        raise InputError(f"{plan.folder}: --recipe {plan.name} has ended there; give another folder to train again.")
    os.makedirs(plan.folder, exist_ok=True)
    count, start = len(plan.recipe.stages), None
    for number, stage in enumerate(plan.recipe.stages, 1):
        folder = plan.stage_folder(number)
        if not loop.has_ended(folder, stage.steps):
            write_json(os.path.join(plan.folder, STATE), {**plan.describe(), "stage": number})
            report(f"stage {number} of {count}: {stage.steps} steps")
            if os.path.isdir(folder):
                sweep([folder])
            own = {"seed": (plan.seed + stage.seed) % SEEDS, "start": start, "output": folder}
            train({**stage.options, "steps": stage.steps, "shared_folder": plan.folder, **own})
        start = folder
    return _write_model(plan)


def refuse_recipe(folder: str) -> None:
    """Refuses the folder of a recipe for a training without one, whose files would be mixed with the recipe's.

    Args:
        folder: where a training without a recipe is to be written.

    Raises:
        InputError: a recipe is trained there.
    """
    if os.path.exists(os.path.join(folder, STATE)):
        raise InputError(f"{folder}: a --recipe is trained there ({STATE}); go on with it, or give another folder.")


def _check(plan: Plan) -> None:
    """Refuses a folder that holds another training."""
    if os.path.exists(os.path.join(plan.folder, loop.STATE)):
        raise InputError(
            f"{plan.folder}: a training without --recipe is there ({loop.STATE}); give another folder for the recipe."
        )
    path = os.path.join(plan.folder, STATE)
    if not os.path.exists(path):
        return
    try:
        with open(path, encoding="utf-8") as stream:
            found = json.load(stream)
        there = f"{found['network']} --recipe {found['recipe']} --seed {found['seed']}"
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"{path}: damaged; copy the folder again, or give another folder to begin anew.") from error
    planned = plan.describe()
    if {key: found.get(key) for key in planned} == planned:
        return
    if there == f"{plan.network} --recipe {plan.name} --seed {plan.seed}":
        raise InputError(
            f"{path}: the training there was begun by another version of deepres, whose recipe had other stages; "
            "give another folder."
        )
    raise InputError(f"{path}: the training there is 'deepres train {there}'; give the same, or another folder.")


def _has_ended(plan: Plan) -> bool:
    """Whether the output folder holds the model that the last stage has ended with."""
    count = len(plan.recipe.stages)
    if not all(loop.has_ended(plan.stage_folder(n), stage.steps) for n, stage in enumerate(plan.recipe.stages, 1)):
        return False
    try:
        card = store.read_card(plan.folder)
        last = store.read_card(plan.stage_folder(count))["sha256"]
        whole = card["sha256"] == last == store.sha256(os.path.join(plan.folder, store.WEIGHTS_FILE))
        return whole and card.get("recipe") == plan.name and card.get("seed") == plan.seed
    except (InputError, OSError, KeyError):
        return False


def _write_model(plan: Plan) -> Card:
    """Copies the last stage's model into the output folder, with the card of the whole training."""
    cards = [store.read_card(plan.stage_folder(number)) for number, _ in enumerate(plan.recipe.stages, 1)]
    card = _whole_card(plan, cards)
    source = os.path.join(plan.stage_folder(len(cards)), store.WEIGHTS_FILE)
    with write_aside(os.path.join(plan.folder, store.WEIGHTS_FILE)) as temporary:
        shutil.copyfile(source, temporary)
    write_json(os.path.join(plan.folder, store.CARD_FILE), card)
    return card


def _whole_card(plan: Plan, cards: Sequence[Card]) -> Card:
    """The last stage's card with the recipe, minutes and steps of all stages, their histories joined, and each stage.

    Args:
        plan: what was trained.
        cards: of the stages.
    """
    stages: list[dict[str, Any]] = []
    history: list[dict[str, Any]] = []
    minutes, steps = 0.0, 0
    for stage, card in zip(plan.recipe.stages, cards, strict=True):
        kept: Card = {key: card[key] for key in ("minutes", "data", "metrics", "sha256") if key in card}
        stages.append({**stage.describe(), "seed": card["seed"], **kept})
        for row in card["history"]:
            history.append({**row, "minutes": round(minutes + row["minutes"], 2), "steps": steps + row["steps"]})
        minutes, steps = minutes + card["minutes"], steps + card["steps"]
    whole: Card = {"start": cards[0]["start"], "seed": plan.seed, "minutes": round(minutes, 1), "steps": steps}
    return {**cards[-1], **whole, "history": history, "recipe": plan.name, "stages": stages}
