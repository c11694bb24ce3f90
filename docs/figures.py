"""Make the pictures of docs/images that need no window: python docs/figures.py [FOLDER].

They come from the commands that users run, on the demonstration map and on a bundle of helices.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from deepreslib import demo, pictures
from deepreslib.commands import main as deepres
from deepreslib.fourier import filters
from deepreslib.maps import read_map, write_map
from deepreslib.pictures.figures import add_colour_bar, new_figure

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "notebooks"))

from helix_bundle import write_helix_bundle  # noqa: E402

COLOURS = 128
FADED, SLICE = 80.0, 45
"""Å², by which the demonstration map is faded before it is sharpened; the section that is shown, with all chains."""

DOTS_PER_INCH = 90


def run(*arguments):
    """Run a command of deepres; stop if it fails."""
    if deepres([str(argument) for argument in arguments]):
        raise SystemExit(1)


def compare_methods(work, folder):
    """``methods.png`` and ``spread.png``: three methods on the demonstration map, beside its truth."""
    names = ("deepres", "monores", "resmap")
    for name in names:
        run("estimate", demo.MAP, "--mask", demo.MASK, "--method", name, "-o", work / f"{name}.mrc")
    estimates = [work / f"{name}.mrc" for name in names]
    labels = ["--labels", "truth", "DeepRes", "MonoRes", "ResMap"]
    run("compare", demo.TRUTH, *estimates, *labels, "--mask", demo.MASK, "-o", work / "against")
    run("compare", *estimates, "--labels", *labels[2:], "--mask", demo.MASK, "--map", demo.MAP, "-o", work / "together")
    shutil.copy(work / "against" / "histogram.png", folder / "methods.png")
    shutil.copy(work / "together" / "spread.png", folder)


def simulate_half_maps(work, folder):
    """``half_maps.png``: a half map, the full map and the FSC of the half maps."""
    structure = write_helix_bundle(work / "bundle.pdb", helices=9, residues=30)
    run("simulate", structure, "--half-maps", "--resolution", 4, "--low-pass", 4, "-o", work / "map.mrc")
    half, full = (read_map(work / name) for name in ("map_half1.mrc", "map.mrc"))
    inside = read_map(work / "map_mask.mrc").data > 0.5
    halves = half.data, read_map(work / "map_half2.mrc").data
    from deepreslib.fourier import global_fsc
    from deepreslib.maps import dilate, soft_edge

    curve = global_fsc(*halves, half.voxel_size, soft_edge(dilate(inside, 3), 7))
    figure = new_figure(11, 4)
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1, 1.2))
    (number,) = pictures.central_slices(inside, count=1)
    for panel, density_map, title in ((left, half, "half map"), (middle, full, "full map, sharpened")):
        panel.imshow(density_map.data[number], cmap="gray", origin="lower")
        panel.set_title(f"{title}, z slice {number}")
        panel.set_xlabel("x (voxels)")
        panel.set_ylabel("y (voxels)")
    right.plot(curve.frequency, curve.correlation)
    right.axhline(0.143, color="0.4", linestyle="--", linewidth=1)
    right.annotate(
        f"0.143 at {curve.resolution():.1f} Å",
        (1 / curve.resolution(), 0.143),
        (10, 10),
        textcoords="offset points",
    )
    right.set_xlabel("spatial frequency (1/Å)")
    right.set_ylabel("FSC of the half maps")
    right.set_ylim(-0.1, 1.05)
    pictures.save_figure(figure, folder / "half_maps.png", DOTS_PER_INCH)


def judge_claim(work, folder):
    """``claim.png``: the evidence about a claim that is too fine."""
    structure = write_helix_bundle(work / "bundle.pdb", helices=9, residues=30)
    density_map, halves = work / "claimed.mrc", (work / "claimed_half1.mrc", work / "claimed_half2.mrc")
    run("simulate", structure, "--half-maps", "--resolution", 4, "--low-pass", 4, "-o", density_map)
    given = ("--half1", halves[0], "--half2", halves[1])
    run("classify", density_map, *given, "--claimed", 3, "-o", work / "claim")
    shutil.copy(work / "claim" / "evidence.png", folder / "claim.png")


def tell_classes(work, folder):
    """``classes.png``: the classes of MonoRes on the demonstration map."""
    run("estimate", demo.MAP, "--mask", demo.MASK, "--method", "classes", "--labels", "monores", "-o", work / "ten.mrc")
    classes = read_map(work / "ten_class.mrc")
    figure = pictures.class_slices_figure(classes.data, classes.voxel_size, read_map(demo.MAP).data)
    pictures.save_figure(figure, folder / "classes.png", DOTS_PER_INCH)


def annotate_structure(work, folder):
    """``residues.png``: the local resolution along the chains of a bundle with two resolutions."""
    structure = write_helix_bundle(work / "bundle.pdb", helices=4, residues=24)
    regions = ["--region", "A,B=3", "--region", "C,D=5"]
    run("simulate", structure, *regions, "--noise", 0.1, "-o", work / "regions.mrc")
    mask = work / "regions_mask.mrc"
    method = ("--method", "deepres", "--range", "low")
    run("estimate", work / "regions.mrc", "--mask", mask, *method, "-o", work / "resolution.mrc")
    size = read_map(mask).data.shape[0]
    centre = _centre(structure)
    origin = ",".join(f"{number - size // 2:g}" for number in centre)
    annotated = work / "annotated.cif"
    run("annotate", structure, work / "resolution.mrc", f"--origin={origin}", "-o", annotated)
    shutil.copy(annotated.with_suffix(".png"), folder / "residues.png")


def sharpen(work, folder):
    """``enhanced.png``: the demonstration map, faded as a refinement leaves it, before and after, and its B factors.

    Of its greys and colours none can be spared.
    """
    given = read_map(demo.MAP)
    faded = given.like(filters.apply_b_factor(given.data, given.voxel_size, FADED))
    write_map(work / "faded.mrc", faded)
    resolution = min(demo.description()["regions"].values())
    options = ("--mask", demo.MASK, "--resolution", resolution)
    run("enhance", work / "faded.mrc", *options, "-o", work / "enhanced.mrc")
    after, b_factor, mask = (read_map(work / f"enhanced{ending}.mrc").data for ending in ("", "_bfactor", "_mask"))
    inside = mask > 0.5
    figure = new_figure(11, 3.6)
    panels = figure.subplots(1, 3, sharey=True)
    rows, columns = (np.flatnonzero(inside.any(axis=other)) for other in ((0, 2), (0, 1)))
    for panel, values, title in zip(panels, (faded.data, after, after), ("before", "after", "B factors"), strict=True):
        middle, deviation = values[inside].mean(), values[inside].std()
        greys = {"cmap": "gray", "vmin": middle - 2.5 * deviation, "vmax": middle + 3 * deviation}
        panel.imshow(values[SLICE], origin="lower", **greys)
        panel.set_title(f"{title}, z slice {SLICE}")
        panel.set_xlabel("x (voxels)")
        panel.set_xlim(max(columns[0] - 4, -0.5), min(columns[-1] + 4, values.shape[2] - 0.5))
        panel.set_ylim(max(rows[0] - 4, -0.5), min(rows[-1] + 4, values.shape[1] - 0.5))
    panels[0].set_ylabel("y (voxels)")
    scale = pictures.b_factor_scale(b_factor, inside)
    colours = scale.rgba(b_factor[SLICE])
    colours[..., 3] = inside[SLICE]
    panels[2].imshow(colours, origin="lower", interpolation="nearest")
    add_colour_bar(figure, list(panels), scale, "B factor applied (Å²)", b_factor[inside], aspect=30)
    pictures.save_figure(figure, folder / "enhanced.png", DOTS_PER_INCH)


def _centre(structure):
    """Where ``simulate`` puts the middle of the box, Å, x y z."""
    from deepreslib.structures import read_structure

    return np.asarray(read_structure(structure).positions.mean(0)).round(3)


def shrink(path):
    """Write a picture with fewer colours."""
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def main():
    """Make all of them."""
    parser = argparse.ArgumentParser(description="Make the pictures of docs/images that need no window.")
    parser.add_argument("folder", nargs="?", type=Path, default=HERE / "images")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        for make in (compare_methods, simulate_half_maps, annotate_structure, judge_claim, tell_classes, sharpen):
            make(Path(temporary), folder)
    for name in ("methods", "spread", "half_maps", "residues", "claim", "classes"):
        shrink(folder / f"{name}.png")


if __name__ == "__main__":
    main()
