"""The benchmark on experimental maps, with an estimator whose answers are known, and what it does to a map."""

import csv
import importlib
import itertools
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import small_maps
import small_structures

from deepreslib.errors import InputError
from deepreslib.estimation import GlobalResolution, LocalResolution
from deepreslib.maps import DensityMap, read_map, write_map

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def program(monkeypatch):
    """Function that imports a module of the benchmarks."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


@pytest.fixture
def disturbances(program):
    return program("disturbances")


@pytest.fixture
def blob():
    """A Gaussian, SD 2.5 voxels, off the centre of a box whose edges and voxels differ."""
    z, y, x = np.indices((20, 24, 22)) - np.array([9.0, 13.0, 10.0])[:, None, None, None]
    data = np.exp(-(z**2 + y**2 + x**2) / (2 * 2.5**2)).astype(np.float32)
    return DensityMap(data, (1.0, 1.5, 2.0))


def test_the_way_back_undoes_margins_crops_and_turns(disturbances, blob):
    mask = blob.data > 0.5
    for changed in disturbances.disturbed(blob, mask, ("margin", "crop", "rotation"), all_rotations=True):
        found = changed.back(changed.density_map.data)
        inside = mask if changed.family == "crop" else np.ones_like(mask)
        assert np.array_equal(found[inside], blob.data[inside]), (changed.family, changed.name)


def test_a_margin_has_the_level_of_the_border(disturbances, blob):
    raised = blob.like(blob.data + 3)
    assert disturbances.border_level(raised.data) == pytest.approx(3, abs=1e-3)
    for changed, count in zip(disturbances.margins(raised), disturbances.MARGINS, strict=True):
        assert changed.density_map.data.shape == tuple(size + 2 * count for size in blob.data.shape)
        assert changed.density_map.data[0, 0, 0] == pytest.approx(3, abs=1e-3)
    (zeros,) = disturbances.zeros(raised)
    assert zeros.density_map.data[0, 0, 0] == 0
    assert list(disturbances.zeros(blob)) == []


def test_a_crop_leaves_three_voxels_of_solvent(disturbances, blob):
    mask = np.zeros(blob.data.shape, bool)
    mask[8:11, 10:12, 5:20] = True
    (crop,) = disturbances.crops(blob, mask)
    assert crop.density_map.data.shape == (9, 8, 20)  # x: 2 to 22, where the box ends
    assert list(disturbances.crops(blob, np.ones_like(mask))) == []


def test_the_turns_are_those_of_a_cube(disturbances):
    box = np.arange(27).reshape(3, 3, 3)
    turned = {np.flip(box.transpose(order), flipped).tobytes() for order, flipped in disturbances.turns(True)}
    assert len(turned) == 23
    assert box.tobytes() not in turned
    for order, flipped in disturbances.turns(True):
        matrix = np.eye(3)[list(order)] * np.where(np.isin(range(3), flipped), -1, 1)[:, None]
        assert np.linalg.det(matrix) == pytest.approx(1)
    assert len(disturbances.turns()) == len({order for order, _ in disturbances.turns()}) == 6


def test_a_turn_takes_the_voxel_sizes_along(disturbances, blob):
    for changed in disturbances.rotations(blob):
        edges = np.multiply(changed.density_map.data.shape, changed.density_map.voxel_size)
        assert sorted(edges) == sorted(np.multiply(blob.data.shape, blob.voxel_size))


def test_half_a_voxel_is_half_a_voxel(disturbances, blob):
    changed = disturbances.half_voxel(blob)
    centre = [np.average(np.indices(blob.data.shape)[axis], weights=changed.density_map.data) for axis in range(3)]
    assert centre == pytest.approx([9.5, 13.5, 10.5], abs=0.02)
    noise = small_maps.density_map(np.random.default_rng(0).standard_normal((32, 32, 32)))
    moved = disturbances.half_voxel(noise).density_map.data
    assert moved.var() == pytest.approx(noise.data.var(), rel=0.02)  # no frequency is lost
    ramp = np.indices((6, 6, 6)).sum(axis=0) + 1.0
    back = disturbances.between_voxels(ramp)
    assert np.allclose(back[:-1, :-1, :-1], ramp[:-1, :-1, :-1] + 1.5)
    assert not back[-1].any()


def test_a_b_factor_widens_a_gaussian(disturbances):
    """A Gaussian of variance v Å² is exp(-2 pi² v s²) in Fourier space, so exp(-B s²/4) adds B / (8 pi²)."""
    z, y, x = np.indices((40, 40, 40)) - 20.0
    data = np.exp(-(z**2 + y**2 + x**2) / (2 * 3.0**2)).astype(np.float32)
    changes = {int(c.name): c.density_map.data for c in disturbances.sharpenings(DensityMap(data, (1.0,) * 3))}
    assert sorted(changes) == sorted(disturbances.B_FACTORS)
    for b_factor, changed in changes.items():
        variance = np.sum(x**2 * changed) / changed.sum()
        assert variance == pytest.approx(9 + b_factor / (8 * np.pi**2), rel=0.01)


def test_a_filter_does_not_join_opposite_faces(disturbances):
    """Density at one face alone: without the mirror image, blur would bring it to the other face."""
    data = np.zeros((32, 32, 32), np.float32)
    data[0] = 1
    (blurred,) = (c for c in disturbances.sharpenings(DensityMap(data, (1.0,) * 3)) if c.name == "+120")
    assert blurred.density_map.data[0].min() > 0.2
    assert np.abs(blurred.density_map.data[-1]).max() < 1e-3


def test_burial_is_partialled_out(program):
    likeness, rng = program("likeness"), np.random.default_rng(0)
    burial = rng.standard_normal(4000)
    one, two = burial + rng.standard_normal((2, 4000))
    assert likeness.rank_correlation(one, two) == pytest.approx(0.48, abs=0.05)  # 6 / pi asin(1/4), of two normals
    assert likeness.partial_rank_correlation(one, two, burial) == pytest.approx(0, abs=0.05)
    assert likeness.partial_rank_correlation(one, one, burial) == pytest.approx(1)
    assert likeness.partial_rank_correlation(burial, two, burial) is None
    assert likeness.rank_correlation(one, np.ones(4000)) is None


def test_every_voxel_near_an_atom(program, blob):
    moved = replace(blob, origin=(5.0, -3.0, 2.0))
    mask = program("experimental").near_atoms(np.array([[22.0, 16.5, 14.0]]), moved, 3.0)  # voxel (9, 13, 10)
    centre = np.array([9, 13, 10])
    distance = np.linalg.norm((np.argwhere(np.ones_like(mask)) - centre) * moved.voxel_size, axis=1)
    assert np.array_equal(mask.ravel(), distance <= 3)


class Estimator:
    """Says the mean edge of the box in voxels / 10; refuses large boxes; 5 Å locally, and MonoRes always refuses."""

    def __init__(self, status):
        self.status = status

    def __call__(self, density_map, mask=None, *, method, **_):
        if method == "monores" or max(density_map.data.shape) > 100:
            raise InputError("too large.")
        found = density_map.data > 0.5 * density_map.data.max() if mask is None else mask
        values = np.where(found, np.float32(5.0), 0)
        edge = np.mean(density_map.data.shape)
        return LocalResolution(values, values / 10, GlobalResolution(edge / 10, 0.25), found, status=self.status)


@pytest.fixture
def folder(tmp_path):
    """Two experimental maps, one of known resolution and with a model."""
    density = small_maps.noisy(edge=40, radius=8.0)
    write_map(tmp_path / "one.mrc", density)
    write_map(tmp_path / "two.mrc", density)
    small_structures.write_structure(tmp_path / "one.pdb")
    with open(tmp_path / "index.csv", "w", encoding="utf-8", newline="") as stream:
        rows = csv.DictWriter(stream, ("map", "model", "deposited_resolution_A", "state"))
        rows.writeheader()
        rows.writerow({"map": "one.mrc", "model": "one.pdb", "deposited_resolution_A": "3.4", "state": "whole"})
        rows.writerow({"map": "two.mrc", "deposited_resolution_A": "6.6 (not confirmed)"})
    return tmp_path


@pytest.mark.parametrize("status", [None, "doubtful: unlike anything seen"])
def test_the_whole_benchmark(program, monkeypatch, folder, capsys, status):
    experimental = program("experimental")
    monkeypatch.setattr(experimental, "estimate", Estimator(status))
    monkeypatch.setattr(experimental, "has_sharpening", lambda: False)
    words = ["--maps", folder, "--threads", 1, "-o", folder / "found"]
    if not status:
        words += ["--pictures", folder / "pictures"]
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.setenv(name, "1")  # so that what the program sets is undone
    monkeypatch.setattr(sys, "argv", ["experimental", *map(str, words)])
    experimental.main()
    figures = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    one, two = figures["maps"]
    assert one["global"] == pytest.approx(4.0)
    assert one["status"] == (status or "")
    assert one["local"] == pytest.approx([5.0] * 5)
    assert one["model"]["b_factors"] is None  # all local values are the same
    assert {"deepres", "monores"} == set(one["others"])
    assert "refused" in one["others"]["monores"]
    changes = {name: figure.get("change") for name, figure in one["disturbed"]["margin"].items()}
    assert changes == {"8": pytest.approx(1.6), "24": pytest.approx(4.8), "60": None, "100": None}
    assert "refused" in one["disturbed"]["margin"]["60"]
    assert one["disturbed"]["crop"]["3 left"]["change"] < 0
    assert max(abs(figure["change"]) for figure in one["disturbed"]["rotation"].values()) == 0
    assert all(figure["mask_overlap"] == 1 for figure in one["disturbed"]["rotation"].values())
    assert (one["known"], two["known"]) == (3.4, None)
    known = figures["summary"]["known"]
    assert (known["maps"], known["mean_error"]) == (["one"], pytest.approx(0.6))
    assert (known["within_1_sd"], known["within_2_sd"]) == (0, 0)
    assert known["beyond_2_sd_not_doubtful"] == ([] if status else ["one"])
    assert figures["summary"]["disturbed"]["margin"]["worst_change"] == pytest.approx(4.8)
    table = (folder / "found.md").read_text(encoding="utf-8")
    assert "| one | noise | 3.4 | 4.00 ± 0.25 |" in table
    assert str(folder) not in table
    pictures = {path.name for path in folder.glob("pictures/*")}
    assert pictures == (set() if status else {"one.png", "two.png"})
    assert "mean error 0.60 Å" in capsys.readouterr().out


def test_deepres_sharpens_by_its_command(program, monkeypatch, blob):
    experimental = program("experimental")
    mask = blob.data > 0.5

    def main(words):
        words = dict(itertools.pairwise(words))
        assert (words["--method"], words["--sharpen"], words["--threads"]) == ("deepres", "auto", "1")
        given, inside = read_map(words["estimate"]), read_map(words["--mask"])
        assert np.array_equal(inside.data > 0.5, mask)
        write_map(words["-o"], given.like(given.data + 1))
        return 0

    def refuse(words):
        print("deepres: too flat.", file=sys.stderr)
        return 2

    work = experimental.Work(threads=1)
    monkeypatch.setattr(experimental.commands, "main", main)
    assert np.allclose(experimental.sharpened_deepres(blob, mask, work), blob.data + 1)
    monkeypatch.setattr(experimental.commands, "main", refuse)
    with pytest.raises(InputError, match="too flat"):
        experimental.sharpened_deepres(blob, mask, work)


def test_beta_galactosidase_lies_in_the_folder_above(program, folder):
    inner = folder / "experimental"
    inner.mkdir()
    (folder / "index.csv").rename(inner / "index.csv")
    experimental = program("experimental")
    assert [case.name for case in experimental.find_cases(str(inner))] == ["one", "two"]
    (folder / "one.mrc").rename(folder / "betagal.mrc")
    (folder / "two.mrc").rename(folder / "betagal_localres.mrc")
    case = experimental.find_cases(str(inner))[-1]
    assert (case.name, case.known) == ("betagal", None)
