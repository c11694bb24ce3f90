"""Volumes and what is claimed of them: the form, what is wrong with it, and the arguments of ``deepres classify``."""

import os
import zlib

from pwem.objects import Volume
from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.claims import addClaims, claimedVolumes, claimFrom, isHeader, tableText, voxelSizeNotes
from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.inputs import gridArguments, gridErrors, plainPath
from deepres_plugin.protocols.protocol_base import samplingErrors
from deepres_plugin.protocols.protocol_half_maps import OptionalHalfMapMixin, carriedHalfMaps
from deepres_plugin.protocols.protocol_network import NetworkMixin
from deepreslib.analysis.claims import checked_claim
from deepreslib.errors import InputError


class ClaimsProtocol(NetworkMixin, OptionalHalfMapMixin):
    """A protocol that asks about the claims of ``inputVolumes``: one map, or several with a table.

    Of a single map everything stands in the arguments of the command. Several are named in a table that is written
    before the program runs.
    """

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        self._defineGpuParams(form)
        form.addSection(label="Input")
        form.addParam(
            "inputVolumes",
            params.MultiPointerParam,
            pointerClass="Volume,SetOfVolumes",
            minNumObjects=1,
            important=True,
            label="Input volumes",
            help="The map that the claim is about, or several maps and sets of maps. Maps as the refinement gave them "
            "can be judged best; tightly masked ones less surely; simulated ones by half maps alone. Sampling rate and "
            "origin are taken from Scipion, not from the files' headers.",
        )
        form.addParam(
            "claimedResolution",
            params.FloatParam,
            allowsNull=True,
            label="Claimed resolution (Å)",
            help="What is claimed of the map, such as 3.2. Empty: it is read from the file below; without that, the "
            "resolution is estimated and no verdict is given.",
        )
        form.addParam(
            "claimsFile",
            params.PathParam,
            allowsNull=True,
            label="File of claims",
            help="For one map: EMDB's header (XML) or mmCIF, from which the claimed resolution is read, with the "
            "cutoff that it was read off at. For any number of maps: a table (CSV) with the columns map and claimed, "
            "and if you like voxel_size, half1, half2, mask, structure and label. A line is about the volume whose "
            "file it names in the column map (as it was called before it was imported), or whose name in the column "
            "label.",
        )
        self._defineUseHalfVolumes(
            form,
            "Yes: half maps decide if there are any and they can be relied on: those given here, those of the table, "
            "or those that a volume carries. No: they are left out, and CryoRes decides.",
            default=True,
        )
        form.addParam(
            "mask",
            params.PointerParam,
            pointerClass="VolumeMask",
            allowsNull=True,
            label="Mask",
            help="A mask that encloses the macromolecule, on the grid of the input volumes; inside is above 0.5. "
            "Empty: CryoRes finds it.",
        )
        form.addParam(
            "tolerance",
            params.FloatParam,
            default=10,
            allowsNull=True,
            label="Tolerance (%)",
            help="A claim may be off by so much of itself, as claims are rounded and depend on masks. It is "
            "contradicted only if it is off by more than this and by more than the predicted SDs (an advanced "
            "parameter, 2).",
        )
        form.addParam(
            "compareMethods",
            params.BooleanParam,
            default=False,
            label="Ask other methods too?",
            help="DeepRes, MonoRes, ResMap and, with half maps, local FSC are asked too, which takes minutes. Their "
            "medians are shown beside the claim; they decide nothing, as each method has a scale of its own.",
        )
        self._defineAdvanced(form)
        self._defineThreads(form)

    @staticmethod
    def _defineAdvanced(form):
        """What most users leave as it is."""
        form.addParam(
            "sigmas",
            params.FloatParam,
            default=2,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Predicted SDs",
            help="A claim is contradicted only if it is off by more than so many standard deviations of what was "
            "measured, and by more than the tolerance. More: fewer claims are contradicted.",
        )
        form.addParam(
            "borders",
            params.StringParam,
            default="5, 10",
            expertLevel=LEVEL_ADVANCED,
            label="Borders of the classes (Å)",
            help="Two resolutions between the classes high, medium and low, the finer one first, separated by a comma. "
            "They change the names of classes, and no verdict.",
        )
        form.addParam(
            "mass",
            params.FloatParam,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Mass of the sample (kDa)",
            help="Compared with the mask's volume, which finds a voxel size that was never set. For one map.",
        )
        form.addParam(
            "inputStructure",
            params.PointerParam,
            pointerClass="AtomStruct",
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Atomic model",
            help="A model that lies in the map: the voxel size at which both fit best is compared with the sampling "
            "rate. For one map.",
        )
        form.addParam(
            "modelPath",
            params.PathParam,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Path of the network",
            help="A folder written by 'deepres train cryores'. Empty: the CryoRes network that comes with the plugin.",
        )

    # --------------------------- information --------------------------------
    def _validate(self):
        try:
            volumes = claimedVolumes(self.inputVolumes)
        except FileNotFoundError as error:
            return [f"A set of volumes cannot be read: {error}."]
        errors = super()._validate()
        for each in volumes:
            errors += samplingErrors(each.volume, f"volume {each.name}")
            if self.mask.get() is not None:
                errors += _named(gridErrors(self.mask.get(), each.volume, "mask"), each)
        errors += self._getClaimErrors(volumes)
        errors += numberErrors(self, "tolerance", 10, "%", least=0, under=100)
        errors += numberErrors(self, "sigmas", 2, least=0, most=10)
        errors += numberErrors(self, "mass", 466, "kDa", optional=True, least=0.1, most=1e6)
        if len(volumes) > 1 and self.mass.get() is not None:
            errors.append(
                f"The mass belongs to one map and {len(volumes)} are given: leave it empty, or put it into the table."
            )
        if len(volumes) > 1 and self.inputStructure.get() is not None:
            errors.append(
                f"The atomic model belongs to one map and {len(volumes)} are given: leave it empty, or name models in "
                "the table."
            )
        try:
            self.getBorders()
        except ValueError:
            errors.append(
                f"'{self.borders.get()}' are not two resolutions: give the finer one first, then a comma and the "
                "coarser one, such as 5, 10."
            )
        errors += self._getNetworkErrors("a network's folder") if self._getNetworkPath() else []
        return errors

    def _getClaimErrors(self, volumes):
        """One sentence for each thing that is wrong with the claims."""
        number, path = self.claimedResolution.get(), self._getClaimsPath()
        errors = []
        if number is not None:
            try:
                checked_claim(number)
            except InputError as error:
                errors.append(_sentence(error))
        if number is not None and path:
            return [*errors, "The claimed resolution and the file of claims both say what is claimed: leave one out."]
        if len(volumes) > 1 and (number is not None or isHeader(path)):
            what = "The file of claims" if path else "The claimed resolution"
            errors.append(f"{what} belongs to one map and {len(volumes)} are given: give a table of claims.")
        if not path or errors:
            return errors
        try:
            if isHeader(path):
                claimFrom(path)
            else:
                addClaims(volumes, path)
        except InputError as error:
            errors.append(_sentence(error))
        return errors

    def _getHalfMapErrors(self):
        """One sentence for each thing that is wrong with the half maps."""
        given = [self.halfVolume1.get(), self.halfVolume2.get()]
        try:
            volumes = self._getClaimed()
        except InputError:
            return []  # said of the table
        if any(given) and None in given:
            return ["One half map is missing: give both, or none to use those that the input volume carries."]
        if any(given) and len(volumes) > 1:
            return [
                f"The half maps belong to one map and {len(volumes)} are given: leave them empty, and name half maps "
                "in the table, or give volumes that carry them."
            ]
        errors = []
        for each in volumes:
            for number, half in enumerate(self._getHalvesOf(each), 1):
                if os.path.exists(plainPath(half)):
                    errors += _named(gridErrors(half, each.volume, f"half map {number}"), each)
                else:
                    errors.append(f"Half map {number} of {each.name} is gone, {plainPath(half)}: use no half maps.")
        return errors

    def _warnings(self):
        volumes, path = claimedVolumes(self.inputVolumes), self._getClaimsPath()
        if self.claimedResolution.get() is None and not path:
            return ["Nothing is claimed: the resolution will be estimated, and no verdict given."]
        if not path or isHeader(path):
            return []
        try:
            unused = addClaims(volumes, path)
        except InputError:
            return []
        notes = voxelSizeNotes(volumes)
        if unused:
            notes.append(f"The table has lines for maps that are not among the input volumes: {', '.join(unused)}.")
        return notes

    # --------------------------- utilities ----------------------------------
    def getBorders(self):
        """The borders of the form, Å; a ValueError if it has something else."""
        first, second = (float(word) for word in (self.borders.get() or "").split(","))
        if not 0.5 <= first < second <= 100:
            raise ValueError("borders out of order or out of range")
        return first, second

    def _getVolumes(self):
        return [each.volume for each in claimedVolumes(self.inputVolumes)]

    def _getClaimed(self):
        """The volumes with what the table says of them; what is claimed of a single one stands in the arguments."""
        volumes, path = claimedVolumes(self.inputVolumes), self._getClaimsPath()
        if path and not isHeader(path):
            addClaims(volumes, path)
        return volumes

    def _getClaimsPath(self):
        return (self.claimsFile.get() or "").strip()

    def _getNetworkPath(self):
        return (self.modelPath.get() or "").strip()

    def _getHalvesOf(self, each):
        """The two half maps of a volume: those of the form, those of the table, those that it carries; or none."""
        given = [self.halfVolume1.get(), self.halfVolume2.get()]
        if not self.useHalfVolumes:
            return []
        if any(given):
            return given
        if "half1" in each.files:
            halves = [Volume(location=each.files[name]) for name in ("half1", "half2")]
            for half in halves:
                half.setSamplingRate(each.volume.getSamplingRate())
            return halves
        return carriedHalfMaps(each.volume) or []

    def _getImages(self):
        volumes = self._getClaimed()
        halves = [half for each in volumes for half in self._getHalvesOf(each)]
        return [*(each.volume for each in volumes), *halves, self.mask.get()]

    def _getFilesOf(self, each):
        """Column of the table, or option of the command → path, of what belongs to a volume."""
        files = {name: each.files[name] for name in ("mask", "structure") if name in each.files}
        files |= {f"half{number}": self._inputPath(half) for number, half in enumerate(self._getHalvesOf(each), 1)}
        if self.mask.get() is not None:
            files["mask"] = self._inputPath(self.mask.get())
        if self.inputStructure.get() is not None:
            files["structure"] = self.inputStructure.get().getFileName()
        return files

    def _getTable(self, volumes):
        """The table for the program."""
        return tableText(
            [
                {
                    "map": self._inputPath(each.volume),
                    "claimed": "" if each.claimed is None else f"{each.claimed:.8g}",
                    "voxel_size": f"{each.volume.getSamplingRate():.8g}",
                    "label": each.name,
                    "mass": "" if each.mass is None else f"{each.mass:.8g}",
                    **self._getFilesOf(each),
                }
                for each in volumes
            ]
        )

    def _getArguments(self):
        volumes, (first, second) = self._getClaimed(), self.getBorders()
        arguments = ["--table", self._getTableFile(volumes)] if len(volumes) > 1 else self._getArgumentsOf(*volumes)
        arguments += [f"--tolerance={self.tolerance.get() / 100:.8g}", f"--sigmas={self.sigmas.get():.8g}"]
        arguments += [f"--borders={first:.8g},{second:.8g}"] + ["--compare"] * self.compareMethods.get()
        if self._getNetworkPath():
            arguments.append(f"--cryores-model={self._getNetworkPath()}")
        return [*arguments, "-o", self._getOutputFolder()]

    def _getArgumentsOf(self, each):
        """The arguments about a single map."""
        arguments = [self._inputPath(each.volume), f"--label={each.name}", *gridArguments(each.volume)]
        claimed = each.claimed if self.claimedResolution.get() is None else self.claimedResolution.get()
        if claimed is not None:
            arguments.append(f"--claimed={claimed:.8g}")
        elif isHeader(self._getClaimsPath()):
            arguments.append(f"--claimed-from={self._getClaimsPath()}")
        arguments += [f"--{name}={path}" for name, path in self._getFilesOf(each).items()]
        mass = each.mass if self.mass.get() is None else self.mass.get()
        return arguments + ([] if mass is None else [f"--mass={mass:.8g}"])

    def _getTableFile(self, volumes):
        """Where the table lies, named after its content: so a continued run repeats its steps if that has changed."""
        return self._getExtraPath(f"claims_{zlib.crc32(self._getTable(volumes).encode()):08x}.csv")


def _named(errors, each):
    """Sentences about a volume of several, which say of which."""
    return [error.replace("the volume", f"the volume {each.name}", 1) for error in errors]


def _sentence(error):
    text = str(error)
    return text[:1].upper() + text[1:]
