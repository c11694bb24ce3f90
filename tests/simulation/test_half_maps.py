"""Half maps: where their FSC falls, what their noise has in common, how local resolution follows disorder."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr
from small_structures import write_atoms, write_structure

from deepreslib import simulation, structures
from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.fourier.fsc import global_fsc
from deepreslib.maps import DensityMap
from deepreslib.simulation import half_maps, model_map
from deepreslib.simulation.directions import Directions, Lobe
from deepreslib.simulation.disorder import Disorder
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.half_maps import HalfMapSettings
from deepreslib.simulation.noise import ReconstructionNoise
from deepreslib.simulation.surroundings import Belt

FLAT = Disorder(spread=1.0, steepness=12.0)


@pytest.fixture(scope="module")
def protein(shared_data):
    return structures.read_structure(shared_data / "structures" / "val" / "1jtg.pdb.gz")


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    """1200 atoms in a ball of 20 Å, which needs no shared data."""
    points = np.random.default_rng(0).uniform(-20, 20, (4000, 3))
    points = points[np.linalg.norm(points, axis=1) < 20][:1200]
    atoms = [("A", str(number), "ALA", "CA", tuple(point)) for number, point in enumerate(points.round(3), 1)]
    return structures.read_structure(write_atoms(tmp_path_factory.mktemp("ball") / "ball.pdb", atoms))


def simulated(structure, settings, size=63, voxel_size=1.6, seed=1, **options):
    positions = simulation.placed(structure, (size,) * 3, voxel_size)
    rng = np.random.default_rng(seed)
    return half_maps.simulate(structure, positions, size, voxel_size, settings, rng, **options), positions


@pytest.fixture(scope="module")
def flat(protein):
    return simulated(protein, HalfMapSettings(4.5, disorder=FLAT))[0]


@pytest.fixture(scope="module")
def graded(protein):
    return simulated(protein, HalfMapSettings(4.0, disorder=Disorder(own=0, random=0, domain=1, spread=2.4, skew=1.0)))


def test_everything_is_on_one_grid(flat):
    for half in (flat.half1, flat.half2, flat.full):
        assert isinstance(half, DensityMap)
        assert half.data.shape == (63, 63, 63)
        assert half.data.dtype == np.float32
        assert half.voxel_size == (1.6, 1.6, 1.6)
        assert np.isfinite(half.data).all()
    assert flat.mask.dtype == bool
    assert (flat.local_resolution[~flat.mask] == 0).all()
    assert (flat.local_resolution[flat.mask] >= 3.2).all()
    np.testing.assert_allclose(flat.full.data, (flat.half1.data + flat.half2.data) / 2, atol=1e-4)


def test_a_constant_b_factor_is_the_b_factor_filter(protein, flat):
    assert set(flat.b_factors) == {12.0 * 4.5**2}
    shape, voxel_size = (63,) * 3, 1.6
    positions = simulation.placed(protein, shape, voxel_size)
    blurred = simulation.density(protein, positions, shape, voxel_size, flat.b_factors)
    at_rest = simulation.density(protein, positions, shape, voxel_size)
    expected = filters.apply_b_factor(at_rest, voxel_size, 12.0 * 4.5**2)
    np.testing.assert_allclose(blurred, expected, atol=2e-3 * expected.max())


@pytest.mark.parametrize(("resolution", "voxel_size"), [(3.2, 1.2), (4.5, 1.6), (6.0, 1.6)])
def test_the_fsc_falls_where_it_is_wanted(protein, resolution, voxel_size):
    pair, _ = simulated(protein, HalfMapSettings(resolution), round(100 / voxel_size), voxel_size)
    assert pair.global_resolution == pytest.approx(resolution, rel=0.08)
    assert pair.fsc.resolution() == pair.global_resolution
    assert pair.fsc.correlation[2:5].min() > 0.9


def test_the_noise_of_the_halves_is_independent(protein):
    """Beyond what is simulated of the signal there is noise alone."""
    flat, _ = simulated(protein, HalfMapSettings(8.0, disorder=FLAT))
    spectra = [np.fft.rfftn(half.data) for half in (flat.half1, flat.half2)]
    beyond = filters.frequencies((63,) * 3, 1.6) > np.sqrt(3) * 1.1 * flat.settings.detail / flat.settings.resolution
    one, two = (s[beyond] for s in spectra)
    correlation = np.vdot(one, two).real / np.sqrt(np.vdot(one, one).real * np.vdot(two, two).real)
    assert np.vdot(one, one).real > 0
    assert abs(correlation) < 4 / np.sqrt(2 * len(one))


def test_a_flat_map_resolves_locally_what_it_does_globally(flat):
    expected = flat.fsc.resolution(0.5)
    local = flat.local_resolution[flat.mask]
    assert np.median(local) == pytest.approx(expected, rel=0.1)
    assert local.std() < 0.12 * expected


def test_local_resolution_follows_the_disorder(graded):
    pair, positions = graded
    nearest = simulation.nearest_atom(positions, pair.mask, 1.6)
    local = pair.local_resolution[pair.mask]
    assert spearmanr(local, pair.b_factors[nearest])[0] > 0.8
    assert np.ptp(np.percentile(local, [5, 95])) > 1.5
    assert local.min() < 1.2 * pair.global_resolution


def test_the_fsc_is_that_of_the_half_maps_in_the_soft_mask(flat):
    grow, edge = half_maps.SOFT_MASK
    soft = half_maps.masks.soft_edge(half_maps.masks.dilate(flat.mask, grow / 1.6), edge / 1.6)
    curve = global_fsc(flat.half1.data, flat.half2.data, 1.6, soft)
    assert curve.resolution() == pytest.approx(flat.global_resolution, rel=0.03)


def test_the_coarse_grid_changes_nothing_but_speed(protein):
    """Oversampled four times, the same map has the same labels as on a grid just fine enough."""
    settings = HalfMapSettings(6.0, disorder=FLAT, noise=ReconstructionNoise(slope=0.0, rise=0.0))
    fine, coarse = (simulated(protein, settings, n, 100 / n)[0] for n in (75, 50))
    assert fine.global_resolution == pytest.approx(coarse.global_resolution, rel=0.06)
    medians = [np.median(pair.local_resolution[pair.mask]) for pair in (fine, coarse)]
    assert medians[0] == pytest.approx(medians[1], rel=0.06)


def test_the_seed_decides(protein):
    first, second, other = (simulated(protein, HalfMapSettings(8.0), 36, 2.8, seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.full.data, second.full.data)
    np.testing.assert_array_equal(first.local_resolution, second.local_resolution)
    assert not np.array_equal(first.half1.data, other.half1.data)


def test_belt_sphere_and_finish_are_in_the_maps(protein):
    plain = HalfMapSettings(8.0, disorder=FLAT)
    noise = ReconstructionNoise(sphere=0.8, excess=1.0)
    settings = replace(plain, belt=Belt(), noise=noise, finish=Finish(b_factor=-300, fsc_weighted=True, low_pass=8.0))
    (without, _), (pair, _) = (simulated(protein, s, 40, 3.0) for s in (plain, settings))
    assert (pair.half1.data[0, 0, :] == 0).all()
    assert without.half1.data[0, 0, :].std() > 0
    power = np.square(np.abs(np.fft.rfftn(pair.full.data)))
    assert power[filters.frequencies((40,) * 3, 3.0) > 1 / 8 + 0.01].sum() < 1e-6 * power.sum()
    around = simulation.molecular_mask(simulation.placed(protein, (40,) * 3, 3.0), (40,) * 3, 3.0, 16.0) & ~pair.mask
    assert pair.full.data[around].mean() > without.full.data[around].mean()
    assert json.loads(json.dumps(pair.settings.as_dict()))["belt"]["width"] == 22.0


def test_only_selected_atoms_are_there(protein):
    chain = protein.chains == protein.chains[0]
    pair, positions = simulated(protein, HalfMapSettings(8.0), 36, 2.8, selected=chain)
    assert (pair.b_factors[~chain] == 0).all()
    assert (pair.mask <= simulation.molecular_mask(positions[chain], (36,) * 3, 2.8, 5.0)).all()


@pytest.mark.parametrize(
    ("size", "voxel_size", "resolution", "word"),
    [
        (40, 2.0, 3.9, "finer than twice the voxel size, 4 Å"),
        (40, 2.0, float("nan"), "finer than twice"),
        (15, 3.0, 6.5, "too small"),
        (40, 1.0, 12.0, "at least 48 Å"),
    ],
)
def test_impossible_resolutions_and_boxes_are_refused(tmp_path, size, voxel_size, resolution, word):
    structure = structures.read_structure(write_structure(tmp_path / "two.pdb"))
    with pytest.raises(InputError, match=word):
        simulated(structure, HalfMapSettings(resolution), size, voxel_size)


@pytest.mark.parametrize(
    "recipe",
    [
        ReconstructionNoise(slope=-1.0, rise=0.0),
        ReconstructionNoise(slope=-4.0, rise=-1.0),
        ReconstructionNoise(slope=0.0, rise=3.0),
        ReconstructionNoise(slope=0.0, rise=0.0, bump=10.0, bump_centre=0.3),
        ReconstructionNoise(slope=0.0, rise=0.0, excess=9.0),
    ],
)
def test_noise_of_any_spectrum_puts_the_fsc_where_it_is_wanted(ball, recipe):
    pair, _ = simulated(ball, HalfMapSettings(4.0, noise=recipe), 40, 1.5)
    assert pair.global_resolution == pytest.approx(4.0, rel=0.06)
    low = (pair.fsc.frequency > 0) & (pair.fsc.frequency < 0.3 / 4.0)
    assert pair.fsc.correlation[low].min() > 0.75


UNEVEN = [
    Directions(missing_cone=40.0, axis=(0.5, 1.0, 0.2)),
    Directions(missing_wedge=30.0),
    Directions((Lobe((0.5, 1.0, 0.2), 6.0, 1.0),)),
    Directions((Lobe((0.5, 1.0, 0.2), -5.0, 0.9),)),
]


@pytest.mark.parametrize("directions", UNEVEN)
def test_uneven_views_leave_the_global_resolution(ball, directions):
    """Of noise that grows and, as it is fitted in another way, of noise that falls."""
    for recipe in (ReconstructionNoise(), ReconstructionNoise(slope=-2.0, rise=0.0)):
        pair, _ = simulated(ball, HalfMapSettings(4.0, noise=recipe, directions=directions), 40, 1.5)
        assert pair.global_resolution == pytest.approx(4.0, rel=0.06)
    assert json.loads(json.dumps(pair.settings.as_dict()))["directions"]["missing_cone"] == directions.missing_cone


@pytest.fixture(scope="module")
def even(ball):
    return simulated(ball, HalfMapSettings(4.0), 40, 1.5)[0]


@pytest.mark.parametrize("directions", UNEVEN)
def test_the_noise_of_half_maps_is_one_over_the_views(ball, even, directions):
    """Their difference is noise alone; divided by that of even views its power is 1 / views, but for a factor."""
    uneven, _ = simulated(ball, HalfMapSettings(4.0, directions=directions), 40, 1.5)
    plain, shaped = (np.square(np.abs(np.fft.rfftn(pair.half1.data - pair.half2.data))) for pair in (even, uneven))
    views, present = directions.views((40,) * 3), directions.present((40,) * 3)
    radius = filters.frequencies((40,) * 3, 1.5)
    shells = (radius > 0.1) & (radius < 0.32)
    for power in (shaped, np.square(np.abs(np.fft.rfftn(uneven.half1.data)))):
        assert power[shells & ~present].sum() <= 1e-9 * power.sum()

    def relative(chosen):
        return shaped[chosen].sum() / plain[chosen].sum() / (1 / views[chosen]).mean()

    seen = shells & present
    for chosen in (seen & (views > 1), seen & (views <= 1)):
        if chosen.any():
            assert relative(chosen) == pytest.approx(relative(seen), rel=0.1)


def test_occupancies_multiply_the_density(ball):
    positions = simulation.placed(ball, (40,) * 3, 1.5)
    shares = np.random.default_rng(0).uniform(0.1, 1, len(ball)).round(2)
    density = simulation.density(model_map.with_occupancies(ball, shares), positions, (40,) * 3, 1.5, 30.0)
    full = simulation.density(model_map.with_occupancies(ball, np.ones(len(ball))), positions, (40,) * 3, 1.5, 30.0)
    expected = sum(
        share * simulation.density(ball, positions, (40,) * 3, 1.5, 30.0, shares == share)
        for share in np.unique(shares)
    )
    np.testing.assert_allclose(density, expected, atol=1e-3 * full.max())
    np.testing.assert_array_equal(full, simulation.density(ball, positions, (40,) * 3, 1.5, 30.0))


def test_the_worst_part_is_worst_by_every_law_but_the_uniform_one(ball):
    """Along the distance from the centre, at the same ends of the field."""
    local = {}
    for law in ("square", "linear", "occupancy", "uniform"):
        recipe = Disorder(own=0, random=0, distal=1, spread=2.0, law=law)
        pair, _ = simulated(ball, HalfMapSettings(3.5, disorder=recipe), 40, 1.5)
        distance = np.linalg.norm(np.argwhere(pair.mask) - 20, axis=1)
        resolution = pair.local_resolution[pair.mask]
        local[law] = spearmanr(resolution, distance)[0], resolution.std()
        assert (pair.occupancies < 1).any() == (law == "occupancy")
    for law in ("square", "linear", "occupancy"):
        assert local[law][0] > 0.5
        assert local[law][1] > local["uniform"][1]


def test_atoms_left_out_have_no_occupancy(ball):
    chosen = ball.positions[:, 0] > 0
    pair, _ = simulated(ball, HalfMapSettings(6.0, disorder=Disorder(law="occupancy")), 40, 2.0, selected=chosen)
    assert (pair.occupancies[~chosen] == 0).all()
    assert (pair.occupancies[chosen] >= 0.1).all()
