"""What local sharpening with the shipped networks does to the map of a protein, noise and all."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import ndimage

from deepreslib.enhancement import before_after, global_sharpening, ilocscale
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap
from deepreslib.simulation import half_maps, model_map
from deepreslib.simulation.half_maps import HalfMapSettings
from deepreslib.structures import AtomicStructure, random_rotation, read_structure

EDGE, RESOLUTION = 84, 3.2
"""Voxels of 1 Å; Å."""

BARNASE, BARSTAR = "A", "B"
"""The chains of 1ay7, a ribonuclease and its inhibitor, one beside the other."""


@dataclass(frozen=True)
class Scene:
    """Half maps of a structure, their mean, and the mask of the whole structure."""

    full: DensityMap
    halves: tuple[DensityMap, DensityMap]
    mask: np.ndarray
    resolution: float
    structure: AtomicStructure
    """Where the map has it."""

    def sharpened(self, density_map=None, halves=None, **settings):
        return ilocscale.enhance(
            density_map or self.full, self.mask, self.resolution, half_maps=halves, workers=1, **settings
        )


def simulated(structure, chosen):
    rng = np.random.default_rng(5)
    positions = model_map.placed(structure, (EDGE,) * 3, 1.0, random_rotation(rng))
    settings = HalfMapSettings(RESOLUTION)
    made = half_maps.simulate(structure, positions, EDGE, 1.0, settings, rng, selected=chosen)
    full = made.half1.like((made.half1.data + made.half2.data) / 2)
    mask = model_map.molecular_mask(positions, full.data.shape, 1.0)
    moved = dataclasses.replace(structure, positions=positions, b_factors=made.b_factors)
    return Scene(full, (made.half1, made.half2), mask, made.global_resolution, moved)


@pytest.fixture(scope="module")
def structure(shared_data):
    return read_structure(str(shared_data / "structures" / "test" / "1ay7.pdb.gz"))


@pytest.fixture(scope="module")
def scene(structure):
    return simulated(structure, np.ones(len(structure), bool))


def relative(found, expected, part):
    """The root of the mean squared difference, divided by the SD."""
    return float(np.sqrt(np.mean((found - expected)[part] ** 2)) / expected[part].std())


@pytest.mark.parametrize("aim", ["density", "contrast"])
def test_scale_offset_and_padding_change_less_than_a_hundredth(scene, aim):
    expected = scene.sharpened(aim=aim).data
    other = scene.full.like(1e-3 * (scene.full.data + 4))
    assert relative(scene.sharpened(other, aim=aim).data, expected, scene.mask) < 0.01
    rim = EDGE // 2
    wide = DensityMap(np.pad(scene.full.data, rim, constant_values=np.median(scene.full.data)), (1.0,) * 3)
    padded = dataclasses.replace(scene, full=wide, mask=np.pad(scene.mask, rim)).sharpened(aim=aim)
    part = (slice(rim, rim + EDGE),) * 3
    assert relative(padded.data[part], expected, scene.mask) < 0.01


@pytest.mark.parametrize("aim", ["density", "contrast"])
def test_phases_of_windows_change_no_more_than_by_one_b_factor(scene, aim):
    """Any filter changes the phases of windows that have no taper, as what leaks into a shell becomes another."""
    plain = global_sharpening.enhance(scene.full, scene.mask, scene.resolution, half_maps=scene.halves, workers=1)
    changes = [
        before_after.phase_change(scene.full.data, found.data, scene.mask, (1.0,) * 3)
        for found in (scene.sharpened(aim=aim), plain)
    ]
    shells = changes[0].frequency < 1 / scene.resolution
    assert shells.sum() >= 6
    assert np.all(changes[0].radians[shells] <= changes[1].radians[shells] + 0.005)


@pytest.mark.parametrize("aim", ["density", "contrast"])
def test_the_fsc_of_half_maps_moves_little(scene, aim):
    found = scene.sharpened(halves=scene.halves, aim=aim)
    changes = before_after.compare(scene.full, found.data, scene.mask, scene.halves, found.half_maps, workers=1)
    before, after = changes.fsc_before.resolution(), changes.fsc_after.resolution()
    assert before == pytest.approx(scene.resolution, abs=0.2)
    assert abs(after - before) <= 0.15


@pytest.mark.parametrize("aim", ["density", "contrast"])
def test_what_a_filter_took_away_does_not_come_back(scene, aim):
    filtered = scene.full.like(filters.low_pass(scene.full.data, 1.0, 5.0))
    found = dataclasses.replace(scene, resolution=5.0).sharpened(filtered, aim=aim, keep_outside=True).data
    frequency = filters.frequencies(found.shape, 1.0)
    power = np.square(np.abs(np.fft.rfftn(found)))
    kept, beyond = (power[part].mean() for part in ((frequency > 0.1) & (frequency < 0.2), frequency > 1 / 4.5))
    assert beyond < 1e-4 * kept


def test_where_a_part_was_deleted_nothing_comes_up(structure, scene):
    """The inhibitor is in the mask but not in the map: its place is no livelier than after one B factor."""
    there = np.isin(structure.chains, BARNASE)
    assert set(structure.chains) == {BARNASE, BARSTAR}
    halved = simulated(structure, there)
    deleted = model_map.molecular_mask(halved.structure.positions[~there], halved.mask.shape, 1.0)
    kept = model_map.molecular_mask(halved.structure.positions[there], halved.mask.shape, 1.0)
    deleted &= ndimage.distance_transform_edt(~kept) > 5

    def liveliness(found):
        return found.data[deleted].std() / found.data[kept].std()

    plain = global_sharpening.enhance(halved.full, halved.mask, halved.resolution, half_maps=halved.halves, workers=1)
    assert deleted.sum() > 2000
    assert liveliness(halved.sharpened()) <= liveliness(plain)
