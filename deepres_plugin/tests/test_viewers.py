"""What the viewers of local resolution share, on a made-up run: names, keys, other viewers, empty fields."""

import os
from unittest import mock

import numpy as np
from pwem import Domain
from pwem.emlib.image import ImageHandler
from pwem.viewers import DataView
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin.constants import OUTPUT_DEVIATION
from deepres_plugin.tests.finished_run import makeFinishedRun
from deepres_plugin.tests.viewer_checks import ViewerChecks
from deepres_plugin.viewers import DeepResolutionViewer, viewer_local_resolution
from deepreslib.maps import read_map, write_map


class TestViewers(ViewerChecks, BaseTest):
    """One made-up run of DeepRes."""

    viewerClass = DeepResolutionViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        cls.finished = makeFinishedRun(cls.proj)

    def setUp(self):
        self.viewer = self.openViewer(self.finished)

    def testUncertaintyHasNoNegativeColours(self):
        path = self.finished._getMapFile(OUTPUT_DEVIATION)
        deviation = read_map(path)
        write_map(path, deviation.like(np.where(deviation.data > 0, 0.05, 0).astype(np.float32)))
        self.addCleanup(write_map, path, deviation)
        key = self.show(self.viewer, "doShowUncertainty").getFigure().axes[-1]
        self.assertEqual(key.get_ylabel(), "Uncertainty: predicted SD (Å)")
        self.assertEqual(key.get_ylim()[0], 0)

    def testGreySlicesOfTheResolutionHaveAKey(self):
        keyed = self.show(self.viewer, "doShowVolumeSlices").getFigure()
        self.assertIn("Å", keyed.axes[-1].get_ylabel())
        plain = self.show(self.viewer, "doShowOriginalVolumeSlices").getFigure()
        self.assertEqual(len(plain.axes), len(keyed.axes) - 1)

    def testNamesAreShort(self):
        self.finished.setObjLabel("deepres_plugin - DeepRes local resolution")
        self.addCleanup(self.finished.setObjLabel, "made-up DeepRes run")
        self.assertEqual(self.show(self.viewer, "doShowVolumeColorSlices")._title,
                         "Local resolution: DeepRes local resolution")  # fmt: skip

    def testXmippGetsTheConvertedFile(self):
        volume = self.finished.inputVolume.get()
        spider = os.path.abspath(self.proj.getTmpPath("blob.vol"))
        ImageHandler().convert(volume, spider)
        before = volume.getFileName()
        volume.setFileName(spider)
        self.addCleanup(volume.setFileName, before)
        self.assertDrawn(self.viewer, "doShowOriginalVolumeSlices")
        with mock.patch.object(viewer_local_resolution.importlib.util, "find_spec", return_value=True):
            view = self.show(self.viewer, "doShowOriginalVolumeSlices")
            self.assertIsInstance(view, DataView)
            path = view._path.removesuffix(":mrc")
            self.assertRegex(path, r"extra/blob_0_[0-9a-f]{8}\.mrc$")
            self.assertTrue(os.path.exists(path))
            compressed = os.path.abspath(self.proj.getTmpPath("blob.mrc.gz"))
            write_map(compressed, read_map(before))
            volume.setFileName(compressed)
            self.assertDrawn(self.viewer, "doShowOriginalVolumeSlices")

    def testSentencesAboutChimeraDoNotRunTogether(self):
        with mock.patch.object(viewer_local_resolution, "chimeraInstalled", return_value=False):
            message = self.show(self.viewer, "doShowChimera").getMessage()
        self.assertIn("plugin.\n\nThe script is ready", message)

    def testEmptyFieldsAreExplained(self):
        for name in ("lowest", "highest", "intervals"):
            viewer = self.openViewer(self.finished)
            getattr(viewer, name)._objValue = None
            self.assertIn("is empty", self.show(viewer, "doShowVolumeColorSlices").getMessage())
        self.viewer.lowest.set(9.0)
        self.viewer.highest.set(3.0)
        self.assertIn("low end below", self.show(self.viewer, "doShowResHistogram").getMessage())
        viewer = self.openViewer(self.finished)
        viewer.sliceNumber._objValue = None
        self.assertDrawn(viewer, "doShowOneColorslice")

    def testRunWhoseFilesAreGone(self):
        report = self.finished._getReportFile()
        os.rename(report, f"{report}.away")
        self.addCleanup(os.rename, f"{report}.away", report)
        self.assertIn("no resolution map yet", self.openViewer(self.finished).validate()[0])
        self.assertIn("There is no result", self.finished.summary()[0])
