"""The viewer of "resolution on a model"."""

import os

import numpy as np
from pwem.convert.atom_struct import NAME, VALUE, AtomicStructHandler
from pwem.viewers import ChimeraAttributeViewer, ChimeraView
from pwem.viewers.viewer_localres import chimeraInstalled, getChimeraError
from pyworkflow.protocol import params

from deepres_plugin.protocols import ProtDeepAnnotateModel
from deepres_plugin.protocols.protocol_annotate_model import ATTRIBUTE
from deepres_plugin.viewers.viewer_base import MapViewer
from deepreslib import pictures
from deepreslib.analysis import annotation
from deepreslib.errors import InputError
from deepreslib.structures.attributes import ATOMS_ENDING

MOST_PAGES = 3


class AnnotateModelViewer(MapViewer, ChimeraAttributeViewer):
    """Plot along the chains, histogram, and the structure in ChimeraX, on one colour scale.

    It is pwem's viewer of attributes, whose entries and parameters keep their names, with plots of its own: all
    chains at once, gaps where the numbering has gaps, and no values for residues that have none.
    """

    _label = "resolution on a model viewer"
    _targets = [ProtDeepAnnotateModel]

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addSection(label="Local resolution on the model")
        group = form.addGroup("Along the chains")
        group.addParam(
            "chain_name",
            params.StringParam,
            default="",
            label="Chains",
            help="Names of the chains to show, separated by commas. Empty: all, ten a window, at most "
            f"{MOST_PAGES} windows.",
        )
        group.addParam(
            "displaySequence",
            params.LabelParam,
            label="Resolution along the chains",
            help="Each residue's resolution against its number, with a bar from the finest to the coarsest of its "
            "atoms; grey ticks at the bottom mark residues without a resolution.",
        )
        group = form.addGroup("All of the model")
        group.addParam(
            "attrName",
            params.EnumParam,
            choices=self._getStructureAttributes(),
            default=0,
            label="Attribute",
            help="The resolution of residues, which is the mean over their atoms, or that of single atoms.",
        )
        group.addParam(
            "displayHistogram",
            params.LabelParam,
            label="Histogram",
            help="How many residues or atoms have which local resolution, in bins of 0.25 Å; the dashed line is the "
            "median.",
        )
        group.addParam(
            "residuesAverages",
            params.BooleanParam,
            default=True,
            condition="attrName == 1",
            label="Average over residues",
            help="In ChimeraX, colour each residue by the mean of its atoms instead of each atom by its own value.",
        )
        group.addParam(
            "displayStruct",
            params.LabelParam,
            label="Model in ChimeraX",
            help="The model coloured by the attribute, with a key of the colours in Å; grey where there is none.",
        )
        self._defineColourScale(form, self._makeDefaultScale())

    def _getEntries(self):
        return {
            "displaySequence": self._showSequence,
            "displayHistogram": self._showHistogram,
            "displayStruct": self._showChimera,
        }

    def _validate(self):
        if not self.protocol._hasResult():
            return ["This run has no annotated model yet: wait for it to finish, or look at its log."]
        return []

    # --------------------------- entries ------------------------------------
    def _showSequence(self):
        chains = annotation.by_chain(self._readResidues())
        if names := [name.strip() for name in self.chain_name.get("").split(",") if name.strip()]:
            unknown = [name for name in names if name not in chains]
            if unknown:
                raise InputError(f"There is no chain {unknown[0]}: the model's chains are {', '.join(chains)}.")
            chains = {name: chains[name] for name in names}
        figures = pictures.residue_figures(chains, self._getScale(), self._getName())
        title = "Local resolution along the chains"
        return [view for page in figures[:MOST_PAGES] for view in self._figure(page, title)]

    def _showHistogram(self):
        values, unit = self._readValues(self.getEnumText("attrName"))
        figure = pictures.histogram_figure({self._getName(): values}, self._getScale(), unit=unit)
        return self._figure(figure, "Histogram")

    def _showChimera(self):
        script = os.path.abspath(self.protocol._getExtraPath("annotated_model_coloured.cxc"))
        attribute = self.getEnumText("attrName")
        pictures.write_chimerax_structure_script(
            script,
            self.protocol._getStructureFile(),
            self.protocol._getAttributesFile(),
            attribute,
            "residues" if attribute == ATTRIBUTE else "atoms",
            self._getScale(),
            average=self.residuesAverages.get(),
        )
        if not chimeraInstalled():
            message = f"{getChimeraError()}.\n\nThe script is ready for a ChimeraX elsewhere:\n\n{script}"
            return [self.errorMessage(message, "ChimeraX not found")]
        return [ChimeraView(script)]

    # --------------------------- utilities ----------------------------------
    def _getStructureAttributes(self):
        return [ATTRIBUTE, ATTRIBUTE + ATOMS_ENDING]

    def _readResidues(self):
        return annotation.residues_of(self.protocol._readReport()["table"])

    def _readValues(self, attribute):
        """The values of an attribute, Å, and what has each of them: residue or atom."""
        categories = AtomicStructHandler().readLowLevel(self.protocol._getStructureFile())
        columns = [np.array(categories[key]) for key in (NAME, VALUE)]
        values = [float(value) for name, value in zip(*columns, strict=True) if name == attribute]
        return np.array(values), "residue" if attribute == ATTRIBUTE else "atom"

    def _makeDefaultScale(self):
        if not self.protocol._hasResult():
            return pictures.ColourScale(2.5, 13.0)
        return pictures.ColourScale.from_values(np.array([residue.resolution for residue in self._readResidues()]))
