"""The protocol "validate claimed resolution"."""

import os

from pwem.objects import SetOfVolumes, Transform, Volume
from pyworkflow.object import CsvList, Float, String

from deepres_plugin.constants import OUTPUT_VOLUMES, OUTPUT_VOTES
from deepres_plugin.protocols.protocol_claims import ClaimsProtocol

NOT_JUDGED = "not judged"
CLASSES = ("high", "medium", "low")
SHOWN = 12
"""So many maps are named in the summary."""


class ProtDeepClassify(ClaimsProtocol):
    """Does a map bear its claimed resolution out? A verdict, with the evidence for it.

    You hold a map and a number, such as 3.2 Å: from a paper, from EMDB, or from your own refinement. The protocol looks
    at the voxel size, at the half maps if there are any, at what CryoRes expects from the map alone, and at where the
    map's spectrum ends, and says whether the claim is consistent with the map, finer or coarser than the map supports,
    or impossible; or that it cannot tell, and why. Each line of evidence is given in a sentence, and all of them in one
    file that can be sent to a reviewer.

    Half maps are always better evidence than CryoRes, and a consistent claim is not proved: nothing speaks against it.
    Several maps, or sets of them, may be given at once with a table of their claims. Each map gets a class of
    resolution too: high (finer than 5 Å), medium or low (coarser than 10 Å).
    """

    _label = "validate claimed resolution"
    _command = "classify"
    _possibleOutputs = {OUTPUT_VOLUMES: SetOfVolumes, OUTPUT_VOTES: Volume}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.global_resolution = Float()
        self.claimed_resolution = Float()
        self.verdict = String()

    # --------------------------- steps --------------------------------------
    def runDeepresStep(self, arguments):
        """Write the table of several maps, then run the program."""
        volumes = self._getClaimed()
        if len(volumes) > 1:
            with open(self._getTableFile(volumes), "w", encoding="utf-8") as table:
                table.write(self._getTable(volumes))
        return super().runDeepresStep(arguments)

    def createOutputStep(self, arguments):
        """Register the volumes with what was found about them, the votes, and the numbers."""
        entries, volumes = self._readReport()["maps"], self._getVolumes()
        judged = self._createSetOfVolumes()
        for volume, entry in zip(volumes, entries, strict=True):
            judged.append(_withResult(volume, entry))
        judged.setSamplingRate(volumes[0].getSamplingRate())  # now, as volumes that are added take the set's
        self._defineOutputs(**{OUTPUT_VOLUMES: judged})
        pointers = [pointer for pointer in self.inputVolumes if pointer.get() is not None]
        for pointer in pointers:
            self._defineSourceRelation(pointer, judged)
        entry = entries[0] if len(entries) == 1 else {}
        self.global_resolution.set((entry.get("estimate") or {}).get("value"))
        self.claimed_resolution.set((entry.get("claim") or {}).get("resolution"))
        self.verdict.set(entry.get("verdict"))
        if entry and os.path.exists(self.getResultFile("votes.mrc")):
            votes = self._makeVolume(self.getResultFile("votes.mrc"), volumes[0])
            self._defineOutputs(**{OUTPUT_VOTES: votes})
            self._defineSourceRelation(pointers[0], votes)
        elif hasattr(self, OUTPUT_VOTES):
            self.deleteOutput(getattr(self, OUTPUT_VOTES))
        return self._getOutputFiles()

    # --------------------------- information --------------------------------
    def _summary(self):
        if not self._hasResult():
            return self._getNoResultLines("The claim has not been judged yet.")
        report = self._readReport()
        entries = report["maps"]
        if len(entries) == 1:
            lines = [f"*{entries[0]['sentence']}*", *_evidenceLines(entries[0])]
        else:
            counts = [f"{count} {name}" for name, count in report["counts"].items() if count]
            lines = [f"*{len(entries)} maps: {', '.join(counts)}*"]
            told = [entry["sentence"] for entry in entries if entry.get("contradicted") or not entry["judged"]]
            lines += told[:SHOWN]
            lines += [f"... and {len(told) - SHOWN} more, all in the report"] * (len(told) > SHOWN)
        notes = [(entry["name"], note) for entry in entries for note in entry.get("warnings", [])][:SHOWN]
        notes = [f"{name}: {note}" if len(entries) > 1 else note for name, note in notes]
        return [*lines, *self._getNotes({"warnings": notes}), f"Report: {self.getResultFile('summary.html')}"]

    def _methods(self):
        if not self._hasResult():
            return []
        report = self._readReport()
        rule = report["rule"]
        one = len(report["maps"]) == 1
        what = "The claimed resolution of a map was" if one else "The claimed resolutions of maps were"
        halves = any(entry["judged"] and entry["decided_by"] == 3 for entry in report["maps"])
        corrected = "the FSC of half maps, corrected by phase randomisation [Chen2013], and " if halves else ""
        sentences = " ".join(entry["sentence"] for entry in report["maps"][:SHOWN])
        return [
            f"{what} judged by {corrected}CryoRes [Dang2023] as implemented in deepres {report['version']}, the "
            f"classes of resolution being those of [Avramov2019]. A claim is contradicted if it is off by more than "
            f"{100 * rule['tolerance']:g} % of itself and by more than {rule['sigmas']:g} predicted SDs. {sentences}"
        ]

    def _citations(self):
        return ["Avramov2019", "Dang2023", "Chen2013", "Afonine2018", "Wang2022"]

    # --------------------------- utilities ----------------------------------
    def getResultFile(self, name):
        """The place of a file that the program writes."""
        return os.path.join(self._getOutputFolder(), name)

    def getJudged(self):
        """What the report holds of each map, and the volume of each."""
        volumes = [volume.clone() for volume in getattr(self, OUTPUT_VOLUMES).iterItems()]
        return list(zip(self._readReport()["maps"], volumes, strict=True))

    def _getOutputFiles(self):
        return [self._getReportFile(), self.getResultFile("verdicts.csv"), self.getResultFile("summary.html")]

    def _getMoreResults(self):
        return [self._getOutputFolder()]  # which files there are depends on the maps

    def _getReportFile(self):
        return self.getResultFile("classify.json")

    def _getOutputFolder(self):
        return self._getExtraPath("claim")


def _withResult(volume, entry):
    """A volume with what was found about it; each has all the attributes, as the columns of the set."""
    found = Volume()
    found.copyInfo(volume)
    found.setLocation(volume.getLocation())
    found.setSamplingRate(volume.getSamplingRate())
    origin = Transform()
    origin.setShifts(*volume.getOrigin(force=True).getShifts())
    found.setOrigin(origin)
    found.setObjLabel(entry["name"])
    estimate, claim, kind = entry.get("estimate"), entry["claim"], entry.get("class")
    found.claimed = Float(claim and claim["resolution"])
    found.resolution = Float(estimate and estimate["value"])
    found.deviation = Float(estimate and estimate["deviation"])
    found.resolution_class = String(kind and kind["name"])
    found.probabilities = CsvList(pType=float)
    found.probabilities.set([kind["probabilities"][name] for name in CLASSES] if kind else [])
    found.verdict = String(entry["verdict"] if entry["judged"] else NOT_JUDGED)
    found.reason = String(entry["reason"])
    return found


def _evidenceLines(entry):
    """The lines of evidence that warn or contradict."""
    lines = [line for line in entry["evidence"] if line["state"] in ("warning", "contradicts")]
    return [f"{line['state'].capitalize()}: {line['name']}: {line['sentence']}" for line in lines]
