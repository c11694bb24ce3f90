"""Model folders: what is shipped, what is refused."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.networks import deepres, store
from deepreslib.networks.deepres_card import load_deepres
from deepreslib.networks.ranges import RANGES


@pytest.mark.parametrize("range_name", ["low", "high"])
def test_shipped_models_are_small_and_their_cards_filled(range_name):
    folder = store.shipped_folder("deepres", range_name)
    card = store.read_card(folder)
    weights = os.path.join(folder, store.WEIGHTS_FILE)
    assert os.path.getsize(weights) < 3e6
    assert card["sha256"] == store.sha256(weights)
    assert card["range"] == range_name
    for key in ("command", "date", "data", "minutes", "seed", "backend", "config", "metrics", "history"):
        assert card[key], key
    assert card["config"] == deepres.PRESETS["compact"]["config"]


def test_a_saved_model_comes_back(tmp_path):
    network = deepres.build("compact", RANGES["high"])
    card = {"name": "x", "network": "deepres", "preset": "compact", "range": "high"}
    store.save(network, tmp_path / "model", card)
    model = load_deepres(str(tmp_path / "model"), "high")
    for value, expected in zip(model.network.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(value, expected)
    assert model.name == "x"


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(store.shipped_folder("deepres", "low"), tmp_path / "model")


def test_changed_weights_are_refused(copy):
    with open(copy / store.WEIGHTS_FILE, "ab") as stream:
        stream.write(b"x")
    with pytest.raises(InputError, match="not the weights"):
        load_deepres(str(copy), "low")


def test_another_range_is_refused(copy):
    with pytest.raises(InputError, match="--range low"):
        load_deepres(str(copy), "high")


def test_another_network_and_a_missing_card_are_refused(copy):
    card = json.loads((copy / store.CARD_FILE).read_text())
    (copy / store.CARD_FILE).write_text(json.dumps(card | {"network": "other"}))
    with pytest.raises(InputError, match="not of a DeepRes network"):
        load_deepres(str(copy), "low")
    (copy / store.CARD_FILE).unlink()
    with pytest.raises(InputError, match=r"card\.json"):
        load_deepres(str(copy), "low")


def test_models_of_another_version_are_refused(copy):
    card = json.loads((copy / store.CARD_FILE).read_text())
    before = {"resolution": [2.5, 13], "factor": [1, 1]}
    (copy / store.CARD_FILE).write_text(json.dumps(card | {"calibration": before}))
    with pytest.raises(InputError, match="calibration of another version"):
        load_deepres(str(copy), "low")
    other = deepres.perceptron(RANGES["low"], [8, 8])
    store.save(other, copy, card)
    with pytest.raises(InputError, match="network of another version"):
        load_deepres(str(copy), "low")


def test_cards_without_a_format_are_read_and_newer_ones_refused(copy):
    card = json.loads((copy / store.CARD_FILE).read_text())
    assert card.pop("format") <= store.FORMAT
    (copy / store.CARD_FILE).write_text(json.dumps(card))
    assert load_deepres(str(copy), "low").name == card["name"]
    (copy / store.CARD_FILE).write_text(json.dumps(card | {"format": store.FORMAT + 1}))
    with pytest.raises(InputError, match=rf"card\.json: a model card of format {store.FORMAT + 1}.*; update deepres"):
        load_deepres(str(copy), "low")
    (copy / store.CARD_FILE).write_text("[]")
    with pytest.raises(InputError, match="no readable model card"):
        load_deepres(str(copy), "low")


def test_written_cards_have_the_format_and_the_checksum(tmp_path):
    network = deepres.perceptron(RANGES["low"], [4])
    store.save(network, tmp_path, {"name": "x"})
    card = store.read_card(tmp_path)
    assert card == {"format": store.FORMAT, "name": "x", "sha256": store.sha256(tmp_path / store.WEIGHTS_FILE)}


def test_a_stored_model_tells_what_its_card_says():
    model = store.StoredModel(None, {"name": "a name", "sha256": "0f", "preset": "compact"}, "a folder")
    assert (model.name, model.path, model.sha256, model.preset) == ("a name", "a folder", "0f", "compact")


@pytest.mark.parametrize(
    "module", ["deepreslib.networks", "deepreslib.networks.ranges", "deepreslib.estimation.deepres"]
)
def test_importing_networks_does_not_import_keras(module):
    code = f"import sys, {module}; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_files_that_hold_no_published_weights_are_refused(tmp_path):
    (tmp_path / "model.h5").write_text("not hdf5")
    for name in ("model.h5", "absent.h5"):
        with pytest.raises(InputError, match=name):
            load_deepres(str(tmp_path / name), "low")


def test_no_two_layers_are_registered_by_one_name():
    names = []
    for path in Path(store.__file__).parent.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        names += re.findall(r"register_keras_serializable\(\"deepres\"\)\nclass (\w+)", text)
    assert len(names) > 5
    assert sorted(names) == sorted(set(names))
