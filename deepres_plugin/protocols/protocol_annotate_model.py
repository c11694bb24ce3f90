"""The protocol "resolution on a model"."""

from pwem.objects import AtomStruct
from pyworkflow.object import Float
from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.inputs import gridArguments, gridErrors
from deepres_plugin.protocols.protocol_base import DeepresProtocol, samplingErrors
from deepreslib.analysis.annotation import FEW, REACH

OUTPUT_STRUCTURE = "outputAtomStruct"
ATTRIBUTE = "local_resolution"
CHAINS_SHOWN = 12


class ProtDeepAnnotateModel(DeepresProtocol):
    """Local resolution at the atoms and residues of a structure, read from a map of local resolution.

    Each atom takes the resolution interpolated at its place, among the voxels inside the mask only; a residue takes
    the mean of its atoms. The result is the structure (the atomic model) with both as attributes, by which the
    viewers of Scipion and ChimeraX can colour it, and a plot along each chain. It shows in how much detail the map
    supports each part of the structure, and it works with the map of any method.
    """

    _label = "resolution on a model"
    _command = "annotate"
    _possibleOutputs = {OUTPUT_STRUCTURE: AtomStruct}

    _OUTNAME = OUTPUT_STRUCTURE  # these two are read by pwem's ChimeraAttributeViewer
    _ATTRNAME = ATTRIBUTE

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.median_res_init = Float()

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addSection(label="Input")
        form.addParam(
            "inputAtomStruct",
            params.PointerParam,
            pointerClass="AtomStruct",
            important=True,
            label="Atomic model",
            help="A model, PDB or mmCIF, that lies in the map: its coordinates and the map's origin must agree. Of a "
            "file with several models the first is taken.",
        )
        form.addParam(
            "inputVolume",
            params.PointerParam,
            pointerClass="Volume",
            important=True,
            label="Resolution map",
            help="A map of local resolution in Å, 0 outside the mask, such as the output of the local-resolution "
            "protocols. Sampling rate and origin are taken from Scipion, not from the file's header.",
        )
        form.addParam(
            "mask",
            params.PointerParam,
            pointerClass="VolumeMask",
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Mask",
            help="Needed only for resolution maps of programs that write something else than 0 outside their mask: "
            "values outside this mask are left out.",
        )
        form.addParam(
            "reach",
            params.FloatParam,
            default=REACH,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Reach (Å)",
            help="An atom outside the mask takes the resolution of the mask's nearest voxel if that is not farther "
            "away than this; else it has none. 0: only atoms inside the mask get a resolution.",
        )

    # --------------------------- steps --------------------------------------
    def createOutputStep(self, arguments):
        """Register the annotated structure."""
        self.median_res_init.set(self._readReport()["residues"]["resolution"]["median"])
        source = self.inputAtomStruct.get()
        structure = AtomStruct(self._getStructureFile(), pseudoatoms=source.getPseudoAtoms())
        if source.hasVolume():
            structure.setVolume(source.getVolume())
        if source.hasOrigin():
            structure.setOrigin(source.getOrigin())
        self._defineOutputs(**{OUTPUT_STRUCTURE: structure})
        self._defineSourceRelation(self.inputAtomStruct, structure)
        self._defineSourceRelation(self.inputVolume, structure)
        return self._getOutputFiles()

    # --------------------------- information --------------------------------
    def _validate(self):
        volume, errors = self.inputVolume.get(), []
        if volume is not None:
            errors += samplingErrors(volume, "resolution map")
            if self.mask.get() is not None:
                errors += gridErrors(self.mask.get(), volume, "mask")
        return errors + numberErrors(self, "reach", REACH, "Å", least=0)

    def _summary(self):
        if not self._hasResult():
            return self._getNoResultLines("The model has not been annotated yet.")
        report = self._readReport()
        atoms, residues = report["atoms"], report["residues"]
        lines = [
            f"Median *{self.median_res_init.get():.2f} Å* at {residues['assigned']:,} of {residues['count']:,} "
            f"residues ({atoms['assigned']:,} of {atoms['count']:,} atoms)"
        ]
        if atoms["assigned"] < FEW * atoms["count"]:
            lines.append("*Most atoms lie outside the mask*: check the volume's origin, the model and the mask.")
        chains = report["chains"]
        lines += [f"Chain {name}: {_chainText(chains[name])}" for name in list(chains)[:CHAINS_SHOWN]]
        if len(chains) > CHAINS_SHOWN:
            lines.append(f"... and {len(chains) - CHAINS_SHOWN} more chains, all in {self._getReportFile()}")
        return lines + self._getNotes(report)

    def _methods(self):
        if not self._hasResult():
            return []
        report = self._readReport()
        return [
            f"The local resolution at the atoms of {self.getObjectTag('inputAtomStruct')} was interpolated in "
            f"{self.getObjectTag('inputVolume')} among the voxels inside its mask (atoms outside took the value of its "
            f"nearest voxel within {report['reach']:g} Å) and averaged over each residue, by deepres "
            f"{report['version']}. The median of {report['residues']['assigned']} residues is "
            f"{self.median_res_init.get():.2f} Å."
        ]

    # --------------------------- utilities ----------------------------------
    def _getImages(self):
        return [self.inputVolume.get(), self.mask.get()]

    def _getArguments(self):
        volume, mask = self.inputVolume.get(), self.mask.get()
        arguments = [self.inputAtomStruct.get().getFileName(), self._inputPath(volume), *gridArguments(volume)]
        if mask is not None:
            arguments.append(f"--mask={self._inputPath(mask)}")
        arguments += [f"--reach={self.reach.get():.8g}", f"--attribute={ATTRIBUTE}"]
        return [*arguments, "-o", self._getStructureFile()]

    def _getMachineArguments(self):
        return []

    def _getOutputFiles(self):
        return [self._getStructureFile(), self._getReportFile(), self._getAttributesFile()]

    def _getMoreResults(self):
        return [self._getExtraPath(f"annotated_model{ending}") for ending in (".cxc", ".png")]

    def _getStructureFile(self):
        return self._getExtraPath("annotated_model.cif")

    def _getAttributesFile(self):
        return self._getExtraPath("annotated_model.defattr")

    def _getReportFile(self):
        return self._getExtraPath("annotated_model.json")


def _chainText(chain):
    """What the report says of a chain, in words."""
    if chain["resolution"] is None:
        return f"none of {chain['count']} residues in the mask"
    return f"median {chain['resolution']['median']:.2f} Å, {chain['assigned']} of {chain['count']} residues"
