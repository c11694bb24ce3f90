"""Run DeepRes and local sharpening on the demonstration map, in a Scipion project without a display.

Writes the viewers' pictures and prints, for every region of known resolution, the resolution that was estimated.
``make demo`` runs it, or, with a Python in which this package is installed::

    python scripts/demo.py [-o FOLDER]
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import scipion_home

TOLERANCE = 0.5
"""How far a region's median may lie from the truth, Å."""

PICTURES = {
    "doShowResHistogram": "histogram",
    "doShowVolumeColorSlices": "slices",
    "doShowOneColorslice": "one_slice",
    "doShowSurface": "surface",
    "doShowUncertainty": "uncertainty",
}
SHARPENED_PICTURES = {"doShowBeforeAfter": "before_after"}
"""Entry of a viewer → name of its picture."""


def runDemo():
    """Import the demonstration, run DeepRes on it and sharpen it.

    Returns:
        The project, the finished DeepRes run and the finished sharpening; the current folder is the project's.

    Raises:
        RuntimeError: a run failed.
    """
    from pwem import Domain
    from pyworkflow.project import Manager

    from deepres_plugin import demo_project

    Domain.getProtocols()
    Domain.getViewers()
    project = Manager().createProject("demo")
    os.chdir(project.path)
    volume, mask = demo_project.importDemo(project)
    runs = demo_project.newDeepRes(project, volume, mask), demo_project.newLocalSharpening(project, volume, mask)
    for run in runs:
        project.launchProtocol(run, wait=True)
        if not run.isFinished():
            raise RuntimeError(f"The run failed: {run.getErrorMessage()}")
    return project, *runs


def savePictures(viewer, pictures, folder, dotsPerInch=150):
    """Write figures of a viewer.

    Args:
        viewer: of a finished run.
        pictures: entry of the viewer → name of the picture.
        folder: an existing folder.
        dotsPerInch: of the pictures.

    Returns:
        The paths written.
    """
    from deepreslib.pictures import save_figure

    viewer.setProtocol(viewer.protocol)
    paths = []
    for entry, name in pictures.items():
        (view,) = viewer._getVisualizeDict()[entry](entry)
        paths.append(folder / f"{name}.png")
        save_figure(view.getFigure(), paths[-1], dotsPerInch)
    return paths


def printTable(rows):
    """Print the comparison with the truth, one line for each region.

    Args:
        rows: (region, true resolution, median and SD of the estimates), Å.
    """
    print(f"{'region':<12}{'true (Å)':>10}{'estimated: median ± SD (Å)':>30}")
    for region, true, median, deviation in rows:
        print(f"{region:<12}{true:>10.1f}{f'{median:.2f} ± {deviation:.2f}':>30}")


def main():
    """Run, draw, compare with the truth; return the exit code."""
    parser = argparse.ArgumentParser(description="DeepRes and local sharpening of the demonstration map.")
    parser.add_argument("-o", "--output", type=Path, default=Path("demo_output"), help="folder of the pictures")
    output = parser.parse_args().output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    here = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="deepres_demo_") as home:
        scipion_home.use(home)
        try:
            project, run, sharpening = runDemo()
            from deepres_plugin.demo_project import compareWithTruth
            from deepres_plugin.viewers import DeepResolutionViewer, ILocScaleViewer

            paths = savePictures(DeepResolutionViewer(project=project, protocol=run), PICTURES, output)
            sharpened = ILocScaleViewer(project=project, protocol=sharpening)
            paths += savePictures(sharpened, SHARPENED_PICTURES, output)
            rows = compareWithTruth(run)
            print("\n".join([*run.summary(), "", "Local sharpening:", *sharpening.summary()]))
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            os.chdir(here)
    print()
    printTable(rows)
    print("\nPictures:", *paths, sep="\n  ")
    failures = [region for region, true, median, _ in rows if abs(median - true) > TOLERANCE]
    if failures:
        print(f"More than {TOLERANCE} Å from the truth: {', '.join(failures)}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
