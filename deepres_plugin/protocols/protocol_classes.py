"""The protocol "resolution classes"."""

import os

from pwem.objects import Volume
from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.constants import OUTPUT_CLASS, OUTPUT_DEVIATION, OUTPUT_PROBABILITY, OUTPUT_RESOLUTION
from deepres_plugin.protocols.protocol_local_resolution import LocalResolutionProtocol
from deepres_plugin.protocols.protocol_network import NetworkMixin
from deepreslib.errors import InputError
from deepreslib.networks import store
from deepreslib.networks.class_labels import LABELS
from deepreslib.networks.voxelclass_card import COMPACT

LABEL_FSC, LABEL_MONORES, LABEL_RESMAP = range(3)
LABEL_TEXTS = ["local FSC", "MonoRes", "ResMap"]
ARTICLES = {"fsc": "Cardone2013", "monores": "Vilas2018", "resmap": "Kucukelbir2014"}
"""Label → the article of the method whose classes these are."""


class ProtDeepClasses(NetworkMixin, LocalResolutionProtocol):
    """Ten classes of local resolution, with their probabilities, from one map alone.

    Each voxel gets the most probable of ten classes (1: up to 2 Å, 2: above 2 up to 3 Å, and so on to 10: coarser than
    10 Å), as a network expects local FSC, MonoRes or ResMap to say (after Avramov et al. 2019). It also gets that
    class' probability, and the resolution expected from the probabilities of all ten, with its deviation.

    Classes by local FSC come from CryoRes. Those of MonoRes and ResMap are expected by a network that has learnt what
    these methods say of maps with all the noise around the molecule, so it can be asked about masked maps too, which
    the methods themselves misread or refuse. They are three different quantities. Where a method can run itself, its
    own answer is better.
    """

    _label = "resolution classes"
    _method = "classes"
    _moreOutputs = {OUTPUT_DEVIATION: "_sd", OUTPUT_CLASS: "_class", OUTPUT_PROBABILITY: "_probability"}
    _possibleOutputs = dict.fromkeys((OUTPUT_RESOLUTION, *_moreOutputs), Volume)

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        self._defineGpuParams(form)
        form.addSection(label="Input")
        self._defineInputVolume(form, "The map whose voxels are to be classified, masked or not.")
        form.addParam(
            "mask",
            params.PointerParam,
            pointerClass="VolumeMask",
            allowsNull=True,
            label="Mask",
            help="A mask that encloses the macromolecule, on the volume's grid; every voxel above 0.5 gets a class, "
            "all others 0. Empty: CryoRes finds it.",
        )
        form.addParam(
            "labels",
            params.EnumParam,
            choices=LABEL_TEXTS,
            default=LABEL_FSC,
            display=params.EnumParam.DISPLAY_HLIST,
            label="Classes as by",
            help="The method whose classes these are to be. Local FSC: where the local FSC of half maps would fall to "
            "0.5, as CryoRes expects it. MonoRes, ResMap: what these would say of the map before it was masked; they "
            "ask something else than local FSC, so their classes differ.",
        )
        form.addParam(
            "modelPath",
            params.PathParam,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Path of the network",
            help="A folder written by 'deepres train voxelclass', or, for local FSC, by 'deepres train cryores'. "
            "Empty: the network that comes with the plugin.",
        )
        self._defineThreads(form)

    # --------------------------- information --------------------------------
    def _validate(self):
        return super()._validate() + self._getModelErrors()

    def _getModelErrors(self):
        """One sentence if no network can tell the classes that are asked for."""
        path, label, text = self._getNetworkPath(), self._getLabelName(), LABEL_TEXTS[self.labels.get()]
        if not path:
            if label == LABELS[LABEL_FSC] or os.path.isdir(store.shipped_folder("voxelclass", COMPACT)):
                return []
            return [
                f"No network for the classes of {text} comes with this version: give the path of one trained by "
                "'deepres train voxelclass', or choose local FSC."
            ]
        errors = self._getNetworkErrors("a network's folder")
        if errors:
            return errors
        try:
            card = store.read_card(path)
        except InputError as error:
            return [f"The network cannot be used: {error}"]
        learnt = card.get("labels", []) if card.get("network") == "voxelclass" else [LABELS[LABEL_FSC]]
        if not isinstance(learnt, list) or label in learnt:
            return []  # of a card that is broken the program says more
        names = [name for known, name in zip(LABELS, LABEL_TEXTS, strict=True) if known in learnt]
        return [
            f"The network at '{path}' knows the classes of {' and '.join(names) or 'no method'} and not those of "
            f"{text}: choose others, or another network."
        ]

    def _warnings(self):
        return []

    def _getMoreSummary(self, report):
        label, rows = LABEL_TEXTS[LABELS.index(report["labels"])], report["classes"]
        commonest = max(rows, key=lambda row: row["voxels"])
        share = 100 * commonest["voxels"] / max(sum(row["voxels"] for row in rows), 1)
        return [
            f"Classes as by *{label}*; the commonest is *{commonest['class']}* ({classText(commonest)}): {share:.0f} % "
            f"of the voxels, with a mean probability of {commonest['mean_probability'] or 0:.2f}"
        ]

    def _getHow(self, report):
        label = report["labels"]
        method = LABEL_TEXTS[LABELS.index(label)]
        by = " and CryoRes [Dang2023]" if label == LABELS[LABEL_FSC] else ""
        return (
            f"in ten classes [Avramov2019] as by {method} [{ARTICLES[label]}]{by}, as implemented in deepres "
            f"{report['version']} (network {report['model']['name']})"
        )

    def _citations(self):
        label = self._getLabelName()
        return ["Avramov2019", ARTICLES[label], *(["Dang2023"] if label == LABELS[LABEL_FSC] else [])]

    # --------------------------- utilities ----------------------------------
    def _getMaskThreshold(self):
        return None

    def _getNetworkPath(self):
        return (self.modelPath.get() or "").strip()

    def _getLabelName(self):
        return LABELS[self.labels.get()]

    def _getMethodArguments(self):
        arguments = [f"--labels={self._getLabelName()}"]
        return [*arguments, f"--model={self._getNetworkPath()}"] if self._getNetworkPath() else arguments


def classText(row):
    """The ends of a class of the report, in words."""
    if row["above"] is None:
        return f"up to {row['to']:g} Å"
    return f"coarser than {row['above']:g} Å" if row["to"] is None else f"{row['above']:g} to {row['to']:g} Å"
