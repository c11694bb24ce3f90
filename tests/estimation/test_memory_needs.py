"""The classical methods refuse what would not fit, before the work."""

import numpy as np
import pytest

from deepreslib import memory
from deepreslib.errors import InputError
from deepreslib.estimation import localfsc, memory_needs, monores, resmap
from deepreslib.maps import DensityMap, half_maps
from deepreslib.memory import Room

SHAPE = (24, 26, 28)
MAP, HALF1, HALF2 = (
    DensityMap(np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32), (2.0,) * 3, path=f"{seed}.mrc")
    for seed in range(3)
)
MASK = np.zeros(SHAPE, bool)
MASK[9:15, 9:15, 9:15] = True
RUNS = {
    "localfsc": lambda: localfsc.estimate((HALF1, HALF2), MASK, workers=1),
    "monores-halves": lambda: monores.estimate((HALF1, HALF2), MASK, workers=1),
    "monores-map": lambda: monores.estimate(MAP, MASK, workers=1),
    "resmap-halves": lambda: resmap.estimate((HALF1, HALF2), MASK, workers=1),
    "resmap-map": lambda: resmap.estimate(MAP, MASK, workers=1),
    "half-maps": lambda: half_maps.examine(HALF1, HALF2, 1),
}


@pytest.mark.parametrize("name", RUNS)
def test_what_does_not_fit_is_refused_with_both_numbers(monkeypatch, name):
    monkeypatch.setattr(memory, "SPARE", 0)
    monkeypatch.setattr(memory, "rooms", lambda: [Room(1e5, "of the machine")])
    with pytest.raises(InputError, match=r"[01]\.mrc.* needs 0\.0 GB of memory, and 0\.0 GB are left"):
        RUNS[name]()


@pytest.mark.parametrize("name", [name for name in RUNS if name != "half-maps"])
def test_what_fits_is_not_refused(monkeypatch, name):
    monkeypatch.setattr(memory, "rooms", lambda: [Room(1e8, "of the machine")])
    assert (RUNS[name]().resolution[MASK] > 0).all()


def needed_for(size, near, check):
    """GB that a check asks for, for a box of so many voxels and a mask of 15 % of it."""
    asked = []
    mask = np.zeros((size,) * 3, bool)
    mask.reshape(-1)[: round(0.15 * mask.size)] = True
    density_map = DensityMap(np.broadcast_to(np.float32(0), mask.shape), (1.0,) * 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "check", lambda needed, subject, network=False: asked.append(needed / 1e9))
        check(density_map, mask, near)
    return asked[0]


@pytest.mark.parametrize(
    ("near", "maps", "check"),
    [
        (400**3, 2, memory_needs.check_localfsc),
        (375**3, 2, lambda *given: memory_needs.check_monores(*given, has_halves=True)),
        (512**3, 1, lambda *given: memory_needs.check_monores(*given, has_halves=False)),
        (358**3, 2, lambda *given: memory_needs.check_resmap(*given, has_halves=True)),
        (358**3, 1, lambda *given: memory_needs.check_resmap(*given, has_halves=False)),
    ],
    ids=["localfsc", "monores-halves", "monores-map", "resmap-halves", "resmap-map"],
)
def test_a_box_of_512_fits_into_4_gb(near, maps, check):
    held = 0.15 + 1e-9 * (4 * maps + 1) * 512**3  # the program, its maps and the mask
    needed = needed_for(512, near, check)
    assert 0.5 < needed < 4.0 - held
    assert needed_for(256, near // 8, check) == pytest.approx(needed / 8, rel=1)
