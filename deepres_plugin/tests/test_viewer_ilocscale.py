"""The viewer of local sharpening: what each entry shows of made-up runs, and what is said where it cannot be shown."""

from unittest import mock

import numpy as np
from pwem import Domain
from pwem.objects import AtomStruct
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin import predicted_profiles
from deepres_plugin.constants import OUTPUT_B_FACTOR, OUTPUT_MASK, OUTPUT_VOLUME
from deepres_plugin.tests.finished_run import SHAPE, VOXEL_SIZE, makeFinishedEnhancement
from deepres_plugin.tests.viewer_checks import ViewerChecks
from deepres_plugin.viewers import ILocScaleViewer, viewer_enhancement, viewer_ilocscale
from deepres_plugin.wizards import ColourScaleWizard
from deepreslib.enhancement.profiles import FREQUENCY, SHELLS
from deepreslib.errors import InputError
from deepreslib.maps import read_map

ENTRIES = (
    "doShowBeforeAfter",
    "doShowSurface",
    "doShowFsc",
    "doShowGains",
    "doShowBSlices",
    "doShowBHistogram",
    "doShowBSurface",
    "doShowBAgainstResolution",
)


class TestILocScaleViewer(ViewerChecks, BaseTest):
    """One made-up run with half maps and one without."""

    viewerClass = ILocScaleViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        cls.finished = makeFinishedEnhancement(cls.proj)
        cls.alone = makeFinishedEnhancement(cls.proj, halves=False)

    def axesOf(self, viewer, entry):
        return self.show(viewer, entry).getFigure().axes

    def testEveryEntryIsDrawn(self):
        viewer = self.openViewer(self.finished)
        self.assertEqual(viewer.validate(), [])
        self.assertEqual(set(viewer._getVisualizeDict()), {*ENTRIES, "doShowChimera", "doShowProfiles"})
        for entry in ENTRIES:
            self.assertDrawn(viewer, entry)

    def testBeforeAndAfterShowTheSameSlice(self):
        viewer = self.openViewer(self.finished)
        viewer.sliceNumber.set(12)
        viewer.sliceAxis.set(0)
        left, right, _ = self.axesOf(viewer, "doShowBeforeAfter")
        self.assertEqual(left.get_title().partition(" (")[0], "before, x slice 12")
        self.assertEqual(right.get_title().partition(" (")[0], "after, x slice 12")
        self.assertEqual(left.images[0].get_clim(), right.images[0].get_clim())
        viewer.sliceNumber.set(99)
        self.assertIn("There is no x slice 99", self.show(viewer, "doShowBeforeAfter").getMessage())

    def testGainsAreTheReports(self):
        axes = self.axesOf(self.openViewer(self.finished), "doShowGains")[0]
        lines = {line.get_label(): line for line in axes.get_lines()}
        np.testing.assert_allclose(
            lines["median over the mask"].get_ydata(), np.exp(20 * (FREQUENCY**2 - FREQUENCY[1] ** 2))
        )
        self.assertEqual(len(lines["held: no information"].get_xdata()), 4)
        labels = [text.get_text() for text in axes.get_legend().get_texts()]
        self.assertIn("percentiles 5 to 95 over the mask", labels)
        self.assertEqual(axes.get_ylabel(), "Gain of the amplitudes, 1 at 18 Å")

    def testGainsNameTheBFactorOfTheWholeMap(self):
        run = makeFinishedEnhancement(self.proj, flattened={"b_factor": {"mean": -151.3}, "low_pass": 2.9})
        for finished, title in ((run, "On top of one B factor of −151 Å² for the whole map"), (self.finished, "")):
            figure = self.show(self.openViewer(finished), "doShowGains").getFigure()
            self.assertEqual(figure.get_suptitle(), title)

    def testTheFscIsFaintWhereTheEnhancedMapsHoldNothing(self):
        frequency = self.finished._readReport()["fsc_after"]["frequency"]
        run = makeFinishedEnhancement(self.proj, held_shells=[{"shell": 4, "coarsest": 6.25, "finest": 5.0}])
        lines = {line.get_label(): line for line in self.axesOf(self.openViewer(run), "doShowFsc")[0].get_lines()}
        faint = lines["after: leaked from coarser detail"].get_xdata()
        self.assertEqual(faint[0], max(number for number in frequency if number < 1 / 6.25))

    def testBFactorsHaveTheColoursOfTheForm(self):
        viewer = self.openViewer(self.finished)
        self.assertLess(viewer.lowest.get(), -80)
        viewer.lowest.set(-60)
        for entry in ("doShowBSlices", "doShowBSurface"):
            self.assertEqual(self.axesOf(viewer, entry)[-1].get_ylim()[0], -60)
        axes = self.axesOf(viewer, "doShowBHistogram")[0]
        inside = read_map(self.finished.outputMask.getFileName()).data > 0.5
        self.assertEqual(sum(bar.get_height() for bar in axes.patches), inside.sum())

    def testTheColourDialogKnowsTheViewer(self):
        self.assertIn(ILocScaleViewer, [target for target, _ in ColourScaleWizard._targets])

    def testLocalFscIsThatOfTheHalfMapsAsTheyWere(self):
        viewer = self.openViewer(self.finished)
        found = viewer._getLocalFsc(viewer._readMask())
        self.assertIs(viewer._getLocalFsc(viewer._readMask()), found)
        self.assertGreaterEqual(found[viewer._readMask()].min(), 2 * VOXEL_SIZE - 1e-3)
        (note,) = self.axesOf(viewer, "doShowBAgainstResolution")[0].texts
        self.assertIn("rank correlation", note.get_text())

    def testWithoutHalfMapsTheirEntriesSaySo(self):
        viewer = self.openViewer(self.alone)
        for entry in ("doShowFsc", "doShowBAgainstResolution"):
            self.assertIn("had no half maps", self.show(viewer, entry).getMessage())
        self.assertDrawn(viewer, "doShowBeforeAfter")

    def testAnUnfinishedRunIsExplained(self):
        run = self.proj.newProtocol(type(self.finished))
        self.assertIn("no enhanced map yet", self.openViewer(run).validate()[0])

    def testChimeraGetsBothMaps(self):
        with mock.patch.object(viewer_enhancement, "chimeraInstalled", return_value=False):
            message = self.show(self.openViewer(self.finished), "doShowChimera").getMessage()
        script = self.finished._getExtraPath("before_and_after.cxc")
        self.assertIn(script, message)
        with open(script, encoding="utf-8") as stream:
            text = stream.read()
        for name in ("blob.mrc", "enhanced.mrc", "b_factor_filled.mrc"):
            self.assertIn(name, text)
        x, y, z = self.finished.outputVolume.getOrigin(force=True).getShifts()
        self.assertIn(f"volume #2 origin {x:g},{y:g},{z:g}", text)
        filled = read_map(self.finished._getExtraPath("b_factor_filled.mrc"))
        inside = read_map(self.finished.outputMask.getFileName()).data > 0.5
        self.assertLess(filled.data[inside].min(), -80)
        self.assertAlmostEqual(filled.data[0, 0, 0], np.median(filled.data[inside]), places=3)  # and not 0

    # --------------------------- profiles at a voxel --------------------------
    def profilesOf(self, viewer, answer=None):
        """The figure of the profiles, or the message, and what the process was asked."""
        found = {"voxel": [15, 14, 16], "known": [True] * 9 + [False] * 4, "before": [2.0] * SHELLS}
        answer = answer or {**found, "after": [3.0] * SHELLS, "predicted": [4.0] * SHELLS}
        with mock.patch.object(viewer_ilocscale, "askProfiles", return_value=answer) as asked:
            view = self.show(viewer, "doShowProfiles")
        return view, asked

    def testProfilesOfTheFormsVoxel(self):
        viewer = self.openViewer(self.finished)
        for name, number in (("profileX", 16), ("profileY", 14), ("profileZ", 15)):
            getattr(viewer, name).set(number)
        view, asked = self.profilesOf(viewer)
        given = asked.call_args.kwargs
        self.assertEqual(given["voxel"], [15, 14, 16])
        self.assertEqual(given["network"], (None, "compact", "density"))
        self.assertEqual(given["resolution"], 5.0)
        figure = view.getFigure()
        self.assertEqual(figure.get_suptitle(), "Profiles at x 16, y 14, z 15")
        labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        self.assertEqual(labels, ["before", "after", "predicted"])
        lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
        deviation = viewer._readAfter().data[viewer._readMask()].std()
        for label, amplitude in (("0", 2.0), ("1", 3.0 / deviation), ("2", 4.0 / deviation)):
            np.testing.assert_allclose(lines[label].get_ydata(), np.log(amplitude), atol=1e-4)

    def testAVoxelNeedsThreeNumbersOrNone(self):
        viewer = self.openViewer(self.finished)
        _, asked = self.profilesOf(viewer)
        self.assertIsNone(asked.call_args.kwargs["voxel"])
        viewer.profileX.set(3)
        view, asked = self.profilesOf(viewer)
        self.assertIn("three numbers is missing", view.getMessage())
        asked.assert_not_called()

    def testWithAModelNothingIsPredicted(self):
        run = makeFinishedEnhancement(self.proj, method="locscale")
        run.inputAtomStruct.set(AtomStruct("model.cif"))
        _, asked = self.profilesOf(self.openViewer(run))
        self.assertIsNone(asked.call_args.kwargs["network"])

    def testTheProcessAnswersAndRefuses(self):
        """One real process for each, without a network, which is not needed for before and after."""
        given = {
            "before": self.finished.inputVolume.get().getFileName(),
            "after": self.finished.getResultFile(OUTPUT_VOLUME),
            "mask": self.finished.getResultFile(OUTPUT_MASK),
            "voxel_size": (VOXEL_SIZE,) * 3,
            "resolution": 5.0,
        }
        found = predicted_profiles.askProfiles(**given)
        self.assertEqual([len(found["before"]), len(found["after"])], [SHELLS, SHELLS])
        np.testing.assert_allclose(found["voxel"], np.array(SHAPE) // 2, atol=1)
        with self.assertRaisesRegex(InputError, "lies outside the mask"):
            predicted_profiles.askProfiles(**given, voxel=[0, 0, 0])
        with (
            mock.patch.object(predicted_profiles.Plugin, "getPython", return_value="false"),
            self.assertRaisesRegex(InputError, "could not be computed by false"),
        ):
            predicted_profiles.askProfiles(**given)

    def testARunWithoutBFactorsStillShowsItsMap(self):
        run = makeFinishedEnhancement(self.proj)
        run.deleteOutput(getattr(run, OUTPUT_B_FACTOR))
        viewer = self.openViewer(run)
        self.assertIn("no map of B factors", self.show(viewer, "doShowBSlices").getMessage())
        with mock.patch.object(viewer_enhancement, "chimeraInstalled", return_value=False):
            self.show(viewer, "doShowChimera")
        with open(run._getExtraPath("before_and_after.cxc"), encoding="utf-8") as stream:
            self.assertNotIn("#3", stream.read())
