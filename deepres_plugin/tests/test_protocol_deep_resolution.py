"""A real Scipion project: import, DeepRes on the demonstration map, its viewer, continue, refusals."""

import os
from unittest import mock

import mrcfile
import numpy as np
from pwem import Domain
from pwem.objects import Transform, Volume, VolumeMask
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin import demo_project
from deepres_plugin.constants import OUTPUT_DEVIATION
from deepres_plugin.inputs import convertInput, gridArguments, inputPath
from deepres_plugin.protocols import ProtDeepResolution
from deepres_plugin.protocols.protocol_deep_resolution import NETWORK_PATH, RANGE_HIGH
from deepres_plugin.tests.finished_run import makeFinishedRun
from deepres_plugin.tests.viewer_checks import ViewerChecks
from deepres_plugin.viewers import DeepResolutionViewer, viewer_local_resolution
from deepreslib import demo
from deepreslib.maps import read_map

FIGURES = (
    "doShowResHistogram",
    "doShowVolumeSlices",
    "doShowOriginalVolumeSlices",
    "doShowUncertainty",
    "doShowVolumeColorSlices",
    "doShowOneColorslice",
    "doShowSurface",
)


class TestDeepResolution(ViewerChecks, BaseTest):
    """One run with the demonstration's mask, looked at from all sides; shorter runs for the rest."""

    viewerClass = DeepResolutionViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        cls.volume, cls.mask = demo_project.importDemo(cls.proj)
        cls.finished = demo_project.newDeepRes(cls.proj, cls.volume, cls.mask)
        cls.launchProtocol(cls.finished)

    def testOutputs(self):
        inside = read_map(demo.MASK).data > 0.5
        for name in ("resolution_Volume", "uncertainty_Volume"):
            volume = getattr(self.finished, name)
            self.assertIs(type(volume), Volume)
            self.assertEqual(volume.getSamplingRate(), demo.description()["voxel_size"])
            self.assertEqual(tuple(volume.getOrigin().getShifts()), demo_project.ORIGIN)
            written = read_map(volume.getFileName())
            self.assertEqual(written.voxel_size, (1.0, 1.0, 1.0))
            self.assertEqual(written.origin, demo_project.ORIGIN[::-1])
            self.assertTrue((written.data[~inside] == 0).all())
            self.assertTrue((written.data[inside] > 0).all())
        resolution = read_map(self.finished.resolution_Volume.getFileName()).data[inside]
        self.assertGreaterEqual(resolution.min(), 2.5)
        self.assertLessEqual(resolution.max(), 13.0)
        self.assertAlmostEqual(self.finished.min_res_init.get(), resolution.min(), places=3)
        self.assertAlmostEqual(self.finished.max_res_init.get(), resolution.max(), places=3)
        self.assertAlmostEqual(self.finished.median_res_init.get(), np.median(resolution), places=3)

    def testMediansAreNearTheTruth(self):
        rows = demo_project.compareWithTruth(self.finished)
        self.assertEqual(len(rows), 3)
        for region, true, median, _ in rows:
            self.assertLess(abs(median - true), 0.5, f"{region}: {median:.2f} Å instead of {true} Å")

    def testSummaryAndMethods(self):
        summary = "\n".join(self.finished.summary())
        for text in ("Highest resolution", "Lowest resolution", "2.5 / 25 / 50 / 75 / 97.5", "the given mask (102,473"):
            self.assertIn(text, summary)
        self.assertIn(f"Median *{self.finished.median_res_init.get():.2f} Å*", summary)
        methods = "\n".join(self.finished.methods())
        self.assertIn("https://doi.org/10.1107/S2052252519011692", methods)
        fresh = self.proj.newProtocol(ProtDeepResolution)
        self.assertEqual(fresh.summary(), ["The local resolution has not been estimated yet."])

    def testFigures(self):
        viewer = self.openViewer(self.finished)
        self.assertEqual(viewer.validate(), [])
        for axis, entry in enumerate(FIGURES):
            viewer.sliceAxis.set(axis % 3)
            self.assertDrawn(viewer, entry)
        self.assertEqual(set(viewer._getVisualizeDict()), {*FIGURES, "doShowChimera"})

    def testColourScaleHoldsEverywhere(self):
        viewer = self.openViewer(self.finished)
        viewer.lowest.set(3.25)
        viewer.highest.set(8.75)
        for entry in ("doShowVolumeColorSlices", "doShowOneColorslice", "doShowSurface"):
            key = self.show(viewer, entry).getFigure().axes[-1]
            self.assertEqual(key.get_ylim(), (3.25, 8.75), entry)

    def testWhatCannotBeShownIsExplained(self):
        viewer = self.openViewer(self.finished)
        viewer.sliceNumber.set(1000)
        self.assertIn("There is no z slice 1000", self.show(viewer, "doShowOneColorslice").getMessage())
        viewer.surfaceLevel.set(1e9)
        self.assertIn("no surface", self.show(viewer, "doShowSurface").getMessage())
        fresh = self.proj.newProtocol(ProtDeepResolution)
        viewer = self.openViewer(fresh)
        self.assertIn("no resolution map yet", viewer.validate()[0])

    def testChimera(self):
        with mock.patch.object(viewer_local_resolution, "chimeraInstalled", return_value=False):
            message = self.show(self.openViewer(self.finished), "doShowChimera").getMessage()
        self.assertIn("Chimera program is not found", message)
        script = message.splitlines()[-1]
        with open(script, encoding="utf-8") as lines:
            text = lines.read()
        self.assertIn("volume #1 origin -10,20,-30", text)
        self.assertIn("volume #2 origin -10,20,-30", text)
        with mock.patch.object(viewer_local_resolution, "chimeraInstalled", return_value=True):
            view = self.show(self.openViewer(self.finished), "doShowChimera")
        self.assertIsInstance(view, viewer_local_resolution.ChimeraView)

    def testContinue(self):
        run = demo_project.newDeepRes(self.proj, self.volume, maskThreshold=90.0)
        self.launchProtocol(run)
        self.assertTrue(run._readReport()["command"].endswith("--threads 2"), run._readReport()["command"])
        voxels = _countVoxels(run)
        written = os.stat(run.resolution_Volume.getFileName()).st_mtime_ns
        self.assertIn("density above the threshold 90", "\n".join(run.summary()))

        self.launchProtocol(run)
        self.assertEqual(os.stat(run.resolution_Volume.getFileName()).st_mtime_ns, written, "ran again for nothing")

        highest = run.max_res_init.get()
        run.maskThreshold.set(100.0)
        self.launchProtocol(run)
        self.assertLess(_countVoxels(run), voxels)
        self.assertGreater(os.stat(run.resolution_Volume.getFileName()).st_mtime_ns, written)
        self.assertIn("density above the threshold 100", "\n".join(run.summary()))
        self.assertNotEqual(run.max_res_init.get(), highest)

    def testGpuReachesTheCommand(self):
        run = demo_project.newDeepRes(self.proj, self.volume, maskThreshold=90.0, useGpu=True)
        self.proj.launchProtocol(run, wait=True)
        if run.isFailed():
            self.assertIn("--gpu 0: there is no such GPU", run.getErrorMessage())
        else:
            self.assertTrue(run._readReport()["command"].endswith("--threads 2 --gpu 0"), run._readReport()["command"])

    def testNetworkWithoutUncertainty(self):
        run = makeFinishedRun(self.proj)
        self.assertTrue(hasattr(run, "uncertainty_Volume"))
        os.remove(run._getMapFile(OUTPUT_DEVIATION))
        run.createOutputStep([])
        self.assertEqual([name for name, _ in run.iterOutputAttributes()], ["resolution_Volume"])
        viewer = self.openViewer(run)
        self.assertIn("predicts no uncertainty", self.show(viewer, "doShowUncertainty").getMessage())

    def testRefusalIsExplained(self):
        run = demo_project.newDeepRes(self.proj, self.volume, maskThreshold=1e6)
        with self.assertRaises(Exception):  # noqa: B017  (what launchProtocol raises for a failed run)
            self.launchProtocol(run)
        self.assertTrue(run.isFailed())
        self.assertIn("1e+06", run.getErrorMessage())
        self.assertNotIn("non-zero exit status", run.getErrorMessage())

    def testValidation(self):
        run = demo_project.newDeepRes(self.proj, self.volume, self.mask)
        self.assertEqual((run.validate(), run.warnings()), ([], []))

        run.modelSource.set(NETWORK_PATH)
        run.modelPath.set("/no/such/model_w13.h5")
        self.assertIn("There is no network at '/no/such/model_w13.h5'", run.validate()[0])
        self.assertIn("choose it instead of automatic", run.validate()[1])
        run.modelPath.set(demo.MAP)
        run.resolutionRange.set(RANGE_HIGH)
        self.assertEqual(run.validate(), [])

        run.useGpu.set(True)
        run.gpuList.set("0,1")
        self.assertIn("The network uses one GPU", run.validate()[0])

        run = demo_project.newDeepRes(self.proj, self.volume)
        self.assertIn("neither a mask nor a threshold", run.warnings()[0])
        run.maskThreshold.set(3.0)
        self.assertIn("density above 3", run.warnings()[0])

    def testGridsThatDiffer(self):
        run = demo_project.newDeepRes(self.proj, self.volume)
        mask = VolumeMask(location=self.mask.outputMask.getFileName())
        mask.setSamplingRate(2.0)
        run.mask.set(mask)
        (error,) = run.validate()
        self.assertIn("sampling rate of 2 Å/px and the volume of 1 Å/px", error)

        mask.setSamplingRate(1.0)
        mask.setFileName(_writeVolume(self.getOutputPath("small.mrc"), (20, 22, 24)))
        (error,) = run.validate()
        self.assertIn("The mask is 24 × 22 × 20 and the volume 88 × 88 × 88 voxels", error)

        coarse = Volume(location=self.volume.outputVolume.getFileName())
        coarse.setSamplingRate(3.5)
        run = self.proj.newProtocol(ProtDeepResolution, resolutionRange=RANGE_HIGH)
        run.inputVolume.set(coarse)
        self.assertIn("allows nothing finer than 7 Å", run.validate()[0])


class TestInputs(BaseTest):
    """How volumes reach the program."""

    @classmethod
    def setUpClass(cls):
        cls.setupTestOutput()

    def makeVolume(self, location):
        volume = Volume(location=location)
        volume.setSamplingRate(1.25)
        origin = Transform()
        origin.setShifts(-1.5, 2, 1e-3)
        volume.setOrigin(origin)
        return volume

    def testReadableFilesAreNotConverted(self):
        self.assertEqual(inputPath(self.makeVolume("a/b.mrc:mrc"), "extra"), "a/b.mrc")
        self.assertEqual(inputPath(self.makeVolume("a/b.MAP"), "extra"), "a/b.MAP")

    def testOthersAreConverted(self):
        source = _writeVolume(self.getOutputPath("a.mrc"), (20, 22, 24))
        spider = self.getOutputPath("a.vol")
        convert = convertInput.__globals__["ImageHandler"]().convert
        convert(source, spider)
        volume = self.makeVolume(spider)
        self.assertRegex(inputPath(volume, self.outputPath), r"/a_0_[0-9a-f]{8}\.mrc$")
        converted = read_map(convertInput(volume, self.outputPath), 1.25)
        np.testing.assert_array_equal(converted.data, read_map(source).data)

    def testStacksAreConverted(self):
        path = inputPath(self.makeVolume((2, "a/b.mrc")), "extra")
        self.assertRegex(path, r"^extra/b_2_[0-9a-f]{8}\.mrc$")
        self.assertNotEqual(path, inputPath(self.makeVolume((2, "c/b.mrc")), "extra"))

    def testGridArguments(self):
        self.assertEqual(gridArguments(self.makeVolume("b.mrc")), ["--voxel-size=1.25", "--origin=-1.5,2,0.001"])


def _countVoxels(protocol):
    return int((read_map(protocol.resolution_Volume.getFileName()).data > 0).sum())


def _writeVolume(path, shape):
    with mrcfile.new(path, overwrite=True) as mrc:
        mrc.set_data(np.arange(np.prod(shape), dtype=np.float32).reshape(shape))
        mrc.voxel_size = 1.0
    return path
