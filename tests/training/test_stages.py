"""Recipes: stages follow on each other, go on wherever they were stopped, and leave one model with one card."""

import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.networks import store
from deepreslib.training import loop, stages
from deepreslib.training.stages import Plan, Recipe, Stage

WEIGHTS = "weights.json"
RECIPE = Recipe("a list of what it has learnt", [Stage(4, {"rate": 0.5}), Stage(3, {"rate": 0.25}, seed=1)])


class Stopped(BaseException):
    """What ends a training."""


class Memory:
    """A program whose network is the list of the seeds and numbers of all batches that it has seen."""

    def __init__(self, options, stop_at=None):
        self.options, self.stop_at, self.taken = options, stop_at, 0

    def begin(self):
        start = self.options.start
        self.seen = remembered(Path(start) / store.WEIGHTS_FILE) if start else []

    def restore(self, folder):
        path = Path(folder) / WEIGHTS
        if not path.exists():
            return False
        self.seen = json.loads(path.read_text())
        return True

    def save(self, folder):
        (Path(folder) / WEIGHTS).write_text(json.dumps(self.seen))

    def batches(self, first):
        used = 0
        while True:
            used += 1
            yield self.options.seed, first + used, used

    def step(self, inputs, targets, rate):
        if self.taken == self.stop_at:
            raise Stopped
        self.taken += 1
        self.seen.append([inputs, targets])
        return 1.0

    def validate(self):
        return {"seen": len(self.seen)}

    def card(self, state):
        return {
            "name": "memory",
            "network": "memory",
            "preset": "compact",
            "start": self.options.start and store.read_card(self.options.start)["sha256"],
            "seed": self.options.seed,
            "data": {"scenes": state["scenes"]},
            "minutes": 0.5,
            "steps": state["steps"],
            "metrics": {"seen": len(self.seen)},
            "history": state["history"],
        }

    def save_weights(self, path):
        with h5py.File(path, "w") as stored:
            stored["seen"] = np.array(self.seen, int).reshape(-1, 2)


def remembered(path):
    """The list that is a network's weights."""
    with h5py.File(path) as stored:
        return stored["seen"][()].tolist()


def plan(folder, name="shipped", seed=1, recipe=RECIPE):
    return Plan("memory", name, recipe, str(folder), seed)


def train(folder, stop_at=None, **which):
    """Carries out a recipe; returns the card and the stages that were trained."""
    trained = []

    def train_stage(options):
        trained.append(options)
        settings = loop.LoopOptions(
            structures="", validation="", batch=1, rate=options["rate"], steps=options["steps"], seed=options["seed"],
            start=options["start"], folder=options["output"], shared_folder=options["shared_folder"],
        )  # fmt: skip
        program = Memory(settings, stop_at)
        card = loop.run(program, settings, report=lambda line: None)
        store.save(program, settings.folder, card)

    return stages.run(plan(folder, **which), train_stage, report=lambda line: None), trained


def content(folder):
    return remembered(folder / store.WEIGHTS_FILE)


SEEN = [[1, 1], [1, 2], [1, 3], [1, 4], [2, 1], [2, 2], [2, 3]]


def test_each_stage_begins_with_the_network_of_the_one_before(tmp_path):
    card, trained = train(tmp_path)
    assert content(tmp_path) == SEEN
    assert [options["start"] for options in trained] == [None, str(tmp_path / "stage-1")]
    assert {options["shared_folder"] for options in trained} == {str(tmp_path)}
    assert card == store.read_card(tmp_path)
    assert card["sha256"] == store.sha256(tmp_path / store.WEIGHTS_FILE)


def test_the_card_tells_of_the_whole_training(tmp_path):
    card, _ = train(tmp_path)
    assert (card["recipe"], card["start"], card["seed"], card["minutes"], card["steps"]) == ("shipped", None, 1, 1.0, 7)
    assert [(row["minutes"] >= 0.5, row["steps"]) for row in card["history"]] == [
        (False, 0),
        (False, 4),
        (True, 4),
        (True, 7),
    ]
    assert [(stage["steps"], stage["seed"], stage["options"]) for stage in card["stages"]] == [
        (4, 1, {"rate": 0.5}),
        (3, 2, {"rate": 0.25}),
    ]
    assert [stage["data"] for stage in card["stages"]] == [{"scenes": 4}, {"scenes": 3}]
    first = store.read_card(tmp_path / "stage-1")
    assert card["stages"][0]["sha256"] == first["sha256"] == store.read_card(tmp_path / "stage-2")["start"]


def test_the_seed_is_that_of_all_stages(tmp_path):
    train(tmp_path, seed=2**32 - 1)
    assert content(tmp_path) == [[seed % 2**32, number] for seed, number in ([s - 2, n] for s, n in SEEN)]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_training_stopped_again_and_again_goes_on_from_its_checkpoints(tmp_path, monkeypatch, steps):
    monkeypatch.setattr(loop, "PERIOD", (0, 0))  # a checkpoint after each step
    card, runs = None, 0
    while card is None:
        runs += 1
        try:
            card, _ = train(tmp_path, stop_at=steps)
        except Stopped:
            assert runs < 7
    assert runs > 1
    assert content(tmp_path) == SEEN
    assert card["steps"] == 7


@pytest.mark.parametrize("moment", range(12))
def test_a_training_stopped_at_any_file_goes_on_and_repeats_no_stage(tmp_path, monkeypatch, moment):
    """Before the first file gets its name, before the second, and so on."""
    replace, done = os.replace, []

    def stop(old, new):
        if len(done) == moment:
            raise Stopped
        done.append(Path(new).relative_to(tmp_path).as_posix())
        replace(old, new)

    monkeypatch.setattr(os, "replace", stop)
    ended = False
    try:
        train(tmp_path)
        ended = True
    except Stopped:
        pass
    monkeypatch.setattr(os, "replace", replace)
    names = ["state.json", "model.weights.h5", "card.json"]
    files = [name for stage in ("stage-1", "stage-2") for name in ("recipe.json", *(f"{stage}/{n}" for n in names))]
    assert done == [*files, "model.weights.h5", "card.json"][:moment]
    if ended:
        assert moment >= 10
        with pytest.raises(InputError, match=r"--recipe shipped has ended there; give another folder"):
            train(tmp_path)
    else:
        _, trained = train(tmp_path)
        expected = [1, 2] if moment < 4 else [2] if moment < 8 else []
        assert [int(options["output"][-1]) for options in trained] == expected
    assert content(tmp_path) == SEEN
    assert store.read_card(tmp_path)["recipe"] == "shipped"


def test_a_model_that_was_spoilt_is_written_again(tmp_path):
    train(tmp_path)
    (tmp_path / store.WEIGHTS_FILE).write_text("older weights")
    _, trained = train(tmp_path)
    assert not trained
    assert content(tmp_path) == SEEN


OTHER = Recipe("", [Stage(4, {"rate": 0.5}), Stage(5, {"rate": 0.25}, seed=1)])


@pytest.mark.parametrize(
    ("which", "sentence"),
    [
        (
            {"name": "other"},
            "the training there is 'deepres train memory --recipe shipped --seed 1'; give the same, or",
        ),
        ({"seed": 2}, "the training there is 'deepres train memory --recipe shipped --seed 1'; give the same, or"),
        ({"recipe": OTHER}, "was begun by another version of deepres, whose recipe had other stages; give another"),
    ],
)
@pytest.mark.parametrize("stop_at", [None, 2])
def test_the_folder_of_another_training_is_refused(tmp_path, which, sentence, stop_at):
    if stop_at is None:
        train(tmp_path)
    else:
        with pytest.raises(Stopped):
            train(tmp_path, stop_at)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(InputError, match=r"recipe\.json: ") as error:
        train(tmp_path, **which)
    assert sentence in str(error.value)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.*")}


@pytest.mark.parametrize("damaged", ["", "[]", "{}", "null", '{"network": "memory"}', "[" * 100_000])
def test_a_damaged_state_is_refused(tmp_path, damaged):
    (tmp_path / stages.STATE).write_text(damaged)
    with pytest.raises(InputError, match=r"recipe\.json: damaged; copy the folder again, or give another folder"):
        train(tmp_path)


def test_trainings_with_and_without_a_recipe_are_not_mixed(tmp_path):
    train(tmp_path / "recipe")
    with pytest.raises(InputError, match="a --recipe is trained there"):
        stages.refuse_recipe(str(tmp_path / "recipe"))
    stages.refuse_recipe(str(tmp_path / "absent"))
    (tmp_path / loop.STATE).write_text("{}")
    with pytest.raises(InputError, match="a training without --recipe is there"):
        train(tmp_path)
