"""CryoRes around its network: cropping, parts, baseline and relative resolution, mask, the map's own grid.

The network is replaced by one whose answer is known: the density decides on the mask, everything else is constant.
"""

import functools
import math
import re

import numpy as np
import pytest
from known_cryores import DENSITY, RELIABILITY, KnownNetwork, known_model
from small_maps import atoms, density_map, noisy

from deepreslib import memory
from deepreslib.errors import InputError
from deepreslib.estimation import cryores
from deepreslib.estimation.judgement import judged
from deepreslib.estimation.local_cutoff import curve
from deepreslib.fourier.filters import low_pass
from deepreslib.maps import DensityMap
from deepreslib.networks.cryores_cells import FeatureCells
from deepreslib.networks.cryores_features import local_features
from deepreslib.networks.cryores_region import region


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setattr(cryores, "load_model", lambda path=None: known_model())


@pytest.fixture
def answers(monkeypatch):
    """Lets the network give a global resolution and a strangeness; entries of its card."""

    def answer(baseline=(4.0, 0.3), strangeness=1.0, **card):
        model = known_model(KnownNetwork(baseline, strangeness), **card)
        monkeypatch.setattr(cryores, "load_model", lambda path=None: model)

    return answer


@pytest.fixture(scope="module")
def ball():
    rng = np.random.default_rng(0)
    z, y, x = np.indices((70, 64, 80))
    inside = (z - 30) ** 2 + (y - 32) ** 2 + (x - 45) ** 2 < 14**2
    data = inside + 0.05 * rng.standard_normal(inside.shape)
    return DensityMap(data.astype(np.float32), (1.6,) * 3, (3.0, 4.0, 5.0)), inside


def test_resolution_is_baseline_and_relative_within_the_mask(known, ball):
    density_map, inside = ball
    found = cryores.estimate(density_map)
    assert found.global_resolution.value == pytest.approx(4.0)
    assert found.global_resolution.deviation == pytest.approx(0.3)
    assert (found.mask & inside).sum() / (found.mask | inside).sum() > 0.85
    np.testing.assert_allclose(found.resolution[found.mask], 4.5, atol=1e-4)
    np.testing.assert_allclose(found.deviation[found.mask], 0.2, atol=1e-4)
    assert (found.resolution[~found.mask] == 0).all()


def test_a_given_mask_says_where_the_resolution_is_wanted(known, ball):
    density_map, inside = ball
    wanted = np.zeros_like(inside)
    wanted[2:5, 2:5, 2:5] = True
    found = cryores.estimate(density_map, wanted)
    np.testing.assert_array_equal(found.resolution > 0, wanted)
    np.testing.assert_allclose(found.resolution[wanted], 4.5, atol=1e-4)
    assert (found.mask & inside).sum() / (found.mask | inside).sum() > 0.85


def test_at_another_cutoff_nothing_but_the_local_values_differs(known, ball):
    density_map, _ = ball
    half, seventh = (cryores.estimate(density_map, local_cutoff=cutoff) for cutoff in (0.5, 0.143))
    assert (half.local_cutoff, seventh.local_cutoff) == (0.5, 0.143)
    assert half.global_resolution == seventh.global_resolution
    np.testing.assert_array_equal(half.mask, seventh.mask)
    expected = 4.5 * curve().ratio(np.array(4.5), 4.0)
    assert 3.2 < expected < 4.2
    np.testing.assert_allclose(seventh.resolution[seventh.mask], expected, rtol=1e-4)


@pytest.mark.parametrize("cutoff", [0.3, 0, 1, -0.5, 0.1429, float("nan"), None, "0.5"])
def test_cutoffs_without_a_curve_are_refused(known, ball, cutoff):
    with pytest.raises(InputError, match=r"0\.5 and of 0\.143"):
        cryores.estimate(ball[0], local_cutoff=cutoff)


def test_nothing_finer_than_nyquist(known, ball):
    density_map, _ = ball
    coarse = DensityMap(density_map.data, (2.6,) * 3)
    found = cryores.estimate(coarse)
    assert found.global_resolution.value == pytest.approx(5.2)
    np.testing.assert_allclose(found.resolution[found.mask], 5.2, atol=1e-5)


def test_parts_make_no_difference(ball):
    density_map, _ = ball
    made = local_features(region(density_map.data, density_map.voxel_size))
    whole = cryores.predict(KnownNetwork().predict_on_batch, made)
    parts = cryores.predict(KnownNetwork().predict_on_batch, made, places=1000)
    np.testing.assert_allclose(parts["mask"], whole["mask"])
    np.testing.assert_allclose(parts["local"], whole["local"])
    np.testing.assert_allclose(parts["baseline"], [4.0, 0.3], rtol=1e-6)


def test_baseline_and_level_are_of_the_whole_map_however_it_is_parted(ball, monkeypatch):
    class Counting(KnownNetwork):
        """Both are the mean density, which is that of a few planes unless they are of the whole map."""

        def predict_on_batch(self, inputs):
            mean = inputs["features"][..., DENSITY].mean()
            found = super().predict_on_batch(inputs)
            raised = found["local"] + np.array([mean, 0], np.float32)
            return found | {"baseline": np.array([[mean, 0.3]]), "level": np.array([[mean]]), "local": raised}

    density_map, _ = ball
    made = local_features(region(density_map.data, density_map.voxel_size))
    whole = cryores.predict(Counting().predict_on_batch, made, places=math.prod(made.shape))
    monkeypatch.setattr(cryores, "POOLED", math.prod(made.shape) // 4)
    parted = cryores.predict(Counting().predict_on_batch, made, places=1000)
    mean = whole["baseline"][0]
    assert parted["baseline"][0] == pytest.approx(mean, rel=0.1)
    np.testing.assert_allclose(whole["local"][..., 0], 0.5 + mean, rtol=1e-5)
    np.testing.assert_allclose(parted["local"][..., 0], 0.5 + parted["baseline"][0], rtol=1e-5)
    assert made.planes(slice(-6, None))[..., DENSITY].mean() < 0.5 * mean


def test_of_half_maps_the_mean_is_looked_at(known, ball):
    density_map, _ = ball
    noise = np.random.default_rng(5).standard_normal(density_map.data.shape).astype(np.float32)
    halves = [density_map.like(density_map.data + sign * noise) for sign in (1, -1)]
    one, two = (cryores.estimate(given).resolution for given in (density_map, halves))
    np.testing.assert_allclose(two, one, atol=1e-3)


def test_a_map_without_a_molecule_is_refused(known, monkeypatch):
    monkeypatch.setattr(
        KnownNetwork,
        "predict_on_batch",
        lambda self, inputs: {
            "baseline": np.ones((1, 2)),
            "level": np.zeros((1, 1)),
            "local": np.ones((*inputs["features"].shape[:-1], 2)),
            "mask": np.full((*inputs["features"].shape[:-1], 1), -1.0),
            "strangeness": np.ones((1, 1)),
        },
    )
    noise = np.random.default_rng(1).standard_normal((40, 40, 40)).astype(np.float32)
    with pytest.raises(InputError, match="no molecule"):
        cryores.estimate(DensityMap(noise, (1.5,) * 3))


def test_cells_give_what_the_whole_map_gives(monkeypatch):
    rng = np.random.default_rng(0)
    z, y, x = np.indices((66, 74, 58))
    inside = (z - 30) ** 2 + (y - 36) ** 2 + (x - 28) ** 2 < 20**2
    data = low_pass(rng.standard_normal(inside.shape).astype(np.float32) * inside, 2.0, 5.0)
    data += 0.1 * data.std() * rng.standard_normal(inside.shape).astype(np.float32)
    density_map = DensityMap(data, (2.0,) * 3)
    wanted = np.zeros_like(inside)
    wanted[20:60, ::2, 5:50] = True
    for mask in (None, wanted):
        monkeypatch.setattr(cryores, "AT_ONCE", 10**7)
        whole = cryores.estimate(density_map, mask)
        monkeypatch.setattr(cryores, "AT_ONCE", 0)
        monkeypatch.setattr(cryores, "FeatureCells", functools.partial(FeatureCells, places=40 * 60 * 60))
        cells = cryores.estimate(density_map, mask)
        assert (whole.mask != cells.mask).sum() < 1e-3 * whole.mask.sum()
        assert cells.global_resolution.value == pytest.approx(whole.global_resolution.value, abs=5e-3)
        both = (whole.resolution > 0) & (cells.resolution > 0)
        assert both.sum() > 0.999 * (whole.resolution > 0).sum()
        np.testing.assert_allclose(cells.resolution[both], whole.resolution[both], atol=1e-2)
        # The members' disagreement is that of the places that are predicted together.
        assert np.median(np.abs(cells.deviation[both] / whole.deviation[both] - 1)) < 0.03


def test_a_map_that_would_not_fit_is_refused_before_the_network_is_loaded(ball, monkeypatch):
    monkeypatch.setattr(memory, "rooms", lambda: [memory.Room(-1e9, "of the machine")])
    monkeypatch.setattr(cryores, "load_model", None)
    with pytest.raises(InputError, match=r"CryoRes for the map needs .* GB of memory, and 0\.0 GB are left"):
        cryores.estimate(ball[0])


@pytest.mark.parametrize("voxel_size", [0.5, 1.0, 1.06, 1.5, 2.0, 4.0])
def test_needed_memory_has_a_ceiling(voxel_size):
    assert cryores.needed_memory((512,) * 3, (voxel_size,) * 3) < 2.5e9


def test_a_usual_map_is_reliable(answers):
    answers(reliability=RELIABILITY)
    found = cryores.estimate(noisy())
    assert (found.status, found.warnings) == ("reliable", ())
    assert (found.report["strangeness"], found.report["factor"]) == (1.0, 1.0)


def test_a_strange_map_is_doubtful_and_its_deviations_are_wider(answers):
    answers(strangeness=1.8, reliability=RELIABILITY)
    usual, found = 0.3, cryores.estimate(noisy())
    assert found.status == "doubtful: the map is unlike those that CryoRes learnt from"
    (sentence,) = found.warnings
    assert "unlike" in sentence
    assert "widened 1.4 times" in sentence
    assert (found.report["strangeness"], found.report["factor"]) == (1.8, 1.44)
    assert found.global_resolution.deviation == pytest.approx(1.44 * usual)
    assert found.global_resolution.value == pytest.approx(4.0)
    np.testing.assert_allclose(found.deviation[found.mask], 1.44 * 0.2, rtol=1e-5)
    np.testing.assert_allclose(found.resolution[found.mask], 4.5, atol=1e-4)


def test_without_an_entry_in_the_card_nothing_is_widened(answers):
    answers(strangeness=50.0)
    found = cryores.estimate(noisy())
    assert (found.status, found.report["strangeness"], found.report["factor"]) == ("reliable", 50.0, 1.0)
    assert found.global_resolution.deviation == pytest.approx(0.3)


def test_cells_hand_on_the_strangeness(answers, monkeypatch):
    answers(strangeness=1.8, reliability=RELIABILITY)
    monkeypatch.setattr(cryores, "AT_ONCE", 0)
    found = cryores.estimate(noisy())
    assert found.report["strangeness"] == 1.8
    np.testing.assert_allclose(found.deviation[found.mask], 1.44 * 0.2, rtol=1e-5)


@pytest.mark.parametrize(
    ("baseline", "status"),
    [
        ((10.0, 1.9), "reliable"),
        ((10.0, 2.1), "doubtful: the global resolution is uncertain by more than a fifth, ± 2.10 Å"),
        ((26.0, 1.0), "outside the range: the global resolution, 26.00 Å, is coarser than 25 Å"),
        ((23.0, 3.0), "outside the range: the global resolution, 23.00 ± 3.00 Å, may be coarser than 25 Å"),
    ],
)
def test_uncertain_and_coarse_answers(answers, baseline, status):
    answers(baseline)
    found = cryores.estimate(noisy())
    assert found.status.startswith(status)
    assert len(found.warnings) == (status != "reliable")


def test_a_map_of_another_kind_is_doubtful(answers):
    answers()
    found = cryores.estimate(density_map(atoms()))
    assert found.status.startswith("doubtful: the map has no density below")
    (sentence,) = found.warnings
    assert "CryoRes learnt from reconstructions with their noise" in sentence


def test_a_mask_that_is_no_molecule_is_doubtful_and_warned_about_once(monkeypatch):
    class Sparse(KnownNetwork):
        """The mask is where the density is nearly the highest."""

        def predict_on_batch(self, inputs):
            return super().predict_on_batch(inputs) | {"mask": 20 * (inputs["features"][..., DENSITY, None] - 1.0)}

    monkeypatch.setattr(cryores, "load_model", lambda path=None: known_model(Sparse()))
    found = cryores.estimate(noisy())
    assert re.fullmatch(
        r"doubtful: the mask that cryores found (is in \d+ separate patches|covers only) .*", found.status
    )
    (sentence,) = judged(found, noisy(), "cryores").warnings
    assert sentence.startswith(found.status.removeprefix("doubtful: ") + "; ")


@pytest.mark.parametrize("strangeness", [np.nan, np.inf])
def test_a_strangeness_that_is_no_number_is_refused(answers, strangeness):
    answers(strangeness=strangeness, reliability=RELIABILITY)
    with pytest.raises(InputError, match="something else than numbers"):
        cryores.estimate(noisy())
