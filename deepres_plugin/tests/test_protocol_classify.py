"""Claimed resolutions in a real project: one map with half maps, a set with a table, texts, viewer, refusals."""

import csv
import json
import os
from unittest import mock

import numpy as np
import scipy.ndimage
from pwem import Domain
from pwem.objects import AtomStruct, SetOfVolumes, Volume
from pwem.protocols import ProtImportMask, ProtImportVolumes
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin.claims import claimedVolumes
from deepres_plugin.protocols import ProtDeepClassify
from deepres_plugin.tests.known_network import saveKnownNetwork
from deepres_plugin.tests.launching import launchHere
from deepres_plugin.tests.viewer_checks import ViewerChecks
from deepres_plugin.viewers import ClassifyViewer
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, read_map, write_map

SAMPLING_RATE = 2.0
EDGE, RADIUS = 48, 13
FINER, COARSER = "finer than the map supports", "coarser than the map supports"
HEADER = """<emd emdb_id="EMD-0000" version="3.0.1.3"><structure_determination_list><structure_determination>
<singleparticle_processing><final_reconstruction><resolution units="Å">{}</resolution>
<resolution_method>FSC 0.143 CUT-OFF</resolution_method></final_reconstruction></singleparticle_processing>
</structure_determination></structure_determination_list></emd>"""

OF_ONE = ("doShowVerdicts", "doShowEvidence", "doShowSpectrum", "doShowDistribution", "doShowVolumeSlices")
OF_VOTES = ("doShowVotes", "doShowVotesSurface")
OF_ALL = ("doShowProbabilities", "doShowOverview")


class TestClassify(ViewerChecks, BaseTest):
    """CryoRes says 6.0 ± 0.2 Å of every map here."""

    viewerClass = ClassifyViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        cls.network = saveKnownNetwork(os.path.abspath(cls.proj.getTmpPath("known")))
        cls.one, cls.several, cls.mask = importMaps(cls.proj)
        cls.single = cls.new(cls.one, claimedResolution=7.5)
        cls.launchProtocol(cls.single)
        cls.table = cls.writeTable("claims.csv", ("first", 6.2), ("second", 4.0), ("constant", 6.0), ("other", 3.0))
        cls.batch = cls.new(cls.several, claimsFile=cls.table)
        cls.launchProtocol(cls.batch)

    @classmethod
    def new(cls, *imports, **options):
        run = cls.proj.newProtocol(ProtDeepClassify, modelPath=cls.network, **options)
        for number, imported in enumerate(imports):
            run.inputVolumes.append(imported)
            run.inputVolumes[number].setExtended("outputVolume" if imported is cls.one else "outputVolumes")
        return run

    @classmethod
    def writeTable(cls, name, *lines, columns=("map", "claimed")):
        path = os.path.abspath(cls.proj.getTmpPath(name))
        with open(path, "w", encoding="utf-8") as stream:
            csv.writer(stream).writerows([columns, *lines])
        return path

    @classmethod
    def writeText(cls, name, text):
        path = os.path.abspath(cls.proj.getTmpPath(name))
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def testOneMap(self):
        run = self.single
        self.assertTrue(run.isFinished(), run.getErrorMessage())
        self.assertEqual(run.verdict.get(), COARSER)
        self.assertEqual(run.claimed_resolution.get(), 7.5)
        report = run._readReport()
        self.assertEqual(run.global_resolution.get(), report["maps"][0]["estimate"]["value"])
        self.assertIn("--half1", report["command"])
        (volume,) = [each.clone() for each in run.outputVolumes.iterItems()]
        self.assertEqual(volume.getObjLabel(), "map")
        self.assertEqual((volume.verdict.get(), volume.claimed.get()), (COARSER, 7.5))
        self.assertEqual(volume.resolution_class.get(), "medium")
        self.assertAlmostEqual(sum(map(float, volume.probabilities)), 1, places=3)
        self.assertEqual(volume.getSamplingRate(), SAMPLING_RATE)
        self.assertTrue(os.path.samefile(volume.getFileName(), self.one.outputVolume.getFileName()))

    def testVotesLieOnTheInputsGrid(self):
        votes = self.single.votes_Volume
        self.assertEqual(votes.getSamplingRate(), SAMPLING_RATE)
        given = self.one.outputVolume.getOrigin(force=True).getShifts()
        self.assertEqual(tuple(votes.getOrigin(force=True).getShifts()), tuple(given))
        values = read_map(votes.getFileName()).data
        self.assertEqual(values.shape, (EDGE,) * 3)
        self.assertEqual(set(np.unique(values)), {0, 2})
        self.assertFalse(hasattr(self.batch, "votes_Volume"))

    def testTextsOfOneMap(self):
        summary = self.single.summary()
        self.assertIn("map: claimed 7.5 Å is coarser than the map supports: ", summary[0])
        self.assertTrue(any(line.startswith("Contradicts: half maps: ") for line in summary))
        self.assertIn("summary.html", summary[-1])
        methods = "\n".join(self.single.methods())
        self.assertIn("off by more than 10 % of itself and by more than 2 predicted SDs", methods)
        self.assertIn("molecules24061181", methods)
        self.assertEqual(self.new(self.one)._summary(), ["The claim has not been judged yet."])
        self.assertEqual(self.new(self.one)._methods(), [])

    def testASetOfMapsWithATable(self):
        run = self.batch
        self.assertTrue(run.isFinished(), run.getErrorMessage())
        self.assertIsInstance(run.outputVolumes, SetOfVolumes)
        found = {each.getObjLabel(): (each.verdict.get(), each.claimed.get()) for each in run.outputVolumes.iterItems()}
        expected = {"first": ("consistent", 6.2), "second": (FINER, 4.0), "constant": ("not judged", 6.0)}
        self.assertEqual(found, expected)
        self.assertEqual(run.outputVolumes.getSamplingRate(), SAMPLING_RATE)
        for number in (run.global_resolution, run.claimed_resolution, run.verdict):
            self.assertIsNone(number.get())
        summary = run.summary()
        self.assertEqual(summary[0], "*3 maps: 1 consistent, 1 finer than the map supports, 1 not judged*")
        self.assertTrue(any(line.startswith("constant: not judged: ") for line in summary))
        self.assertIn("The claimed resolutions of maps were judged by CryoRes", run.methods()[0])
        (warning,) = run.warnings()
        self.assertIn("maps that are not among the input volumes: other", warning)

    def testAttributesAreKeptInTheProject(self):
        kept = SetOfVolumes(filename=self.batch.outputVolumes.getFileName())
        found = [(each.resolution.get(), list(map(float, each.probabilities)), each.reason.get()) for each in kept]
        kept.close()
        self.assertEqual([each[0] and round(each[0]) for each in found], [None, 6, 6])
        self.assertEqual([len(each[1]) for each in found], [0, 3, 3])
        self.assertTrue(all(each[2] for each in found))

    def testViewerOfOneMap(self):
        viewer = self.openViewer(self.single)
        self.assertEqual(viewer.validate(), [])
        for number, entry in enumerate((*OF_ONE, "doShowFsc", *OF_VOTES, *OF_ALL)):
            viewer.sliceAxis.set(number % 3)
            self.assertDrawn(viewer, entry)
        self.assertIn("two maps or more", self.show(viewer, "doShowConfusion").getMessage())
        key = self.show(viewer, "doShowVotes").getFigure().axes[-1]
        self.assertIn("high\n(< 5 Å)\n0 %", [label.get_text() for label in key.get_yticklabels()])
        shown = {*OF_ONE, *OF_VOTES, *OF_ALL, "doShowFsc", "doShowConfusion", "doShowReport"}
        self.assertEqual(set(viewer._getVisualizeDict()), shown)

    def testViewerOfSeveralMaps(self):
        viewer = self.openViewer(self.batch)
        self.assertEqual(viewer.getParam("shownMap").choices, list(NAMES))
        for entry in (*OF_ALL, "doShowConfusion"):
            self.assertDrawn(viewer, entry)
        viewer.shownMap.set(2)
        for entry in OF_ONE:
            self.assertDrawn(viewer, entry)
        self.assertIn("Spectrum of second", self.show(viewer, "doShowSpectrum")._title)
        self.assertIn("no half maps", self.show(viewer, "doShowFsc").getMessage())
        for entry in OF_VOTES:
            self.assertIn("run on one map", self.show(viewer, entry).getMessage())
        viewer.shownMap.set(0)
        self.assertIn("constant was not judged", self.show(viewer, "doShowEvidence").getMessage())

    def testTheReportOpensInABrowser(self):
        view = self.show(self.openViewer(self.single), "doShowReport")
        self.assertTrue(os.path.exists(view.getPath()))
        with mock.patch("webbrowser.open", return_value=True) as opened:
            view.show()
        self.assertTrue(opened.call_args.args[0].startswith("file:///"))
        told = []
        view._explain = lambda text: told.append(text) or mock.Mock()
        with mock.patch("webbrowser.open", return_value=False):
            view.show()
        self.assertIn(view.getPath(), told[0])

    def testAnUnfinishedRunIsExplained(self):
        self.assertIn("no result yet", self.openViewer(self.new(self.one)).validate()[0])

    def testContinuingRepeatsNothing(self):
        written = os.stat(self.single._getReportFile()).st_mtime_ns
        self.launchProtocol(self.single)
        self.assertEqual(os.stat(self.single._getReportFile()).st_mtime_ns, written)
        before = self.batch._getArguments()
        changed = self.new(self.several, claimsFile=self.writeTable("other.csv", *[(n, 5) for n in NAMES]))
        self.assertNotEqual(changed._getArguments()[1].rpartition("_")[2], before[1].rpartition("_")[2])

    def testClaimsOfAHeader(self):
        run = self.new(self.one, claimsFile=self.writeText("emd.xml", HEADER.format("6.1")))
        self.assertEqual((run.validate(), run.warnings()), ([], []))
        (argument,) = [each for each in run._getArguments() if each.startswith("--claimed")]
        self.assertTrue(argument.startswith("--claimed-from=") and argument.endswith("emd.xml"))
        run = self.new(self.one, claimsFile=self.writeText("cut.xml", HEADER.format("6.1")[:90]))
        self.assertIn("cut or no XML", run.validate()[0])
        run = self.new(self.several, claimsFile=self.writeText("emd.xml", HEADER.format("6.1")))
        self.assertIn("The file of claims belongs to one map and 3 are given", run.validate()[0])

    def testATableForOneMap(self):
        columns = ("map", "claimed", "voxel_size", "half1", "half2", "label")
        halves = [os.path.abspath(self.proj.getTmpPath(f"half{number}.mrc")) for number in (2, 1)]
        path = self.writeTable("one.csv", ("gone/elsewhere.mrc", 6.1, 1.5, *halves, "map"), columns=columns)
        run = self.new(self.one, claimsFile=path)
        self.assertEqual(run.validate(), [])
        self.assertIn("The table says that map has voxels of 1.5 Å", run.warnings()[0])
        arguments = run._getArguments()
        self.assertIn("--claimed=6.1", arguments)
        self.assertIn(f"--half1={halves[0]}", arguments)
        run.useHalfVolumes.set(False)
        self.assertFalse(any(each.startswith("--half") for each in run._getArguments()))

    def testArguments(self):
        run = self.new(
            self.one, claimedResolution=6, tolerance=5, borders="4,9", mass=30, compareMethods=True, sigmas=3
        )
        run.mask.set(self.mask)
        run.mask.setExtended("outputMask")
        run.inputStructure.set(AtomStruct("model.cif"))
        self.assertEqual(run.validate(), [])
        arguments = run._getArguments()
        for argument in ("--tolerance=0.05", "--sigmas=3", "--borders=4,9", "--mass=30", "--compare", "--label=map",
                         "--structure=model.cif", f"--cryores-model={self.network}"):  # fmt: skip
            self.assertIn(argument, arguments)
        self.assertTrue(any(argument.startswith("--mask=") for argument in arguments))

    def testNames(self):
        run = self.new(self.one, self.several, self.several)
        names = [each.name for each in claimedVolumes(run.inputVolumes)]
        self.assertEqual(names[0], "map")
        self.assertEqual(len(set(names)), 7)
        self.assertIn("first (2)", names)

    def testValidation(self):
        self.assertEqual(self.single.validate(), [])
        self.assertEqual(self.batch.validate(), [])
        self.assertIn("Nothing is claimed", self.new(self.one).warnings()[0])
        for number, text in ((0.32, "did you mean 3.2?"), (-1, "above 0"), (500, "coarser than any map")):
            (error,) = self.new(self.one, claimedResolution=number).validate()
            self.assertIn(text, error)
        (error,) = self.new(self.several, claimedResolution=4.0).validate()
        self.assertIn("The claimed resolution belongs to one map and 3 are given", error)
        (error,) = self.new(self.one, claimedResolution=4.0, claimsFile=self.table).validate()
        self.assertIn("both say what is claimed", error)
        (error,) = self.new(self.several, mass=30).validate()
        self.assertIn("The mass belongs to one map", error)
        for borders in ("10,5", "5", "five,ten", "5,10,15", ""):
            (error,) = self.new(self.one, borders=borders).validate()
            self.assertIn("are not two resolutions", error)
        self.assertIn("must be 0 % or more and less than 100 %", self.new(self.one, tolerance=100).validate()[0])
        self.assertIn("one GPU", self.new(self.one, useGpu=True, gpuList="0,1").validate()[0])
        run = self.new(self.one)
        run.modelPath.set("/nowhere")
        self.assertIn("no network at '/nowhere'", run.validate()[0])

    def testTablesThatCannotBeUsed(self):
        for lines, text in (
            ([("constant", 6), ("first", 6)], "has no line for second"),
            ([(name, 6) for name in (*NAMES, "first")], "has 2 lines for first"),
            ([("first", 0.3)], "did you mean 3?"),
        ):
            (error,) = self.new(self.several, claimsFile=self.writeTable("bad.csv", *lines)).validate()
            self.assertIn(text, error)
        (error,) = self.new(self.one, claimsFile="/nowhere.csv").validate()
        self.assertIn("/nowhere.csv", error)

    def testHalfMapsAndMasksOfAnotherGrid(self):
        small = Volume(location=os.path.abspath(self.proj.getTmpPath("small.mrc")))
        write_map(small.getFileName(), DensityMap(np.ones((20,) * 3, np.float32), (SAMPLING_RATE,) * 3))
        small.setSamplingRate(SAMPLING_RATE)
        run = self.new(self.one)
        run.mask.set(small)
        self.assertIn("The mask is 20 × 20 × 20 and the volume map 48 × 48 × 48 voxels", run.validate()[0])
        run = self.new(self.one)
        run.halfVolume1.set(small)
        self.assertIn("One half map is missing", run.validate()[0])
        run.halfVolume2.set(small)
        self.assertIn("half map 1 is 20", run.validate()[0])
        run = self.new(self.several)
        run.halfVolume1.set(small)
        run.halfVolume2.set(small)
        self.assertIn("The half maps belong to one map and 3 are given", run.validate()[0])
        run = self.new(self.one)
        volume = self.one.outputVolume.clone()
        volume.setHalfMaps(["/nowhere/a.mrc", "/nowhere/b.mrc"])
        run.inputVolumes[0].set(volume)
        run.inputVolumes[0].setExtended("")
        self.assertIn("is gone, /nowhere/a.mrc", run.validate()[0])

    def testTheReportIsWhole(self):
        with open(self.batch._getReportFile(), encoding="utf-8") as stream:
            report = json.load(stream)
        self.assertEqual([entry["judged"] for entry in report["maps"]], [False, True, True])
        self.assertTrue(all(len(entry["local_resolution"]) > 10 for entry in report["maps"][1:]))
        self.assertEqual(report["counts"]["not judged"], 1)


NAMES = ("constant", "first", "second")


def importMaps(project):
    """Import a map with half maps, a set of three maps of which one is constant, and a mask."""
    density = makeAtoms()
    rng = np.random.default_rng(2)
    halves = [density + 0.3 * makeNoise(rng) for _ in range(2)]
    distance = np.linalg.norm(np.indices(density.shape) - (EDGE - 1) / 2, axis=0)
    maps = {
        "map": (halves[0] + halves[1]) / 2,
        "half1": halves[0],
        "half2": halves[1],
        "mask": distance < RADIUS + 1,
        "several/constant": np.ones(density.shape),
        "several/first": density + 0.2 * makeNoise(rng),
        "several/second": density + 0.2 * makeNoise(rng),
    }
    paths = {name: os.path.abspath(project.getTmpPath(f"{name}.mrc")) for name in maps}
    folder = os.path.abspath(project.getTmpPath("several"))
    os.makedirs(folder)
    for name, data in maps.items():
        write_map(paths[name], DensityMap(np.ascontiguousarray(data, np.float32), (SAMPLING_RATE,) * 3))
    halfMaps = {"setHalfMaps": True, "half1map": paths["half1"], "half2map": paths["half2"]}
    one = project.newProtocol(
        ProtImportVolumes, filesPath=paths["map"], samplingRate=SAMPLING_RATE, **halfMaps,
        setOrigCoord=True, x=10.0, y=-20.0, z=30.0,
    )  # fmt: skip
    several = project.newProtocol(ProtImportVolumes, filesPath=folder, filesPattern="*.mrc", samplingRate=SAMPLING_RATE)
    mask = project.newProtocol(ProtImportMask, maskPath=paths["mask"], samplingRate=SAMPLING_RATE)
    launchHere(project, one, several, mask)
    return one, several, mask


def makeAtoms():
    """Density of carbon-like atoms at random places of a ball, SD 1 within it."""
    rng = np.random.default_rng(0)
    distance = np.linalg.norm(np.indices((EDGE,) * 3) - (EDGE - 1) / 2, axis=0)
    places = (rng.random(distance.shape) < 0.15) & (distance < RADIUS)
    density = scipy.ndimage.gaussian_filter(places.astype(np.float32), 1.2)
    return density / density[distance < RADIUS].std()


def makeNoise(rng):
    """Noise as a reconstruction has it, SD 1."""
    noise = filters.apply_b_factor(rng.standard_normal((EDGE,) * 3).astype(np.float32), (SAMPLING_RATE,) * 3, 80)
    noise = filters.low_pass(noise, (SAMPLING_RATE,) * 3, 2 * SAMPLING_RATE)
    return noise / noise.std()
