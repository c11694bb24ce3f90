import numpy as np
import pytest

from deepreslib.enhancement.map_region import MapRegion, RegionAxis, region_around

SHAPE = (40, 50, 60)
BOX = (slice(10, 30), slice(0, 20), slice(31, 60))


def waves(size, shape=SHAPE, periods=(0.05, 0.02, 0.08)):
    """A wave of some periods per Å, a crest at the centre n // 2."""
    places = [(np.arange(count) - count // 2) * size for count in shape]
    phase = periods[0] * places[0][:, None, None] + periods[1] * places[1][:, None] + periods[2] * places[2]
    return np.cos(2 * np.pi * phase).astype(np.float32)


@pytest.mark.parametrize("size", [0.5, 0.73, 1.0, 1.008, 1.31, 3.54])
def test_the_region_holds_the_box_and_its_margin(size):
    region = region_around(BOX, SHAPE, (size,) * 3, 13.0)
    for axis, side in zip(region.axes, BOX, strict=True):
        assert (side.start - axis.start) * size >= 13
        assert (axis.start + axis.length - side.stop) * size >= 13
    assert region.reached == pytest.approx((1, 1, 1), rel=0.0101)
    assert all(abs(axis.shift) <= 0.5 for axis in region.axes)


def test_voxels_of_about_1_angstrom_are_taken_as_they_are():
    region = region_around(BOX, SHAPE, (1.008,) * 3, 13.0)
    assert region.windows_shape == region.shape
    values = region.read(waves(1.0))
    assert region.at_windows(values) is values


def test_reads_above_the_level_and_0_beyond_the_faces():
    data = np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32) + 7
    region = region_around(BOX, SHAPE, (1.0,) * 3, 13.0)
    found = region.read(data, 7.0, 2.0)
    assert found[region.inside(BOX)] == pytest.approx((data[BOX] - 7) / 2, abs=1e-6)
    assert region.axes[1].start == -13
    assert not found[:, :13].any()
    assert found[:, 13].any()


def test_extremes_of_the_scale_are_read():
    data = np.full(SHAPE, 1e-36, np.float32)
    region = region_around(BOX, SHAPE, (1.0,) * 3, 0.0)
    assert region.read(data, 0.0, 1e-36)[region.inside(BOX)] == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("size", [0.5, 0.73, 1.31])
def test_the_centre_lies_on_a_voxel_of_the_windows(size):
    shape = tuple(round(count / size) for count in (60, 63, 70))
    box = tuple(slice(count // 2 - 9, count // 2 + 12) for count in shape)
    region = region_around(box, shape, (size,) * 3, 20.0)
    found = region.at_windows(region.read(waves(size, shape)))
    assert found.shape == region.windows_shape
    places = [np.arange(-4, 5) + axis.centre for axis in region.axes]
    offsets = [np.arange(-4, 5) * one for one in region.reached]
    phase = 0.05 * offsets[0][:, None, None] + 0.02 * offsets[1][:, None] + 0.08 * offsets[2]
    assert found[np.ix_(*places)] == pytest.approx(np.cos(2 * np.pi * phase), abs=0.03)


def test_the_shift_is_counted_in_voxels_of_the_windows():
    axis = RegionAxis(count=40, start=5, length=40, windows=52)
    assert axis.ratio == 1.3
    assert axis.centre == round(15 * 1.3)
    assert axis.shift == pytest.approx(15 * 1.3 - axis.centre)
    assert (axis.centre + axis.shift) / axis.ratio + axis.start == pytest.approx(20)


def test_slabs_do_not_matter(monkeypatch):
    axes = tuple(RegionAxis(40, -3, 50, windows) for windows in (40, 61, 50))
    region = MapRegion(axes, (0.8, 1.22, 1.0))
    values = np.random.default_rng(1).standard_normal(region.shape).astype(np.float32)
    whole = region.at_windows(values)
    monkeypatch.setattr("deepreslib.enhancement.map_region.SLAB_VOXELS", 7000)
    assert region.at_windows(values) == pytest.approx(whole, abs=1e-6)
