"""A real Scipion project: import made-up resolution maps, compare them, look at them, continue, refusals."""

import os
from unittest import mock

import numpy as np
from pwem import Domain
from pwem.objects import Volume
from pwem.protocols import ProtImportMask, ProtImportVolumes
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin.protocols import ProtDeepCompare, ProtDeepMonoRes
from deepres_plugin.run_names import runName
from deepres_plugin.tests.viewer_checks import ViewerChecks
from deepres_plugin.viewers import CompareViewer, viewer_local_resolution
from deepreslib.maps import DensityMap, read_map, write_map

SAMPLING_RATE = 1.5
SHAPE = (30, 28, 32)
ORIGIN = (-10.0, 20.0, -30.0)

FIGURES = (
    "doShowTable",
    "doShowResHistogram",
    "doShowAgreement",
    "doShowDifference",
    "doShowSpread",
    "doShowCount",
    "doShowVolumeSlices",
    "doShowOriginalVolumeSlices",
    "doShowVolumeColorSlices",
    "doShowOneColorslice",
    "doShowSurface",
)


class TestCompare(ViewerChecks, BaseTest):
    """One run on three maps with a mask and a density, looked at from all sides; a shorter one for the rest."""

    viewerClass = CompareViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        cls.arrays = makeMaps()
        cls.imported = {name: importMap(cls.proj, name, array) for name, array in cls.arrays.items()}
        cls.finished = cls.new(reference="second", mask="mask", inputVolume="density")
        cls.launchProtocol(cls.finished)

    @classmethod
    def new(cls, maps=("first", "second", "steps"), **pointers):
        run = cls.proj.newProtocol(ProtDeepCompare)
        run.setObjLabel("comparison")
        for number, name in enumerate(maps):
            run.inputVolumes.append(cls.imported[name])
            run.inputVolumes[number].setExtended("outputVolume")
        for param, name in pointers.items():
            pointer = getattr(run, param)
            pointer.set(cls.imported[name])
            pointer.setExtended("outputMask" if name == "mask" else "outputVolume")
        return run

    def testOutputs(self):
        inside = self.arrays["mask"] > 0
        values = {name: read_map(getattr(self.finished, name).getFileName()) for name in MAPS}
        for name, written in values.items():
            volume = getattr(self.finished, name)
            self.assertIs(type(volume), Volume)
            self.assertEqual(volume.getSamplingRate(), SAMPLING_RATE)
            self.assertEqual(tuple(volume.getOrigin().getShifts()), ORIGIN)
            self.assertEqual(written.voxel_size, (SAMPLING_RATE,) * 3)
            self.assertEqual(written.origin, ORIGIN[::-1])
            self.assertTrue((written.data[~inside] == 0).all())
        first, second, steps = (self.arrays[name] for name in ("first", "second", "steps"))
        three = inside & (steps < 100)
        median = np.median([resolution[three] for resolution in (first, second, steps)], axis=0)
        np.testing.assert_allclose(values["resolution_Volume"].data[three], median, atol=1e-4)
        np.testing.assert_array_equal(values["resolution_Volume"].data > 0, three)
        np.testing.assert_array_equal(values["count_Volume"].data, 2 * inside + three)
        consensus = values["resolution_Volume"].data[three]
        self.assertAlmostEqual(self.finished.median_res_init.get(), np.median(consensus), places=3)
        self.assertAlmostEqual(self.finished.min_res_init.get(), consensus.min(), places=3)

    def testDifferences(self):
        volumes = {volume.getObjLabel(): volume.clone() for volume in self.finished.difference_Volumes.iterItems()}
        self.assertEqual(list(volumes), ["first − second", "steps − second"])
        difference = read_map(volumes["first − second"].getFileName()).data
        np.testing.assert_allclose(difference, -(self.arrays["mask"] > 0).astype(float), atol=1e-5)
        for volume in volumes.values():
            self.assertEqual(volume.getSamplingRate(), SAMPLING_RATE)
            self.assertEqual(tuple(volume.getOrigin().getShifts()), ORIGIN)

    def testSummaryAndMethods(self):
        summary = "\n".join(self.finished.summary())
        for text in (
            f"Compared within {int((self.arrays['mask'] > 0).sum()):,} voxels of the mask",
            "the reference is *second*",
            "RMSE 1.00 Å, Pearson 1.000, Spearman 1.000, median difference -1.00 Å",
            "*Consensus*: median",
            "% of the voxels, where all 3 maps have a value",
        ):
            self.assertIn(text, summary)
        (steps,) = [line for line in self.finished.summary() if line.startswith("*steps*")]
        self.assertIn("% of the voxels", steps)
        self.assertIn("compared voxel by voxel with second", self.finished.methods()[0])
        fresh = self.proj.newProtocol(ProtDeepCompare)
        self.assertEqual(fresh.summary(), ["The maps have not been compared yet."])
        self.assertEqual(fresh._methods(), [])

    def testFigures(self):
        viewer = self.openViewer(self.finished)
        self.assertEqual(viewer.validate(), [])
        for axis, entry in enumerate(FIGURES):
            viewer.sliceAxis.set(axis % 3)
            self.assertDrawn(viewer, entry)
        self.assertEqual(set(viewer._getVisualizeDict()), {*FIGURES, "doShowChimera"})

    def testDifferenceOfTheChosenMap(self):
        viewer = self.openViewer(self.finished)
        self.assertEqual(viewer.getParam("differenceOf").choices, ["first", "steps"])
        viewer.differenceOf.set(1)
        self.assertEqual(self.show(viewer, "doShowDifference").getFigure().get_suptitle(), "steps − second")

    def testViewerAgreesWithTheProgram(self):
        computed, report = self.openViewer(self.finished)._getComparison().report(), self.finished._readReport()
        for one, other in zip(computed["maps"], report["maps"], strict=True):
            self.assertEqual(one["agreement"], other["agreement"])
        self.assertEqual(computed["consensus"], report["consensus"])

    def testChimera(self):
        with mock.patch.object(viewer_local_resolution, "chimeraInstalled", return_value=False):
            script = self.show(self.openViewer(self.finished), "doShowChimera").getMessage().splitlines()[-1]
        with open(script, encoding="utf-8") as lines:
            self.assertIn("volume #2 origin -10,20,-30", lines.read())

    def testWithoutMaskDensityAndReferenceThenContinued(self):
        run = self.new(maps=("second", "steps"))
        self.assertEqual(run.validate(), [])
        self.assertIn("There is no mask", run.warnings()[0])
        self.launchProtocol(run)
        self.assertEqual(run._readReport()["reference"], "second")
        self.assertIn("voxels where both maps have a value", run.summary()[0])
        viewer = self.openViewer(run)
        for entry in ("doShowVolumeColorSlices", "doShowDifference", "doShowSpread"):
            self.assertDrawn(viewer, entry)
        for entry in ("doShowOriginalVolumeSlices", "doShowSurface", "doShowChimera"):
            self.assertIn("was given no density map", self.show(viewer, entry).getMessage())

        written = os.stat(run.resolution_Volume.getFileName()).st_mtime_ns
        self.launchProtocol(run)
        self.assertEqual(os.stat(run.resolution_Volume.getFileName()).st_mtime_ns, written, "ran again for nothing")

        old = run._getOutputFile("difference_steps.mrc")
        self.assertTrue(os.path.exists(old))
        del run.inputVolumes[1]
        run.reference.set(self.imported["first"])  # not on the list
        run.reference.setExtended("outputVolume")
        self.launchProtocol(run)
        report = run._readReport()
        self.assertEqual([numbers["label"] for numbers in report["maps"]], ["first", "second"])
        self.assertEqual(report["reference"], "first")
        self.assertEqual([volume.getObjLabel() for volume in run.difference_Volumes.iterItems()], ["second − first"])
        self.assertFalse(os.path.exists(old))

    def testShareOfTheMaps(self):
        run = self.new(mask="mask")
        run.share.set(0.5)
        self.launchProtocol(run)
        consensus, inside = read_map(run.resolution_Volume.getFileName()).data, self.arrays["mask"] > 0
        np.testing.assert_array_equal(consensus > 0, inside)
        first, second, steps = (self.arrays[name] for name in ("first", "second", "steps"))
        two = inside & (steps == 100)
        np.testing.assert_allclose(consensus[two], (first + second)[two] / 2, atol=1e-4)
        self.assertIn("100.0% of the voxels, where at least 2 of the 3 maps have a value", "\n".join(run.summary()))
        computed = self.openViewer(run)._getComparison().report()
        self.assertEqual(computed["consensus"], run._readReport()["consensus"])

    def testMapWhoseOutsideIsFilled(self):
        """The viewer takes for the outside what the program takes for it."""
        run = self.new(maps=("first", "filled"))
        self.launchProtocol(run)
        report, computed = run._readReport(), self.openViewer(run)._getComparison().report()
        self.assertEqual(report["voxels"], np.count_nonzero(self.arrays["mask"]))
        self.assertEqual(computed["consensus"], report["consensus"])
        self.assertIn("*Warning*: ", run.summary()[-1])

    def testDefaultNamesAreShort(self):
        run = self.proj.newProtocol(ProtDeepMonoRes)
        self.assertEqual(run.getRunName(), "deepres_plugin - MonoRes")
        self.assertEqual(runName(run), "MonoRes")
        for label, name in (("deepres_plugin - MonoRes (copy)", "MonoRes (copy)"), ("my - own", "my - own")):
            run.setObjLabel(label)
            self.assertEqual(runName(run), name)

    def testMapsOfOneNameGetNumbers(self):
        run = self.new(maps=("first", "first", "second"))
        self.assertEqual(list(run.getVolumes()), ["first (1)", "first (2)", "second"])

    def testValidation(self):
        self.assertEqual(self.finished.validate(), [])
        self.assertIn("nothing to compare", self.new(maps=("first",)).validate()[0])
        run = self.new()
        run.background.set("100; 50")
        self.assertIn("'100; 50' is not a list of numbers", run.validate()[0])
        for text in ("nan", "1e999"):
            run.background.set(text)
            self.assertIn(f"'{text}' is not a list of numbers", run.validate()[0])
        run.background.set(None)
        self.assertEqual((run.validate(), run.getBackground()), ([], [0.0]))
        run.background.set("100, 50")
        self.assertEqual((run.validate(), run.getBackground()), ([], [0.0, 100.0, 50.0]))
        coarse = Volume(location=self.imported["first"].outputVolume.getFileName())
        coarse.setSamplingRate(2.0)
        run.inputVolumes.append(coarse)
        (error,) = run.validate()
        self.assertIn("map import_first has a sampling rate of 2 Å/px and the volume of 1.5 Å/px", error)


MAPS = ("resolution_Volume", "spread_Volume", "count_Volume")


def makeMaps():
    """A blob's density, a ball as mask, and in it three resolutions: along x, 1 Å coarser, and in steps with gaps."""
    z, y, x = (np.indices(SHAPE).T - np.array(SHAPE) / 2).T
    radius = np.sqrt(z**2 + y**2 + x**2)
    inside = radius < 12
    first = 5 + x / 6
    steps = np.where(y < 8, np.round(2 * (6 + x / 8 + np.cos(z))) / 2, 100)
    return {
        "density": np.exp(-((radius / 9) ** 2)) * (1.2 + np.cos(x) * np.cos(y) * np.cos(z)),
        "mask": inside,
        "first": first * inside,
        "second": (first + 1) * inside,
        "steps": steps * inside,
        "filled": np.where(inside, first + 1, 15),
    }


def importMap(project, name, array):
    """Write and import a map, or the mask, at an origin of its own; the import is called by its name."""
    path = os.path.abspath(project.getTmpPath(f"{name}.mrc"))
    write_map(path, DensityMap(np.ascontiguousarray(array, dtype=np.float32), (SAMPLING_RATE,) * 3))
    if name == "mask":
        protocol = project.newProtocol(ProtImportMask, maskPath=path, samplingRate=SAMPLING_RATE)
    else:
        x, y, z = ORIGIN
        protocol = project.newProtocol(
            ProtImportVolumes, filesPath=path, samplingRate=SAMPLING_RATE, setOrigCoord=True, x=-x, y=-y, z=-z
        )
    protocol.setObjLabel(name)
    project.launchProtocol(protocol, wait=True)
    return protocol
