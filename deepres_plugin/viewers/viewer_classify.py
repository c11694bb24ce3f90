"""The viewer of "validate claimed resolution"."""

import numpy as np
from pyworkflow.protocol import params

from deepres_plugin.constants import OUTPUT_VOTES
from deepres_plugin.protocols import ProtDeepClassify
from deepres_plugin.viewers.page_view import PageView
from deepres_plugin.viewers.viewer_base import MapViewer
from deepreslib import pictures
from deepreslib.analysis.claims import Estimate, Rule, class_of
from deepreslib.analysis.confusion import Confusion
from deepreslib.analysis.map_end import MapEnd, Spectrum
from deepreslib.errors import InputError
from deepreslib.maps.half_map_curves import HalfMapCurves
from deepreslib.networks.mapclass_card import CLASSES
from deepreslib.pictures.evidence import Point

HALF_MAPS, END = 3, 5
"""Numbers of lines of evidence."""


class ClassifyViewer(MapViewer):
    """The verdicts, the evidence for them, the classes of resolution, and the votes of one map."""

    _label = "claimed resolution viewer"
    _targets = [ProtDeepClassify]

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addSection(label="Claimed resolution")
        form.addParam(
            "doShowReport",
            params.LabelParam,
            label="Open the report",
            help="The whole report in the browser: verdict, evidence, what was not checked, and pictures. It is one "
            "file, which can be sent to a reviewer.",
        )
        form.addParam(
            "doShowVerdicts",
            params.LabelParam,
            label="Table of verdicts",
            help="Of each map what is claimed, what was measured, the verdict, and what decided.",
        )
        self._defineOneMap(form)
        group = form.addGroup("All maps")
        group.addParam(
            "doShowProbabilities",
            params.LabelParam,
            label="Probabilities of the classes",
            help="How probable it is that each map is of high, medium or low resolution; the claim's class is "
            "outlined.",
        )
        group.addParam(
            "doShowOverview",
            params.LabelParam,
            label="Claimed against measured",
            help="Each map at its claimed and its measured resolution; in the grey band they agree within the "
            "tolerance.",
        )
        group.addParam(
            "doShowConfusion",
            params.LabelParam,
            label="Confusion matrix",
            help="Claimed against found classes, with sensitivity, specificity and predictive values (PPV, NPV) of "
            "each class. It needs two maps or more with a claim.",
        )

    def _defineOneMap(self, form):
        """What is shown of one map."""
        group = form.addGroup("One map")
        group.addParam(
            "shownMap",
            params.EnumParam,
            choices=self._getNames() or ["none"],
            default=0,
            label="Map",
            help="The map that is shown by the lines below.",
        )
        group.addParam(
            "doShowEvidence",
            params.LabelParam,
            label="Table of evidence",
            help="All lines of evidence about the map: what was found, and whether it speaks for or against the claim.",
        )
        group.addParam(
            "doShowSpectrum",
            params.LabelParam,
            label="Spectrum",
            help="The amplitude of the map in each shell of Fourier space, with the claim, what was measured, where "
            "the map ends, and Nyquist's limit.",
        )
        group.addParam(
            "doShowDistribution",
            params.LabelParam,
            label="Distribution of the local resolution",
            help="How much of the molecule has which local resolution, and how much reaches the claim.",
        )
        group.addParam(
            "doShowFsc",
            params.LabelParam,
            label="FSC of the half maps",
            help="Without a mask, within the mask, with random phases, and corrected for what the mask makes.",
        )
        self._defineSliceAxis(group)
        group.addParam(
            "doShowVolumeSlices",
            params.LabelParam,
            label="Slices of the map",
            help="The density in grey, four slices.",
        )
        group.addParam(
            "doShowVotes",
            params.LabelParam,
            label="Classes on slices",
            help="The class of each voxel by its local resolution: high, medium or low. Only for a run on one map.",
        )
        group.addParam(
            "surfaceLevel",
            params.FloatParam,
            allowsNull=True,
            label="Density level",
            help="The density at which the surface is drawn. Empty: found from the map and its molecule.",
        )
        group.addParam(
            "doShowVotesSurface",
            params.LabelParam,
            label="Classes on the surface",
            help="The same on the surface of the map, from three sides. Only for a run on one map.",
        )

    def _getEntries(self):
        return {
            "doShowReport": self._showReport,
            "doShowVerdicts": self._showVerdicts,
            "doShowEvidence": self._showEvidence,
            "doShowSpectrum": lambda: self._showPanel("spectrum", "Spectrum"),
            "doShowDistribution": lambda: self._showPanel("local", "Distribution of the local resolution"),
            "doShowFsc": lambda: self._showPanel("half maps", "FSC of the half maps"),
            "doShowVolumeSlices": lambda: self._showGrey(self._getChosen()[1], f"Slices of {self._getChosenName()}"),
            "doShowVotes": self._showVotes,
            "doShowVotesSurface": self._showVotesSurface,
            "doShowProbabilities": self._showProbabilities,
            "doShowOverview": self._showOverview,
            "doShowConfusion": self._showConfusion,
        }

    def _validate(self):
        if not self.protocol._hasResult():
            return ["This run has no result yet: wait for it to finish, or look at its log."]
        return []

    # --------------------------- entries ------------------------------------
    def _showReport(self):
        return [PageView(self.protocol.getResultFile("summary.html"), lambda text: self.infoMessage(text, "Report"))]

    def _showVerdicts(self):
        figure = pictures.verdict_table_figure(self.protocol._readReport()["maps"])
        return self._figure(figure, "Table of verdicts")

    def _showEvidence(self):
        return self._figure(pictures.evidence_table_figure(self._getJudgedEntry()), self._titled("Table of evidence"))

    def _showPanel(self, panel, title):
        entry = self._getJudgedEntry()
        lines = {line["number"]: line for line in entry["evidence"]}
        curves = lines[HALF_MAPS].get("fsc")
        figure = pictures.evidence_figure(
            Spectrum.from_dict(entry["spectrum"]),
            MapEnd.from_line(lines[END]),
            np.array(entry["local_resolution"]),
            HalfMapCurves.from_dict(curves, lines[HALF_MAPS]["randomised_beyond"]) if curves else None,
            entry["claim"] and entry["claim"]["resolution"],
            _estimate(entry),
            panels=[panel],
        )
        return self._figure(figure, self._titled(title))

    def _showVotes(self):
        votes, density = self._readVotes()
        figure = pictures.votes_slices_figure(
            votes.data, votes.voxel_size, self._getBorders(), density.data, self._getAxis(), origin=votes.origin
        )
        return self._figure(figure, self._titled("Classes on slices"))

    def _showVotesSurface(self):
        votes, density = self._readVotes()
        figure = pictures.votes_surface_figure(
            votes.data,
            density.data,
            votes.voxel_size,
            self._getBorders(),
            self.surfaceLevel.get(),
            origin=votes.origin,
        )
        return self._figure(figure, self._titled("Classes on the surface"))

    def _showProbabilities(self):
        entries, borders = self.protocol._readReport()["maps"], self._getBorders()
        known = {
            entry["name"]: [entry["class"]["probabilities"][name] for name in CLASSES]
            for entry in entries
            if entry.get("class")
        }
        claimed = {
            entry["name"]: class_of(entry["claim"]["resolution"], borders) for entry in entries if entry["claim"]
        }
        return self._figure(
            pictures.probabilities_figure(known, borders, claimed), "Probabilities of the classes of resolution"
        )

    def _showOverview(self):
        report = self.protocol._readReport()
        points = [
            Point(entry["name"], entry["claim"]["resolution"], _estimate(entry), entry["verdict"])
            for entry in report["maps"]
            if entry["claim"] and entry["judged"]
        ]
        return self._figure(pictures.overview_figure(points, Rule(**report["rule"])), "Claimed against measured")

    def _showConfusion(self):
        found = self.protocol._readReport()["confusion"]
        if not found:
            raise InputError(
                "There is no confusion matrix: it needs two maps or more that have a claim and whose class can be told."
            )
        figure = pictures.confusion_figure(Confusion.from_dict(found), self._getBorders())
        return self._figure(figure, "Claimed against found classes")

    # --------------------------- utilities ----------------------------------
    def _getNames(self):
        return [entry["name"] for entry in self.protocol._readReport()["maps"]] if self.protocol._hasResult() else []

    def _getBorders(self):
        return tuple(self.protocol._readReport()["borders"])

    def _getChosen(self):
        """The report's entry of the map that the form names, and its volume."""
        return self.protocol.getJudged()[self.shownMap.get()]

    def _getChosenName(self):
        return self._getChosen()[0]["name"]

    def _getJudgedEntry(self):
        entry, _ = self._getChosen()
        if not entry["judged"]:
            raise InputError(f"{entry['name']} was not judged: {entry['reason']}")
        return entry

    def _titled(self, title):
        return f"{title} of {self._getChosenName()}" if len(self._getNames()) > 1 else title

    def _readVotes(self):
        """The votes, and the density on the same grid."""
        votes = getattr(self.protocol, OUTPUT_VOTES, None)
        if votes is None:
            raise InputError(
                "This run has no classes of voxels: they are kept for a run on one map, if CryoRes gave a local "
                "resolution."
            )
        return self._readVolume(votes), self._readVolume(self._getChosen()[1])


def _estimate(entry):
    """What decided about a map; None if nothing did."""
    return Estimate.from_dict(entry["estimate"]) if entry["estimate"] else None
