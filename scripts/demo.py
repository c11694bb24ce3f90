"""Run DeepRes on the demonstration map, in a Scipion project without a display.

Writes the viewer's pictures and prints, for every region of known resolution, the resolution that was estimated.
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


def runDemo():
    """Import the demonstration and run DeepRes on it.

    Returns:
        The project and the finished DeepRes run; the current folder is the project's.

    Raises:
        RuntimeError: the run failed.
    """
    from pwem import Domain
    from pyworkflow.project import Manager

    from deepres_plugin import demo_project

    Domain.getProtocols()
    Domain.getViewers()
    project = Manager().createProject("demo")
    os.chdir(project.path)
    volume, mask = demo_project.importDemo(project)
    run = demo_project.newDeepRes(project, volume, mask)
    project.launchProtocol(run, wait=True)
    if not run.isFinished():
        raise RuntimeError(f"The run failed: {run.getErrorMessage()}")
    return project, run


def savePictures(project, run, folder, dotsPerInch=150):
    """Write every figure of the viewer.

    Args:
        project: the project.
        run: the finished DeepRes run.
        folder: an existing folder.
        dotsPerInch: of the pictures.

    Returns:
        The paths written.
    """
    from deepres_plugin.viewers import DeepResolutionViewer
    from deepreslib.pictures import save_figure

    viewer = DeepResolutionViewer(project=project, protocol=run)
    viewer.setProtocol(run)
    paths = []
    for entry, name in PICTURES.items():
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
    parser = argparse.ArgumentParser(description="DeepRes on the demonstration map, in a Scipion project.")
    parser.add_argument("-o", "--output", type=Path, default=Path("demo_output"), help="folder of the pictures")
    output = parser.parse_args().output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    here = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="deepres_demo_") as home:
        scipion_home.use(home)
        try:
            project, run = runDemo()
            paths = savePictures(project, run, output)
            from deepres_plugin.demo_project import compareWithTruth

            rows = compareWithTruth(run)
            print("\n".join(run.summary()))
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
