"""What the signal-to-noise ratio allows."""

import numpy as np
import pytest

from deepreslib.enhancement.answers import CannotTell
from deepreslib.enhancement.snr import global_resolution, resolution_limit, snr_resolution
from deepreslib.errors import InputError
from deepreslib.estimation import GlobalResolution, LocalResolution, cryores
from deepreslib.maps import DensityMap

MASK = np.zeros((32,) * 3, bool)
MASK[12:20, 12:20, 12:20] = True


def noise(seed):
    return DensityMap(np.random.default_rng(seed).standard_normal((32,) * 3).astype(np.float32), (1.0,) * 3)


def test_half_maps_without_a_common_signal_are_refused():
    rng = np.random.default_rng(3)
    halves = [DensityMap(rng.standard_normal((32,) * 3).astype(np.float32), (1.0,) * 3) for _ in range(2)]
    with pytest.raises(InputError, match="nothing in common"):
        global_resolution(halves, np.ones((32,) * 3, bool))


def test_a_masked_map_has_no_noise_to_compare_with():
    masked = noise(3)
    with pytest.raises(CannotTell, match="no noise outside the mask"):
        snr_resolution(masked.like(masked.data * MASK), MASK)


@pytest.mark.parametrize(("found", "limit"), [(3.3, 3.3), (1.4, 2.0)])
def test_the_limit_of_a_single_map_is_what_cryores_says(monkeypatch, found, limit):
    result = LocalResolution(np.zeros((2,) * 3, np.float32), global_resolution=GlobalResolution(found, 0.24))
    monkeypatch.setattr(cryores, "estimate", lambda *_, **__: result)
    assert resolution_limit(noise(1), None, MASK) == (limit, "CryoRes, ± 0.2 Å")


def test_doubts_of_cryores_are_named_and_what_it_does_not_know_cannot_be_told(monkeypatch):
    def say(status):
        found = LocalResolution(
            np.zeros((2,) * 3, np.float32), global_resolution=GlobalResolution(3.3, 0.24), status=status
        )
        monkeypatch.setattr(cryores, "estimate", lambda *_, **__: found)
        return resolution_limit(noise(1), None, MASK)

    assert say("reliable") == (3.3, "CryoRes, ± 0.2 Å")
    assert say("doubtful: it is strange") == (3.3, "CryoRes, ± 0.2 Å, doubtful")
    with pytest.raises(CannotTell, match=r"outside the range: it is coarse\); give --resolution\.$"):
        say("outside the range: it is coarse")


def test_the_limit_that_is_given_wins():
    assert resolution_limit(noise(1), (noise(2), noise(3)), MASK, 4.5) == (4.5, "given")


def test_half_maps_have_a_limit_of_at_least_twice_the_voxel_size():
    limit, source = resolution_limit(noise(1), (noise(1), noise(1)), MASK)
    assert (limit, source) == (2, "FSC 0.143 of the half maps")


def test_a_map_without_a_molecule_cannot_be_told(monkeypatch):
    def refuse(*_, **__):
        raise InputError("map.mrc shows no molecule that the network knows; give a map of protein or RNA.")

    monkeypatch.setattr(cryores, "estimate", refuse)
    with pytest.raises(CannotTell, match=r"no molecule that the network knows.*; give --resolution\.$"):
        resolution_limit(noise(1), None, MASK)
