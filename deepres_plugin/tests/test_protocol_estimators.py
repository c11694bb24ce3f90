"""Local FSC, MonoRes and ResMap as protocols: headless runs, half maps, validation, viewer."""

import os

import numpy as np
from pwem import Domain
from pwem.objects import Volume
from pwem.protocols import ProtImportMask, ProtImportVolumes
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin.protocols import ProtDeepLocalFsc, ProtDeepMonoRes, ProtDeepResMap
from deepres_plugin.tests.launching import launchHere
from deepres_plugin.tests.viewer_checks import ViewerChecks
from deepres_plugin.viewers import EstimatorsViewer
from deepreslib import demo
from deepreslib.maps import read_map, write_map

NOISE = 1.0
"""White noise of each half map, in units of the density's SD in the mask."""


class TestEstimators(ViewerChecks, BaseTest):
    """One run of each on half maps made from the demonstration's map, and one on a single map."""

    viewerClass = EstimatorsViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        cls.volume, cls.mask = importHalfMaps(cls.proj)
        cls.localFsc = cls.launch(ProtDeepLocalFsc)
        cls.monoRes = cls.launch(ProtDeepMonoRes, useHalfVolumes=True, maxRes=12)
        cls.resMap = cls.launch(ProtDeepResMap, useHalfVolumes=True, minRes=3, maxRes=9, stepSize=1)

    @classmethod
    def launch(cls, protocolClass, **options):
        run = cls.new(protocolClass, **options)
        cls.proj.launchProtocol(run, wait=True)
        return run

    @classmethod
    def new(cls, protocolClass, **options):
        run = cls.proj.newProtocol(protocolClass, **options)
        run.inputVolume.set(cls.volume)
        run.inputVolume.setExtended("outputVolume")
        run.mask.set(cls.mask)
        run.mask.setExtended("outputMask")
        return run

    def testOutputs(self):
        inside = read_map(demo.MASK).data > 0.5
        for run in (self.localFsc, self.monoRes, self.resMap):
            self.assertTrue(run.isFinished(), run.getErrorMessage())
            volume = run.resolution_Volume
            self.assertIs(type(volume), Volume)
            values = read_map(volume.getFileName()).data
            self.assertTrue((values[~inside] == 0).all())
            self.assertGreaterEqual(values[inside].min(), 2 * volume.getSamplingRate())
            self.assertAlmostEqual(run.median_res_init.get(), np.median(values[inside]), places=3)

    def testRegionsComeInOrder(self):
        truth = read_map(demo.TRUTH).data
        for run in (self.localFsc, self.monoRes, self.resMap):
            rows = demo.region_statistics(read_map(run.resolution_Volume.getFileName()).data, truth)
            medians = [median for _, _, median, _ in rows]
            self.assertEqual(medians, sorted(medians), run.getClassName())
            self.assertGreater(medians[-1] - medians[0], 1.0, run.getClassName())

    def testSummaryMethodsAndCommand(self):
        self.assertIn("FSC cutoff 0.5 in windows of 30 voxels (30.0 Å)", "\n".join(self.localFsc.summary()))
        self.assertIn("half the difference of the half maps", "\n".join(self.monoRes.summary()))
        self.assertIn("passed no test", "\n".join(self.resMap.summary()))
        articles = {"jsb.2013.08.002": self.localFsc, "str.2017.12.018": self.monoRes, "nmeth.2727": self.resMap}
        for doi, run in articles.items():
            self.assertIn(doi, "\n".join(run.methods()))
            self.assertIn("--half1", run._readReport()["command"])
            self.assertIn("Highest resolution", run.summary()[0])

    def testOneMap(self):
        run = self.launch(ProtDeepMonoRes, maxRes=12)
        self.assertIn("the map outside the mask", "\n".join(run.summary()))
        self.assertNotIn("--half1", run._readReport()["command"])

    def testViewer(self):
        for run in (self.localFsc, self.monoRes, self.resMap):
            viewer = self.openViewer(run)
            self.assertEqual(viewer.validate(), [])
            for entry in ("doShowResHistogram", "doShowVolumeColorSlices", "doShowSurface"):
                self.assertDrawn(viewer, entry)

    def testHalfMapsAreNeeded(self):
        plain = self.proj.newProtocol(ProtDeepLocalFsc)
        volume = Volume(location=self.volume.outputVolume.getFileName())
        volume.setSamplingRate(1.0)
        plain.inputVolume.set(volume)
        self.assertIn("carries no half maps", plain.validate()[0])
        plain.halfVolume1.set(volume)
        self.assertIn("One half map is missing", plain.validate()[0])
        coarse = volume.clone()
        coarse.setSamplingRate(2.0)
        plain.halfVolume2.set(coarse)
        self.assertIn("half map 2 has a sampling rate of 2", plain.validate()[0])

    def testImpossibleOptions(self):
        self.assertIn("more than 0 and less than 1", self.new(ProtDeepLocalFsc, cutoff=1.5).validate()[0])
        self.assertIn("exchange them", self.new(ProtDeepMonoRes, minRes=9, maxRes=5).validate()[0])
        self.assertIn("more than 0 and less than 1", self.new(ProtDeepMonoRes, significance=2).validate()[0])
        self.assertIn("exchange them", self.new(ProtDeepResMap, minRes=9, maxRes=5).validate()[0])
        self.assertIn("more than 0 and less than 1", self.new(ProtDeepResMap, pValue=0).validate()[0])


def importHalfMaps(project):
    """Import the demonstration's map with two half maps that differ by their noise, and its mask."""
    rng = np.random.default_rng(1)
    source, mask = read_map(demo.MAP), read_map(demo.MASK)
    sigma = source.data[mask.data > 0.5].std()
    paths = {name: os.path.abspath(project.getTmpPath(f"{name}.mrc")) for name in ("half1", "half2", "map", "mask")}
    halves = []
    for name in ("half1", "half2"):
        noise = NOISE * sigma * rng.standard_normal(source.data.shape).astype(np.float32)
        halves.append(source.data + noise)
        write_map(paths[name], source.like(halves[-1]))
    write_map(paths["map"], source.like((halves[0] + halves[1]) / 2))
    write_map(paths["mask"], mask)
    volume = project.newProtocol(
        ProtImportVolumes,
        filesPath=paths["map"],
        samplingRate=source.voxel_size[0],
        setHalfMaps=True,
        half1map=paths["half1"],
        half2map=paths["half2"],
    )
    maskImport = project.newProtocol(ProtImportMask, maskPath=paths["mask"], samplingRate=source.voxel_size[0])
    launchHere(project, volume, maskImport)
    return volume, maskImport
