"""DeepRes on a map that it sharpens first: the form, the program's arguments, a run, the summary."""

from pwem import Domain
from pwem.objects import Volume
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin import demo_project
from deepres_plugin.protocols import ProtDeepResolution
from deepres_plugin.protocols.protocol_deep_resolution import SHARPEN_AUTO, SHARPEN_BY_HAND, SHARPEN_NO
from deepres_plugin.tests.finished_run import makeFinishedRun
from deepres_plugin.tests.launching import inThisProcess


class TestSharpenFirst(BaseTest):
    """One run of the demonstration; forms for the rest."""

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        with inThisProcess():
            cls.volume, cls.mask = demo_project.importDemo(cls.proj)

    def new(self, **options):
        return demo_project.newDeepRes(self.proj, self.volume, self.mask, **options)

    def optionsOf(self, run):
        return [word for word in run._getArguments() if word.startswith(("--sharpen", "--resolution", "--half"))]

    def testTheFormIsPassedOn(self):
        self.assertEqual(self.optionsOf(self.new()), [])
        self.assertEqual(self.optionsOf(self.new(resolution=4.0, bFactor="-50")), [], "not asked for")
        self.assertEqual(self.optionsOf(self.new(sharpen=SHARPEN_AUTO)), ["--sharpen=auto"])
        run = self.new(sharpen=SHARPEN_BY_HAND, bFactor=" -62.5 ", resolution=3.5)
        self.assertEqual(self.optionsOf(run), ["--sharpen=-62.5", "--resolution=3.5"])
        self.assertEqual(run.validate(), [])

    def testHalfMapsAreUsedWhereThereAreAny(self):
        volume = Volume(location=self.volume.outputVolume.getFileName())
        volume.setSamplingRate(1.0)
        volume.setHalfMaps(["a.mrc", "b.mrc"])
        run = self.proj.newProtocol(ProtDeepResolution)
        run.inputVolume.set(volume)
        self.assertEqual(self.optionsOf(run), [])
        run.sharpen.set(SHARPEN_AUTO)
        self.assertEqual(self.optionsOf(run), ["--sharpen=auto", "--half1=a.mrc", "--half2=b.mrc"])
        half = Volume(location="c.mrc")
        half.setSamplingRate(1.0)
        run.halfVolume1.set(half)
        self.assertIn("One half map is missing", run.validate()[0])
        run.sharpen.set(SHARPEN_NO)
        self.assertEqual(run.validate(), [])

    def testValidation(self):
        for text in ("", "much", "nan", "inf", "-1001", "-80 -90"):
            (error,) = self.new(sharpen=SHARPEN_BY_HAND, bFactor=text).validate()
            self.assertIn(f"'{text}' is not a B factor: give a number from -1000 to 1000 Å²", error)
            self.assertEqual(self.new(sharpen=SHARPEN_AUTO, bFactor=text).validate(), [])
        for text in ("-1000", "0", "1e2", "-80"):
            self.assertEqual(self.new(sharpen=SHARPEN_BY_HAND, bFactor=text).validate(), [], text)
        (error,) = self.new(sharpen=SHARPEN_AUTO, resolution=1.5).validate()
        self.assertIn("finer than twice the sampling rate, 2 Å", error)

    def testRun(self):
        run = self.new(sharpen=SHARPEN_BY_HAND, bFactor="-30", resolution=3.0, resolutionRange=1)
        self.launchProtocol(run)
        found = run._readReport()["sharpening"]
        self.assertEqual((found["b_factor"], found["source"]), (-30, "given"))
        self.assertAlmostEqual(found["median"]["after"], run.median_res_init.get(), places=2)
        summary = "\n".join(run.summary())
        self.assertIn("B factor *-30 Å²* applied (given), low-pass filter at 3.00 Å (given)", summary)
        before, after = found["median"]["before"], found["median"]["after"]
        self.assertIn(f"Median before sharpening *{before:.2f} Å*, after *{after:.2f} Å*", summary)
        self.assertIn("after it was sharpened by a B factor of -30 Å² (given)", "\n".join(run.methods()))

    def testARunOfAnEarlierVersionHasNoSuchLines(self):
        summary = "\n".join(makeFinishedRun(self.proj).summary())
        self.assertIn("Median", summary)
        self.assertNotIn("B factor", summary)
