"""Take the pictures of docs/images: forms, viewers and plots, of the demonstration, on a virtual screen.

It needs Xvfb and ImageMagick (Debian: ``apt-get install xvfb openbox imagemagick``). ``make screenshots`` runs it, or,
with a Python in which this package is installed::

    python scripts/screenshots.py [FOLDER]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import scipion_home
from demo import PICTURES, runDemo, savePictures

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
COLOURS = 256
DOTS_PER_INCH = 100


def photograph(window, path):
    """Save what a window shows as a small PNG.

    Args:
        window: a pyworkflow window.
        path: where to.
    """
    window.root.deiconify()
    window.root.lift()
    for _ in range(10):
        window.root.update()
        time.sleep(0.1)
    subprocess.run(["import", "-window", hex(window.root.winfo_id()), str(path)], check=True)


def takeAll(project, protocol, sharpening, folder):
    """Take the forms, the viewers' windows and all plots of local resolution.

    Args:
        project: the project.
        protocol: a finished DeepRes run.
        sharpening: a finished run of local sharpening.
        folder: where the pictures go.
    """
    import pyworkflow.gui.project  # noqa: F401  (before pyworkflow.gui.form)
    from pyworkflow.gui.form import FormWindow
    from pyworkflow.gui.gui import Window

    from deepres_plugin.viewers import DeepResolutionViewer, ILocScaleViewer

    main = Window("screenshots")
    main.root.withdraw()
    forms = {"form.png": protocol, "enhance_form.png": sharpening}
    for name, run in forms.items():
        photograph(FormWindow(run.getClassLabel(), run, None, main), folder / name)
    FormWindow.show = lambda window, **_: None
    viewers = {"viewer.png": (DeepResolutionViewer, protocol), "enhance_viewer.png": (ILocScaleViewer, sharpening)}
    for name, (viewerClass, run) in viewers.items():
        viewer = viewerClass(project=project, protocol=run)
        viewer.visualize(run, windows=main)
        photograph(viewer.formWindow, folder / name)
    main.root.destroy()
    plots = savePictures(DeepResolutionViewer(project=project, protocol=protocol), PICTURES, folder, DOTS_PER_INCH)
    taken = [folder / name for name in (*forms, *viewers)] + plots
    subprocess.run(["mogrify", "-strip", "+dither", "-colors", str(COLOURS), *taken], check=True)


def main():
    """Run the demonstration on a virtual screen and take the pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of docs/images.")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    folder = parser.parse_args().folder.resolve()
    if not all(shutil.which(tool) for tool in ("import", "mogrify")):
        sys.exit("ImageMagick is missing, which takes the pictures; install the package imagemagick.")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        scipion_home.use(home)
        from deepres_plugin.tests.virtual_screen import VirtualScreen

        here = os.getcwd()
        screen = VirtualScreen()
        screen.start()
        try:
            takeAll(*runDemo(), folder)
        finally:
            screen.stop()
            os.chdir(here)


if __name__ == "__main__":
    main()
