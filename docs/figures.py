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
from deepreslib.maps import read_map
from deepreslib.pictures.figures import new_figure

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "notebooks"))

from helix_bundle import write_helix_bundle  # noqa: E402

COLOURS = 128
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
        for make in (compare_methods, simulate_half_maps, annotate_structure, judge_claim, tell_classes):
            make(Path(temporary), folder)
    for name in ("methods", "spread", "half_maps", "residues", "claim", "classes"):
        shrink(folder / f"{name}.png")


if __name__ == "__main__":
    main()
