"""Model folders that somebody edited or cut: one sentence each, before the network runs."""

import json
import shutil

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.networks import cryores, store
from deepreslib.networks.cryores_card import load_cryores
from deepreslib.networks.deepres_card import load_deepres

LOADS = {
    "deepres": lambda folder: load_deepres(str(folder), "low"),
    "cryores": lambda folder: load_cryores(str(folder)),
}


@pytest.fixture(params=["deepres", "cryores"])
def model(request, tmp_path):
    """(folder, function that loads it) of a copy of a shipped DeepRes network, or of a CryoRes network of chance."""
    folder = tmp_path / "model"
    if request.param == "deepres":
        shutil.copytree(store.shipped_folder("deepres", "low"), folder)
    else:
        store.save(cryores.build("compact"), folder, {"name": "x", "network": "cryores", "preset": "compact"})
    return folder, LOADS[request.param]


def edit(folder, **changes):
    path = folder / store.CARD_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refused(model, match):
    folder, load = model
    with pytest.raises(InputError, match=match) as caught:
        load(folder)
    message = str(caught.value)
    assert str(folder) in message
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize("key", ["name", "preset", "sha256", "network"])
@pytest.mark.parametrize("value", [None, 3, ["x"], {"x": "y"}, ""])
def test_keys_that_are_missing_or_of_another_type(model, key, value):
    edit(model[0], **{key: value})
    refused(model, r"no (name|preset|sha256) that is a text|is not of a (DeepRes|CryoRes) network")


@pytest.mark.parametrize("value", ["1", 1.0, True, None, [1], {}, -1, 0, float("nan")])
def test_formats_that_are_no_numbers(model, value):
    edit(model[0], format=value)
    refused(model, "no whole number")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '"card"', "null", "\x00", "[" * 100_000, '{"card": {"name": "x", "network": "deepres"}}'],
)
def test_cards_that_are_something_else(model, text):
    (model[0] / store.CARD_FILE).write_text(text)
    refused(model, r"no readable model card|is not of a")


def test_cards_of_other_bytes(model):
    (model[0] / store.CARD_FILE).write_bytes(bytes(range(256)))
    refused(model, "no readable model card")


def test_unknown_presets(model):
    edit(model[0], preset="enormous")
    refused(model, "preset that this version does not have")


@pytest.mark.parametrize("keep", [0, 7, 1000, 100_000])
def test_weights_that_were_cut(model, keep):
    weights = model[0] / store.WEIGHTS_FILE
    weights.write_bytes(weights.read_bytes()[:keep])
    refused(model, "not the weights that its card describes")
    edit(model[0], sha256=store.sha256(weights))
    refused(model, "damaged")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite(model, value):
    folder, load = model
    network = load(folder).network
    layer = next(layer for layer in network.layers if layer.get_weights() and layer.name != "standard")
    layer.set_weights([np.full_like(values, value) for values in layer.get_weights()])
    network.save_weights(folder / store.WEIGHTS_FILE)
    edit(folder, sha256=store.sha256(folder / store.WEIGHTS_FILE))
    refused(model, "not all finite numbers")


@pytest.fixture
def deepres_folder(tmp_path):
    return shutil.copytree(store.shipped_folder("deepres", "low"), tmp_path / "model")


@pytest.mark.parametrize("value", [None, 1, ["low"], {}, "middle"])
def test_ranges_that_there_are_not(deepres_folder, value):
    edit(deepres_folder, range=value)
    refused((deepres_folder, LOADS["deepres"]), "for which range")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"resolution": [13, 2.5]}, "does not rise"),
        ({"resolution": [2.5, 2.5]}, "does not rise"),
        ({"resolution": [2.5]}, "does not rise"),
        ({"resolution": ["2.5", "13"]}, "finite numbers"),
        ({"resolution": [2.5, float("nan")]}, "finite numbers"),
        ({"resolution": "2.5"}, "finite numbers"),
        ({"resolution": [2.5, 10**400]}, "finite numbers"),
        ({"relative": [1.5, 0.5]}, "does not rise"),
        ({"typical": [0.1]}, "different lengths"),
        ({"typical": [0.1, 0]}, "not above 0"),
        ({"factor": [[1, 1]]}, "different lengths"),
        ({"factor": [[1, 1], [1]]}, "different lengths"),
        ({"factor": [[1, 1], [1, "1"]]}, "finite numbers"),
        ({"factor": [[1, 1], [1, -1]]}, "not above 0"),
        ({"factor": [1, 1]}, "another version"),
        ({"relative": None}, "another version"),
    ],
)
def test_calibrations_that_cannot_be_right(deepres_folder, changes, match):
    good = {"resolution": [2.5, 13], "typical": [0.1, 0.2], "relative": [0.5, 1.5], "factor": [[1, 1], [1, 2]]}
    edit(deepres_folder, calibration=good)
    load_deepres(str(deepres_folder), "low")
    edit(deepres_folder, calibration=good | changes)
    refused((deepres_folder, LOADS["deepres"]), match)


@pytest.mark.parametrize("calibration", [3, "x", [1], True])
def test_calibrations_that_are_something_else(deepres_folder, calibration):
    edit(deepres_folder, calibration=calibration)
    refused((deepres_folder, LOADS["deepres"]), "calibration")


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.weights.h5", "model.txt", "model"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 but no zip", b"\x89HDF\r\n\x1a\n but no HDF5"])
def test_files_that_hold_something_else(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="does not hold the weights of the published"):
        load_deepres(str(tmp_path / name), "low")
