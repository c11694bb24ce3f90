"""The sharpening check in a real project: a search, a check of its result and of an oversharpened map, the viewer."""

import os

import numpy as np
from pwem import Domain
from pwem.objects import Volume
from pwem.protocols import ProtImportMask, ProtImportVolumes
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin.protocols import ProtDeepSharpness
from deepres_plugin.protocols.protocol_sharpness import TASK_CHECK
from deepres_plugin.tests.launching import launchHere
from deepres_plugin.tests.viewer_checks import ViewerChecks
from deepres_plugin.viewers import SharpnessViewer
from deepreslib import demo
from deepreslib.fourier import filters
from deepreslib.maps import read_map, write_map

BLUR, NOISE = 60.0, 0.5
"""Å²; and the noise of each half map, in units of the blurred density's SD in the mask."""

RADIUS = 15
"""Voxels; the mask is what lies this close to the demonstration's centre, to save time."""

FIGURES = ("doShowViolins", "doShowSharpened", "doShowOriginalVolumeSlices")


class TestSharpness(ViewerChecks, BaseTest):
    """Half maps made from the demonstration's map, blurred and with noise."""

    viewerClass = SharpnessViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        cls.volume, cls.mask, cls.oversharpened = importMaps(cls.proj)
        cls.search = cls.new(bFactors="0,-150", resolutionRange=1)
        cls.launchProtocol(cls.search)
        cls.check = cls.new(task=TASK_CHECK, resolutionRange=1)
        cls.check.checkedVolume.set(cls.oversharpened)
        cls.check.checkedVolume.setExtended("outputVolume")
        cls.launchProtocol(cls.check)

    @classmethod
    def new(cls, **options):
        run = cls.proj.newProtocol(ProtDeepSharpness, **options)
        for pointer, source, output in (
            (run.inputVolume, cls.volume, "outputVolume"),
            (run.mask, cls.mask, "outputMask"),
        ):
            pointer.set(source)
            pointer.setExtended(output)
        return run

    def testSearch(self):
        run = self.search
        report = run._readReport()
        self.assertEqual(run.recommended_b_factor.get(), report["search"]["b_factor"])
        self.assertGreater(run.recommended_b_factor.get(), -90)
        self.assertLess(run.recommended_b_factor.get(), -30)
        for name in ("outputVolume", "overclaimed_Volume"):
            volume = getattr(run, name)
            self.assertIs(type(volume), Volume)
            written = read_map(volume.getFileName())
            self.assertEqual(volume.getSamplingRate(), 1.0)
            self.assertEqual(written.data.shape, read_map(demo.MAP).data.shape)
        excess = read_map(run.overclaimed_Volume.getFileName()).data
        inside = read_map(self.mask.outputMask.getFileName()).data > 0.5
        self.assertFalse(excess[~inside].any())
        self.assertAlmostEqual(np.count_nonzero(excess) / inside.sum(), run.overclaimed_share.get(), places=3)
        self.assertIn("--half1", report["command"])
        self.assertIn(f"{report['search']['b_factor']:g} Å²", "\n".join(run.summary()))
        self.assertIn("jsb.2013.08.002", "\n".join(run.methods()))
        self.assertEqual(run.answer.get(), "right")
        self.assertIn("*right: ", "\n".join(run.summary()))

    def testCheck(self):
        self.assertFalse(hasattr(self.check, "outputVolume"))
        self.assertTrue(hasattr(self.check, "overclaimed_Volume"))
        report = self.check._readReport()["check"]
        self.assertIn(report["sentence"], "\n".join(self.check.summary()))
        self.assertEqual((report["answer"], self.check.answer.get()), ("oversharpened",) * 2)
        self.assertGreater(report["overclaimed"], self.search.overclaimed_share.get() + 0.1)
        self.assertIsNone(self.check.recommended_b_factor.get())
        self.assertIn("was checked for oversharpening", "\n".join(self.check.methods()))

    def testAMaskedMapCannotBeJudged(self):
        masked = importMasked(self.proj)
        run = self.new(useHalfVolumes=False, resolution=4)
        run.inputVolume.set(masked)
        run.inputVolume.setExtended("outputVolume")
        self.launchProtocol(run)
        self.assertTrue(run.isFinished(), run.getErrorMessage())
        self.assertEqual(run.answer.get(), "cannot tell")
        self.assertIn("no noise outside the mask", "\n".join(run.summary()))
        self.assertEqual(run._methods(), [])
        for name in ("outputVolume", "overclaimed_Volume"):
            self.assertFalse(hasattr(run, name))
        viewer = self.openViewer(run)
        self.assertEqual(viewer.validate(), [])
        for entry in ("doShowCurve", "doShowViolins", "doShowOverclaimed", "doShowSharpened"):
            self.assertIn("cannot tell", self.show(self.openViewer(run), entry).getMessage())

    def testGpuReachesTheCommand(self):
        self.assertEqual(self.new(useGpu=True)._getMachineArguments()[-2:], ["--gpu", "%(GPU)s"])
        self.assertNotIn("--gpu", self.search._readReport()["command"])
        self.assertIn("one GPU", self.new(useGpu=True, gpuList="0,1").validate()[0])

    def testViewer(self):
        for run in (self.search, self.check):
            viewer = self.openViewer(run)
            self.assertEqual(viewer.validate(), [])
            for axis, entry in enumerate(FIGURES):
                viewer.sliceAxis.set(axis)
                self.assertDrawn(viewer, entry)
        self.assertDrawn(self.openViewer(self.search), "doShowCurve")
        self.assertIn("no curve", self.show(self.openViewer(self.check), "doShowCurve").getMessage())
        self.assertDrawn(self.openViewer(self.check), "doShowOverclaimed")

    def testAnUnfinishedRunIsExplained(self):
        run = self.new()
        self.assertIn("no result yet", self.openViewer(run).validate()[0])
        self.assertEqual(run.summary(), ["The sharpening has not been checked yet."])

    def testValidation(self):
        self.assertEqual((self.new().validate(), self.new().warnings()), ([], []))
        self.assertIn("not a list of B factors", self.new(bFactors="weak").validate()[0])
        self.assertIn("finer than twice the sampling rate, 2 Å", self.new(resolution=1.5).validate()[0])
        self.assertIn("must be 0 or more and at most 100", self.new(percentile=120).validate()[0])
        self.assertEqual(self.new(useHalfVolumes=False).validate(), [])
        self.assertIn("no sharpened volume to check", self.new(task=TASK_CHECK).validate()[0])
        plain = self.new()
        volume = Volume(location=self.volume.outputVolume.getFileName())
        volume.setSamplingRate(1.0)
        plain.inputVolume.set(volume)
        plain.inputVolume.setExtended("")
        self.assertIn("carries no half maps", plain.validate()[0])


def importMaps(project):
    """Import the demonstration's map, blurred, with half maps; its mask; and a map sharpened too far."""
    rng = np.random.default_rng(1)
    source, mask = read_map(demo.MAP), read_map(demo.MASK)
    blurred = filters.apply_b_factor(source.data, source.voxel_size, BLUR)
    noise = NOISE * blurred[mask.data > 0.5].std()
    half1, half2 = (blurred + noise * rng.standard_normal(blurred.shape).astype(np.float32) for _ in range(2))
    mean = (half1 + half2) / 2
    sharp = filters.low_pass(filters.apply_b_factor(mean, source.voxel_size, -5 * BLUR), source.voxel_size, 3.0)
    middle = np.argwhere(mask.data > 0.5).mean(axis=0)
    near = np.square(np.indices(mask.data.shape) - middle[:, None, None, None]).sum(axis=0) < RADIUS**2
    maps = {"half1": half1, "half2": half2, "map": mean, "sharp": sharp, "mask": mask.data * near}
    paths = {name: os.path.abspath(project.getTmpPath(f"{name}.mrc")) for name in maps}
    for name, data in maps.items():
        write_map(paths[name], source.like(data))
    halves = {"setHalfMaps": True, "half1map": paths["half1"], "half2map": paths["half2"]}
    sampling = {"samplingRate": source.voxel_size[0]}
    volume = project.newProtocol(ProtImportVolumes, filesPath=paths["map"], **halves, **sampling)
    sharpened = project.newProtocol(ProtImportVolumes, filesPath=paths["sharp"], **sampling)
    maskImport = project.newProtocol(ProtImportMask, maskPath=paths["mask"], **sampling)
    launchHere(project, volume, maskImport, sharpened)
    return volume, maskImport, sharpened


def importMasked(project):
    """Import the demonstration's map as it looks after a program has masked it."""
    source, mask = read_map(demo.MAP), read_map(demo.MASK)
    path = os.path.abspath(project.getTmpPath("masked.mrc"))
    write_map(path, source.like(source.data * (mask.data > 0.5)))
    masked = project.newProtocol(ProtImportVolumes, filesPath=path, samplingRate=source.voxel_size[0])
    launchHere(project, masked)
    return masked
