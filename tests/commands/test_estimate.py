"""``deepres estimate`` from its arguments to its files, and every refusal."""

import json

import mrcfile
import numpy as np
import pytest
from refusals import assert_refused

from deepreslib import demo
from deepreslib.commands import main
from deepreslib.maps import DensityMap, read_map, write_map


@pytest.fixture
def files(tmp_path):
    """A small map with an origin (20³ voxels of 1.2 Å), its mask, and the output's name."""
    rng = np.random.default_rng(0)
    mask = np.zeros((20, 20, 20), np.float32)
    mask[6:14, 5:15, 7:13] = 1
    grid = DensityMap((rng.standard_normal(mask.shape) * (1 + mask)).astype(np.float32), (1.2,) * 3, (5.0, 6.0, 7.0))
    write_map(tmp_path / "map.mrc", grid)
    write_map(tmp_path / "mask.mrc", grid.like(mask))
    return tmp_path


def estimate(folder, *options, name="map.mrc"):
    files = [str(folder / name), "-o", str(folder / "out.mrc")]
    return main(["estimate", *files, "--method", "deepres", *map(str, options)])


def test_writes_maps_on_the_input_grid_and_a_report(files, capsys):
    assert estimate(files, "--mask", files / "mask.mrc", "--range", "low", "--threads", 2) == 0
    density, mask = read_map(files / "map.mrc"), read_map(files / "mask.mrc").data > 0.5
    for name in ("out.mrc", "out_sd.mrc"):
        result = read_map(files / name)
        assert result.data.shape == density.data.shape
        assert result.voxel_size == density.voxel_size
        assert result.origin == density.origin
        assert (result.data[~mask] == 0).all()
        assert (result.data[mask] > 0).all()
        assert result.quantity == {"out.mrc": "resolution", "out_sd.mrc": "sd"}[name]
    report = json.loads((files / "out.json").read_text())
    values = read_map(files / "out.mrc").data[mask]
    assert report["resolution"]["median"] == pytest.approx(np.median(values), abs=1e-3)
    assert list(report["resolution"]["percentiles"]) == ["2.5", "5", "20", "25", "50", "75", "80", "95", "97.5"]
    assert report["voxels"] == mask.sum()
    assert report["mask"] == {
        "source": "file",
        "path": str(files / "mask.mrc"),
        "threshold": None,
        "voxels": int(mask.sum()),
    }
    assert report["range"] == {"name": "low", "low": 2.5, "high": 13.0, "voxel_size": 1.0}
    assert len(report["model"]["sha256"]) == 64
    assert f"{report['resolution']['median']:.2f} Å" in capsys.readouterr().out


def test_voxel_size_and_origin_win_over_the_header(files):
    assert estimate(files, "--mask-threshold", 1.0, "--voxel-size", 0.9, "--origin=1,2,3", "--range", "high") == 0
    result = read_map(files / "out.mrc")
    assert result.voxel_size == (0.9, 0.9, 0.9)
    assert result.origin == (3.0, 2.0, 1.0)
    assert ((result.data > 0) == (read_map(files / "map.mrc").data > 1.0)).all()


def test_without_a_mask_it_makes_one_and_says_so(tmp_path, capsys):
    assert main(["estimate", demo.MAP, "--method", "deepres", "-o", str(tmp_path / "out.mrc")]) == 0
    assert "no mask was given" in capsys.readouterr().out
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["mask"]["source"] == "automatic"
    found, true = read_map(tmp_path / "out.mrc").data > 0, read_map(demo.MASK).data > 0.5
    assert (found & true).sum() / (found | true).sum() > 0.75


def test_betagal_fills_its_mask(shared_data, tmp_path):
    path = shared_data / "maps" / "betagal.mrc"
    options = ["--method", "deepres", "--mask-threshold", "0.02", "-o", str(tmp_path / "b.mrc")]
    assert main(["estimate", str(path), *options]) == 0
    density, result = read_map(path), read_map(tmp_path / "b.mrc")
    assert (result.data.shape, result.voxel_size, result.origin) == (
        density.data.shape,
        density.voxel_size,
        density.origin,
    )
    mask = density.data > 0.02
    assert mask.sum() == 20256
    assert (result.data[~mask] == 0).all()
    assert (result.data[mask] >= 7.08).all()


def change_header(path, **fields):
    with mrcfile.open(path, "r+", permissive=True) as file:
        for name, value in fields.items():
            file.header[name] = value


def no_map(folder):
    (folder / "map.mrc").write_text("this is no map" * 100)


def truncated(folder):
    whole = (folder / "map.mrc").read_bytes()
    (folder / "map.mrc").write_bytes(whole[: len(whole) // 2])


def with_value(value):
    def change(folder):
        with mrcfile.open(folder / "map.mrc", "r+") as file:
            file.data[3, 4, 5] = value

    return change


def constant(folder):
    write_map(folder / "map.mrc", DensityMap(np.full((20, 20, 20), 2.0, np.float32), (1.2,) * 3))


def empty_mask(folder):
    write_map(folder / "mask.mrc", DensityMap(np.zeros((20, 20, 20), np.float32), (1.2,) * 3))


def mask_of_another_shape(folder):
    write_map(folder / "mask.mrc", DensityMap(np.ones((20, 20, 18), np.float32), (1.2,) * 3))


def mask_of_another_sampling(folder):
    write_map(folder / "mask.mrc", DensityMap(np.ones((20, 20, 20), np.float32), (2.4,) * 3))


def voxel_size(*sizes):
    def change(folder):
        with mrcfile.open(folder / "map.mrc", "r+") as file:
            file.header.cella.x, file.header.cella.y, file.header.cella.z = (20 * size for size in sizes)

    return change


def too_small(folder):
    for name in ("map.mrc", "mask.mrc"):
        write_map(folder / name, DensityMap(np.arange(1000, dtype=np.float32).reshape(10, 10, 10), (1.2,) * 3))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (no_map, ["map.mrc"]),
        (truncated, ["map.mrc", "truncated"]),
        (with_value(np.nan), ["map.mrc", "NaN"]),
        (with_value(np.inf), ["map.mrc", "nfinite"]),
        (constant, ["map.mrc", "constant"]),
        (empty_mask, ["mask.mrc", "empty"]),
        (mask_of_another_shape, ["mask.mrc", "18 × 20 × 20"]),
        (mask_of_another_sampling, ["mask.mrc", "2.4"]),
        (voxel_size(0, 0, 0), ["map.mrc", "--voxel-size"]),
        (voxel_size(900, 900, 900), ["map.mrc", "--voxel-size"]),
        (voxel_size(1.2, 1.2, 1.3), ["map.mrc", "anisotropic"]),
        (too_small, ["map.mrc", "too small"]),
    ],
)
def test_bad_maps_and_masks_are_refused(files, capsys, spoil, words):
    spoil(files)
    code = estimate(files, "--mask", files / "mask.mrc", "--range", "low")
    assert_refused(files, capsys, code, *words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--mask", "absent.mrc"], ["absent.mrc"]),
        (["--mask-threshold", 1e9], ["lower the threshold"]),
        (["--model", "absent"], ["absent", "model"]),
        (["--threads", 0], ["--threads"]),
        (["--voxel-size", 0], ["--voxel-size"]),
        (["--voxel-size", 7], ["too coarse"]),
    ],
)
def test_bad_options_are_refused(files, capsys, options, words):
    assert_refused(files, capsys, estimate(files, *options), *words)


def test_missing_maps_and_bad_outputs_are_refused(files, capsys):
    assert_refused(files, capsys, estimate(files, name="absent.mrc"), "absent.mrc")
    code = main(["estimate", str(files / "map.mrc"), "-o", str(files / "absent" / "x.mrc")])
    assert_refused(files, capsys, code, "does not exist")
    code = main(["estimate", str(files / "map.mrc"), "-o", str(files / "out.txt")])
    assert_refused(files, capsys, code, "ends in .mrc")


def test_slight_anisotropy_is_tolerated(files):
    voxel_size(1.2, 1.2, 1.205)(files)
    assert estimate(files, "--mask-threshold", 1.0, "--range", "low") == 0
    assert read_map(files / "out.mrc").voxel_size == pytest.approx((1.205, 1.2, 1.2), abs=1e-6)
