"""What is refused, warned about and matched in a pair of half maps; right pairs pass untouched."""

import os
import re
from dataclasses import replace

import half_map_pairs
import numpy as np
import pytest
from scipy import ndimage

from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.maps import (
    DensityMap,
    dilate,
    examine,
    fsc_line,
    fsc_report,
    masked_fsc,
    read_map,
    soft_edge,
    write_map,
)

OTHER = half_map_pairs.molecule(seed=7)


@pytest.fixture(scope="module")
def halves():
    return half_map_pairs.pair()


def second(halves, data):
    """The second half map with other values."""
    return halves[1].like(np.ascontiguousarray(data, np.float32))


ONE, TWO = 0, 1
REFUSED = {
    "same values": (ONE, lambda data: data.copy(), "same values"),
    "scaled and offset": (ONE, lambda data: 1000 * data + 7, "same values"),
    "inverted copy": (ONE, lambda data: -data, "same values"),
    "a millionth of noise": (ONE, lambda data: data + 1e-6 * data[::-1], "same values"),
    "rounded to 16 bits": (ONE, lambda data: (3 * data + 50).astype(np.float16), "FSC is 1 at all frequencies"),
    "rounded to 8 bits": (ONE, lambda data: np.rint(data * (120 / np.abs(data).max())), "FSC is 1 at all frequencies"),
    "sharpened copy": (ONE, lambda data: half_map_pairs.sharpened(data, -60), "FSC is 1 at all frequencies"),
    "copy in a mask": (ONE, lambda data: data * (half_map_pairs.molecule() != 0), "in a part of the box"),
    "mirrored along x": (TWO, lambda data: data[:, :, ::-1], "opposite hand.*mirrored along x"),
    "mirrored along y": (TWO, lambda data: data[:, ::-1], "opposite hand.*mirrored along y"),
    "mirrored along z": (TWO, lambda data: data[::-1], "opposite hand.*mirrored along z"),
    "turned": (TWO, lambda data: data[::-1, :, ::-1], "do not lie upon each other.*mirrored along x and z"),
    "x and z exchanged": (TWO, lambda data: data.transpose(2, 1, 0), "axes x, y, z are taken as z, y, x"),
    "shifted by voxels": (TWO, lambda data: np.roll(data, (3, -1), (0, 2)), "shifted.* by -1.5, 0.0, 4.5 Å"),
    "inverted contrast": (TWO, lambda data: -data, "opposite contrast"),
}
COPIES = {
    "blurred": lambda data: ndimage.gaussian_filter(data, 0.7),
    "sharpened and blurred": lambda data: half_map_pairs.sharpened(data, 50) + ndimage.gaussian_filter(data, 0.5),
    "with little noise": lambda data: data + 0.05 * np.random.default_rng(3).standard_normal(data.shape),
    "blurred and scaled": lambda data: 50 * ndimage.gaussian_filter(data, 0.8) + 3,
}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_that_was_filtered_or_got_noise_is_refused(halves, kind):
    with pytest.raises(InputError, match=r"half1\.mrc and half2\.mrc are the same map.*the corners of the box"):
        examine(halves[0], second(halves, COPIES[kind](halves[0].data)), 1)


def test_a_shift_explains_more_than_another_pose_of_a_molecule_that_is_nearly_symmetric():
    molecule = half_map_pairs.molecule()
    signal = molecule + 0.7 * molecule[::-1]
    rng = np.random.default_rng(5)
    one, two = ((signal + 0.3 * rng.standard_normal(signal.shape)).astype(np.float32) for _ in range(2))
    half1, half2 = (DensityMap(data, (1.5,) * 3, path=name) for data, name in ((one, "a.mrc"), (two, "b.mrc")))
    with pytest.raises(InputError, match=r"b\.mrc is shifted against a\.mrc by 0\.0, 10\.5, 0\.0 Å"):
        examine(half1, half2.like(np.roll(two, 7, 1)), 1)


def test_white_signal_in_white_noise_is_not_called_a_full_map():
    rng = np.random.default_rng(9)
    edge = 48
    inside = np.linalg.norm(np.indices((edge,) * 3) - edge / 2, axis=0) < 15
    body = rng.normal(size=inside.shape) * inside
    pair = [
        DensityMap((body + rng.normal(0, 0.2, body.shape)).astype(np.float32), (1.5,) * 3, path=f"half{number}.mrc")
        for number in (1, 2)
    ]
    examine(*pair, 1)


WARNED = {
    "shifted by a fraction": (lambda data: half_map_pairs.shifted(data, 0.4), r"shifted.* by 0\.0, 0\.6, 0\.0 Å"),
    "other scale": (lambda data: 3 * data, r"another scale.*multiplied by 0\.33"),
    "scale of a tenth more": (lambda data: 1.1 * data, r"another scale.*multiplied by 0\.9"),
    "tiny values": (lambda data: 1e-9 * data, "another scale"),
    "other B factor": (lambda data: half_map_pairs.sharpened(data, -50), "other amplitudes.*B factor"),
    "blurred": (lambda data: half_map_pairs.sharpened(data, 80), "other amplitudes.*B factor"),
    "other offset": (lambda data: data + 0.5, r"another offset.*-0\.5"),
    "filtered at 8 Å": (lambda data: filters.low_pass(data, 1.5, 8), "low-pass filtered"),
    "masked": (lambda data: data * (half_map_pairs.molecule() != 0), "half2.mrc is masked and half1.mrc is not"),
    "unrelated": (
        lambda data: OTHER + 0.3 * np.random.default_rng(4).standard_normal(data.shape),
        "perhaps they do not belong together",
    ),
    "noise": (lambda data: np.random.default_rng(9).standard_normal(data.shape), "belong together"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_certainly_wrong_is_refused_by_name(halves, kind):
    of, change, words = REFUSED[kind]
    with pytest.raises(InputError, match=words) as refusal:
        examine(halves[0], second(halves, change(halves[of].data)), 1)
    assert "half1.mrc" in str(refusal.value)
    assert "half2.mrc" in str(refusal.value)


@pytest.mark.parametrize("kind", WARNED)
def test_what_may_be_wrong_is_said(halves, kind):
    change, words = WARNED[kind]
    pair = examine(halves[0], second(halves, change(halves[1].data)), 1)
    assert len(pair.warnings) == 1
    assert re.search(words, pair.warnings[0])
    assert pair.half1.data is halves[0].data


def test_one_file_by_two_names_is_refused(halves, tmp_path):
    write_map(tmp_path / "one.mrc", halves[0])
    os.link(tmp_path / "one.mrc", tmp_path / "hard.mrc")
    os.symlink("one.mrc", tmp_path / "soft.mrc")
    one = read_map(tmp_path / "one.mrc")
    for name in ("one.mrc", "hard.mrc", "soft.mrc"):
        with pytest.raises(InputError, match=rf"one\.mrc and .*{name} are one and the same"):
            examine(one, read_map(tmp_path / name), 1)


def test_a_full_map_is_no_half_map(halves):
    mean = 0.5 * (halves[0].data + halves[1].data)
    for pair in ((halves[0], second(halves, mean)), (second(halves, 5 * mean), halves[0])):
        with pytest.raises(InputError, match="looks like the full map"):
            examine(*pair, 1)


def masked_softly(data):
    return data * soft_edge(dilate(half_map_pairs.molecule() != 0, 3), 5)


def in_sphere(data):
    return data * (np.linalg.norm(np.indices(data.shape) - 32, axis=0) < 31)


RIGHT = {
    "as they are": lambda data: data,
    "masked softly": masked_softly,
    "masked hard": lambda data: data * (half_map_pairs.molecule() != 0),
    "in a sphere": in_sphere,
    "cropped": lambda data: data[10:54, 8:50, 12:56],
    "cropped to density alone": lambda data: data[20:44, 20:44, 20:44],
    "filtered at 10 Å": lambda data: filters.low_pass(data, 1.5, 10),
    "sharpened": lambda data: half_map_pairs.sharpened(data, -80),
    "8 bits": lambda data: np.rint(data * 20),
    "16 bits": lambda data: data.astype(np.float16),
    "of large values": lambda data: data * 1e25,
    "of tiny values": lambda data: data * 1e-25,
    "with an offset": lambda data: data + 1000,
    "of negative contrast both": lambda data: -data,
    "mirrored both": lambda data: data[:, :, ::-1],
}


@pytest.mark.parametrize("kind", RIGHT)
@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_right_pairs_pass_to_the_last_bit(noise, kind):
    change = RIGHT[kind]
    pair = [
        DensityMap(np.ascontiguousarray(change(half.data), np.float32), half.voxel_size)
        for half in half_map_pairs.pair(noise)
    ]
    examined = examine(*pair, 1)
    assert examined.warnings == ()
    assert examined.half1 is pair[0]
    assert examined.half2 is pair[1]


@pytest.mark.parametrize("noise", [2.0, 4.0])
def test_strong_noise_is_no_fault(noise):
    assert examine(*half_map_pairs.pair(noise), 1).warnings == ()


def test_a_scale_or_offset_of_few_per_cent_is_left_alone(halves):
    other = second(halves, 1.03 * halves[1].data + 0.01)
    assert examine(halves[0], other, 1).half2 is other


def test_a_voxel_size_of_10_angstrom_is_looked_at_on_a_coarser_scale(halves):
    coarse = [replace(half, voxel_size=(10.0,) * 3) for half in halves]
    assert examine(*coarse, 1).warnings == ()
    with pytest.raises(InputError, match="mirrored along z"):
        examine(coarse[0], coarse[1].like(coarse[1].data[::-1]), 1)


def test_matching_gives_back_what_was_changed(halves):
    for change in (lambda data: 7 * data + 2, lambda data: half_map_pairs.sharpened(data, -40)):
        matched = examine(halves[0], second(halves, change(halves[1].data)), 1).half2.data
        left = filters.low_pass(matched - halves[1].data, 1.5, 5)
        assert left.std() < 0.05 * filters.low_pass(halves[1].data, 1.5, 5).std()


def test_the_mean_is_that_of_the_matched_maps(halves):
    pair = examine(halves[0], second(halves, 2 * halves[1].data), 1)
    np.testing.assert_allclose(pair.mean.data, (pair.half1.data + pair.half2.data) / 2, rtol=1e-6)


def test_the_fsc_in_the_mask_is_above_that_of_the_boxes(halves):
    inside = half_map_pairs.molecule() != 0
    masked = masked_fsc(*halves, inside, 1)
    whole = examine(*halves, 1).fsc
    assert masked.resolution(0.5) < whole.resolution(0.5)


def test_a_line_and_a_report_of_the_fsc(halves):
    curve = examine(*halves, 1).fsc
    report = fsc_report(curve, masked=False)
    assert report["resolution_0.5"] == pytest.approx(curve.resolution(0.5), abs=1e-3)
    assert len(report["frequency"]) == len(report["correlation"]) == len(curve.frequency)
    assert report["masked"] is False
    line = fsc_line(curve, masked=False)
    assert f"0.5 at {curve.resolution(0.5):.2f} Å" in line
    assert "without a mask" in line


def test_an_fsc_that_never_falls_gives_no_number():
    signal = half_map_pairs.molecule()
    rng = np.random.default_rng(3)
    pair = [
        DensityMap((np.where(signal, 1, 0) * rng_texture(rng, signal)).astype(np.float32), (1.5,) * 3) for _ in "12"
    ]
    pair[1] = pair[1].like(pair[0].data + 0.01 * rng.standard_normal(signal.shape))
    curve = examine(*pair, 1).fsc
    assert fsc_report(curve, masked=False)["resolution_0.143"] is None
    assert "0.143 at better than 3.00 Å (twice the voxel size)" in fsc_line(curve, masked=False)


def rng_texture(rng, like):
    return 5 + rng.standard_normal(like.shape)


@pytest.mark.parametrize("structure", ["1kc6", "2gaf", "4qln"])
def test_the_references_are_right_pairs(shared_data, structure):
    folder = shared_data / "reference" / structure
    half1, half2 = (read_map(folder / f"half{number}.mrc.gz") for number in (1, 2))
    assert examine(half1, half2, 1).warnings == ()
    inside = read_map(folder / "mask.mrc.gz").data > 0.5
    assert examine(*(half.like(half.data * inside) for half in (half1, half2)), 1).warnings == ()
    for data, words in ((half2.data[:, ::-1], "mirrored along y"), (np.roll(half2.data, 2, 1), "shifted")):
        with pytest.raises(InputError, match=words):
            examine(half1, half2.like(data), 1)
