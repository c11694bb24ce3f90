"""The real windows, on a screen of their own: the form, the viewer, a figure, the wizard."""

import importlib
import os
import tkinter
import unittest
from unittest import mock

from pwem import Domain
from pwem.wizards.wizard import ColorScaleDialog
from pyworkflow.gui.dialog import RESULT_YES
from pyworkflow.project import Manager
from pyworkflow.protocol.constants import LEVEL_NORMAL
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin import protocols, viewers
from deepres_plugin.protocols import ProtDeepResolution
from deepres_plugin.tests.finished_run import makeFinishedRun
from deepres_plugin.tests.virtual_screen import VirtualScreen
from deepres_plugin.viewers import DeepResolutionViewer
from deepres_plugin.wizards import ColourScaleWizard

SCREEN, FRAME = 900, 60
"""Pixels: a small screen, and what a title bar and a panel take of it."""

WITH_GPU = ("ProtCryoResolution", "ProtDeepClasses", "ProtDeepClassify", "ProtDeepResolution", "ProtDeepSharpness")

VIEWERS = {
    viewers.AnnotateModelViewer: protocols.ProtDeepAnnotateModel,
    viewers.ClassesViewer: protocols.ProtDeepClasses,
    viewers.ClassifyViewer: protocols.ProtDeepClassify,
    viewers.CompareViewer: protocols.ProtDeepCompare,
    viewers.CryoResolutionViewer: protocols.ProtCryoResolution,
    viewers.DeepResolutionViewer: protocols.ProtDeepResolution,
    viewers.EstimatorsViewer: protocols.ProtDeepMonoRes,
    viewers.ILocScaleViewer: protocols.ProtDeepILocScale,
}


@unittest.skipUnless(VirtualScreen.isAvailable(), "Xvfb is not installed, so there is no screen to open windows on")
class TestWindows(BaseTest):
    """One project, one made-up run, its windows."""

    @classmethod
    def setUpClass(cls):
        cls.screen = VirtualScreen()
        cls.screen.start()
        cls.addClassCleanup(cls.screen.stop)
        import pyworkflow.gui.project  # noqa: F401  (before pyworkflow.gui.form)
        from pyworkflow.gui.form import FormWindow
        from pyworkflow.gui.gui import Window

        cls.FormWindow = FormWindow
        Domain.getProtocols()
        Domain.getViewers()
        setupTestProject(cls)
        cls.finished = makeFinishedRun(cls.proj)
        cls.main = Window("tests")
        cls.addClassCleanup(cls.main.root.destroy)

    def openViewer(self):
        """The viewer's window as a user gets it, but without entering the event loop."""
        viewer = DeepResolutionViewer(project=self.proj, protocol=self.finished)
        with mock.patch.object(self.FormWindow, "show", _show):
            viewer.visualize(self.finished, windows=self.main)
        self.addCleanup(viewer.formWindow.root.destroy)
        return viewer

    def testForm(self):
        protocol = self.proj.newProtocol(ProtDeepResolution)
        window = self.FormWindow("form", protocol, None, self.main)
        self.addCleanup(window.root.destroy)
        _show(window)
        names = {"inputVolume", "mask", "maskThreshold", "resolutionRange", "modelSource", "modelPath"}
        self.assertEqual(names - set(window.widgetDict), set())
        texts = _texts(window.root)
        for text in ("Input volume", "Mask threshold", "Resolution range", "2.5–13 Å", "1.5–6 Å", "Threads", "GPU IDs"):
            self.assertTrue(any(text in label for label in texts), f"{text} is not shown")

    def testEveryForm(self):
        for name in protocols.__all__:
            protocol = self.proj.newProtocol(getattr(protocols, name))
            window = self.FormWindow("form", protocol, None, self.main)
            _show(window)
            texts = _texts(window.root)
            inputs = [param for key, param in protocol._definition.iterParams() if key.startswith("input")]
            own = {param.label.get() for param in inputs if param.expertLevel.get() == LEVEL_NORMAL}
            window.root.destroy()
            if name in WITH_GPU:
                own.add("GPU IDs")
            for text in own:
                self.assertTrue(any(text in label for label in texts), f"{name}: {text} is not shown")

    def testViewer(self):
        window = self.openViewer().formWindow
        texts = _texts(window.root)
        for text in ("Histogram", "Uncertainty", "Four slices", "Surface", "Surface in ChimeraX", "Color set"):
            self.assertTrue(any(text in label for label in texts), f"{text} is not shown")
        for name in window.visualizeDict:
            self.assertEqual(window.widgetDict[name]._btnCol, 2, f"{name} lacks its button or its help")

    def testPointerIsAClockWhileAPictureIsDrawn(self):
        viewer, seen = self.openViewer(), []
        viewer._showHistogram = lambda: seen.append(viewer.formWindow.root.cget("cursor")) or []
        viewer._getVisualizeDict()["doShowResHistogram"]()
        self.assertEqual(seen, ["watch"])
        self.assertEqual(viewer.formWindow.root.cget("cursor"), "")

    def testViewersFitASmallScreen(self):
        for viewerClass, protocolClass in VIEWERS.items():
            viewer = viewerClass(project=self.proj, protocol=self.proj.newProtocol(protocolClass))
            viewer._validate = list
            with mock.patch.object(self.FormWindow, "show", _show):
                viewer.visualize(viewer.protocol, windows=self.main)
            root = viewer.formWindow.root
            height = root.winfo_reqheight()
            root.destroy()
            self.assertLess(height, SCREEN - FRAME, viewerClass.__name__)

    def testFigureWindow(self):
        viewer = self.openViewer()
        before = set(_windows(self.main.root))
        viewer._visualizeParam("doShowResHistogram")
        self.main.root.update()
        (window,) = set(_windows(self.main.root)) - before
        self.assertIn("Histogram", window.title())
        canvas = next(child for child in window.winfo_children() if isinstance(child, tkinter.Canvas))
        self.assertGreater(canvas.winfo_width(), 300)
        window.destroy()

    def testWizard(self):
        viewer = self.openViewer()
        form = viewer.formWindow
        self.assertIsInstance(form.wizards["lowest"](), ColourScaleWizard)

        def accept():
            (dialog,) = [window for window in _windows(self.main.root) if isinstance(window, ColorScaleDialog)]
            form.root.after(5000, dialog.destroy)
            dialog.lowest.set(3.0)
            dialog.colorPalette.set("viridis")
            dialog._handleResult(RESULT_YES)

        form.root.after(300, accept)
        ColourScaleWizard().show(form)
        form.root.update()
        self.assertEqual(form.widgetDict["lowest"].get(), "3.0")
        self.assertEqual(form.widgetDict["colorMap"].get(), "viridis")


class TestDemonstration(BaseTest):
    """What "make gui" opens."""

    def testTheRunIsFinished(self):
        try:
            gui = importlib.import_module("gui")
        except ImportError:
            self.skipTest("the scripts of the source tree are not here")
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        gui.prepare("demonstration")
        project = Manager().loadProject("demonstration")
        (run,) = [run for run in project.getRuns() if isinstance(run, ProtDeepResolution)]
        self.assertTrue(run.isFinished(), run.getErrorMessage())
        self.assertEqual(DeepResolutionViewer(project=project, protocol=run).validate(), [])


def _show(window, **_):
    """Bring a window to the screen without entering the event loop."""
    window.root.deiconify()
    window.root.update()


def _windows(root):
    """All top-level windows below one."""
    windows = []
    for child in root.winfo_children():
        windows += [child] * isinstance(child, tkinter.Toplevel)
        windows += _windows(child)
    return windows


def _texts(widget):
    """All texts shown below a widget."""
    texts = [str(widget.cget("text"))] if "text" in widget.keys() else []  # noqa: SIM118
    for child in widget.winfo_children():
        if child.winfo_ismapped() or isinstance(child, tkinter.Toplevel):
            texts += _texts(child)
    return texts
