"""``deepres simulate``: files, options, refusals."""

import json

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.commands import main
from deepreslib.fourier import filters
from deepreslib.maps import read_map


@pytest.fixture
def structure(tmp_path):
    return write_structure(tmp_path / "two.pdb")


def simulate(structure, folder, *options):
    return main(["simulate", structure, "-o", str(folder / "out.mrc"), *map(str, options)])


def outputs(folder):
    return [read_map(folder / f"out{part}.mrc") for part in ("", "_mask", "_resolution")]


def test_map_mask_and_truth_share_a_grid_and_the_map_is_band_limited(structure, tmp_path):
    assert simulate(structure, tmp_path, "--resolution", 4, "--voxel-size", 0.8, "--box", 40) == 0
    density, mask, truth = outputs(tmp_path)
    assert [one.quantity for one in (density, mask, truth)] == ["density", "mask", "resolution"]
    assert density.data.shape == mask.data.shape == truth.data.shape == (40, 40, 40)
    assert density.voxel_size == truth.voxel_size == (0.8, 0.8, 0.8)
    np.testing.assert_array_equal(truth.data, 4.0 * mask.data)
    power = np.square(np.abs(np.fft.rfftn(density.data)))
    beyond = filters.frequencies((40, 40, 40), 0.8) > 1 / 4 + 0.02 / 0.8
    assert power[beyond].sum() < 1e-8 * power.sum()


def test_regions_noise_and_seed(structure, tmp_path):
    options = ["--region=A=3", "--region=B=6", "--noise", 0.5, "--rotate", "--box", 48]
    assert simulate(structure, tmp_path, *options, "--seed", 4) == 0
    first, mask, truth = outputs(tmp_path)
    assert set(np.unique(truth.data)) == {0.0, 3.0, 6.0}
    assert simulate(structure, tmp_path, *options, "--seed", 4) == 0
    np.testing.assert_array_equal(outputs(tmp_path)[0].data, first.data)
    assert simulate(structure, tmp_path, *options, "--seed", 5) == 0
    assert not np.array_equal(outputs(tmp_path)[0].data, first.data)
    far = np.s_[:4]
    assert first.data[far].std() > 0.2 * first.data[mask.data > 0].std()


def test_all_maps_are_compressed_as_the_first_is(structure, tmp_path):
    assert main(["simulate", structure, "-o", str(tmp_path / "out.mrc.gz"), "--resolution", "4"]) == 0
    names = {"out.mrc.gz", "out_mask.mrc.gz", "out_resolution.mrc.gz", "out.json"}
    assert {path.name for path in tmp_path.iterdir()} == names | {"two.pdb"}
    assert read_map(tmp_path / "out_mask.mrc.gz").quantity == "mask"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ([], "--resolution"),
        (["--region=A=3"], "--resolution"),
        (["--resolution", 1.5], "finer than twice"),
        (["--resolution", 4, "--box", 8], "--box 8"),
        (["--resolution", 4, "--voxel-size", 0], "--voxel-size"),
        (["--region=A"], "--region A"),
    ],
)
def test_bad_options_are_refused(structure, tmp_path, capsys, options, word):
    assert simulate(structure, tmp_path, *options) == 2
    error = capsys.readouterr().err
    assert word in error
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("*.mrc"))


def test_a_structure_without_b_factors_is_said_to_have_none(tmp_path, capsys):
    with_none = write_structure(tmp_path / "none.pdb")
    lines = [line[:60] + "  0.00" + line[66:] for line in (tmp_path / "none.pdb").read_text().splitlines()]
    (tmp_path / "none.pdb").write_text("\n".join(lines))
    assert simulate(with_none, tmp_path, "--resolution", 4, "--b-factors", "own") == 0
    assert "none.pdb has no B factors" in capsys.readouterr().err
    assert "no B factors" in json.loads((tmp_path / "out.json").read_text())["warnings"][0]


def test_own_b_factors_and_none_asked_for_are_no_matter_of_warnings(structure, tmp_path, capsys):
    for kind in ("own", "none"):
        assert simulate(structure, tmp_path, "--resolution", 4, "--b-factors", kind) == 0
        assert not capsys.readouterr().err


def test_a_missing_resolution_is_asked_for(structure, tmp_path, capsys):
    assert simulate(structure, tmp_path) == 2
    assert "give --resolution" in capsys.readouterr().err
