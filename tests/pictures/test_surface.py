"""The coloured surface: a sphere's radius, normals and colours by formula; nothing bleeds in from outside."""

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.pictures import coloured_surface, default_level
from deepreslib.pictures.surface import resolution_below

CENTRE = np.array([22.0, 21.0, 20.0])  # Å, z, y, x
RADIUS = 12.0  # Å


def sphere(voxel_size, shape, slope=0.05):
    """Density RADIUS - distance, resolution 4 + slope · z within RADIUS + 2 Å, 0 outside."""
    positions = np.stack(
        np.meshgrid(*[np.arange(n) * side for n, side in zip(shape, voxel_size, strict=True)], indexing="ij"), axis=-1
    )
    distance = np.linalg.norm(positions - CENTRE, axis=-1)
    resolution = np.where(distance < RADIUS + 2, 4 + slope * positions[..., 0], 0)
    return (RADIUS - distance).astype(np.float32), resolution.astype(np.float32)


@pytest.mark.parametrize(("voxel_size", "shape"), [((1, 1, 1), (44, 42, 40)), ((1.6, 0.8, 1.1), (28, 53, 37))])
def test_sphere_has_its_radius_normals_and_colours(voxel_size, shape):
    density, resolution = sphere(voxel_size, shape)
    origin = np.array([-30.0, 5.0, 100.0])
    surface = coloured_surface(density, resolution, voxel_size, level=0.0, inside=1.5, origin=origin)
    outward = surface.vertices - origin - CENTRE
    radii = np.linalg.norm(outward, axis=1)
    np.testing.assert_allclose(radii, RADIUS, atol=0.1)
    outward /= radii[:, None]
    assert np.sum(outward * surface.normals, axis=1).min() > 0.95
    read_at = surface.vertices - origin - 1.5 * min(voxel_size) * outward
    np.testing.assert_allclose(surface.values, 4 + 0.05 * read_at[:, 0], atol=0.03)


def test_triangles_run_anticlockwise_in_xyz_and_enclose_the_ball():
    surface = coloured_surface(*sphere((1, 1, 1), (44, 42, 40)), (1, 1, 1), level=0.0)
    corners = (surface.vertices - CENTRE)[surface.faces][:, :, ::-1]  # x, y, z
    volume = np.einsum("tc,tc->t", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert volume == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.01)


def test_no_zero_bleeds_in_when_the_mask_ends_at_or_below_the_surface():
    density, resolution = sphere((1, 1, 1), (44, 42, 40), slope=0.0)
    for edge in (0.5, 3.0, 6.0):  # the mask ends so far below the surface
        values = np.where(density > edge, resolution, 0)
        surface = coloured_surface(density, values, (1, 1, 1), level=0.0)
        np.testing.assert_allclose(surface.values, 4.0, rtol=1e-6)


def test_values_stay_within_the_maps_range():
    density, resolution = sphere((1, 1, 1), (44, 42, 40))
    speckled = resolution * (np.random.default_rng(5).random(resolution.shape) < 0.3)
    surface = coloured_surface(density, speckled, (1, 1, 1), level=0.0)
    assert surface.values.min() >= speckled[speckled > 0].min()
    assert surface.values.max() <= speckled.max()


def test_far_point_takes_the_nearest_voxel_in_angstroms():
    resolution = np.zeros((20, 20, 20), np.float32)
    resolution[2, 10, 10], resolution[10, 2, 10] = 3.0, 7.0
    positions = np.array([[10, 10, 10]]) * np.array([1.0, 3.0, 1.0])
    values = resolution_below(positions, np.array([[0.0, 0.0, 1.0]]), resolution, (1.0, 3.0, 1.0))
    np.testing.assert_allclose(values, 3.0)  # 8 Å away along z; along y it is 24 Å


def test_many_triangles_are_made_fewer_and_the_sphere_stays():
    density, resolution = sphere((0.5, 0.5, 0.5), (88, 84, 80))
    fine = coloured_surface(density, resolution, (0.5,) * 3, level=0.0)
    coarse = coloured_surface(density, resolution, (0.5,) * 3, level=0.0, most_triangles=3000)
    assert len(coarse.faces) < 3600 < len(fine.faces)
    radii = np.linalg.norm(coarse.vertices - CENTRE, axis=1)
    assert radii.mean() == pytest.approx(RADIUS, abs=0.15)
    assert np.abs(coarse.vertices.mean(axis=0) - CENTRE).max() < 0.1
    np.testing.assert_allclose(coarse.values, 4 + 0.05 * coarse.vertices[:, 0], atol=0.08)


def test_dust_and_density_away_from_the_mask_are_left_out():
    density, resolution = sphere((1, 1, 1), (44, 42, 40))
    density[int(CENTRE[0] + 14), 20:22, 20:22] = 5.0  # a speck just off the ball
    density[:4] = 5.0  # something large, far from the mask
    surface = coloured_surface(density, resolution, (1, 1, 1), level=0.0)
    np.testing.assert_allclose(np.linalg.norm(surface.vertices - CENTRE, axis=1), RADIUS, atol=0.1)


@pytest.mark.parametrize("loose", [2, 4, 10])
def test_default_level_parts_molecule_from_solvent_in_tight_and_loose_masks(loose):
    density, _ = sphere((1, 1, 1), (44, 42, 40))
    ball = 1 / (1 + np.exp(-2.0 * density)) + np.random.default_rng(2).normal(0, 0.05, density.shape)
    level = default_level(ball, density > -loose)
    assert 0.3 < level < 0.6


def test_default_level_follows_scale_and_offset():
    density, resolution = sphere((1, 1, 1), (44, 42, 40))
    level = default_level(density, resolution > 0)
    assert default_level(1000 * density + 7, resolution > 0) == pytest.approx(1000 * level + 7, rel=1e-3)


def test_what_has_no_surface_is_refused():
    density, resolution = sphere((1, 1, 1), (44, 42, 40))
    with pytest.raises(InputError, match="no surface at level 99"):
        coloured_surface(density, resolution, (1, 1, 1), level=99)
    with pytest.raises(InputError, match="empty"):
        coloured_surface(density, np.zeros_like(density), (1, 1, 1))
    with pytest.raises(InputError, match="constant"):
        coloured_surface(np.ones_like(density), resolution, (1, 1, 1))
    with pytest.raises(InputError, match="one grid"):
        coloured_surface(density[1:], resolution, (1, 1, 1))
