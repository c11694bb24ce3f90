"""The kind of a map: each kind from a map that was made so, real maps by what is known of them, inverted contrast."""

import csv

import numpy as np
import pytest
import scipy.ndimage
from small_maps import VOXEL, atoms, density_map, noisy, reconstruction_noise

from deepreslib import demo
from deepreslib.analysis.map_kind import SMOOTH, Kind, map_kind, refuse_inverted
from deepreslib.commands import main
from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, dilate, read_map, soft_edge

EXPERIMENTAL = {
    "emd_1883": Kind.NOISE,
    "emd_2513_segment": Kind.MASKED,
    "emd_4413_crop": Kind.CROP,
    "emd_5137_chain": Kind.MASKED,
    "emd_5168": Kind.NOISE,
    "emd_5170": Kind.NOISE,
    "emd_6770_chain": Kind.MASKED,
    "emd_6824": Kind.NOISE,
}


def ball(edge, radius):
    return np.linalg.norm(np.indices((edge,) * 3) - (edge - 1) / 2, axis=0) < radius


def masked():
    return density_map(noisy().data * soft_edge(dilate(ball(48, 13), 2), 3))


def without_noise():
    return density_map(atoms(blur=1.5) + 1e-3 * reconstruction_noise((48,) * 3))


def cut_off():
    data = noisy(0.05).data
    return density_map(np.where(data > 0.3 * data.max(), data, 0))


def with_white_noise():
    return density_map(atoms(blur=2.0) + 0.3 * np.random.default_rng(3).standard_normal((48,) * 3))


def filtered_part_by_part():
    """The molecule at full resolution, the solvent low-pass filtered at about 15 Å."""
    data = noisy(0.8).data
    inside = soft_edge(ball(48, 14), 4)
    coarse = scipy.ndimage.gaussian_filter(data, 15 / VOXEL / 2.355)
    return density_map(data * inside + 3 * coarse * (1 - inside))


def masked_with_tails():
    """A mask whose edge fades as a Gaussian, so that the outside is nowhere quite one value."""
    spectrum = scipy.ndimage.fourier_gaussian(np.fft.fftn(dilate(ball(48, 13), 2)), 2)
    return density_map(noisy().data * np.fft.ifftn(spectrum).real)


def gaussian_atoms():
    return density_map(atoms(blur=2.5))


def crop():
    return density_map(atoms(edge=32, radius=60))


MADE = {
    noisy: Kind.NOISE,
    masked: Kind.MASKED,
    without_noise: Kind.SMOOTH,
    cut_off: Kind.CUT_OFF,
    with_white_noise: Kind.WHITE,
    filtered_part_by_part: Kind.FILTERED,
    crop: Kind.CROP,
    masked_with_tails: Kind.MASKED,
    gaussian_atoms: Kind.SMOOTH,
}


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
def test_each_kind_and_its_inversion_are_told(make):
    right = make()
    for scale, offset in ((1, 0), (1e-9, 3e-9), (1e30, -1e30)):
        found = map_kind(density_map(right.data.astype(np.float64) * scale + offset))
        assert (found.kind, found.is_inverted) == (MADE[make], False)
        turned = map_kind(density_map(-right.data.astype(np.float64) * scale + offset))
        assert (turned.kind, turned.is_inverted) == (MADE[make], True)


def test_weak_noise_is_told_from_the_ripples_of_a_filter():
    weak = noisy(0.02)
    assert map_kind(weak).solvent.deviation < SMOOTH
    assert map_kind(weak).suits_cryores
    size = (VOXEL,) * 3
    for resolution in (6.0, 10.0):
        assert map_kind(density_map(filters.low_pass(atoms(blur=1.5), size, resolution))).kind is Kind.SMOOTH


def test_only_reconstructions_filtered_masked_cropped_or_not_suit_cryores():
    suited = (noisy, filtered_part_by_part, masked, masked_with_tails, crop)
    assert all(map_kind(make()).suits_cryores for make in suited)
    assert not any(map_kind(make()).suits_cryores for make in MADE if make not in suited)


def test_a_binary_mask_of_the_molecules_size_hides_its_noise():
    assert map_kind(density_map(noisy(0.8).data * ball(48, 12))).hides_noise
    assert not map_kind(masked()).hides_noise
    assert not map_kind(noisy()).hides_noise


def test_noise_alone_is_not_called_inverted():
    for seed in range(5):
        assert not map_kind(density_map(reconstruction_noise((40,) * 3, seed))).is_inverted


def test_an_inverted_map_is_refused_with_the_mend():
    with pytest.raises(InputError, match=r"inverted contrast.*multiply the map by -1"):
        refuse_inverted(density_map(-noisy().data))
    refuse_inverted(noisy())


def test_large_voxels_and_long_boxes_are_looked_at():
    long = density_map(np.pad(noisy().data, ((0, 90), (0, 0), (0, 0)), mode="wrap"))
    assert map_kind(long).kind in (Kind.NOISE, Kind.UNKNOWN)
    assert not map_kind(long).is_inverted
    coarse = DensityMap(noisy().data, (4.0,) * 3)
    assert map_kind(coarse).kind is Kind.NOISE


def test_the_demonstration_has_white_noise():
    found = map_kind(read_map(demo.MAP))
    assert (found.kind, found.is_inverted, found.suits_cryores) == (Kind.WHITE, False, False)


def test_experimental_maps(shared_data):
    folder = shared_data / "maps" / "experimental"
    with open(folder / "index.csv", encoding="utf-8") as stream:
        names = [row["map"] for row in csv.DictReader(stream)]
    assert {name.split(".")[0] for name in names} == set(EXPERIMENTAL)
    for name in names:
        right = read_map(folder / name)
        found = map_kind(right)
        assert (found.kind, found.is_inverted) == (EXPERIMENTAL[name.split(".")[0]], False), name
        assert map_kind(right.like(-right.data)).is_inverted, name


def test_betagal_and_references_show_noise(shared_data):
    right = [read_map(shared_data / "maps" / "betagal.mrc")]
    for name in ("2gaf", "4qln", "1kc6"):
        half1, half2 = (read_map(shared_data / "reference" / name / f"half{number}.mrc.gz") for number in (1, 2))
        right += [half1, half1.like((half1.data + half2.data) / 2)]
    for one in right:
        assert (map_kind(one).kind, map_kind(one).is_inverted) == (Kind.NOISE, False), one.path
        assert map_kind(one.like(-one.data)).is_inverted, one.path


@pytest.mark.parametrize("name", ["2gaf", "4qln", "1kc6"])
def test_references_in_masks_with_gaussian_tails_are_masked(name, shared_data):
    folder = shared_data / "reference" / name
    half1, half2 = (read_map(folder / f"half{number}.mrc.gz") for number in (1, 2))
    mask = read_map(folder / "mask.mrc.gz").data > 0.5
    weight = np.fft.ifftn(scipy.ndimage.fourier_gaussian(np.fft.fftn(mask), 3)).real
    found = map_kind(half1.like(np.float32((half1.data + half2.data) / 2 * weight)))
    assert found.kind is Kind.MASKED


@pytest.mark.parametrize("edge", [None, 4])
@pytest.mark.parametrize("growth", [3, 6])
def test_masked_simulated_maps_are_told_from_masked_reconstructions(growth, edge, shared_data, tmp_path):
    structure = str(shared_data / "structures" / "test" / "1dix.pdb.gz")
    assert main(["simulate", structure, "--resolution", "4", "-o", str(tmp_path / "map.mrc")]) == 0
    simulated = read_map(tmp_path / "map.mrc")
    mask = dilate(read_map(tmp_path / "map_mask.mrc").data > 0.5, growth)
    weight = mask if edge is None else soft_edge(mask, edge)
    assert map_kind(simulated.like(np.float32(simulated.data * weight))).kind is Kind.SMOOTH
    demonstration = read_map(demo.MAP)
    mask = dilate(read_map(demo.MASK).data > 0.5, growth)
    weight = mask if edge is None else soft_edge(mask, edge)
    assert map_kind(demonstration.like(np.float32(demonstration.data * weight))).kind is Kind.WHITE
