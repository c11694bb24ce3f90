"""The training programs of the class of each voxel: that they learn, go on, leave usable folders, and refuse."""

import keras
import numpy as np
import pytest

from deepreslib.commands import main
from deepreslib.networks import cryores as cryores_networks
from deepreslib.networks import store, voxelclass
from deepreslib.networks.voxelclass_card import load_voxel_classes
from deepreslib.training import loop
from deepreslib.training.cryores import scenes
from deepreslib.training.stages import Recipe, Stage
from deepreslib.training.voxelclass import examples, recipes
from deepreslib.training.voxelclass import program as training


@pytest.fixture(scope="module")
def trunk(tmp_path_factory):
    """The folder of a CryoRes network that has learnt nothing."""
    folder = tmp_path_factory.mktemp("trunk")
    keras.utils.set_random_seed(3)
    network = cryores_networks.network(cryores_networks.CryoResConfig(**cryores_networks.PRESETS["compact"]["config"]))
    store.save(network, folder, {"name": "x", "network": "cryores", "preset": "compact"})
    return str(folder)


@pytest.fixture
def quick(scene, known_methods, monkeypatch, tmp_path):
    """Few examples, all of one scene; the folder that the options name holds structures."""
    monkeypatch.setattr(training, "VALIDATION_EXAMPLES", 1)
    monkeypatch.setattr(training, "VALIDATION_MAPS", 1)
    monkeypatch.setattr(training, "CURVE", (1, 2, 4))
    monkeypatch.setattr(scenes, "make_scene", lambda path, recipe, seed: scene)
    monkeypatch.setattr(examples, "drawn_shares", lambda paths, *weights: [1 / len(paths)] * len(paths))
    (tmp_path / "structures").mkdir()
    (tmp_path / "structures" / "one.pdb").write_text("END\n", encoding="utf-8")
    return tmp_path


def options(folder, **changes):
    given = {"structures": str(folder / "structures"), "folder": str(folder / "out"), "batch": 4, "rate": 2e-3}
    given |= {"validation": given["structures"], "minutes": 5, "steps": 60, "examples": 2}
    return training.Options(**(given | changes))


def test_the_compact_network_learns_goes_on_and_is_calibrated(quick, trunk):
    card = training.train(options(quick, trunk=trunk), report=lambda line: None)
    first, last = card["history"][0], card["history"][-1]
    assert last["exact_monores"] > first["exact_monores"] + 0.2
    assert last["exact_resmap"] > 0.95
    assert {"ece_monores", "common_monores", "near_monores", "exact_monores_masked"} <= card["metrics"].keys()
    assert card["trunk"] == store.read_card(trunk)["sha256"]
    assert card["centres"]["resmap"][4] == 6.0
    assert "learning_curve" not in card
    again = training.train(options(quick, trunk=trunk, steps=62), report=lambda line: None)
    assert again["steps"] == 62
    model = load_voxel_classes(str(quick / "out"))
    assert model.labels == ("monores", "resmap")
    assert float(model.network.get_layer("monores").sharpness) != 1.0


def test_the_learning_curve_is_that_of_new_networks(quick, trunk):
    lines = []
    card = training.train(options(quick, trunk=trunk, steps=1, learning_curve=3), report=lines.append)
    assert [row["maps"] for row in card["learning_curve"]] == [1, 2]
    assert all("exact_resmap" in row for row in card["learning_curve"])
    assert sum(line.startswith("learning curve: maps") for line in lines) == 2


def test_a_unet_learns_the_classes_of_one_method(quick, monkeypatch):
    monkeypatch.setitem(voxelclass.PRESETS["unet"]["config"], "filters", [4, 8, 8, 8, 8])
    monkeypatch.setitem(voxelclass.PRESETS["unet"]["config"], "dropout", 0.0)
    card = training.train(options(quick, preset="unet", labels="resmap", steps=25, rate=1e-2), report=lambda line: None)
    first, last = card["history"][0], card["history"][-1]
    assert last["loss"] < 2.3
    assert last["exact_published"] > first["exact_published"]
    assert {"exact", "near", "common", "ece"} <= last.keys()
    model = load_voxel_classes(str(quick / "out"))
    assert (model.labels, model.takes_cubes, model.name) == (("resmap",), True, "voxelclass-unet-resmap")
    assert np.asarray(model.run(np.zeros((1, 16, 16, 16, 1), np.float32))).shape == (1, 16, 16, 16, 10)


def test_a_recipe_is_trained_by_the_command(quick, trunk, monkeypatch):
    stage = Stage(2, {"preset": "compact", "maps": 1, "batch": 2, "rate": 1e-3, "learning_curve": 1})
    monkeypatch.setitem(recipes.RECIPES, "shipped", Recipe("", [stage]))
    monkeypatch.setattr(training.store, "shipped_folder", lambda *names: trunk)
    folder = str(quick / "structures")
    command = ["train", "voxelclass", "--recipe", "shipped", "--structures", folder, "--validation", folder]
    assert main([*command, "-o", str(quick / "model")]) == 0
    card = store.read_card(quick / "model")
    assert (card["recipe"], card["steps"], card["labels"]) == ("shipped", 2, ["monores", "resmap"])
    assert not (quick / "model" / loop.STATE).exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--preset unet", "give --labels fsc, monores or resmap"),
        ("--labels resmap", "learns the classes of monores and of resmap at once; leave --labels out"),
        ("--preset unet --labels fsc --trunk there", "--trunk means nothing to preset unet"),
        ("--preset unet-text --labels fsc --learning-curve 5", "--learning-curve means nothing to preset unet-text"),
        ("--preset cnn3d", "voxelclass has no preset cnn3d"),
        ("--trunk {folder}/none", "there is no such model"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(words, message, quick, capsys):
    folder = str(quick / "structures")
    command = ["train", "voxelclass", "--structures", folder, "--validation", folder, "--minutes", "1"]
    assert main([*command, *words.format(folder=quick).split(), "-o", str(quick / "model")]) == 2
    assert message in capsys.readouterr().err
    assert not (quick / "model" / store.CARD_FILE).exists()


def test_a_trunk_of_other_sizes_is_refused(quick, trunk, monkeypatch, capsys):
    monkeypatch.setitem(voxelclass.PRESETS["compact"]["config"], "trunk", [256, 128])
    folder = str(quick / "structures")
    command = ["train", "voxelclass", "--structures", folder, "--validation", folder, "--minutes", "1", "--maps", "1"]
    assert main([*command, "--trunk", trunk, "-o", str(quick / "model")]) == 2
    assert "the trunk of this network has other sizes" in capsys.readouterr().err
