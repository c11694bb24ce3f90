"""Local sharpening as a protocol: what it asks the program for, made-up runs, texts, refusals, the way to local FSC."""

import json
import os
import subprocess
import sys

import gemmi
import numpy as np
from pwem import Domain
from pwem.objects import AtomStruct, Volume, VolumeMask
from pwem.protocols import ProtImportPdb, ProtImportVolumes
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin.protocols import ProtDeepILocScale, ProtDeepLocalFsc
from deepres_plugin.protocols.protocol_enhancement import (
    MASK_CONFIDENCE,
    MASK_MODEL,
    EnhancementProtocol,
    enhancedMaskText,
)
from deepres_plugin.protocols.protocol_half_maps import carriedHalfMaps
from deepres_plugin.tests.finished_run import SHAPE, VOXEL_SIZE, importBlob, makeFinishedEnhancement
from deepres_plugin.tests.launching import launchHere
from deepres_plugin.tests.viewer_checks import ViewerChecks
from deepres_plugin.viewers import ILocScaleViewer
from deepreslib.maps import DensityMap, read_map, write_map
from deepreslib.networks import store

PARSED = """
import json, sys
from deepreslib.commands import parse
_, args = parse(sys.argv[1:])
print(json.dumps({name: value for name, value in vars(args).items() if isinstance(value, str | int | float)}))
"""
"""A program that tells what ``deepres`` understands of its arguments."""


class TestILocScale(BaseTest):
    """The form, the command line that it makes, and a made-up run."""

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        cls.blob = importBlob(cls.proj, halves=0.3)
        cls.plain = importBlob(cls.proj)
        cls.finished = makeFinishedEnhancement(cls.proj)

    @classmethod
    def new(cls, source=None, **options):
        run = cls.proj.newProtocol(ProtDeepILocScale, **options)
        run.inputVolume.set(source or cls.blob)
        run.inputVolume.setExtended("outputVolume")
        return run

    def withModel(self, **options):
        run = self.new(**options)
        run.inputAtomStruct.set(AtomStruct("model.cif"))
        return run

    def withMask(self, shape=SHAPE, **options):
        path = os.path.join(self.proj.getTmpPath(), f"mask_{shape[0]}.mrc")
        write_map(path, DensityMap(np.ones(shape, np.float32), (VOXEL_SIZE,) * 3))
        mask = VolumeMask(location=path)
        mask.setSamplingRate(VOXEL_SIZE)
        run = self.new(**options)
        run.mask.set(mask)
        return run

    # --------------------------- the form ------------------------------------
    def testTheFormHasWhatUsersProjectsWillHold(self):
        names = {name for name, _ in self.new()._definition.iterParams()}
        wanted = "inputVolume useHalfVolumes halfVolume1 halfVolume2 maskSource mask fdr aim inputAtomStruct"
        self.assertTrue(set(f"{wanted} structureBFactors resolution preset stride".split()) <= names)
        self.assertTrue(issubclass(ProtDeepILocScale, EnhancementProtocol))
        outputs = {name: kind.__name__ for name, kind in ProtDeepILocScale._possibleOutputs.items()}
        expected = {"outputVolume": "Volume", "b_factor_Volume": "Volume", "outputMask": "VolumeMask"}
        self.assertEqual(outputs, expected)

    def testTheProgramTakesWhatTheFormGives(self):
        """The command's own parser reads the arguments, which no test of texts can promise."""
        runs = {
            "ilocscale": self.new(resolution=4.5, stride=2, aim=1, preset=1, maskSource=MASK_CONFIDENCE),
            "locscale": self.withModel(structureBFactors=1, maskSource=MASK_MODEL),
        }
        args = {method: self.parsed(run) for method, run in runs.items()}
        for method, run in runs.items():
            self.assertEqual(run.validate(), [])
            self.assertEqual(args[method]["method"], method)
            self.assertEqual(args[method]["voxel_size"], VOXEL_SIZE)
            self.assertTrue(args[method]["half1"].endswith("half1.mrc"))
            self.assertTrue(args[method]["half2"].endswith("half2.mrc"))
            self.assertEqual(args[method]["output"], run.getResultFile("outputVolume"))
        expected = {"aim": "contrast", "preset": "published", "stride": 2, "fdr": 0.01, "resolution": 4.5}
        self.assertEqual(args["ilocscale"], args["ilocscale"] | expected)
        self.assertEqual(
            args["locscale"], args["locscale"] | {"structure": "model.cif", "structure_b": "own", "strict": True}
        )

    def parsed(self, run):
        words = ["enhance", *map(str, run._getArguments()), "--threads", "2"]
        process = subprocess.run([sys.executable, "-c", PARSED, *words], capture_output=True, text=True, check=False)
        self.assertEqual(process.returncode, 0, process.stderr)
        return json.loads(process.stdout)

    def testMasksComeFromOneSourceAtATime(self):
        def masks(run):
            options = ("--mask", "--fdr", "--structure=", "--strict")
            return [word.partition("=")[0] for word in map(str, run._getArguments()) if word.startswith(options)]

        self.assertEqual(masks(self.new()), [])
        self.assertEqual(masks(self.withMask()), ["--mask"])
        self.assertEqual(masks(self.withMask(maskSource=MASK_CONFIDENCE)), ["--fdr"])
        self.assertEqual(masks(self.withModel()), ["--structure"])
        self.assertEqual(masks(self.withModel(maskSource=MASK_MODEL)), ["--structure", "--strict"])

    def testHalfMapsOnlyIfTheyAreWanted(self):
        words = " ".join(map(str, self.new(useHalfVolumes=False)._getArguments()))
        self.assertNotIn("--half", words)

    # --------------------------- refusals ------------------------------------
    def testWrongFormsHaveOneSentence(self):
        for run, sentence in (
            (self.new(self.plain), "carries no half maps: give two half maps, or a volume that has them, or choose No"),
            (self.new(resolution=2.5), "finer than twice the sampling rate, 3 Å"),
            (self.new(resolution=30), "must be more than 0 Å and at most 25 Å"),
            (self.new(fdr=0.7), "must be 1e-06 or more and at most 0.5"),
            (self.new(stride=0), "must be 1 Å or more and at most 16 Å"),
            (self.new(maskSource=MASK_MODEL), "to come from the atomic model, and there is none"),
            (self.new(preset=1), "The published networks have the aim contrast alone"),
            (self.withMask(shape=(20, 28, 32)), "The mask is"),
        ):
            (error,) = run.validate()
            self.assertIn(sentence, error)
        self.assertEqual(self.new().validate(), [])
        self.assertEqual(self.new(self.plain, useHalfVolumes=False).validate(), [])
        self.assertEqual(self.withModel(preset=1).validate(), [])
        one = self.new()
        one.halfVolume1.set(self.plain)
        one.halfVolume1.setExtended("outputVolume")
        self.assertIn("One half map is missing", one.validate()[0])

    def testVoxelsAndBoxesThatDoNotSuitAreRefused(self):
        for rate, sentence in (
            (6, "tell nothing: give a finer map"),
            (0.5, "The box is 14 Å wide, less than a window"),
        ):
            run = self.new(useHalfVolumes=False)
            volume = Volume(location=self.plain.outputVolume.getFileName())
            volume.setSamplingRate(rate)
            run.inputVolume.set(volume)
            run.inputVolume.setExtended("")
            (error,) = run.validate()
            self.assertIn(sentence, error)

    def testWarnings(self):
        self.assertIn("one will be made automatically", self.new().warnings()[0])
        self.assertEqual(self.withMask().warnings(), [])
        alone = self.new(self.plain, useHalfVolumes=False)
        self.assertIn("CryoRes will tell the resolution", alone.warnings()[0])
        coarse = self.withMask(useHalfVolumes=False, resolution=7)
        volume = Volume(location=self.plain.outputVolume.getFileName())
        volume.setSamplingRate(2.5)
        coarse.inputVolume.set(volume)
        coarse.inputVolume.setExtended("")
        self.assertIn("The sampling rate is 2.5 Å/px", coarse.warnings()[0])

    # --------------------------- results -------------------------------------
    def testOutputsLieOnTheInputsGrid(self):
        source = self.finished.inputVolume.get()
        for name, kind in (("outputVolume", Volume), ("b_factor_Volume", Volume), ("outputMask", VolumeMask)):
            volume = getattr(self.finished, name)
            self.assertIs(type(volume), kind)
            self.assertEqual(volume.getSamplingRate(), VOXEL_SIZE)
            self.assertEqual(volume.getDim(), source.getDim())
            self.assertEqual(volume.getOrigin(force=True).getShifts(), source.getOrigin(force=True).getShifts())
        self.assertAlmostEqual(self.finished.mean_b_factor.get(), -20, delta=5)
        self.assertGreater(self.finished.fsc_before.get(), self.finished.fsc_after.get())

    def testHalfMapsSurviveTheProject(self):
        again = self.proj.getProtocol(self.finished.getObjId())
        self.assertEqual(again.outputVolume.getHalfMaps().split(","), self.finished.getHalfFiles())

    def testWithoutHalfMapsTheOutputCarriesNone(self):
        run = makeFinishedEnhancement(self.proj, halves=False)
        self.assertFalse(run.outputVolume.hasHalfMaps())
        self.assertIsNone(run.fsc_after.get())
        self.assertNotIn("FSC of the half maps", "\n".join(run.summary()))

    def testAGivenMaskIsNoOutput(self):
        run = makeFinishedEnhancement(self.proj)
        self.assertTrue(hasattr(run, "outputMask"))
        run.mask.set(self.finished)
        run.mask.setExtended("outputMask")
        run.createOutputStep([])
        self.assertFalse(hasattr(run, "outputMask"))

    def testTexts(self):
        self.assertEqual(self.new().summary(), ["The map has not been enhanced yet."])
        summary, methods = "\n".join(self.finished.summary()), "\n".join(self.finished.methods())
        for words in (
            "B factor applied: mean *-20 Å²*",
            "Resolution: 5.00 Å (FSC 0.143 of the half maps)",
            "for comparison, not for claims",
            "Method: iLocScale, aim density, network compact (made-up)",
            "Beyond 2.8 Å there is no information in the map",
        ):
            self.assertIn(words, summary)
        for words in (
            "was sharpened locally by iLocScale",
            "eLife.27131",
            "repository.tudelft.nl",
            "at a resolution of 5.00 Å",
        ):
            self.assertIn(words, methods)
        flat = {"b_factor": {"mean": -151.3}, "low_pass": 2.872}
        methods = "\n".join(makeFinishedEnhancement(self.proj, flattened=flat).methods())
        self.assertIn("network made-up, after one B factor of -151 Å² and a low-pass filter at 2.87 Å)", methods)
        run = makeFinishedEnhancement(self.proj, method="locscale", warnings=["It looks sharpened already."])
        run.inputAtomStruct.set(AtomStruct("model.cif"))
        self.assertIn("Method: LocScale with an atomic model, and iLocScale where", "\n".join(run.summary()))
        self.assertIn("*Warning*: It looks sharpened already.", run.summary())
        self.assertIn("D2FD00078D", "\n".join(run.methods()))

    def testCitations(self):
        self.assertEqual(self.new()._citations(), ["Bot2023", "Jakobi2017"])
        self.assertEqual(self.withModel()._citations(), ["Jakobi2017", "Bharadwaj2022"])
        self.assertIn("Beckers2019", self.new(maskSource=MASK_CONFIDENCE)._citations())

    def testMasksInWords(self):
        for mask, words in (
            ({"source": "fdr", "fdr": 0.01, "voxels": 1000}, "confidence mask at a false discovery rate of 0.01"),
            ({"source": "structure", "voxels": 1000}, "the molecular mask of the atomic model (1,000 voxels)"),
            ({"source": "file and structure", "voxels": 5}, "the given mask (5 voxels), that of the atomic model incl"),
            ({"source": "cryores", "voxels": 5}, "the mask found by CryoRes"),
        ):
            self.assertIn(words, enhancedMaskText(mask))


EDGE, RADIUS, BLUR = 40, 13.0, 1.3
"""Of the molecule that runs are made on: voxels of 1.5 Å, and Å."""


class TestRuns(ViewerChecks, BaseTest):
    """The program itself, on half maps of atoms in a ball, with their model and without."""

    viewerClass = ILocScaleViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        cls.molecule, cls.model = importMolecule(cls.proj)
        cls.run_ = cls.new(maskSource=MASK_MODEL)
        cls.run_.inputAtomStruct.set(cls.model)
        cls.run_.inputAtomStruct.setExtended("outputPdb")
        cls.proj.launchProtocol(cls.run_, wait=True)

    @classmethod
    def new(cls, **options):
        run = cls.proj.newProtocol(ProtDeepILocScale, **options)
        run.inputVolume.set(cls.molecule)
        run.inputVolume.setExtended("outputVolume")
        return run

    def testLocScaleByItsModel(self):
        self.assertTrue(self.run_.isFinished(), self.run_.getErrorMessage())
        report = self.run_._readReport()
        self.assertEqual((report["method"], report["strict"]), ("locscale", True))
        inside = read_map(self.run_.outputMask.getFileName()).data > 0.5
        b_factor = read_map(self.run_.b_factor_Volume.getFileName()).data
        self.assertFalse(b_factor[~inside].any())
        self.assertAlmostEqual(self.run_.mean_b_factor.get(), b_factor[inside].mean(), places=2)
        source = self.molecule.outputVolume
        for name in ("outputVolume", "b_factor_Volume", "outputMask"):
            volume = getattr(self.run_, name)
            self.assertEqual(volume.getSamplingRate(), VOXEL_SIZE)
            self.assertEqual(volume.getOrigin(force=True).getShifts(), source.getOrigin(force=True).getShifts())
        summary = "\n".join(self.run_.summary())
        for words in ("Method: LocScale with an atomic model", "the molecular mask of the atomic model", "0.143 at"):
            self.assertIn(words, summary)

    def testHalfMapsReachLocalFscByOnePointer(self):
        run = self.proj.newProtocol(ProtDeepLocalFsc, box=24)
        run.inputVolume.set(self.run_)
        run.inputVolume.setExtended("outputVolume")
        run.mask.set(self.run_)
        run.mask.setExtended("outputMask")
        self.assertEqual(run.validate(), [])
        halves = [half.getFileName() for half in carriedHalfMaps(run.inputVolume.get())]
        self.assertEqual(halves, self.run_.getHalfFiles())
        self.proj.launchProtocol(run, wait=True)
        self.assertTrue(run.isFinished(), run.getErrorMessage())
        self.assertIn("enhanced_half2.mrc", run._readReport()["command"])

    def testTheViewerReadsTheProgramsReport(self):
        viewer = self.openViewer(self.run_)
        for entry in ("doShowBeforeAfter", "doShowGains", "doShowFsc", "doShowBHistogram", "doShowProfiles"):
            self.assertDrawn(viewer, entry)

    def testARunByTheShippedNetwork(self):
        if not os.path.isdir(store.shipped_folder("ilocscale", "density")):
            self.skipTest("no network for local sharpening comes with this version yet")
        run = self.new()
        self.proj.launchProtocol(run, wait=True)
        self.assertTrue(run.isFinished(), run.getErrorMessage())
        self.assertIn("Method: iLocScale, aim density, network compact", "\n".join(run.summary()))
        self.assertTrue(run.outputVolume.hasHalfMaps())
        labels = self.show(self.openViewer(run), "doShowProfiles").getFigure().axes[0].get_legend().get_texts()
        self.assertEqual(len(labels), 3)


def importMolecule(project):
    """Import half maps of atoms at random places of a ball, their mean, and the atoms as a model."""
    rng = np.random.default_rng(0)
    places = rng.uniform(-RADIUS, RADIUS, (4000, 3))
    places = places[np.linalg.norm(places, axis=1) < RADIUS][:900]
    voxels = (np.arange(EDGE) - EDGE // 2) * VOXEL_SIZE
    weights = [np.exp(-0.5 * ((voxels - places[:, axis, None]) / BLUR) ** 2) for axis in range(3)]
    density = np.einsum("nz,ny,nx->zyx", *weights).astype(np.float32)
    paths = {name: os.path.abspath(project.getTmpPath(f"{name}.mrc")) for name in ("half1", "half2", "molecule")}
    halves = [density + 0.5 * density.std() * rng.standard_normal(density.shape) for _ in range(2)]
    for name, data in zip(paths, [*halves, (halves[0] + halves[1]) / 2], strict=True):
        write_map(paths[name], DensityMap(np.ascontiguousarray(data, np.float32), (VOXEL_SIZE,) * 3))
    options = {"setHalfMaps": True, "half1map": paths["half1"], "half2map": paths["half2"]}
    volume = project.newProtocol(ProtImportVolumes, filesPath=paths["molecule"], samplingRate=VOXEL_SIZE, **options)
    model = project.newProtocol(
        ProtImportPdb, inputPdbData=ProtImportPdb.IMPORT_FROM_FILES, pdbFile=_writeModel(project, places)
    )
    launchHere(project, volume, model)
    return volume, model


def _writeModel(project, places):
    """A PDB file of carbon atoms at (n, 3), Å, z y x from the centre, where Scipion puts an imported map's."""
    structure, model, chain = gemmi.Structure(), gemmi.Model(1), gemmi.Chain("A")
    for number, (z, y, x) in enumerate(places.tolist(), 1):
        residue, atom = gemmi.Residue(), gemmi.Atom()
        residue.name, residue.seqid = "ALA", gemmi.SeqId(str(number))
        atom.name, atom.element, atom.pos, atom.b_iso = "CA", gemmi.Element("C"), gemmi.Position(x, y, z), 20
        residue.add_atom(atom)
        chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    path = os.path.abspath(project.getTmpPath("model.pdb"))
    structure.write_pdb(path)
    return path
