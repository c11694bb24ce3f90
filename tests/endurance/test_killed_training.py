"""Trainings that are stopped at any moment: the old checkpoint or the new one, and the same command goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from command_runs import finish, is_before_ours, temporary_files
from small_structures import write_structure

from deepreslib.networks import cryores, deepres  # noqa: F401  # Keras must know their layers
from deepreslib.networks.cryores_card import load_cryores
from deepreslib.networks.deepres_card import load_deepres
from deepreslib.training import checkpoints, loop

MOMENTS = int(os.environ.get("DEEPRES_MOMENTS", "12"))
SIGNALS = {signal.SIGKILL: (-9,), signal.SIGTERM: (143, -15), signal.SIGINT: (130, -2)}

QUICK = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
from dataclasses import replace
from deepreslib.commands import main
from deepreslib.training import checkpoints, loop
from deepreslib.training.cryores import program as cryores
from deepreslib.training.deepres import calibration, program, scenes, validation
loop.PERIOD = (0.0, 0.0)
cryores.VALIDATION_EXAMPLES = 3
program.PRESETS["compact"] = replace(program.PRESETS["compact"], buffer=24)
validation.SCENES, validation.WINDOWS, program.ADAPTED, calibration.SCENES = 3, 3, 1, 1
simple = {"variants": 8, "windows": 3, "noisy": 0, "blurred": 0, "scrambled": 0, "regional": 0}
recipe = scenes.SceneRecipe
scenes.SceneRecipe = lambda *words, **settings: recipe(*words, **(settings | simple))
sys.exit(main(sys.argv[1:]))
"""
"""The command line with small scenes, few examples and a checkpoint after every step."""

WORDS = {
    "deepres": "train deepres --range high --batch 8 --steps 60",
    "cryores": "train cryores --examples 4 --batch 2 --steps 60",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    for split, residues in (("train", 8), ("val", 9)):
        (folder / split).mkdir()
        write_structure(folder / split / f"{split}.pdb", chains="ABCDEFGH", residues=residues)
    return folder


def start(name, folder):
    words = [*WORDS[name].split(), "--structures", "train", "--minutes", "60", "-o", name]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", QUICK, *words], cwd=folder, env=environment, **pipes)


def steps(folder):
    """So many the checkpoint has, of which network, optimiser and state belong together; 0 without one."""
    try:
        state = json.loads((folder / loop.STATE).read_text())
    except FileNotFoundError:
        return 0
    checkpoint = folder / loop.CHECKPOINT.format(steps=state["steps"])
    network = checkpoints.load_network(str(checkpoint))
    with np.load(checkpoint / checkpoints.OPTIMISER) as values:
        assert values["0000"] == state["steps"]  # the optimiser counts the steps too
        shapes = [values[key].shape for key in sorted(values.files)]
    assert all(variable.shape in shapes for variable in network.trainable_variables)
    assert state["history"][-1]["steps"] == state["steps"]
    return state["steps"]


def begin_anew(folder):
    (folder / loop.STATE).unlink()
    for path in folder.glob("checkpoint-*"):
        shutil.rmtree(path)


@pytest.mark.endurance
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", WORDS)
def test_a_stopped_training_goes_on(name, folder, capsys):
    rng, out, found = np.random.default_rng(1), folder / name, []
    began = time.monotonic()
    code, error = finish(start(name, folder), 900)
    assert code == 0, error
    longest = time.monotonic() - began
    begin_anew(out)
    for number in range(MOMENTS):
        kind = list(SIGNALS)[number % len(SIGNALS)]
        before = steps(out)
        process = start(name, folder)
        try:
            process.wait(rng.uniform(0.3, 1) * longest)
        except subprocess.TimeoutExpired:
            process.send_signal(kind)
        code, error = finish(process)
        before_ours = is_before_ours(error)
        assert "Traceback" not in error or before_ours, error
        assert code in (0, *SIGNALS[kind]) or before_ours or (code == 2 and "already trained" in error), error
        assert steps(out) >= before
        found.append(steps(out))
        if code in (0, 2):
            begin_anew(out)
        elif kind != signal.SIGKILL:
            assert temporary_files(out) == []
            assert len(list(out.glob("checkpoint-*"))) == (steps(out) > 0)
    code, error = finish(start(name, folder), 600)
    assert code == 0 or "already trained" in error
    assert steps(out) == 60
    assert temporary_files(out) == []
    load = {"deepres": lambda path: load_deepres(path, "high"), "cryores": load_cryores}[name]
    assert load(str(out)).card["steps"] == 60
    with capsys.disabled():
        print(f"\ntrain {name}: stopped at {MOMENTS} moments, steps of the checkpoints {found}")
