"""Ten classes of each voxel: by CryoRes' answer, by a network at the same places, by a U-Net in cubes; refusals.

Networks are replaced by ones whose answers are known.
"""

import json

import numpy as np
import pytest
from known_cryores import known_model
from scipy.stats import norm
from small_maps import noisy

from deepreslib.errors import InputError
from deepreslib.estimation import classes, cryores
from deepreslib.networks.voxelclass_card import CENTRES, StoredVoxelClass


class KnownHeads:
    """Class 4 with 60 % and class 6 with 40 % by MonoRes, at every place; class 1 by ResMap."""

    def predict_on_batch(self, inputs):
        shape = (*inputs["features"].shape[:-1], 10)
        monores, resmap = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        monores[..., 3], monores[..., 5], resmap[..., 0] = 0.6, 0.4, 1
        return {"monores": monores, "resmap": resmap}


class KnownUnet:
    """Class 8 where the value is above 0.3, with 70 %, otherwise class 2."""

    def predict_on_batch(self, cubes):
        assert cubes.shape[1:] == (16, 16, 16, 1)
        assert cubes.min() >= 0
        assert cubes.max() <= 1
        found = np.zeros((*cubes.shape[:-1], 10), np.float32)
        found[..., 1] = np.where(cubes[..., 0] > 0.3, 0.3, 1)
        found[..., 7] = 1 - found[..., 1]
        return found


def stored(network, labels, preset, **card):
    return StoredVoxelClass(
        network, {"name": "known", "sha256": "", "preset": preset, "labels": labels, **card}, "here"
    )


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setattr(cryores, "load_model", lambda path=None: known_model())


@pytest.fixture
def use(monkeypatch, known):
    def use(*arguments, **card):
        monkeypatch.setattr(classes, "load_model", lambda path: stored(*arguments, **card))

    return use


@pytest.fixture
def compact(use):
    use(KnownHeads(), ["monores", "resmap"], "compact")


@pytest.fixture(scope="module")
def ball():
    return noisy(edge=40, radius=11.0)


def test_classes_by_local_fsc_are_shares_of_cryores_answer(known, ball):
    found, plain = classes.estimate(ball), cryores.estimate(ball)
    np.testing.assert_array_equal(found.resolution, plain.resolution)
    np.testing.assert_array_equal(found.deviation, plain.deviation)
    inside = plain.resolution > 0
    np.testing.assert_array_equal(found.further["_class"], np.where(inside, 4, 0))  # 4.5 ± 0.2 Å is in (4, 5]
    expected = norm.cdf(2.5) - norm.cdf(-2.5)
    np.testing.assert_allclose(found.further["_probability"], np.where(inside, expected, 0), atol=1e-3)
    (only,) = [row for row in found.report["classes"] if row["voxels"]]
    assert (only["class"], only["above"], only["to"], only["voxels"]) == (4, 4.0, 5.0, inside.sum())
    assert found.report["labels"] == "fsc"
    assert found.local_cutoff == 0.5


def test_heads_are_asked_at_the_places_of_cryores(compact, ball):
    found, plain = classes.estimate(ball, labels="monores"), cryores.estimate(ball)
    inside = plain.resolution > 0
    np.testing.assert_array_equal(found.further["_class"], np.where(inside, 4, 0))
    np.testing.assert_allclose(found.further["_probability"], np.where(inside, 0.6, 0), atol=1e-5)
    mean = 0.6 * CENTRES[3] + 0.4 * CENTRES[5]
    np.testing.assert_allclose(found.resolution, np.where(inside, mean, 0), atol=1e-4)
    np.testing.assert_allclose(found.deviation[inside], np.sqrt(0.24 * 4 + 1 / 12), atol=1e-3)
    assert (found.status, found.global_resolution) == (plain.status, plain.global_resolution)
    assert found.report["model"]["name"] == "known"
    assert found.local_cutoff is None


def test_cells_give_the_same_classes(compact, ball, monkeypatch):
    whole = classes.estimate(ball, labels="monores")
    monkeypatch.setattr(cryores, "AT_ONCE", 0)
    cells = classes.estimate(ball, labels="monores")
    differ = (whole.resolution > 0) != (cells.resolution > 0)
    assert differ.sum() < 0.01 * (whole.resolution > 0).sum()
    np.testing.assert_allclose(cells.resolution[~differ], whole.resolution[~differ], atol=1e-4)


def test_nothing_is_finer_than_two_voxels(compact, ball):
    found = classes.estimate(ball, labels="resmap")
    inside = found.resolution > 0
    np.testing.assert_array_equal(found.further["_class"][inside], 1)
    np.testing.assert_allclose(found.resolution[inside], 2 * max(ball.voxel_size))
    assert found.ends.low == 2 * max(ball.voxel_size)


def test_a_mask_says_which_voxels_are_classified_and_centres_are_those_of_the_card(use, ball):
    use(KnownHeads(), ["monores", "resmap"], "compact", centres={"monores": [n + 1.2 for n in range(10)]})
    mask = np.zeros(ball.data.shape, bool)
    mask[10:30, 18:22, 12:25] = True
    found = classes.estimate(ball, mask, labels="monores")
    np.testing.assert_array_equal(found.further["_class"] > 0, mask)
    np.testing.assert_allclose(found.resolution[mask], 0.6 * 4.2 + 0.4 * 6.2, atol=1e-4)


def test_a_unet_looks_at_cubes_that_overlap(use, ball):
    use(KnownUnet(), ["resmap"], "unet")
    mask = np.zeros(ball.data.shape, bool)
    mask[9:31, 12:29, 13:27] = True
    found = classes.estimate(ball, mask, labels="resmap")
    low, high = ball.data.min(), ball.data.max()
    dense = (ball.data - low) / (high - low) > 0.3
    clear = mask & (abs((ball.data - low) / (high - low) - 0.3) > 1e-5)
    np.testing.assert_array_equal(found.further["_class"][clear], np.where(dense, 8, 2)[clear])
    np.testing.assert_allclose(found.further["_probability"][clear], np.where(dense, 0.7, 1)[clear], atol=1e-5)
    assert (found.further["_class"][~mask] == 0).all()
    assert found.status is None


def test_a_unet_without_a_mask_gets_that_of_cryores(use, ball):
    use(KnownUnet(), ["monores"], "unet-text")
    found, plain = classes.estimate(ball, labels="monores"), cryores.estimate(ball)
    np.testing.assert_array_equal(found.further["_class"] > 0, plain.resolution > 0)
    assert found.status == plain.status


def test_a_folder_with_a_unet_answers_for_local_fsc(use, ball, tmp_path):
    use(KnownUnet(), ["fsc"], "unet")
    (tmp_path / "card.json").write_text(json.dumps({"network": "voxelclass"}), encoding="utf-8")
    found = classes.estimate(ball, labels="fsc", network_path=str(tmp_path))
    assert set(np.unique(found.further["_class"])) == {0, 2, 8}


def test_labels_that_there_are_not_are_refused(compact, ball):
    with pytest.raises(InputError, match="no classes by 'blocres'; give one of fsc, monores, resmap"):
        classes.estimate(ball, labels="blocres")


def test_labels_that_a_network_has_not_learnt_are_refused(use, ball):
    use(KnownUnet(), ["resmap"], "unet")
    with pytest.raises(InputError, match="has learnt the classes of resmap and not of monores"):
        classes.estimate(ball, labels="monores")


def test_an_empty_mask_is_refused(use, ball):
    use(KnownUnet(), ["resmap"], "unet")
    with pytest.raises(InputError, match="is empty"):
        classes.estimate(ball, np.zeros(ball.data.shape, bool), labels="resmap")


def test_answers_that_are_no_numbers_are_refused(use, ball):
    class Broken(KnownHeads):
        def predict_on_batch(self, inputs):
            return {name: values * np.nan for name, values in super().predict_on_batch(inputs).items()}

    use(Broken(), ["monores", "resmap"], "compact")
    with pytest.raises(InputError, match="something else than numbers"):
        classes.estimate(ball, labels="monores")


def test_without_shipped_weights_the_way_out_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(classes.store, "shipped_folder", lambda *names: str(tmp_path / "-".join(names)))
    classes.load_model.cache_clear()
    with pytest.raises(InputError, match=r"no network for the classes of monores and resmap .* or take --labels fsc"):
        classes.load_model(None)
