"""The protocol "local sharpening (iLocScale)"."""

from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.protocols.protocol_enhancement import MASK_CONFIDENCE, MASK_MODEL, EnhancementProtocol

AIM_DENSITY, AIM_CONTRAST = range(2)
AIMS = ["density", "contrast"]
PRESET_COMPACT, PRESET_PUBLISHED = range(2)
PRESETS = ["compact", "published"]
STRUCTURE_B = ["shifted", "own", "zero"]
STRUCTURE_B_TEXTS = ["shifted", "those of the file", "zero"]

ILOCSCALE, LOCSCALE = "ilocscale", "locscale"


class ProtDeepILocScale(EnhancementProtocol):
    """Local sharpening from one map, in seconds: each part of the map is sharpened as much as it bears.

    A map is better resolved in some places than in others, so one B factor sharpens too much here and too little there.
    iLocScale looks at the map through windows of 25 Å. Two small networks (Bot 2023), or one of ours, tell from the
    amplitudes in a window how they should be scaled, from coarse details to fine ones. Nothing is drawn into the map:
    only its amplitudes are scaled, so ligands, glycans and lipids stay, and so do the half maps' differences.

    With an atomic model the amplitudes are scaled to those of the model's density, as LocScale does (Jakobi et al.
    2017); where less than two fifths of a window's molecule are modelled, the network's answer is used.

    Outputs are the sharpened map with its half maps, on which local FSC can be run; the B factor that was applied at
    each voxel; and the mask, if one was made.
    """

    _label = "local sharpening (iLocScale)"

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addSection(label="Input")
        self._defineMapParams(form)
        self._defineMaskParams(form)
        form.addParam(
            "inputAtomStruct",
            params.PointerParam,
            pointerClass="AtomStruct",
            allowsNull=True,
            label="Atomic model",
            help="Optional: a model, PDB or mmCIF, that lies in the map. The map then gets the amplitudes of the "
            "model's density, as LocScale does; where nothing is modelled, those that the network tells. A model that "
            "lies elsewhere is refused, and the origin that would fit is named.",
        )
        form.addParam(
            "structureBFactors",
            params.EnumParam,
            choices=STRUCTURE_B_TEXTS,
            default=0,
            display=params.EnumParam.DISPLAY_HLIST,
            condition="inputAtomStruct is not None",
            label="B factors of the model",
            help="Shifted: those of the file, less nearly the least of them, so that the best part of the model is as "
            "sharp as it can be. Those of the file: as they are. Zero: none, which lifts noise wherever the map is "
            "worse than its best part.",
        )
        form.addParam(
            "aim",
            params.EnumParam,
            choices=AIMS,
            default=AIM_DENSITY,
            display=params.EnumParam.DISPLAY_HLIST,
            condition="inputAtomStruct is None",
            label="Aim",
            help="Density: as near to the molecule's density as the noise allows. Contrast: amplitudes as an atomic "
            "model has them, side chains as LocScale shows them, at the price of noise.",
        )
        self._defineResolution(form)
        form.addParam(
            "preset",
            params.EnumParam,
            choices=PRESETS,
            default=PRESET_COMPACT,
            display=params.EnumParam.DISPLAY_HLIST,
            condition="inputAtomStruct is None",
            expertLevel=LEVEL_ADVANCED,
            label="Network",
            help="Compact: our network. Published: the two networks of Bot 2023, whose aim is contrast.",
        )
        form.addParam(
            "stride",
            params.IntParam,
            default=4,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Stride (Å)",
            help="Distance of the places at which windows are looked at, a whole number from 1 to 16; between them the "
            "gains are interpolated. 4 differs from 1 by less than 2 % and takes a sixtieth of the time.",
        )
        form.addParallelSection(threads=2, mpi=0, binThreadsHelp="Processor cores to use.")

    # --------------------------- information --------------------------------
    def _validate(self):
        errors = super()._validate() + numberErrors(self, "stride", 4, "Å", least=1, most=16)
        if self._getStructure() is None and self.preset == PRESET_PUBLISHED and self.aim == AIM_DENSITY:
            errors.append("The published networks have the aim contrast alone: choose it, or the compact network.")
        return errors

    def _getMoreSummary(self, report):
        lines = [self._getMethodText(report)]
        if report.get("held_shells"):
            coarsest = max(shell["coarsest"] for shell in report["held_shells"])
            lines.append(f"Beyond {coarsest:.1f} Å there is no information in the map, so nothing was lifted there")
        return lines

    @staticmethod
    def _getMethodText(report):
        if report["method"] == LOCSCALE:
            where = "" if report["strict"] else ", and iLocScale where nothing is modelled"
            return f"Method: LocScale with an atomic model{where}"
        return f"Method: iLocScale, aim {report['aim']}, network {report['preset']} ({report['model']['name']})"

    def _getHow(self, report):
        by = f"as implemented in deepres {report['version']}"
        at = f"at a resolution of {report['resolution']['value']:.2f} Å"
        if report["method"] == LOCSCALE:
            b_factors = STRUCTURE_B_TEXTS[STRUCTURE_B.index(report["structure_b"])]
            return (
                f"locally, its amplitudes scaled in windows of 25 Å to those of the density of "
                f"{self.getObjectTag('inputAtomStruct')} [Jakobi2017] [Bharadwaj2022] (B factors: {b_factors}"
                f"{_flattenedText(report)}), {by}, "
                f"{at}"
            )
        return (
            f"locally by iLocScale [Bot2023] after LocScale [Jakobi2017], {by} (aim {report['aim']}, network "
            f"{report['model']['name']}{_flattenedText(report)}), {at}"
        )

    def _citations(self):
        papers = ["Jakobi2017", "Bharadwaj2022"] if self._getStructure() else ["Bot2023", "Jakobi2017"]
        return papers + ["Beckers2019"] * (self.maskSource == MASK_CONFIDENCE)

    # --------------------------- utilities ----------------------------------
    def _getStructure(self):
        return self.inputAtomStruct.get()

    def _getPointers(self):
        return super()._getPointers() + ([] if self._getStructure() is None else [self.inputAtomStruct])

    def _getMethod(self):
        return ILOCSCALE if self._getStructure() is None else LOCSCALE

    def getNetwork(self):
        """Path, preset and aim of the network that found the gains; None with an atomic model."""
        if self._getStructure() is not None:
            return None
        return None, PRESETS[self.preset.get()], AIMS[self.aim.get()]

    def _getMethodArguments(self):
        stride = f"--stride={self.stride.get()}"
        if self._getStructure() is None:
            return [f"--aim={AIMS[self.aim.get()]}", f"--preset={PRESETS[self.preset.get()]}", stride]
        arguments = [
            f"--structure={self._getStructure().getFileName()}",
            f"--structure-b={STRUCTURE_B[self.structureBFactors.get()]}",
            stride,
        ]
        # in the model's own mask all is modelled, so that nothing is left to the network
        return [*arguments, "--strict"] if self.maskSource == MASK_MODEL else arguments


def _flattenedText(report):
    """What was done to the whole map before, for the text of the methods; empty if nothing."""
    flat = report.get("flattened")
    if not flat:
        return ""
    return (
        f", after one B factor of {flat['b_factor']['mean']:.0f} Å² and a low-pass filter at {flat['low_pass']:.2f} Å"
    )
