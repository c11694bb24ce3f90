"""Where a spectrum ends: at the filter that made it, and nowhere where none did."""

import csv

import numpy as np
import pytest

from deepreslib.analysis.map_end import find_end, radial_amplitude, spectrum_and_end
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, read_map

VOXEL, EDGE = 1.5, 64


def reconstruction(b_factor=100.0, noise=0.02, seed=0):
    """Blurred random density in a ball, with noise everywhere."""
    rng = np.random.default_rng(seed)
    ball = np.linalg.norm(np.indices((EDGE,) * 3) - EDGE // 2, axis=0) < 18
    signal = filters.apply_b_factor(rng.standard_normal((EDGE,) * 3) * ball, VOXEL, b_factor)
    return (signal + noise * rng.standard_normal(signal.shape)).astype(np.float32)


def end_of(data, scale=1.0, offset=0.0):
    return spectrum_and_end(DensityMap(np.asarray(scale * data + offset, np.float32), (VOXEL,) * 3), 1)[1]


@pytest.mark.parametrize("cutoff", [12.0, 8.0, 6.0, 4.5])
@pytest.mark.parametrize("b_factor", [0.0, 100.0, 250.0])
def test_the_end_of_a_filtered_map_is_its_filter(cutoff, b_factor):
    data = filters.low_pass(reconstruction(b_factor), VOXEL, cutoff)
    found = end_of(data)
    stop = 1 / (1 / cutoff + filters.RAISED_COSINE / VOXEL)
    assert found.is_filtered
    assert stop - 0.15 < found.resolution < 1.1 * cutoff
    assert found.bound < found.resolution
    assert end_of(data, -1e6, 3e6).resolution == pytest.approx(found.resolution, rel=0.05)


@pytest.mark.parametrize("b_factor", [0.0, 100.0, 300.0, 600.0])
def test_signal_that_merges_with_noise_is_no_end(b_factor):
    found = end_of(reconstruction(b_factor))
    assert (found.is_filtered, found.fall) == (False, 1.0)
    assert found.resolution == pytest.approx(2 * VOXEL, rel=0.02)


def test_a_gap_in_a_spectrum_is_no_end():
    data = reconstruction(0.0)
    frequency = filters.frequencies(data.shape, VOXEL)
    for first, last in ((0.08, 0.12), (0.12, 0.2), (0.2, 0.25)):
        weights = np.where((frequency > first) & (frequency < last), 1e-4, 1 + 50 * (frequency >= last))
        assert not end_of(filters.transfer(data, weights.astype(np.float32))).is_filtered


def test_sharpening_does_not_move_the_end():
    data = filters.low_pass(reconstruction(), VOXEL, 6.0)
    ends = [end_of(filters.apply_b_factor(data, VOXEL, b)).resolution for b in (0, -100)]
    assert ends[0] == pytest.approx(ends[1], rel=0.05)


def test_a_tiny_map_has_no_end():
    data = np.random.default_rng(0).standard_normal((16,) * 3)
    assert not find_end(radial_amplitude(DensityMap(data.astype(np.float32), (2.0,) * 3), 1)).is_filtered


def test_a_filter_is_seen_at_the_first_shells_and_in_a_part_that_was_cut_out_afterwards():
    filtered = filters.low_pass(reconstruction(), VOXEL, EDGE * VOXEL / 5)
    assert 4 <= EDGE * VOXEL / end_of(filtered).resolution <= 7
    part = np.ascontiguousarray(filters.low_pass(reconstruction(noise=0.2), VOXEL, 6.0)[9:, 9:, 9:])
    part += np.linspace(0, 5, len(part), dtype=np.float32)
    assert end_of(part).resolution == pytest.approx(6.0, rel=0.15)
    unfaded = radial_amplitude(DensityMap(part, (VOXEL,) * 3), 1, fades=False)
    assert not find_end(unfaded).is_filtered


def test_spectrum_of_a_wave():
    z = np.arange(EDGE) / EDGE
    wave = np.tile(np.sin(2 * np.pi * 8 * z)[:, None, None], (1, EDGE, EDGE))
    spectrum = radial_amplitude(DensityMap(wave.astype(np.float32), (VOXEL,) * 3), 1)
    assert spectrum.amplitude[1:].argmax() + 1 == 8
    assert spectrum.frequency[8] == pytest.approx(8 / (EDGE * VOXEL))
    assert spectrum.amplitude[1:].max() == 1


def test_experimental_maps_end_where_they_are_known_to(shared_data):
    folder = shared_data / "maps" / "experimental"
    ends = {}
    with open(folder / "index.csv", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["map"] in ("emd_6824.mrc.gz", "emd_5170.mrc.gz", "emd_4413_crop.mrc.gz"):
                ends[row["map"].split(".")[0]] = spectrum_and_end(read_map(folder / row["map"]), 1)[1]
    assert ends["emd_6824"].resolution == pytest.approx(8.5, abs=0.3)
    assert 14 < ends["emd_5170"].resolution < 17.5
    assert not ends["emd_4413_crop"].is_filtered
