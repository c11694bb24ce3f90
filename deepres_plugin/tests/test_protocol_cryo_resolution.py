"""CryoRes as a protocol: a headless run on one map and nothing else, outputs, texts, validation, viewer."""

import numpy as np
from pwem import Domain
from pwem.objects import Volume, VolumeMask
from pyworkflow.tests import BaseTest, setupTestProject
from pyworkflow.viewer import MSG_INFO, MSG_WARN

from deepres_plugin import demo_project
from deepres_plugin.protocols import ProtCryoResolution, ProtDeepLocalFsc
from deepres_plugin.tests.finished_run import makeFinishedCryoRun
from deepres_plugin.tests.launching import inThisProcess
from deepres_plugin.tests.viewer_checks import ViewerChecks
from deepres_plugin.viewers import CryoResolutionViewer
from deepreslib import demo
from deepreslib.maps import read_map

SAMPLING_RATE = demo.description()["voxel_size"]


class TestCryoResolution(ViewerChecks, BaseTest):
    """One run on the demonstration's map."""

    viewerClass = CryoResolutionViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        with inThisProcess():
            cls.volume, _ = demo_project.importDemo(cls.proj)
        cls.run_ = cls.new()
        cls.proj.launchProtocol(cls.run_, wait=True)

    @classmethod
    def new(cls, **options):
        run = cls.proj.newProtocol(ProtCryoResolution, **options)
        run.inputVolume.set(cls.volume)
        run.inputVolume.setExtended("outputVolume")
        return run

    def testOutputs(self):
        run = self.run_
        self.assertTrue(run.isFinished(), run.getErrorMessage())
        self.assertIs(type(run.outputMask), VolumeMask)
        self.assertIs(type(run.resolution_Volume), Volume)
        mask = read_map(run.outputMask.getFileName()).data
        self.assertEqual(set(np.unique(mask)), {0.0, 1.0})
        resolution = read_map(run.resolution_Volume.getFileName()).data
        self.assertTrue((resolution[mask == 0] == 0).all())
        self.assertGreaterEqual(resolution[mask == 1].min(), 2 * SAMPLING_RATE)
        self.assertAlmostEqual(run.median_res_init.get(), np.median(resolution[mask == 1]), places=3)
        truth = read_map(demo.MASK).data > 0.5
        self.assertGreater((truth & (mask > 0)).sum() / (truth | (mask > 0)).sum(), 0.5)

    def testOutputsLieOnTheInputsGrid(self):
        for output in (self.run_.resolution_Volume, self.run_.uncertainty_Volume, self.run_.outputMask):
            self.assertEqual(output.getSamplingRate(), SAMPLING_RATE)
            self.assertEqual(output.getDim(), self.volume.outputVolume.getDim())
            self.assertEqual(tuple(output.getOrigin(force=True).getShifts()), demo_project.ORIGIN)

    def testGlobalResolution(self):
        resolution = self.run_._readReport()["global_resolution"]
        self.assertAlmostEqual(self.run_.global_resolution.get(), resolution["value"])
        self.assertTrue(2 * SAMPLING_RATE <= resolution["value"] <= 12)
        self.assertIn(
            f"Global resolution *{resolution['value']:.2f} ± {resolution['deviation']:.2f} Å*", self.run_.summary()
        )
        status = self.run_._readReport()["status"]
        self.assertEqual(self.run_.resolution_status.get(), status)
        self.assertTrue(status.startswith("doubtful: "), status)
        self.assertIn("the map has noise as white as a program adds it", status)
        methods = "\n".join(self.run_.methods())
        self.assertIn("mask found by CryoRes", methods)
        self.assertIn("Dang", methods)

    def testLocalValuesAreOnTheScaleOfAChosenCutoff(self):
        run = self.new(localCutoff=1)
        self.proj.launchProtocol(run, wait=True)
        self.assertTrue(run.isFinished(), run.getErrorMessage())
        self.assertEqual(run.global_resolution.get(), self.run_.global_resolution.get())
        self.assertLess(run.median_res_init.get(), 0.95 * self.run_.median_res_init.get())
        for each, cutoff in ((self.run_, "0.5"), (run, "0.143")):
            self.assertIn(f"Local values: where the local FSC of half maps would fall to {cutoff}", each.summary())
            self.assertIn(f"local FSC of {cutoff}", "\n".join(each.methods()))
        self.assertEqual(self.openViewer(run)._getLabel(), "Local resolution, local FSC 0.143 (Å)")

    def testNothingButTheMapIsNeeded(self):
        self.assertEqual(self.new().validate(), [])
        self.assertEqual(self.new().warnings(), [])
        self.assertNotIn("--mask", self.run_._readReport()["command"])

    def testImpossibleOptions(self):
        self.assertIn("no network at '/nowhere'", self.new(modelPath="/nowhere").validate()[0])
        self.assertIn("one GPU", self.new(useGpu=True, gpuList="0,1").validate()[0])

    def testMaskCanBeUsedByOthers(self):
        other = self.proj.newProtocol(ProtDeepLocalFsc)
        other.inputVolume.set(self.volume.outputVolume)
        other.mask.set(self.run_.outputMask)
        self.assertFalse([error for error in other.validate() if "mask" in error])

    def testViewer(self):
        viewer = self.openViewer(self.run_)
        self.assertEqual(viewer.validate(), [])
        for entry in ("doShowResHistogram", "doShowUncertainty", "doShowMask", "doShowVolumeColorSlices"):
            self.assertDrawn(viewer, entry)
        label = viewer._definition._sectionList[1].label.get()
        text = f"{self.run_.getGlobalText()}, doubtful"  # the demonstration's noise is white
        whole = f"global resolution (FSC 0.143) {text}"
        self.assertEqual(label, f"Local resolution, local FSC 0.5; {whole}")
        axes = self.show(viewer, "doShowResHistogram").getFigure().axes[0]
        self.assertEqual(axes.get_xlabel(), "Local resolution, local FSC 0.5 (Å)")
        legend = self.show(viewer, "doShowResHistogram").getFigure().axes[0].get_legend().get_texts()
        self.assertIn(f"global resolution {text}", [each.get_text() for each in legend])
        panels = self.show(viewer, "doShowMask").getFigure().axes
        self.assertTrue(all(panel.collections for panel in panels), "a slice lacks the outline")


class TestStatus(ViewerChecks, BaseTest):
    """How far a result can be relied on, by made-up runs."""

    viewerClass = CryoResolutionViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)

    def heading(self, run):
        return self.openViewer(run)._definition._sectionList[1].label.get()

    def message(self, run):
        return self.show(self.openViewer(run), "doShowStatus")

    def testAReliableResult(self):
        run = makeFinishedCryoRun(self.proj, status="reliable")
        self.assertEqual(run.resolution_status.get(), "reliable")
        self.assertEqual(run.summary()[:2], ["Global resolution *4.00 ± 0.30 Å*", "Status: reliable"])
        self.assertIn("The global resolution is 4.00 ± 0.30 Å.", run.methods()[0])
        self.assertTrue(self.heading(run).endswith("4.00 ± 0.30 Å, reliable"))
        self.assertEqual(self.message(run)._msgType, MSG_INFO)

    def testDoubtsAreBoldAndGivenInFull(self):
        for word, reasons in (("doubtful", "one thing; another"), ("outside the range", "it is coarse")):
            status = f"{word}: {reasons}"
            run = makeFinishedCryoRun(self.proj, status=status)
            self.assertEqual(run.summary()[1], f"Status: *{status}*")
            self.assertIn(f"The global resolution is 4.00 ± 0.30 Å ({status}).", run.methods()[0])
            self.assertTrue(self.heading(run).endswith(f"4.00 ± 0.30 Å, {word}"))
            self.assertEqual(self.message(run)._msgType, MSG_WARN)
            self.assertIn(status, self.message(run).getMessage())
            self.assertDrawn(self.openViewer(run), "doShowResHistogram")

    def testTheStatusIsKeptInTheProject(self):
        run = makeFinishedCryoRun(self.proj, status="doubtful: one thing")
        (found,) = [each for each in self.proj.getRuns(refresh=True) if each.getObjId() == run.getObjId()]
        self.assertEqual(found.resolution_status.get(), "doubtful: one thing")
        self.assertTrue(found.isFinished())

    def testRunsOfOlderVersionsSayNothing(self):
        run = makeFinishedCryoRun(self.proj)
        self.assertFalse(any("Status" in line for line in run.summary()))
        self.assertTrue(self.heading(run).endswith("4.00 ± 0.30 Å"))
        self.assertIn("gave no status", self.message(run).getMessage())
