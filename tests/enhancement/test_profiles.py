import numpy as np
import pytest

from deepreslib.enhancement import profiles
from deepreslib.enhancement.profiles import CENTRE, COUNTS, FREQUENCY, SHELL_NUMBERS, SHELLS, WINDOW, Windows

MIDDLE = np.array([[20, 20, 20]])


def noise(edge=41, seed=0):
    return np.random.default_rng(seed).standard_normal((edge,) * 3).astype(np.float32)


def wave(periods, edge=41):
    """A wave of so many periods (z, y, x) in a window's edge, amplitude 1, a crest at voxel 20."""
    places = np.indices((edge,) * 3) - 20
    return np.cos(2 * np.pi * np.tensordot(periods, places, 1) / WINDOW).astype(np.float32)


def test_frequencies_are_those_of_the_shells():
    assert SHELLS == 13
    assert FREQUENCY[0] == 0
    assert FREQUENCY[[1, 2, 3, 12]] == pytest.approx([0.057, 0.096, 0.137, 0.498], abs=5e-4)
    inner = np.arange(1, SHELLS)
    assert np.all((FREQUENCY[1:] >= inner / 25) & (FREQUENCY[1:] < (inner + 1) / 25))


def test_counts_are_those_of_the_whole_sphere():
    axis = np.arange(-12, 13)
    radii = np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2)
    assert COUNTS.tolist() == [np.count_nonzero(np.floor(radii) == shell) for shell in range(SHELLS)]


@pytest.mark.parametrize("periods", [(0, 0, 1), (3, 0, 0), (0, -5, 0), (2, 3, -6), (7, -7, 7), (12, 0, 0)])
def test_a_plane_wave_lands_in_its_shell_alone(periods):
    found = Windows(wave(periods)).profiles(MIDDLE)[0]
    shell = int(np.sqrt(np.dot(periods, periods)))
    assert found[shell] == pytest.approx(WINDOW**1.5 / COUNTS[shell], rel=1e-3)  # two coefficients, half of it each
    assert np.delete(found, shell).max() < 1e-3 * found[shell]


def test_waves_in_the_corners_belong_to_no_shell():
    assert Windows(wave((9, 9, 9))).profiles(MIDDLE)[0].max() < 1e-3


def test_power_keeps_the_sum_of_squares():
    data = noise()
    window = data[8:33, 8:33, 8:33].astype(float)
    spectrum = np.fft.fftn(window, norm="ortho")
    axis = np.fft.fftfreq(WINDOW, 1 / WINDOW)
    corners = np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2) >= 13
    expected = np.square(window).sum() - np.square(np.abs(spectrum[corners])).sum()
    assert profiles.power(Windows(data).spectra(MIDDLE)).sum() == pytest.approx(expected, rel=1e-5)


def test_the_profile_is_the_mean_magnitude_of_the_whole_transform():
    data = noise()
    spectrum = np.fft.fftn(data[8:33, 8:33, 8:33].astype(float), norm="ortho")
    axis = np.fft.fftfreq(WINDOW, 1 / WINDOW)
    shell = np.floor(np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2) + 1e-9)
    expected = [np.abs(spectrum[shell == number]).mean() for number in range(SHELLS)]
    assert Windows(data).profiles(MIDDLE)[0] == pytest.approx(expected, rel=1e-5)


def test_common_power_of_a_map_with_itself_is_its_power():
    one, other = (Windows(noise(seed=seed)).spectra(MIDDLE) for seed in (0, 1))
    assert profiles.cross_power(one, one) == pytest.approx(profiles.power(one), rel=1e-6)
    assert profiles.cross_power(one, -one) == pytest.approx(-profiles.power(one), rel=1e-6)
    assert np.all(np.abs(profiles.cross_power(one, other)[0, 4:]) < 0.3 * profiles.power(one)[0, 4:])


def test_the_level_is_taken_off():
    data = noise()
    lifted = Windows(data + np.float32(3), 3.0).profiles(MIDDLE)
    assert lifted == pytest.approx(Windows(data).profiles(MIDDLE), abs=1e-4)


def test_a_window_beyond_the_border_sees_the_level():
    data = noise(30) + np.float32(2)
    around = np.pad(data, 15, constant_values=2)
    for centre in ([0, 0, 0], [29, 3, 12]):
        expected = Windows(around, 2.0).profiles(np.array([centre]) + 15)
        assert Windows(data, 2.0).profiles(np.array([centre])) == pytest.approx(expected, abs=1e-5)


def test_batches_hold_every_window_once(monkeypatch):
    monkeypatch.setattr(profiles, "AT_ONCE", 3)
    windows = Windows(noise())
    centres = np.array([[z, 20, 20] for z in range(8)])
    parts = [part for part, _ in windows.batches(centres)]
    assert [len(range(*part.indices(8))) for part in parts] == [3, 3, 2]
    one_by_one = np.concatenate([windows.profiles(centre[None]) for centre in centres])
    assert windows.profiles(centres) == pytest.approx(one_by_one, rel=1e-6)


def test_nothing_has_a_finite_logarithm():
    assert profiles.logarithm(np.array([0, 1, np.e])) == pytest.approx([np.log(1e-12), 0, 1], abs=1e-6)


def test_the_mean_of_a_window_is_its_point_0():
    found = Windows(np.full((41,) * 3, 2, np.float32)).profiles(MIDDLE)[0]
    assert found[0] == pytest.approx(2 * WINDOW**1.5, rel=1e-5)
    assert SHELL_NUMBERS[0, 0, 0] == 0
    assert CENTRE == 12
