"""Ten classes of resolution as a protocol: a headless run by local FSC, made-up runs, texts, refusals, viewer."""

import json
import os
from unittest import mock

import numpy as np
from matplotlib.colors import to_hex
from pwem import Domain
from pwem.objects import Volume
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin import demo_project
from deepres_plugin.protocols import ProtDeepClasses, protocol_classes
from deepres_plugin.tests.finished_run import makeFinishedClassesRun
from deepres_plugin.tests.launching import inThisProcess
from deepres_plugin.tests.viewer_checks import ViewerChecks
from deepres_plugin.viewers import ClassesViewer, viewer_local_resolution
from deepreslib import demo
from deepreslib.maps import read_map
from deepreslib.pictures import TEN_CLASSES

SAMPLING_RATE = demo.description()["voxel_size"]
OUTPUTS = ("resolution_Volume", "uncertainty_Volume", "class_Volume", "probability_Volume")
SHARED = ("doShowResHistogram", "doShowVolumeColorSlices", "doShowSurface", "doShowUncertainty")
OF_CLASSES = ("doShowClassHistogram", "doShowClassSlices", "doShowProbabilitySlices", "doShowClassSurface")


class TestClasses(BaseTest):
    """One run on the demonstration's map, by local FSC, in the demonstration's mask."""

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        with inThisProcess():
            cls.volume, cls.mask = demo_project.importDemo(cls.proj)
        cls.run_ = cls.new()
        cls.run_.mask.set(cls.mask)
        cls.run_.mask.setExtended("outputMask")
        cls.proj.launchProtocol(cls.run_, wait=True)

    @classmethod
    def new(cls, **options):
        run = cls.proj.newProtocol(ProtDeepClasses, **options)
        run.inputVolume.set(cls.volume)
        run.inputVolume.setExtended("outputVolume")
        return run

    def writeCard(self, name, **card):
        """A folder that holds a model card and nothing else."""
        folder = os.path.abspath(self.proj.getTmpPath(name))
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "card.json"), "w", encoding="utf-8") as stream:
            json.dump({"format": 2, **card}, stream)
        return folder

    def testOutputs(self):
        self.assertTrue(self.run_.isFinished(), self.run_.getErrorMessage())
        maps = {}
        for name in OUTPUTS:
            volume = getattr(self.run_, name)
            self.assertIs(type(volume), Volume)
            self.assertEqual(volume.getSamplingRate(), SAMPLING_RATE)
            self.assertEqual(tuple(volume.getOrigin(force=True).getShifts()), demo_project.ORIGIN)
            maps[name] = read_map(volume.getFileName())
        inside = read_map(demo.MASK).data > 0.5
        numbers, probability = maps["class_Volume"].data, maps["probability_Volume"].data
        for each in maps.values():
            np.testing.assert_array_equal(each.data > 0, inside)
        self.assertTrue(set(np.unique(numbers[inside])) <= set(range(1, 11)))
        self.assertGreater(probability[inside].min(), 0.1)
        self.assertLessEqual(probability.max(), 1)
        resolution = maps["resolution_Volume"].data[inside]
        self.assertLess(np.abs(numbers[inside] - np.ceil(resolution - 1).clip(1, 10)).max(), 1.5)
        self.assertAlmostEqual(self.run_.median_res_init.get(), np.median(resolution), places=3)

    def testTexts(self):
        command = self.run_._readReport()["command"]
        self.assertIn("--labels=fsc", command)
        self.assertIn("--mask", "".join(command))
        summary, methods = "\n".join(self.run_.summary()), "\n".join(self.run_.methods())
        self.assertIn("Classes as by *local FSC*; the commonest is", summary)
        self.assertIn("the given mask", summary)
        self.assertIn("in ten classes", methods)
        for doi in ("molecules24061181", "jsb.2013.08.002", "jmb.2023.168059"):
            self.assertIn(doi, methods)

    def testAMaskIsNotNeeded(self):
        run = self.new()
        self.assertEqual(run.validate(), [])
        self.assertEqual(run.warnings(), [])
        self.assertFalse([argument for argument in run._getArguments() if str(argument).startswith("--mask")])
        with inThisProcess():
            self.proj.launchProtocol(run, wait=True)
        self.assertTrue(run.isFinished(), run.getErrorMessage())
        self.assertIn("Mask: the mask found by CryoRes (", "\n".join(run.summary()))
        self.assertIn("within the mask found by CryoRes", "\n".join(run.methods()))

    def testClassesThatNoNetworkKnowsAreRefusedBeforeAnyWork(self):
        with mock.patch.object(protocol_classes.store, "shipped_folder", return_value="/nowhere"):
            self.assertEqual(self.new(labels=0).validate(), [])
            for number, name in ((1, "MonoRes"), (2, "ResMap")):
                (error,) = self.new(labels=number).validate()
                self.assertIn(f"No network for the classes of {name} comes with this version", error)
        with mock.patch.object(protocol_classes.store, "shipped_folder", return_value=os.getcwd()):
            self.assertEqual(self.new(labels=1).validate(), [])

    def testNetworks(self):
        both = self.writeCard("both", network="voxelclass", labels=["monores", "resmap"])
        cryores = self.writeCard("cryores", network="cryores")
        self.assertIn("no network at '/nowhere'", self.new(modelPath="/nowhere").validate()[0])
        for path, known in ((both, (False, True, True)), (cryores, (True, False, False))):
            for label, isKnown in enumerate(known):
                errors = self.new(modelPath=path, labels=label).validate()
                self.assertEqual(len(errors), 0 if isKnown else 1, errors)
        (error,) = self.new(modelPath=both).validate()
        self.assertIn("knows the classes of MonoRes and ResMap and not those of local FSC", error)
        (error,) = self.new(modelPath=self.writeCard("newer", format=99)).validate()
        self.assertIn("update deepres", error)
        self.assertIn("one GPU", self.new(useGpu=True, gpuList="0,1").validate()[0])
        self.assertEqual(
            self.new(modelPath=both, labels=2)._getMethodArguments(), ["--labels=resmap", f"--model={both}"]
        )

    def testCitations(self):
        self.assertEqual(self.new(labels=0)._citations(), ["Avramov2019", "Cardone2013", "Dang2023"])
        self.assertEqual(self.new(labels=1)._citations(), ["Avramov2019", "Vilas2018"])
        self.assertEqual(self.new(labels=2)._citations(), ["Avramov2019", "Kucukelbir2014"])


class TestClassesViewer(ViewerChecks, BaseTest):
    """Made-up runs: classes 4 to 8, in bands across x."""

    viewerClass = ClassesViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        cls.finished = makeFinishedClassesRun(cls.proj, local_cutoff=0.5)
        cls.byMonoRes = makeFinishedClassesRun(cls.proj, labels=1)

    def testEveryEntryIsDrawn(self):
        for run in (self.finished, self.byMonoRes):
            viewer = self.openViewer(run)
            self.assertEqual(viewer.validate(), [])
            for entry in (*SHARED, *OF_CLASSES):
                self.assertDrawn(viewer, entry)

    def testKeysSayWhoseClassesTheyAre(self):
        for run, measure, by in (
            (self.finished, "Local resolution, local FSC 0.5 (Å)", "local FSC"),
            (self.byMonoRes, "Local resolution as by MonoRes (Å)", "MonoRes"),
        ):
            viewer = self.openViewer(run)
            self.assertEqual(viewer._getLabel(), measure)
            key = self.show(viewer, "doShowClassSlices").getFigure().axes[-1]
            self.assertEqual(key.get_ylabel(), f"Class of resolution as by {by} (Å)")
            self.assertEqual(len(key.get_yticklabels()), 10)

    def testTheHistogramIsTheReports(self):
        axes = self.show(self.openViewer(self.finished), "doShowClassHistogram").getFigure().axes[0]
        numbers = read_map(self.finished.class_Volume.getFileName()).data
        heights = [bar.get_height() for bar in axes.patches]
        counts = np.bincount(numbers.astype(int).ravel(), minlength=11)[1:]
        np.testing.assert_allclose(heights, 100 * counts / counts.sum())
        self.assertEqual([to_hex(bar.get_facecolor()) for bar in axes.patches], list(TEN_CLASSES.listed))

    def testChimeraGetsTenColours(self):
        viewer = self.openViewer(self.finished)
        with mock.patch.object(viewer_local_resolution, "chimeraInstalled", return_value=False):
            self.show(viewer, "doShowClassChimera")
            self.show(viewer, "doShowChimera")
        with open(self.finished._getExtraPath("classes.cxc"), encoding="utf-8") as stream:
            script = stream.read()
        self.assertIn("colorTreatment distinct", script)
        self.assertIn("Class of resolution as by local FSC (Å)", script)
        filled = read_map(self.finished._getExtraPath("classes_filled.mrc"))
        self.assertGreater(filled.data.min(), 0)
        self.assertEqual(filled.quantity, "class")
        with open(self.finished._getExtraPath("local_resolution.cxc"), encoding="utf-8") as stream:
            self.assertNotIn("distinct", stream.read())

    def testTextsOfAMadeUpRun(self):
        summary = "\n".join(self.byMonoRes.summary())
        self.assertRegex(summary, r"Classes as by \*MonoRes\*; the commonest is \*\d+\* \(\d to \d Å\): \d+ % of the")
        self.assertIn("with a mean probability of 0.80", summary)
        self.assertIn("str.2017.12.018", "\n".join(self.byMonoRes.methods()))

    def testClassesInWords(self):
        rows = ({"above": None, "to": 2.0}, {"above": 2.0, "to": 3.0}, {"above": 10.0, "to": None})
        words = [protocol_classes.classText(row) for row in rows]
        self.assertEqual(words, ["up to 2 Å", "2 to 3 Å", "coarser than 10 Å"])
