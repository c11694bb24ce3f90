import dataclasses

import gemmi
import numpy as np
import pytest
from scipy import ndimage
from window_gains import FakeNetwork, write_ball

from deepreslib.enhancement import ilocscale, locscale
from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap
from deepreslib.simulation import model_map
from deepreslib.structures import read_structure

EDGE, RESOLUTION, ORIGIN = 48, 3.0, (5.0, -7.0, 11.0)


@pytest.fixture(scope="module")
def structure(tmp_path_factory):
    """Atoms in a ball of 13 Å, in the frame of a map whose voxel (0, 0, 0) is at ``ORIGIN``."""
    centre = [24 + at for at in ORIGIN[::-1]]
    return read_structure(write_ball(tmp_path_factory.mktemp("model") / "ball.pdb", centre=centre))


@pytest.fixture
def no_network(monkeypatch):
    """Fails where a network is asked for."""

    def refused(*_):
        raise AssertionError("no network was needed")

    monkeypatch.setattr(ilocscale, "load", refused)


@pytest.fixture
def network(monkeypatch):
    """Stands in for a trained network; remembers which aims were asked for."""
    fake = FakeNetwork()
    fake.aims = []

    def load(path, preset, aim):
        fake.aims.append(aim)
        return fake

    monkeypatch.setattr(ilocscale, "load", load)
    return fake


def density_of(structure, b_factor=0.0, size=1.0):
    positions = structure.positions - np.array(ORIGIN[::-1])
    return model_map.density(structure, positions, (round(EDGE / size),) * 3, size, b_factor)


def scene(structure, b_factor=60.0, noise=0.0, size=1.0):
    """The blurred density of a structure with noise, in other units and with an offset; its mask; half maps."""
    data = 7 * density_of(structure, b_factor, size)
    mask = model_map.molecular_mask(structure.positions - np.array(ORIGIN[::-1]), data.shape, size)
    rng = np.random.default_rng(0)
    noises = noise * data[mask].std() * rng.standard_normal((2, *data.shape))
    halves = tuple(DensityMap((data + 2 + each).astype(np.float32), (size,) * 3, ORIGIN) for each in noises)
    return halves[0].like((halves[0].data + halves[1].data) / 2), mask, halves


def enhanced(density_map, mask, structure, **settings):
    """As LocScale has it, the map not made flat; with places farther apart than usual, which is quicker."""
    settings = {"flat": False, **settings}
    return locscale.enhance(density_map, mask, RESOLUTION, structure, stride=6, workers=1, **settings)


def correlation(one, other, mask):
    return float(np.corrcoef(one[mask], other[mask])[0, 1])


def part_of(structure, chosen):
    """Some atoms of a structure."""
    flat = gemmi.FlatStructure(structure.template)
    flat.occ[~chosen] = 0
    flat.leave_only("q > 0")
    fields = ("positions", "b_factors", "chains", "residues", "nucleic")
    less = {name: getattr(structure, name)[chosen] for name in fields}
    return dataclasses.replace(structure, template=flat.generate_structure(), **less)


@pytest.mark.parametrize("size", [1.0, 1.4])
def test_a_blurred_map_gets_the_density_of_its_model(structure, no_network, size):
    density_map, mask, _ = scene(structure, 40.0, size=size)
    found = enhanced(density_map, mask, structure, structure_b="zero")
    model = density_of(structure, size=size)
    before, after = (correlation(each, model, mask) for each in (density_map.data, found.data))
    assert after > 0.94
    assert before < 0.87
    assert found.data[mask].std() == pytest.approx(model[mask].std(), rel=0.2)
    assert found.report["structure_b"] == "zero"
    assert found.report["places_not_modelled"] == 0
    assert found.b_factor[mask].mean() == pytest.approx(-40, abs=4)


def test_own_b_factors_are_those_of_the_file(structure, no_network):
    density_map, mask, _ = scene(structure, 0.0)
    sharp, smooth = (
        enhanced(density_map, mask, structure, structure_b=name).b_factor[mask].mean() for name in ("zero", "own")
    )
    assert sharp == pytest.approx(0, abs=3)
    assert smooth == pytest.approx(structure.b_factors.mean(), rel=0.3)


def test_b_factors_of_the_atoms():
    own = np.array([30.0, 30, 50, 700])
    assert locscale.chosen_b_factors(own, "own").tolist() == [30, 30, 50, 500]
    assert locscale.chosen_b_factors(own, "shifted") == pytest.approx([10, 10, 30, 480])
    assert locscale.chosen_b_factors(own, "zero").tolist() == [0, 0, 0, 0]
    with pytest.raises(ValueError, match="shifted, own, zero"):
        locscale.chosen_b_factors(own, "none")


def test_the_fsc_weights_noise_down(structure, no_network):
    density_map, mask, halves = scene(structure, noise=0.6)
    plain = enhanced(density_map, mask, structure, half_maps=halves, fsc_weight=False)
    weighted = enhanced(density_map, mask, structure, half_maps=halves)
    assert weighted.report["fsc_weight"]
    assert not plain.report["fsc_weight"]
    mean = (weighted.half_maps[0] + weighted.half_maps[1]) / 2
    assert weighted.data == pytest.approx(mean, abs=1e-5 * np.abs(mean).max())
    frequency = filters.frequencies(mask.shape, 1.0)
    coarse, fine = (
        np.divide(
            *(np.abs(np.fft.rfftn(each.data))[np.abs(frequency - at) < 0.03].mean() for each in (weighted, plain))
        )
        for at in (0.08, 0.45)
    )
    assert coarse > 0.9
    assert fine < 0.65


def test_half_maps_without_noise_have_the_weight_1(structure, no_network):
    density_map, mask, halves = scene(structure)
    plain = enhanced(density_map, mask, structure).data
    assert enhanced(density_map, mask, structure, half_maps=halves).data == pytest.approx(plain, abs=1e-3 * plain.std())


def test_the_fsc_needs_half_maps(structure, no_network):
    density_map, mask, _ = scene(structure)
    with pytest.raises(InputError, match="needs half maps"):
        enhanced(density_map, mask, structure, fsc_weight=True)


def test_a_network_sharpens_what_is_not_modelled(structure, network):
    density_map, mask, _ = scene(structure)
    left = structure.chains == "A"
    half = part_of(structure, left)
    found = enhanced(density_map, mask, half)
    assert network.aims == ["contrast"]
    assert found.report["places_not_modelled"] > 0
    whole = enhanced(density_map, mask, structure).data
    alone = ilocscale.enhance(density_map, mask, RESOLUTION, stride=6, workers=1).data
    x = np.indices(mask.shape)[2] - 24
    modelled, missing = mask & (x < -6), mask & (x > 9)
    assert correlation(found.data, whole, modelled) > 0.99
    assert correlation(found.data, alone, missing) > 0.97
    ratios = [each[missing].std() / each[modelled].std() for each in (found.data, alone)]
    assert ratios[0] == pytest.approx(ratios[1], rel=0.5)


def test_strict_takes_no_network(structure, no_network):
    density_map, mask, _ = scene(structure)
    half = part_of(structure, structure.chains == "A")
    found = enhanced(density_map, mask, half, strict=True)
    assert "places_not_modelled" not in found.report
    x = np.indices(mask.shape)[2] - 24
    assert found.data[mask & (x > 10)].std() < 0.5 * found.data[mask & (x < -8)].std()


def test_flat_maps_do_not_depend_on_a_b_factor_before(structure, no_network):
    found = []
    for b_factor in (50, 100):
        density_map, mask, _ = scene(structure, float(b_factor), noise=1e-3)
        found.append(enhanced(density_map, mask, structure, flat=True))
        assert found[-1].report["flattened"]["b_factor"]["mean"] < 0
    inner = ndimage.binary_erosion(mask, iterations=2)
    assert correlation(found[0].data, found[1].data, inner) > 0.99
    means = [each.b_factor[mask].mean() for each in found]
    assert means[0] - means[1] == pytest.approx(50, abs=8)


def test_a_network_that_knows_other_maps_is_refused(structure, network):
    density_map, mask, _ = scene(structure, noise=1e-3)
    half = part_of(structure, structure.chains == "A")
    with pytest.raises(InputError, match="knows other maps"):
        enhanced(density_map, mask, half, flat=True)
    network.standard = "flat"
    assert "flattened" in enhanced(density_map, mask, half, flat=True).report
    with pytest.raises(InputError, match="knows other maps"):
        enhanced(density_map, mask, half)


def test_blended_by_the_share_that_is_modelled():
    of_model, predicted, profiles = np.full((5, 13), 2.0), np.zeros((5, 13)), np.ones((5, 13))
    share = np.array([0, 0.4, 0.6, 0.8, 1], np.float32)
    predicted[:, 0] = 9  # the mean is not compared
    found = locscale.blended(of_model, predicted, share, profiles)
    assert found[:, 1:] == pytest.approx(2)  # the network's gains are brought to the model's
    assert found[:, 0] == pytest.approx([11, 11, 6.5, 2, 2])
    predicted[:2, 1] = 4
    assert locscale.blended(of_model, predicted, share, profiles)[:, 1] == pytest.approx([6, 6, 2, 2, 2])


def test_blended_windows_are_equally_strong():
    """In the shells that make most of their power; what gains do to faint shells does not count."""
    of_model, predicted, share = np.zeros((3, 13)), np.zeros((3, 13)), np.array([0.0, 1, 1], np.float32)
    profiles = np.full((3, 13), 1e-6)
    profiles[:, 2] = 1
    predicted[:, 2], predicted[:, 9] = -1, 5
    assert locscale.blended(of_model, predicted, share, profiles)[0, [2, 9]] == pytest.approx([0, 6], abs=1e-3)


@pytest.mark.parametrize("shift", [(60.0, 0.0, 0.0), (5.0, -7.0, 200.0)])
def test_a_model_elsewhere_is_refused_with_the_origin_that_fits(structure, no_network, shift):
    density_map, mask, _ = scene(structure)
    moved = dataclasses.replace(structure, positions=structure.positions + np.array(shift))
    with pytest.raises(InputError, match=r"lies elsewhere .* 0 of its \d+ atoms .* origin") as refusal:
        enhanced(density_map, mask, moved)
    named = [float(word) for word in str(refusal.value).split("origin ")[-1].split(" Å")[0].split(",")]
    assert named == pytest.approx(np.array(ORIGIN[::-1]) + shift, abs=2)


def test_atoms_beyond_the_region_do_not_matter(structure, no_network):
    density_map, mask, _ = scene(structure)
    positions = structure.positions.copy()
    positions[:3] += 300
    found = enhanced(density_map, mask, dataclasses.replace(structure, positions=positions))
    assert correlation(found.data, enhanced(density_map, mask, structure).data, mask) > 0.98


def test_nothing_is_erased_in_the_mask(structure, network):
    """A ligand that is not modelled keeps its density."""
    density_map, mask, _ = scene(structure)
    centre = structure.positions.mean(axis=0)
    ligand = np.linalg.norm(structure.positions - centre - [0, 9, 0], axis=1) < 3
    assert 3 <= np.count_nonzero(ligand) <= 15
    found = enhanced(density_map, mask, part_of(structure, ~ligand)).data
    whole = enhanced(density_map, mask, structure).data
    places = np.ones_like(mask)
    numbers = np.rint((structure.positions - np.array(ORIGIN[::-1]))[ligand][:, ::-1]).astype(int)
    places[tuple(numbers.T)] = False
    near = ndimage.distance_transform_edt(places) < 2
    assert correlation(found, whole, near) > 0.95
    assert found[near].mean() > 0.7 * whole[near].mean()


def test_filters_leave_the_map_alone_where_model_and_map_agree(structure, no_network):
    density_map, mask, _ = scene(structure, 0.0)
    found = enhanced(density_map, mask, structure, structure_b="zero").data
    inner = ndimage.binary_erosion(mask, iterations=3)
    assert correlation(found, density_map.data, inner) > 0.999
    assert filters.low_pass(found, 1.0, 4.0)[inner].std() > 0
