"""The local spectrum against plane waves, noise and geometry."""

import math

import numpy as np
import pytest

from deepreslib.fourier import spectra


def wave(shape, voxel_size, frequency, axis=0):
    position = np.arange(shape[axis]) * voxel_size
    values = np.cos(2 * np.pi * frequency * position).astype(np.float32)
    return np.broadcast_to(np.moveaxis(values[:, None, None], 0, axis), shape).copy()


def test_bands_sum_to_one_between_their_ends():
    frequency = np.geomspace(spectra.BANDS[0], spectra.BANDS[-1], 500)
    total = sum(spectra.band_weights(frequency, band) for band in range(len(spectra.BANDS)))
    np.testing.assert_allclose(total, 1, atol=1e-4)


@pytest.mark.parametrize("voxel_size", [0.8, 1.3])
@pytest.mark.parametrize("band", [7, 12, 16])
@pytest.mark.parametrize("axis", [0, 2])
def test_energy_of_a_wave_is_half_in_its_band(voxel_size, band, axis):
    shape = (100, 100, 100)
    cycles = round(spectra.BANDS[band] * shape[axis] * voxel_size)
    frequency = cycles / (shape[axis] * voxel_size)
    spectrum = spectra.local_spectrum(wave(shape, voxel_size, frequency, axis), voxel_size)
    inner = spectrum.energy[8:-8, 8:-8, 8:-8]
    weight = spectra.band_weights(frequency, band)
    np.testing.assert_allclose(inner[..., band], 0.5 * weight**2, rtol=0.05)
    assert inner[..., band - 2].max() < 1e-6
    assert inner[..., band + 2].max() < 1e-6


def test_evenness_of_noise_and_of_spikes():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((72, 72, 72)).astype(np.float32)
    spectrum = spectra.local_spectrum(noise, 1.0)
    for band in (14, 17):
        assert spectrum.evenness[..., band].mean() == pytest.approx(math.sqrt(2 / math.pi), abs=0.02)
    spikes = (rng.random(noise.shape) < 0.0002).astype(np.float32)
    assert spectra.local_spectrum(spikes, 1.0).evenness[..., 17].mean() < 0.6


def test_bands_beyond_nyquist_are_empty():
    noise = np.random.default_rng(1).standard_normal((40, 40, 40)).astype(np.float32)
    spectrum = spectra.local_spectrum(noise, 2.0)
    beyond = np.flatnonzero(spectra.BANDS / spectra.RATIO >= 0.25)
    assert len(beyond) > 3
    assert (spectrum.energy[..., beyond] == 0).all()
    assert (spectrum.energy[..., : beyond[0]].min(axis=(0, 1, 2)) > 0).all()


def test_energy_stays_where_it_is():
    shape = (60, 70, 90)
    data = np.zeros(shape, np.float32)
    data[15, 33, 63] = 1  # at 22.5, 49.5, 94.5 Å
    spectrum = spectra.local_spectrum(data, 1.5)
    assert spectrum.energy.shape[:3] == spectra.coarse_shape(shape, 1.5) == (31, 36, 46)
    peak = np.unravel_index(np.argmax(spectrum.energy[..., 12]), spectrum.energy.shape[:3])
    np.testing.assert_allclose(np.array(peak) * spectra.GRID, (22.5, 49.5, 94.5), atol=spectra.GRID / 2)


def test_scale_is_squared():
    data = np.random.default_rng(2).standard_normal((40, 44, 48)).astype(np.float32)
    one, ten = spectra.local_spectrum(data, 1.1), spectra.local_spectrum(10 * data, 1.1)
    np.testing.assert_allclose(ten.energy, 100 * one.energy, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(ten.evenness, one.evenness, atol=1e-4)


def test_wider_spectrum_averages_energies_and_magnitudes():
    noise = np.random.default_rng(2).standard_normal((48, 54, 60)).astype(np.float32)
    noise[:, :, 30:] *= 3
    spectrum = spectra.local_spectrum(noise, 1.0)
    wide = spectrum.wider(9.0)
    expected = spectra.smooth(spectrum.energy[..., 14], (spectra.GRID,) * 3, spectrum.energy.shape[:3], 9.0)
    np.testing.assert_allclose(wide.energy[..., 14], expected[::2, ::2, ::2], rtol=1e-4)
    energy, evenness, _ = wide.planes(slice(2, 7), spectrum.energy.shape[:3])
    assert energy.shape == (5, *spectrum.energy.shape[1:])
    np.testing.assert_allclose(energy[..., 14], expected[2:7], rtol=0.1)
    # at this place half of the noise has amplitude 1, half 3: mean magnitude 2, root mean square sqrt(5)
    assert evenness[2, 9, 10, 14] == pytest.approx(spectra.NOISE_EVENNESS * 2 / math.sqrt(5), rel=0.06)


def test_concurrence_tells_sparse_density_from_noise():
    rng = np.random.default_rng(3)
    noise = rng.standard_normal((60, 60, 60)).astype(np.float32)
    spectrum = spectra.local_spectrum(noise, 1.0)
    assert np.abs(spectrum.wider(9.0).concurrence[..., 12:16]).max() < 0.1
    spots = np.zeros_like(noise)
    spots[tuple(rng.integers(60, size=(3, 12)))] = 30
    spectrum = spectra.local_spectrum(spots, 1.0)
    assert np.median(spectrum.wider(9.0).concurrence[..., 12:16]) > 0.4


def test_radial_energy_is_the_variance():
    voxel_size = 1.5
    noise = np.random.default_rng(4).standard_normal((64, 60, 66)).astype(np.float32)
    radial = spectra.radial_energy(noise, voxel_size, noise.size)
    step = math.log(spectra.SHELLS[1] / spectra.SHELLS[0])
    # of white noise the sphere within Nyquist's frequency holds pi / 6
    assert radial.sum() * step == pytest.approx(math.pi / 6 * noise.var(), rel=0.1)
    assert (radial[0.5 / voxel_size < spectra.SHELLS] == 0).all()
    wavy = spectra.radial_energy(wave((60, 60, 60), 1.0, 0.1), 1.0, 60**3)
    assert spectra.SHELLS[np.argmax(wavy)] == pytest.approx(0.1, rel=0.1)


def test_radial_energy_in_a_mask_is_that_of_the_map():
    noise = np.random.default_rng(5).standard_normal((48, 48, 48)).astype(np.float32)
    mask = np.zeros_like(noise)
    mask[12:36, 12:36, 12:36] = 0.5
    whole = spectra.radial_energy(noise, 2.0, noise.size)
    masked = spectra.radial_energy(noise * mask, 2.0, float(np.square(mask).sum()))
    fine = (spectra.SHELLS > 0.08) & (spectra.SHELLS < 0.24)
    np.testing.assert_allclose(masked[fine].mean(), whole[fine].mean(), rtol=0.1)


def test_voxels_that_do_not_count_only_lead_to_the_opposite_face():
    noise = np.random.default_rng(6).standard_normal((60, 50, 54)).astype(np.float32)
    noise[46:] *= 30  # 6 Å beyond the valid voxels, farther than the band's filter reaches
    valid = (slice(8, 40), slice(5, 45), slice(4, 50))
    spectrum = spectra.local_spectrum(noise, 1.0, valid=valid)
    assert spectrum.energy.shape[:3] == spectra.coarse_shape((32, 40, 46), 1.0)
    everything = spectra.local_spectrum(noise, 1.0)
    fine = 18  # reaches beyond the valid voxels by less than 6 Å
    inside, last = (spectrum.energy[z, 2:-2, 2:-2, fine].mean() for z in (slice(0, 9), -1))
    assert last < 4 * inside
    assert everything.energy[13, 4:-4, 4:-4, fine].mean() > 10 * last
