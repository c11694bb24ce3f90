"""Writing maps: valid files, the same bytes each time, labels, and the refusal of what no program could use."""

import bz2
import gzip
import itertools
import os
import tracemalloc
import warnings
from dataclasses import replace

import mrcfile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mrc_files import values
from properties import quick, random_values, shapes, voxel_sizes

from deepreslib.errors import InputError
from deepreslib.maps import DensityMap, GridHeader, read_map, write_map
from deepreslib.maps.labels import RESOLUTION
from deepreslib.version import __version__

AXIS_ORDERS = list(itertools.permutations((1, 2, 3)))


def test_map_from_memory_is_written_as_a_valid_file(tmp_path):
    density = DensityMap(values(), (1.5, 1.5, 1.5), origin=(3.0, 2.0, 1.0))
    write_map(tmp_path / "map.mrc", density)
    assert mrcfile.validate(tmp_path / "map.mrc")
    again = read_map(tmp_path / "map.mrc")
    np.testing.assert_array_equal(again.data, density.data)
    assert (again.voxel_size, again.origin) == (density.voxel_size, density.origin)


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


@quick
@given(
    shape=shapes(2, 7),
    seed=st.integers(0, 1000),
    exponent=st.integers(-20, 20),
    voxel_size=voxel_sizes(0.06, 49.0),
    origin=st.tuples(*[st.floats(-2000, 2000, width=32, allow_subnormal=False)] * 3),
    axis_order=st.sampled_from(AXIS_ORDERS),
    suffix=st.sampled_from([".mrc", ".map", ".mrc.gz", ".mrc.bz2"]),
)
def test_any_map_written_is_read_back(tmp_path_factory, shape, seed, exponent, voxel_size, origin, axis_order, suffix):
    data = random_values(shape, seed) * np.float32(10.0**exponent)
    density = DensityMap(data, voxel_size, origin, header=GridHeader(axis_order=axis_order))
    path = tmp_path_factory.mktemp("maps") / f"map{suffix}"
    write_map(path, density)
    again = read_map(path)
    np.testing.assert_array_equal(again.data, data)
    assert again.voxel_size == pytest.approx(voxel_size, rel=1e-6)
    assert np.array_equal(np.float32(again.origin), np.float32(origin))
    assert again.header.axis_order == axis_order


@pytest.mark.parametrize("suffix", [".mrc", ".mrc.gz", ".MRC.BZ2"])
def test_the_quantity_stands_in_the_label_and_is_read_back(tmp_path, suffix):
    path = tmp_path / f"map{suffix}"
    write_map(path, DensityMap(values(), (2.0, 2.0, 2.0)), RESOLUTION)
    density = read_map(path)
    assert density.quantity == "resolution"
    with mrcfile.open(path) as mrc:
        assert mrc.get_labels() == [f"Written by deepres {__version__}: resolution"]
    write_map(path, density)
    assert read_map(path).quantity == "resolution"
    write_map(path, density.like(values()))
    assert read_map(path).quantity == ""


def test_the_quantity_of_another_program_is_not_known(tmp_path):
    path = tmp_path / "map.mrc"
    write_map(path, DensityMap(values(), (2.0, 2.0, 2.0)), RESOLUTION)
    with mrcfile.open(path, "r+") as mrc:
        mrc.add_label("other program: multiplied by 2")
    assert read_map(path).quantity == ""


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_what_is_not_finite_is_not_written(tmp_path, bad):
    data = values(dtype="f8")
    data[1, 2, 3] = bad
    with pytest.raises(InputError, match=r"new\.mrc is not written because the map has 1 NaN or infinite voxels"):
        write_map(tmp_path / "new.mrc", DensityMap(data, (2.0, 2.0, 2.0)))
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("change", [{"voxel_size": (2.0, np.nan, 2.0)}, {"origin": (0.0, 0.0, 1e39)}])
def test_an_impossible_place_is_not_written(tmp_path, change):
    with pytest.raises(InputError, match=r"impossible (voxel size.*--voxel-size|origin.*--origin)\.$"):
        write_map(tmp_path / "new.mrc", replace(DensityMap(values(), (2.0, 2.0, 2.0)), **change))
    assert not os.listdir(tmp_path)


def test_values_near_the_greatest_number_are_written_without_a_word(tmp_path):
    data = np.where(random_values((5, 6, 7)) > 0, np.float32(3.4e38), np.float32(-1e38))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_map(tmp_path / "map.mrc", DensityMap(data, (2.0, 2.0, 2.0)))
        np.testing.assert_array_equal(read_map(tmp_path / "map.mrc").data, data)
    with mrcfile.open(tmp_path / "map.mrc", header_only=True) as mrc:
        assert mrc.header.dmean == pytest.approx(data.mean(dtype=np.float64), rel=1e-5)
        assert mrc.header.rms == pytest.approx(data.std(dtype=np.float64), rel=1e-5)


@pytest.mark.parametrize(("suffix", "decompress"), [(".gz", gzip.decompress), (".bz2", bz2.decompress)])
def test_the_same_map_gives_the_same_bytes(tmp_path, monkeypatch, suffix, decompress):
    density = DensityMap(values(), (2.0, 2.0, 2.0))
    write_map(tmp_path / f"a.mrc{suffix}", density)
    monkeypatch.setattr("time.time", lambda: 1e9)
    write_map(tmp_path / f"b.mrc{suffix}", density)
    write_map(tmp_path / "c.mrc", density)
    assert (tmp_path / f"a.mrc{suffix}").read_bytes() == (tmp_path / f"b.mrc{suffix}").read_bytes()
    assert decompress((tmp_path / f"a.mrc{suffix}").read_bytes()) == (tmp_path / "c.mrc").read_bytes()
    assert sorted(os.listdir(tmp_path)) == [f"a.mrc{suffix}", f"b.mrc{suffix}", "c.mrc"]


@pytest.mark.parametrize("suffix", [".mrc", ".mrc.gz"])
@pytest.mark.parametrize("dtype", [np.float32, bool])
def test_no_copy_of_the_map_is_made(tmp_path, suffix, dtype):
    """Whatever the order of its axes and the type of its values: at 700³ voxels a copy would be 1.4 GB."""
    values_size = 4 * 96**3
    tracemalloc.start()
    try:
        data = np.zeros((96,) * 3, dtype)
        data[40:50, 30:60, 20:70] = 1
        own = tracemalloc.get_traced_memory()[0]
        density = DensityMap(data, (2.0, 2.0, 2.0), header=GridHeader(axis_order=(3, 1, 2)))
        tracemalloc.reset_peak()
        write_map(tmp_path / f"map{suffix}", density)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - own < 0.2 * values_size
    again = read_map(tmp_path / f"map{suffix}")
    np.testing.assert_array_equal(again.data, data)
    with mrcfile.open(tmp_path / f"map{suffix}", header_only=True) as mrc:
        header = mrc.header
        assert (header.dmin, header.dmax) == (0, 1)
        assert header.dmean == pytest.approx(data.mean(), rel=1e-6)
        assert header.rms == pytest.approx(data.std(), rel=1e-6)
