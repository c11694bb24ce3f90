"""Views by direction: their mean, closed forms, missing shares, and the signal and noise of half maps with them."""

from dataclasses import asdict

import numpy as np
import pytest
from scipy.integrate import quad

from deepreslib.fourier.shells import mean_in_shells
from deepreslib.simulation import directions
from deepreslib.simulation.directions import Directions, Lobe

SHAPE = (48, 48, 48)
OBLIQUE = (0.3, -0.7, 0.5)
UNEVEN = [
    Directions((Lobe(OBLIQUE, 4.0, 1.0),)),
    Directions((Lobe(OBLIQUE, -6.0, 0.9),)),
    Directions((Lobe(OBLIQUE, 8.0, 0.5), Lobe((1.0, 0.0, 0.0), 20.0, 0.3))),
    Directions(missing_cone=40.0, axis=OBLIQUE),
    Directions(missing_wedge=30.0, axis=OBLIQUE),
    Directions((Lobe(OBLIQUE, 3.0, 0.8),), missing_cone=20.0),
]


def sines(axis, shape=SHAPE):
    """Of the angle between each coefficient of ``rfftn`` and an axis; and the coefficients between 5 and 23."""
    z, y = (np.fft.fftfreq(n) * n for n in shape[:2])
    vectors = np.stack(np.meshgrid(z, y, np.arange(shape[2] // 2 + 1), indexing="ij"), -1)
    length = np.linalg.norm(vectors, axis=-1)
    cosine = vectors @ np.array(axis) / np.maximum(length, 1e-9) / np.linalg.norm(axis)
    return np.sqrt(np.clip(1 - cosine**2, 0, 1)), (length > 5) & (length < 23)


def test_even_views_are_1_everywhere():
    for even in (Directions(), Directions((Lobe(concentration=0.0, share=1.0),))):
        np.testing.assert_allclose(even.views((12, 10, 9)), 1, rtol=1e-6)
        np.testing.assert_allclose(even.noise_weights((12, 10, 9)), 1, rtol=1e-6)
        assert even.present((12, 10, 9)).all()
        assert even.noise_power() == pytest.approx(1)
        assert even.missing() == 0


@pytest.mark.parametrize("uneven", UNEVEN)
def test_the_mean_over_every_shell_is_1(uneven):
    views = uneven.views(SHAPE)
    assert views.shape == (48, 48, 25)
    assert views.dtype == np.float32
    assert views.min() < 0.8 < 1.1 < views.max()
    means = mean_in_shells(views, SHAPE, 1.0)[1]
    np.testing.assert_allclose(means[10:24], 1, atol=0.02)


@pytest.mark.parametrize("uneven", UNEVEN)
def test_the_power_of_the_noise_is_the_mean_of_its_squared_weights(uneven):
    means = mean_in_shells(np.square(uneven.noise_weights(SHAPE)), SHAPE, 1.0)[1]
    np.testing.assert_allclose(means[12:24].mean(), uneven.noise_power(), rtol=0.01)
    absent = mean_in_shells((~uneven.present(SHAPE)).astype(np.float32), SHAPE, 1.0)[1]
    np.testing.assert_allclose(absent[12:24].mean(), uneven.missing(), atol=0.005)


@pytest.mark.parametrize("concentration", [-30.0, -2.0, 0.5, 7.0, 60.0])
def test_views_are_the_mean_of_their_density_over_the_perpendicular_circle(concentration):
    """Against the integral itself, and the density against its integral over the sphere."""

    def density(cosine):
        exponent = concentration * cosine if concentration > 0 else concentration * cosine**2
        return np.exp(exponent - max(concentration, 0))

    mean = quad(density, -1, 1)[0] / 2
    for sine in (0.0, 0.4, 1.0):
        circle = quad(lambda turn, sine=sine: density(sine * np.cos(turn)), 0, 2 * np.pi, limit=200)[0] / (2 * np.pi)
        views = Lobe(concentration=concentration).views(np.array([sine]))
        assert views[0] == pytest.approx(circle / mean, rel=1e-6)


def test_top_views_leave_their_axis_bare_and_side_views_crowd_there():
    sine, shells = sines(OBLIQUE)
    along, across = shells & (sine < 0.3), shells & (sine > 0.95)
    top = Directions((Lobe(OBLIQUE, 6.0, 1.0),)).views(SHAPE)
    side = Directions((Lobe(OBLIQUE, -6.0, 1.0),)).views(SHAPE)
    assert top[along].max() < 0.2 < 1.5 < top[across].min()
    assert side[along].min() > 1.5 > 1 > side[across].max()


@pytest.mark.parametrize("angle", [10.0, 35.0, 60.0])
def test_a_cone_misses_one_less_its_cosine(angle):
    cone = Directions(missing_cone=angle, axis=OBLIQUE)
    kept = np.cos(np.radians(angle))
    assert cone.missing() == pytest.approx(1 - kept, abs=1e-3)
    assert cone.noise_power() == pytest.approx(kept**2, abs=1e-3)
    sine, shells = sines(OBLIQUE)
    inside = sine < np.sin(np.radians(angle))
    views = cone.views(SHAPE)
    assert (views[inside & shells] == 0).all()
    np.testing.assert_allclose(views[~inside & shells], 1 / kept, rtol=2e-3)


@pytest.mark.parametrize("angle", [10.0, 30.0, 60.0])
def test_a_wedge_misses_its_share_of_the_right_angle(angle):
    wedge = Directions(missing_wedge=angle)
    assert wedge.missing() == pytest.approx(angle / 90, abs=2e-3)
    present = wedge.present(SHAPE)
    assert not present[5, 0, 0]
    assert present[0, 5, 0], "the tilt axis is in every view"
    assert present[0, 0, 5]
    steep = np.tan(np.radians(angle))
    assert present[5, 3, 20] == (5 * steep < 20)
    assert present[20, 3, 5] == (20 * steep < 5)


def test_what_few_views_reach_is_absent():
    uneven = Directions((Lobe(concentration=20.0, share=1.0),))
    views, weights = uneven.views(SHAPE), uneven.noise_weights(SHAPE)
    np.testing.assert_array_equal(weights == 0, views <= directions.LEAST)
    np.testing.assert_allclose(weights[weights > 0], views[weights > 0] ** -0.5, rtol=1e-5)
    assert weights.max() <= directions.LEAST**-0.5
    assert 0.05 < uneven.missing() < 0.5


def test_the_frequency_0_is_kept():
    assert Directions(missing_cone=60.0).views((8, 8, 8))[0, 0, 0] == 1


def test_directions_are_numbers_for_a_report():
    assert asdict(UNEVEN[2])["lobes"][1] == {"axis": (1.0, 0.0, 0.0), "concentration": 20.0, "share": 0.3}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"missing_cone": 90.0}, "90°"),
        ({"missing_wedge": -1.0}, "below 0"),
        ({"missing_cone": float("nan")}, "angle"),
        ({"axis": (0.0, 0.0, 0.0)}, "no direction"),
        ({"missing_wedge": 10.0, "tilt_axis": (2.0, 0.0, 0.0)}, "parallel"),
        ({"lobes": (Lobe(share=0.6), Lobe(share=0.6))}, "more than all"),
    ],
)
def test_impossible_directions_are_refused(options, word):
    with pytest.raises(ValueError, match=word):
        Directions(**options)


def test_impossible_lobes_are_refused():
    with pytest.raises(ValueError, match="share"):
        Lobe(share=1.5)
    with pytest.raises(ValueError, match="no direction"):
        Lobe(axis=(0.0, float("nan"), 1.0))
