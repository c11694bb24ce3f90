import bz2
import gzip
import itertools
import os
import tracemalloc

import mrcfile
import numpy as np
import pytest
from mrcfile.dtypes import HEADER_DTYPE

from deepreslib.errors import InputError
from deepreslib.maps import DensityMap, GridHeader, read_map, write_map

SHAPE = (5, 6, 7)
MODES = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
AXIS_ORDERS = list(itertools.permutations((1, 2, 3)))
SIZE_FIELDS = ("nx", "ny", "nz", "mx", "my", "mz", "cella", "cellb")
PLACE_FIELDS = ("mapc", "mapr", "maps", "nxstart", "nystart", "nzstart", "origin", "ispg")


def mrc_bytes(data, order="<", voxel_size=(2.0, 2.0, 2.0), **fields):
    """An MRC file written by hand: ``data`` in file order, ``voxel_size`` and origin along x, y, z."""
    header = np.zeros((), HEADER_DTYPE.newbyteorder(order))
    header["nz"], header["ny"], header["nx"] = data.shape
    header["mode"] = {code: mode for mode, code in MODES.items()}[data.dtype.str[1:]]
    axis_order = fields.get("axis_order", (1, 2, 3))
    intervals = fields.pop("intervals", None) or [data.shape[::-1][axis_order.index(axis)] for axis in (1, 2, 3)]
    header["mx"], header["my"], header["mz"] = intervals
    header["cella"] = tuple(size * count for size, count in zip(voxel_size, intervals, strict=True))
    header["cellb"] = (90, 90, 90)
    header["mapc"], header["mapr"], header["maps"] = fields.pop("axis_order", (1, 2, 3))
    header["nxstart"], header["nystart"], header["nzstart"] = fields.pop("starts", (0, 0, 0))
    header["ispg"] = 1
    header["map"] = b"MAP "
    header["machst"] = {"<": (0x44, 0x44, 0, 0), ">": (0x11, 0x11, 0, 0)}[order]
    for name, value in fields.items():
        header[name] = value
    return header.tobytes() + b"?" * int(header["nsymbt"]) + data.astype(data.dtype.newbyteorder(order)).tobytes()


def values(shape=SHAPE, dtype="f4"):
    """Small whole numbers, all different along every axis, exact in every mode."""
    return (np.arange(np.prod(shape)) % 97).reshape(shape).astype(dtype)


@pytest.fixture
def file(tmp_path):
    def write(content, name="map.mrc"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


def refusal(path, *words, **arguments):
    """Read what must be refused; the sentence names the file and holds the words."""
    with pytest.raises(InputError) as caught:
        read_map(path, **arguments)
    sentence = str(caught.value)
    assert "\n" not in sentence
    for word in (str(path), *words):
        assert word in sentence


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("mode", MODES)
def test_modes_and_byte_orders(file, mode, order):
    data = values(dtype=MODES[mode])
    found = read_map(file(mrc_bytes(data, order)))
    assert found.data.dtype == np.float32
    assert found.data.dtype.isnative
    assert found.data.flags.c_contiguous
    np.testing.assert_array_equal(found.data, data)
    assert found.voxel_size == (2.0, 2.0, 2.0)
    assert found.origin == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("signed", [-128, 127])
def test_mode_0_is_signed(file, signed):
    data = np.full(SHAPE, signed, "i1")
    data[0, 0, 0] = 0
    assert read_map(file(mrc_bytes(data))).data[1, 1, 1] == signed


@pytest.mark.parametrize("axis_order", AXIS_ORDERS)
def test_axis_orders_are_read_as_zyx_and_written_back(file, tmp_path, axis_order):
    zyx = values()
    in_file = zyx.transpose([3 - axis for axis in axis_order[::-1]])
    starts = (10, 20, 30)
    path = file(mrc_bytes(in_file, axis_order=axis_order, voxel_size=(1.0, 2.0, 3.0), starts=starts))

    found = read_map(path)
    np.testing.assert_array_equal(found.data, zyx)
    assert found.data.flags.c_contiguous
    assert found.voxel_size == (3.0, 2.0, 1.0)
    start_of = dict(zip(axis_order, starts, strict=True))
    assert found.origin == (start_of[3] * 3.0, start_of[2] * 2.0, start_of[1] * 1.0)

    write_map(tmp_path / "again.mrc", found)
    with mrcfile.open(path) as before, mrcfile.open(tmp_path / "again.mrc") as after:
        np.testing.assert_array_equal(after.data, before.data)
        for name in SIZE_FIELDS + PLACE_FIELDS:
            assert after.header[name] == before.header[name], name


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_compressed_files_are_read_and_written(file, tmp_path, suffix, compress):
    found = read_map(file(compress(mrc_bytes(values(), ">")), "map.mrc" + suffix))
    np.testing.assert_array_equal(found.data, values())
    write_map(tmp_path / ("again.map" + suffix), found)
    assert (tmp_path / ("again.map" + suffix)).read_bytes()[:2] == compress(b"")[:2]
    np.testing.assert_array_equal(read_map(tmp_path / ("again.map" + suffix)).data, values())


def test_compression_is_known_by_content_not_by_name(file):
    np.testing.assert_array_equal(read_map(file(gzip.compress(mrc_bytes(values())), "map.mrc")).data, values())
    np.testing.assert_array_equal(read_map(file(mrc_bytes(values()), "map.mrc.gz")).data, values())


def test_extended_header_is_skipped(file):
    np.testing.assert_array_equal(read_map(file(mrc_bytes(values(), nsymbt=160))).data, values())


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("stamp", [(0, 0, 0, 0), (0x44, 0x44, 0, 0), (0x11, 0x11, 0, 0)])
@pytest.mark.parametrize("identifier", [b"MAP ", b"", b"junk"])
def test_sloppy_stamp_and_identifier_are_forgiven(file, order, stamp, identifier):
    found = read_map(file(mrc_bytes(values(), order, machst=stamp, map=identifier)))
    np.testing.assert_array_equal(found.data, values())


def test_bytes_after_the_data_are_forgiven(file):
    np.testing.assert_array_equal(read_map(file(mrc_bytes(values()) + b"more")).data, values())


def test_unset_axes_angles_and_intervals_are_forgiven(file):
    content = mrc_bytes(values(), mapc=0, mapr=0, maps=0, cellb=(0, 0, 0), mx=0, my=0, mz=0)
    found = read_map(file(content))
    np.testing.assert_array_equal(found.data, values())
    assert found.voxel_size == (2.0, 2.0, 2.0)
    assert found.header == GridHeader(origin_from_starts=True)


@pytest.mark.parametrize(
    ("space_group", "sections"), [(0, SHAPE[0]), (0, 1), (401, SHAPE[0])], ids=["image flag", "image stack", "4D of 1"]
)
def test_flags_of_stacks_of_one_volume_are_read_as_a_volume(file, tmp_path, space_group, sections):
    content = mrc_bytes(values(), ispg=space_group, intervals=(SHAPE[2], SHAPE[1], sections))
    found = read_map(file(content, "map.mrcs"))
    np.testing.assert_array_equal(found.data, values())
    assert found.voxel_size == (2.0, 2.0, 2.0)
    write_map(tmp_path / "again.mrc", found)
    with mrcfile.open(tmp_path / "again.mrc") as mrc:
        assert mrc.is_volume()
        assert mrc.data.shape == SHAPE
        assert mrc.voxel_size.z == 2.0


def test_origin_is_the_header_field_where_it_is_set(file, tmp_path):
    path = file(mrc_bytes(values(), starts=(1, 2, 3), origin=(-10.5, 20.25, 0)))
    found = read_map(path)
    assert found.origin == (0.0, 20.25, -10.5)
    write_map(tmp_path / "again.mrc", found)
    with mrcfile.open(tmp_path / "again.mrc") as mrc:
        assert mrc.header.origin.item() == (-10.5, 20.25, 0)
        assert mrc.nstart.item() == (1, 2, 3)


def test_overrides_win_and_are_written(file, tmp_path):
    path = file(mrc_bytes(values(), starts=(1, 2, 3), voxel_size=(0, 0, 0)))
    found = read_map(path, voxel_size=3.54, origin=(1.0, -2.0, 3.0))
    assert found.voxel_size == (3.54, 3.54, 3.54)
    assert found.origin == (1.0, -2.0, 3.0)
    write_map(tmp_path / "again.mrc", found)
    again = read_map(tmp_path / "again.mrc")
    assert again.voxel_size == pytest.approx((3.54, 3.54, 3.54))
    assert again.origin == (1.0, -2.0, 3.0)
    with mrcfile.open(tmp_path / "again.mrc") as mrc:
        assert mrc.nstart.item() == (0, 0, 0)


def test_origin_overridden_by_zero_stays_zero(file, tmp_path):
    found = read_map(file(mrc_bytes(values(), starts=(1, 2, 3))), origin=(0, 0, 0))
    write_map(tmp_path / "again.mrc", found)
    assert read_map(tmp_path / "again.mrc").origin == (0.0, 0.0, 0.0)


def test_starts_follow_an_overridden_voxel_size(file):
    found = read_map(file(mrc_bytes(values(), starts=(1, 2, 3))), voxel_size=(1.0, 1.5, 2.0))
    assert found.voxel_size == (1.0, 1.5, 2.0)
    assert found.origin == (3.0, 3.0, 2.0)


def test_voxel_size_is_the_decimal_that_was_meant(file, tmp_path):
    path = file(mrc_bytes(values(), voxel_size=(1.07, 1.07, 1.07)))
    found = read_map(path)
    assert found.voxel_size == pytest.approx((1.07, 1.07, 1.07), rel=1e-12)
    write_map(tmp_path / "again.mrc", found)
    with mrcfile.open(path) as before, mrcfile.open(tmp_path / "again.mrc") as after:
        assert after.header.cella == before.header.cella


def test_map_from_memory_is_written_as_a_valid_file(tmp_path):
    density = DensityMap(values(), (1.5, 1.5, 1.5), origin=(3.0, 2.0, 1.0))
    write_map(tmp_path / "map.mrc", density)
    assert mrcfile.validate(tmp_path / "map.mrc")
    again = read_map(tmp_path / "map.mrc")
    np.testing.assert_array_equal(again.data, density.data)
    assert (again.voxel_size, again.origin) == (density.voxel_size, density.origin)


def test_crystal_map_keeps_its_geometry(shared_data, tmp_path):
    path = shared_data / "maps" / "emd_3001.map"
    found = read_map(path)
    with mrcfile.open(path) as mrc:
        np.testing.assert_array_equal(found.data, np.moveaxis(mrc.data, [0, 1, 2], [1, 2, 0]))
    assert found.data.shape == (73, 25, 43)
    assert found.voxel_size == pytest.approx((33.03 / 72, 4.71 / 12, 17.93 / 40), rel=1e-9)
    assert found.origin == pytest.approx((0.0, -12 * 4.71 / 12, -21 * 17.93 / 40), rel=1e-9)
    assert found.header.cell_angles == pytest.approx((90, 94.326, 90))

    write_map(tmp_path / "again.map", found)
    assert mrcfile.validate(tmp_path / "again.map")
    with mrcfile.open(path) as before, mrcfile.open(tmp_path / "again.map") as after:
        np.testing.assert_array_equal(after.data, before.data)
        for name in SIZE_FIELDS + PLACE_FIELDS:
            assert after.header[name] == before.header[name], name


def test_like_keeps_the_grid():
    density = DensityMap(values(), (2.0, 2.0, 2.0), (1.0, 2.0, 3.0), "map.mrc", GridHeader(space_group=4))
    other = density.like(2 * np.asfortranarray(values(dtype="f8")))
    assert other.data.dtype == np.float32
    np.testing.assert_array_equal(other.data, 2 * density.data)
    assert (other.voxel_size, other.origin, other.header) == (density.voxel_size, density.origin, density.header)
    with pytest.raises(ValueError, match=r"\(4, 6, 7\).*\(5, 6, 7\)"):
        density.like(values()[1:])


def test_missing_file_is_refused(tmp_path):
    refusal(tmp_path / "absent.mrc", "does not exist")


def test_folder_is_refused(tmp_path):
    refusal(tmp_path, "is a folder")


def test_empty_file_is_refused(file):
    refusal(file(b""), "is empty")


@pytest.mark.parametrize(
    "content", [b"short", b"ATOM  12345 " * 500, bytes(4096), np.random.default_rng(0).bytes(5000)]
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_other_files_are_refused(file, content, compress):
    refusal(file(compress(content)), "is not an MRC or CCP4 map")


def test_plausible_numbers_without_identifier_need_the_right_size(file):
    refusal(file(mrc_bytes(values(), map=b"") + b"?"), "is not an MRC or CCP4 map")
    refusal(file(mrc_bytes(values(), map=b"")[:-1]), "is not an MRC or CCP4 map")


@pytest.mark.parametrize("size", [1024, 1100, -1])
def test_truncated_file_is_refused(file, size):
    refusal(file(mrc_bytes(values())[:size]), "is truncated", "of 840 bytes")


def test_truncated_extended_header_is_refused(file):
    refusal(file(mrc_bytes(values(), nsymbt=2000)[:1500]), "is truncated")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_truncated_and_compressed_is_refused(file, compress):
    noise = np.random.default_rng(0).normal(size=(20, 20, 20)).astype("f4")
    refusal(file(compress(mrc_bytes(noise))[:20000]), "is truncated")
    refusal(file(compress(mrc_bytes(noise)[:-10])), "is truncated")


def test_damaged_compression_is_refused(file):
    content = bytearray(gzip.compress(mrc_bytes(np.random.default_rng(0).normal(size=(20, 20, 20)).astype("f4"))))
    content[5000:5100] = bytes(100)
    refusal(file(bytes(content)))


@pytest.mark.parametrize(("mode", "words"), [(3, "complex"), (4, "complex"), (101, "mode 101"), (7, "mode 7")])
def test_unsupported_modes_are_refused(file, mode, words):
    refusal(file(mrc_bytes(values(), mode=mode)), words)


def test_image_is_refused(file):
    refusal(file(mrc_bytes(values((1, 6, 7)), ispg=0)), "2D image")


def test_stack_of_volumes_is_refused(file):
    refusal(file(mrc_bytes(values((12, 6, 7)), ispg=401, intervals=(7, 6, 4))), "stack of 3 volumes")


def test_impossible_axis_order_is_refused(file):
    refusal(file(mrc_bytes(values(), mapr=1)), "axis order")


def test_not_finite_values_are_counted_and_refused(file):
    data = values()
    data[0, 0, 0], data[4, 5, 6], data[2, 2, 2] = np.nan, np.inf, -np.inf
    refusal(file(mrc_bytes(data)), "3 NaN or infinite")


@pytest.mark.parametrize("size", [0.0, 0.01, 400.0, -3.5, np.nan])
def test_absurd_voxel_size_in_the_header_is_refused_unless_given(file, size):
    path = file(mrc_bytes(values(), voxel_size=(size,) * 3))
    refusal(path, f"{size:g} Å", "--voxel-size")
    assert read_map(path, voxel_size=2).voxel_size == (2.0, 2.0, 2.0)


def test_absurd_voxel_size_given_is_refused(file):
    refusal(file(mrc_bytes(values())), "0 Å", voxel_size=0.0)


def test_failed_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "map.mrc"
    path.write_bytes(b"old")

    def fill_the_disk(mrc):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mrcfile.mrcfile.MrcFile, "flush", fill_the_disk)
    with pytest.raises(InputError, match=r"map\.mrc cannot be written \(No space left on device\)"):
        write_map(path, DensityMap(values(), (2.0, 2.0, 2.0)))
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["map.mrc"]


def test_existing_file_is_replaced_only_where_allowed(tmp_path):
    path = tmp_path / "map.mrc"
    path.write_bytes(b"old")
    density = DensityMap(values(), (2.0, 2.0, 2.0))
    with pytest.raises(InputError, match="exists already"):
        write_map(path, density, overwrite=False)
    assert path.read_bytes() == b"old"
    write_map(path, density)
    np.testing.assert_array_equal(read_map(path).data, values())


def test_missing_output_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        write_map(tmp_path / "absent" / "map.mrc", DensityMap(values(), (2.0, 2.0, 2.0)))


def test_reading_needs_one_copy_of_the_map(file):
    data = np.random.default_rng(0).normal(size=(64, 64, 64)).astype("f4")
    path = file(mrc_bytes(data, ">"))
    del data
    tracemalloc.start()
    read = read_map(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * read.data.nbytes
