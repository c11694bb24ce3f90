"""What is read from headers, what is forgiven, what is refused."""

import bz2
import gzip
import itertools
import os
import tempfile
from pathlib import Path

import mrcfile
import numpy as np
import pytest
from mrc_files import SHAPE, assert_map_refused, mrc_bytes, values
from unprivileged import as_nobody

from deepreslib.errors import InputError
from deepreslib.maps import DensityMap, GridHeader, read_map, write_map

AXIS_ORDERS = list(itertools.permutations((1, 2, 3)))
SIZE_FIELDS = ("nx", "ny", "nz", "mx", "my", "mz", "cella", "cellb")
PLACE_FIELDS = ("mapc", "mapr", "maps", "nxstart", "nystart", "nzstart", "origin", "ispg")


@pytest.mark.parametrize("axis_order", AXIS_ORDERS)
def test_axis_orders_are_read_as_zyx_and_written_back(file, tmp_path, axis_order):
    zyx = values()
    in_file = zyx.transpose([3 - axis for axis in axis_order[::-1]])
    starts = (10, 20, 30)
    path = file(mrc_bytes(in_file, axis_order=axis_order, voxel_size=(1.0, 2.0, 3.0), starts=starts))

    density = read_map(path)
    np.testing.assert_array_equal(density.data, zyx)
    assert density.data.flags.c_contiguous
    assert density.voxel_size == (3.0, 2.0, 1.0)
    start_of = dict(zip(axis_order, starts, strict=True))
    assert density.origin == (start_of[3] * 3.0, start_of[2] * 2.0, start_of[1] * 1.0)

    write_map(tmp_path / "again.mrc", density)
    with mrcfile.open(path) as before, mrcfile.open(tmp_path / "again.mrc") as after:
        np.testing.assert_array_equal(after.data, before.data)
        for name in SIZE_FIELDS + PLACE_FIELDS:
            assert after.header[name] == before.header[name], name


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_compressed_files_are_read_and_written(file, tmp_path, suffix, compress):
    density = read_map(file(compress(mrc_bytes(values(), ">")), "map.mrc" + suffix))
    np.testing.assert_array_equal(density.data, values())
    write_map(tmp_path / ("again.map" + suffix), density)
    assert (tmp_path / ("again.map" + suffix)).read_bytes()[:2] == compress(b"")[:2]
    np.testing.assert_array_equal(read_map(tmp_path / ("again.map" + suffix)).data, values())


def test_unset_axes_angles_and_intervals_are_forgiven(file):
    content = mrc_bytes(values(), mapc=0, mapr=0, maps=0, cellb=(0, 0, 0), mx=0, my=0, mz=0)
    density = read_map(file(content))
    np.testing.assert_array_equal(density.data, values())
    assert density.voxel_size == (2.0, 2.0, 2.0)
    assert density.header == GridHeader(origin_from_starts=True)


@pytest.mark.parametrize(
    ("space_group", "sections"), [(0, SHAPE[0]), (0, 1), (401, SHAPE[0])], ids=["image flag", "image stack", "4D of 1"]
)
def test_flags_of_stacks_of_one_volume_are_read_as_a_volume(file, tmp_path, space_group, sections):
    content = mrc_bytes(values(), ispg=space_group, intervals=(SHAPE[2], SHAPE[1], sections))
    density = read_map(file(content, "map.mrcs"))
    np.testing.assert_array_equal(density.data, values())
    assert density.voxel_size == (2.0, 2.0, 2.0)
    write_map(tmp_path / "again.mrc", density)
    with mrcfile.open(tmp_path / "again.mrc") as mrc:
        assert mrc.is_volume()
        assert mrc.data.shape == SHAPE
        assert mrc.voxel_size.z == 2.0


def test_origin_is_the_header_field_where_it_is_set(file, tmp_path):
    path = file(mrc_bytes(values(), starts=(1, 2, 3), origin=(-10.5, 20.25, 0)))
    density = read_map(path)
    assert density.origin == (0.0, 20.25, -10.5)
    write_map(tmp_path / "again.mrc", density)
    with mrcfile.open(tmp_path / "again.mrc") as mrc:
        assert mrc.header.origin.item() == (-10.5, 20.25, 0)
        assert mrc.nstart.item() == (1, 2, 3)


def test_overrides_win_and_are_written(file, tmp_path):
    path = file(mrc_bytes(values(), starts=(1, 2, 3), voxel_size=(0, 0, 0)))
    density = read_map(path, voxel_size=3.54, origin=(1.0, -2.0, 3.0))
    assert density.voxel_size == (3.54, 3.54, 3.54)
    assert density.origin == (1.0, -2.0, 3.0)
    write_map(tmp_path / "again.mrc", density)
    again = read_map(tmp_path / "again.mrc")
    assert again.voxel_size == pytest.approx((3.54, 3.54, 3.54))
    assert again.origin == (1.0, -2.0, 3.0)
    with mrcfile.open(tmp_path / "again.mrc") as mrc:
        assert mrc.nstart.item() == (0, 0, 0)


def test_origin_overridden_by_zero_stays_zero(file, tmp_path):
    density = read_map(file(mrc_bytes(values(), starts=(1, 2, 3))), origin=(0, 0, 0))
    write_map(tmp_path / "again.mrc", density)
    assert read_map(tmp_path / "again.mrc").origin == (0.0, 0.0, 0.0)


def test_starts_follow_an_overridden_voxel_size(file):
    density = read_map(file(mrc_bytes(values(), starts=(1, 2, 3))), voxel_size=(1.0, 1.5, 2.0))
    assert density.voxel_size == (1.0, 1.5, 2.0)
    assert density.origin == (3.0, 3.0, 2.0)


def test_voxel_size_is_the_decimal_that_was_meant(file, tmp_path):
    path = file(mrc_bytes(values(), voxel_size=(1.07, 1.07, 1.07)))
    density = read_map(path)
    assert density.voxel_size == pytest.approx((1.07, 1.07, 1.07), rel=1e-12)
    write_map(tmp_path / "again.mrc", density)
    with mrcfile.open(path) as before, mrcfile.open(tmp_path / "again.mrc") as after:
        assert after.header.cella == before.header.cella


def test_crystal_map_keeps_its_geometry(shared_data, tmp_path):
    path = shared_data / "maps" / "emd_3001.map"
    density = read_map(path)
    with mrcfile.open(path) as mrc:
        np.testing.assert_array_equal(density.data, np.moveaxis(mrc.data, [0, 1, 2], [1, 2, 0]))
    assert density.data.shape == (73, 25, 43)
    assert density.voxel_size == pytest.approx((33.03 / 72, 4.71 / 12, 17.93 / 40), rel=1e-9)
    assert density.origin == pytest.approx((0.0, -12 * 4.71 / 12, -21 * 17.93 / 40), rel=1e-9)
    assert density.header.cell_angles == pytest.approx((90, 94.326, 90))

    write_map(tmp_path / "again.map", density)
    assert mrcfile.validate(tmp_path / "again.map")
    with mrcfile.open(path) as before, mrcfile.open(tmp_path / "again.map") as after:
        np.testing.assert_array_equal(after.data, before.data)
        for name in SIZE_FIELDS + PLACE_FIELDS:
            assert after.header[name] == before.header[name], name


def test_missing_file_is_refused(tmp_path):
    assert_map_refused(tmp_path / "absent.mrc", "does not exist")


def test_folder_is_refused(tmp_path):
    assert_map_refused(tmp_path, "is a folder")


def test_empty_file_is_refused(file):
    assert_map_refused(file(b""), "is empty")


def test_image_is_refused(file):
    assert_map_refused(file(mrc_bytes(values((1, 6, 7)), ispg=0)), "2D image")


def test_stack_of_volumes_is_refused(file):
    assert_map_refused(file(mrc_bytes(values((12, 6, 7)), ispg=401, intervals=(7, 6, 4))), "stack of 3 volumes")


def test_impossible_axis_order_is_refused(file):
    assert_map_refused(file(mrc_bytes(values(), mapr=1)), "axis order")


def test_not_finite_values_are_counted_and_refused(file):
    data = values()
    data[0, 0, 0], data[4, 5, 6], data[2, 2, 2] = np.nan, np.inf, -np.inf
    assert_map_refused(file(mrc_bytes(data)), "3 NaN or infinite")


@pytest.mark.parametrize("size", [0.0, 0.01, 400.0, -3.5, np.nan])
def test_absurd_voxel_size_in_the_header_is_refused_unless_given(file, size):
    path = file(mrc_bytes(values(), voxel_size=(size,) * 3))
    assert_map_refused(path, f"{size:g} Å", "--voxel-size")
    assert read_map(path, voxel_size=2).voxel_size == (2.0, 2.0, 2.0)


def test_absurd_voxel_size_given_is_refused(file):
    assert_map_refused(file(mrc_bytes(values())), "0 Å", voxel_size=0.0)


def test_one_interval_along_z_and_the_whole_cell_is_a_volume(file, tmp_path):
    path = file(mrc_bytes(values(), mz=1))
    density = read_map(path)
    np.testing.assert_array_equal(density.data, values())
    assert density.voxel_size == (2.0, 2.0, 2.0)
    (note,) = density.notes
    assert str(path) in note
    assert "MZ = 1" in note
    assert "2 Å" in note
    write_map(tmp_path / "again.mrc", density)
    with mrcfile.open(tmp_path / "again.mrc") as mrc:
        assert (mrc.header.mz, mrc.header.cella.z) == (SHAPE[0], 2.0 * SHAPE[0])
    assert read_map(tmp_path / "again.mrc").notes == ()


@pytest.mark.parametrize("space_group", [0, 1, 401])
@pytest.mark.parametrize("length", [1, SHAPE[0]])
@pytest.mark.parametrize("size", [0.5, 1.06, 8.0])
def test_one_interval_along_z_takes_the_size_of_the_other_axes(file, space_group, length, size):
    path = file(mrc_bytes(values(), mz=1, cella=(7 * size, 6 * size, length * size), ispg=space_group))
    density = read_map(path)
    assert density.voxel_size == pytest.approx((size,) * 3, rel=1e-6)
    assert len(density.notes) == (length > 1)


def test_one_interval_along_every_axis_takes_the_usual_size(file):
    assert read_map(file(mrc_bytes(values(), mx=1, my=1, mz=1))).voxel_size == (2.0, 2.0, 2.0)
    assert read_map(file(mrc_bytes(values(), mx=1, my=1, mz=1, cella=(2, 2, 2)))).voxel_size == (2.0, 2.0, 2.0)


@pytest.mark.parametrize("angles", [(np.nan, 90, 90), (90, np.inf, 90)])
def test_cell_angles_that_are_no_numbers_are_refused(file, angles):
    assert_map_refused(file(mrc_bytes(values(), cellb=angles)), "cell angles", "set them to 90")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_origin_that_is_no_number_gives_way_to_the_starts_and_is_said(file, bad):
    path = file(mrc_bytes(values(), starts=(1, 2, 3), origin=(0, bad, 0)))
    density = read_map(path)
    assert density.origin == (6.0, 4.0, 2.0)
    assert density.notes == (f"{path} has an origin that is no number in its header; it was placed by NSTART.",)
    assert read_map(path, origin=(1, 2, 3)).notes == ()


GRID = DensityMap(values(), (1.5, 1.5, 1.5), (3.0, -4.5, 6.0), "density.mrc", GridHeader(starts=(4, -3, 2)))


def test_a_file_without_voxel_size_takes_the_grid_of_its_map(file):
    path = file(mrc_bytes(values(dtype="i1"), voxel_size=(0, 0, 0)), "mask.mrc")
    mask = read_map(path, like=GRID)
    np.testing.assert_array_equal(mask.data, values())
    assert (mask.voxel_size, mask.origin, mask.header) == (GRID.voxel_size, GRID.origin, GRID.header)
    assert mask.notes == ()
    assert read_map(path, 2.0, like=GRID).voxel_size == (2.0, 2.0, 2.0)
    assert read_map(path, origin=(1, 2, 3), like=GRID).origin == (1.0, 2.0, 3.0)
    assert_map_refused(path, "0 Å", "--voxel-size")


def test_a_file_without_voxel_size_keeps_its_own_place(file):
    mask = read_map(file(mrc_bytes(values(), voxel_size=(0, 0, 0), origin=(1, 2, 3))), like=GRID)
    assert (mask.voxel_size, mask.origin) == (GRID.voxel_size, (3.0, 2.0, 1.0))
    mask = read_map(file(mrc_bytes(values(), voxel_size=(0, 0, 0), starts=(2, 2, 2))), like=GRID)
    assert (mask.voxel_size, mask.origin) == (GRID.voxel_size, (3.0, 3.0, 3.0))


def test_a_file_with_voxel_size_keeps_its_own_grid(file):
    mask = read_map(file(mrc_bytes(values())), like=GRID)
    assert (mask.voxel_size, mask.origin) == ((2.0, 2.0, 2.0), (0.0, 0.0, 0.0))


def test_a_file_of_another_shape_without_voxel_size_is_refused(file):
    path = file(mrc_bytes(values((5, 6, 8)), voxel_size=(0, 0, 0)))
    assert_map_refused(path, "no voxel size", "density.mrc", "8 × 6 × 5", "7 × 6 × 5", like=GRID)


def test_axes_are_put_in_order_before_shapes_are_compared(file):
    in_file = values().transpose(2, 1, 0)
    path = file(mrc_bytes(in_file, axis_order=(3, 2, 1), voxel_size=(0, 0, 0)))
    np.testing.assert_array_equal(read_map(path, like=GRID).data, values())


def test_a_path_through_a_file_is_refused(file):
    path = file(mrc_bytes(values())) / "b.mrc"
    assert_map_refused(path, f"{path.parent} is a file and no folder")


def test_pipes_and_devices_are_refused_and_never_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.mrc")
    for path in (tmp_path / "pipe.mrc", Path("/dev/zero"), Path("/dev/null")):
        assert_map_refused(path, "is a pipe or a device")


def test_links_are_followed_or_refused(file, tmp_path):
    (tmp_path / "link.mrc").symlink_to(file(mrc_bytes(values())))
    np.testing.assert_array_equal(read_map(tmp_path / "link.mrc").data, values())
    (tmp_path / "dangling.mrc").symlink_to("absent.mrc")
    assert_map_refused(tmp_path / "dangling.mrc", "is a link to absent.mrc, which does not exist")
    (tmp_path / "loop.mrc").symlink_to("loop.mrc")
    assert_map_refused(tmp_path / "loop.mrc", "leads back to itself")


def test_a_name_too_long_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"^.{40}… cannot exist, the name is too long") as caught:
        read_map(tmp_path / ("a" * 300 + ".mrc"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("closed", ["map.mrc", "folder"])
def test_no_permission_is_not_absence(closed):
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        path = Path(place) / "folder" / "map.mrc"
        path.parent.mkdir()
        path.write_bytes(mrc_bytes(values()))
        assert as_nobody(read_map, path).startswith("DensityMap(")
        os.chmod(path if closed == "map.mrc" else path.parent, 0)
        assert as_nobody(read_map, path) == (
            f"deepreslib.errors.InputError: {path} may not be read, permission is denied; "
            "ask its owner, or change it by chmod."
        )
        os.chmod(path.parent, 0o755)
