"""Resolution on a model: a headless run, pwem's own readers on its output, the viewer, refusals."""

import os
from unittest import mock

import gemmi
import mrcfile
import numpy as np
from pwem import Domain
from pwem.convert import atom_struct
from pwem.objects import AtomStruct, VolumeMask
from pwem.protocols import ProtImportPdb, ProtImportVolumes
from pwem.viewers import ChimeraAttributeViewer, ChimeraView, viewer_localres
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin.protocols import ProtDeepAnnotateModel
from deepres_plugin.protocols.protocol_annotate_model import ATTRIBUTE
from deepres_plugin.tests.launching import launchHere
from deepres_plugin.tests.viewer_checks import ViewerChecks
from deepres_plugin.viewers import AnnotateModelViewer, viewer_annotate_model

SAMPLING = 1.5
SHAPE = (20, 24, 28)
ORIGIN = np.array([-21.0, 7.0, 40.0])
"""Å, x y z, of voxel (0, 0, 0): set on import, while the file's header says 0."""

RESIDUES = 12
CHAINS = {"A": 8.0, "B": 16.0}
"""Distance in y from the origin, Å; residue n of a chain stands at 3 n Å in x."""

LAST_INSIDE = 9
"""The mask ends beyond this residue; the next ones are farther than 3 Å from it."""


def resolutionAt(x):
    """Å; x in Å from the origin."""
    return 3 + 0.1 * np.asarray(x)


class TestAnnotateModel(ViewerChecks, BaseTest):
    """A resolution that rises along x, and two chains in it whose ends stick out of the mask."""

    viewerClass = AnnotateModelViewer

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        folder = os.path.abspath(cls.proj.getTmpPath())
        cls.map = importMap(cls.proj, os.path.join(folder, "resolution.mrc"), ORIGIN)
        cls.structure = importStructure(cls.proj, os.path.join(folder, "model.pdb"))
        cls.finished = cls.new()
        cls.proj.launchProtocol(cls.finished, wait=True)

    @classmethod
    def new(cls, **options):
        run = cls.proj.newProtocol(ProtDeepAnnotateModel, **options)
        run.setObjLabel("annotate")
        run.inputVolume.set(cls.map)
        run.inputVolume.setExtended("outputVolume")
        run.inputAtomStruct.set(cls.structure)
        run.inputAtomStruct.setExtended("outputPdb")
        return run

    def readOutput(self):
        return atom_struct.AtomicStructHandler().readLowLevel(self.finished.outputAtomStruct.getFileName())

    # --------------------------- the run ------------------------------------
    def testOutputHasTheResolutionOfEachResidue(self):
        self.assertTrue(self.finished.isFinished(), self.finished.getErrorMessage())
        self.assertIs(type(self.finished.outputAtomStruct), AtomStruct)
        values = viewer_localres.makeResidueValuesDic(self.readOutput(), ATTRIBUTE)
        self.assertEqual(len(values), RESIDUES * len(CHAINS))
        for chain in CHAINS:
            for number in range(1, LAST_INSIDE + 1):
                self.assertAlmostEqual(float(values[f"{chain}:{number}"]), resolutionAt(3 * number), places=2)
            self.assertEqual({values[f"{chain}:{n}"] for n in range(LAST_INSIDE + 1, RESIDUES + 1)}, {"nan"})

    def testSummaryAndMethods(self):
        self.assertEqual(self.new().summary(), ["The model has not been annotated yet."])
        summary = "\n".join(self.finished.summary())
        median = self.finished._readReport()["residues"]["resolution"]["median"]
        self.assertIn(f"Median *{median:.2f} Å* at 18 of 24 residues (36 of 48 atoms)", summary)
        self.assertAlmostEqual(self.finished.median_res_init.get(), median)
        self.assertIn("Chain A: median", summary)
        self.assertIn("within 3 Å", "\n".join(self.finished.methods()))

    def testCommandCanBePasted(self):
        """The job that the log shows is what was run, quoted for a shell."""
        with open(self.finished.getStdoutLog(), encoding="utf-8") as log:
            text = log.read()
        self.assertIn(f"-m deepreslib annotate {self.structure.outputPdb.getFileName()} ", text)
        self.assertIn(" --voxel-size=1.5 --origin=-21,7,40 ", text)

    # --------------------------- pwem's readers -----------------------------
    def testLayoutIsThatOfPwem(self):
        """The category is what addScipionAttribute would have made of the same values."""
        written = self.readOutput()
        keys = [atom_struct.NAME, atom_struct.RECIP, atom_struct.SPEC, atom_struct.VALUE]
        rows = list(zip(*(written[key] for key in keys), strict=True))
        theirs = {}
        for recipient in ("residues", "atoms"):
            (name,) = {row[0] for row in rows if row[1] == recipient}
            scores = {spec: value for _, kind, spec, value in rows if kind == recipient}
            theirs = atom_struct.addScipionAttribute(theirs, scores, name, recipient)
        self.assertEqual({key: written[key] for key in keys}, theirs)

    def testPwemPutsTheValuesOnTheAtoms(self):
        for number, name in enumerate((ATTRIBUTE, f"{ATTRIBUTE}_atoms")):
            target = self.getOutputPath(f"occupancy{number}.cif")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            path = self.finished.outputAtomStruct.getFileName()
            categories = atom_struct.AtomicStructHandler().readLowLevel(
                viewer_localres.replaceOcuppancyWithAttribute(path, name, target)
            )
            first = [float(value) for value in categories["_atom_site.occupancy"][:2]]
            np.testing.assert_allclose(first, resolutionAt(3), atol=0.01)

    def testPwemsViewerShowsIt(self):
        viewer = self.openViewer(self.finished, ChimeraAttributeViewer)
        self.assertEqual(set(viewer._getStructureAttributes()), {ATTRIBUTE, f"{ATTRIBUTE}_atoms"})
        viewer.lowest.set(2.0)
        viewer.highest.set(8.0)
        with mock.patch.object(viewer_localres.plt, "show"):
            plotter = self.show(viewer, "displayHistogram")
            viewer._getVisualizeDict()["displaySequence"]("displaySequence")
        bars = [patch.get_height() for patch in plotter.getFigure().axes[0].patches]
        self.assertIn(sum(bars), (18, 36))  # residues or atoms; its list of names has no order

    # --------------------------- our viewer ---------------------------------
    def testChainsAreShown(self):
        viewer = self.openViewer(self.finished)
        self.assertEqual(viewer.validate(), [])
        view = self.show(viewer, "displaySequence")
        titles = [axes.get_title("left") for axes in view.getFigure().axes if axes.get_title("left")]
        self.assertEqual([title.split(":")[0] for title in titles], ["chain A", "chain B"])
        self.assertIn("12 residues, 3 without a value", titles[0])
        viewer.chain_name.set("B")
        view = self.show(viewer, "displaySequence")
        self.assertEqual(view.getFigure().axes[0].get_title("left").split(":")[0], "chain B")
        viewer.chain_name.set("B, Z")
        message = self.show(viewer, "displaySequence")
        self.assertIn("There is no chain Z: the model's chains are A, B", message.getMessage())

    def testHistogramCountsResiduesOrAtoms(self):
        for attribute, count in enumerate((18, 36)):
            viewer = self.openViewer(self.finished)
            viewer.attrName.set(attribute)
            viewer.lowest.set(2.0)
            viewer.highest.set(8.0)
            axes = self.show(viewer, "displayHistogram").getFigure().axes[0]
            self.assertEqual(sum(bar.get_height() for bar in axes.patches), count)
            self.assertEqual(axes.get_xlabel(), "Local resolution (Å)")
            self.assertEqual(axes.get_ylabel(), ("Residues", "Atoms")[attribute])

    def testColourScaleFitsTheValues(self):
        viewer = self.openViewer(self.finished)
        self.assertLess(viewer.lowest.get(), resolutionAt(3) + 0.5)
        self.assertGreater(viewer.highest.get(), resolutionAt(3 * LAST_INSIDE) - 0.5)
        view = self.show(viewer, "displaySequence")
        self.assertEqual(view.getFigure().axes[-1].get_ylim(), (viewer.lowest.get(), viewer.highest.get()))

    def testChimera(self):
        viewer = self.openViewer(self.finished)
        with mock.patch.object(viewer_annotate_model, "chimeraInstalled", return_value=False):
            message = self.show(viewer, "displayStruct")
        self.assertIn("Chimera program is not found", message.getMessage())
        script = message.getMessage().split()[-1]
        with open(script, encoding="utf-8") as stream:
            lines = stream.read()
        self.assertIn(f"color byattribute r:{ATTRIBUTE} #1 palette", lines)
        for path in (self.finished.outputAtomStruct.getFileName(), self.finished._getAttributesFile()):
            self.assertIn(f'open "{os.path.abspath(path)}"', lines)
        viewer.attrName.set(1)
        with mock.patch.object(viewer_annotate_model, "chimeraInstalled", return_value=True):
            view = self.show(viewer, "displayStruct")
        self.assertIsInstance(view, ChimeraView)
        with open(script, encoding="utf-8") as stream:
            self.assertIn(f"color byattribute a:{ATTRIBUTE}_atoms #1 palette", stream.read())

    def testRunWithoutOutputIsExplained(self):
        fresh = self.new()
        viewer = self.openViewer(fresh)
        self.assertIn("no annotated model yet", viewer.validate()[0])

    # --------------------------- refusals -----------------------------------
    def testValidation(self):
        run = self.new()
        self.assertEqual((run.validate(), run.warnings()), ([], []))
        run.reach.set(-1.0)
        self.assertIn("0 Å or more", run.validate()[0])
        run.reach.set(3.0)
        mask = VolumeMask(location=self.map.outputVolume.getFileName())
        mask.setSamplingRate(3.0)
        run.mask.set(mask)
        self.assertIn("The mask has a sampling rate of 3 Å/px", run.validate()[0])

    def testStructureBesideTheMapFailsWithOneSentence(self):
        folder = os.path.abspath(self.proj.getTmpPath())
        far = importMap(self.proj, os.path.join(folder, "far.mrc"), ORIGIN + 500)
        run = self.new()
        run.inputVolume.set(far)
        run.inputVolume.setExtended("outputVolume")
        self.proj.launchProtocol(run, wait=True)
        self.assertTrue(run.isFailed())
        self.assertIn("none of its 48 atoms lies within 3 Å of the mask", run.getErrorMessage())
        self.assertFalse(os.path.exists(run._getStructureFile()))


def importMap(project, path, origin):
    """A resolution map, 0 beyond the last residue inside, at an origin that is not in the file's header."""
    x = SAMPLING * np.arange(SHAPE[2])
    data = np.where(x <= 3 * LAST_INSIDE + SAMPLING / 2, resolutionAt(x), 0) * np.ones(SHAPE)
    with mrcfile.new(path, overwrite=True) as mrc:
        mrc.set_data(data.astype(np.float32))
        mrc.voxel_size = 1.0
    x, y, z = -origin
    protocol = project.newProtocol(
        ProtImportVolumes, filesPath=path, samplingRate=SAMPLING, setOrigCoord=True, x=x, y=y, z=z
    )
    launchHere(project, protocol)
    return protocol


def importStructure(project, path):
    """Two straight chains of residues with two atoms each, at one x."""
    model = gemmi.Model(1)
    for name, y in CHAINS.items():
        chain = gemmi.Chain(name)
        for number in range(1, RESIDUES + 1):
            residue = gemmi.Residue()
            residue.name, residue.seqid = "ALA", gemmi.SeqId(str(number))
            for atom_name, z in (("CA", 10.0), ("CB", 11.5)):
                atom = gemmi.Atom()
                atom.name, atom.element = atom_name, gemmi.Element("C")
                atom.pos = gemmi.Position(*np.add(ORIGIN, (3.0 * number, y, z)))
                residue.add_atom(atom)
            chain.add_residue(residue)
        model.add_chain(chain)
    structure = gemmi.Structure()
    structure.add_model(model)
    structure.write_pdb(path)
    protocol = project.newProtocol(ProtImportPdb, inputPdbData=ProtImportPdb.IMPORT_FROM_FILES, pdbFile=path)
    launchHere(project, protocol)
    return protocol
