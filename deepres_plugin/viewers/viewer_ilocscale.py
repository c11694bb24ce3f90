"""The viewer of "local sharpening (iLocScale)"."""

import numpy as np
from pyworkflow.protocol import params

from deepres_plugin.constants import OUTPUT_MASK, OUTPUT_VOLUME
from deepres_plugin.predicted_profiles import askProfiles
from deepres_plugin.protocols import ProtDeepILocScale
from deepres_plugin.viewers.viewer_enhancement import EnhancementViewer
from deepreslib import pictures
from deepreslib.errors import InputError

COARSE = 1
"""The shell, about 18 Å, at which the middle of the gains is shown as 1; the first holds the mean alone."""

PLACE = ("profileX", "profileY", "profileZ")


class ILocScaleViewer(EnhancementViewer):
    """What all enhancers show, the gains, and the profiles of a window before and after."""

    _label = "local sharpening viewer"
    _targets = [ProtDeepILocScale]

    # --------------------------- form ---------------------------------------
    def _defineMoreParams(self, group):
        group.addParam(
            "doShowGains",
            params.LabelParam,
            label="Gains",
            help="By how much amplitudes were multiplied at each frequency, relative to coarse details: the median "
            "over the mask, and how much it varies from place to place. The network's gains come on top of one B "
            "factor for the whole map, which the title names; the B factors of the other page hold both.",
        )
        line = group.addLine(
            "Voxel",
            help="The voxel whose window is shown below, each number counted from 0. Empty: the voxel of the mask that "
            "lies nearest to its centre.",
        )
        for name in PLACE:
            line.addParam(name, params.IntParam, allowsNull=True, label=name[-1].lower())
        group.addParam(
            "doShowProfiles",
            params.LabelParam,
            label="Profiles at the voxel",
            help="How strong the map is at each frequency in a window of 25 Å around the voxel: before, after, and as "
            "the network predicts it (not with an atomic model). Each map is shown in units of its own SD within the "
            "mask, as enhancing changes the scale of a map. It takes some seconds. Hollow points hold no information.",
        )

    def _getMoreEntries(self):
        return {"doShowGains": self._showGains, "doShowProfiles": self._showProfiles}

    # --------------------------- entries ------------------------------------
    def _showGains(self):
        report = self.protocol._readReport()
        gains = {name: np.array(values) for name, values in report["gains"].items()}
        numbers = sorted((name for name in gains if name != "frequency"), key=lambda name: float(name.split("_")[1]))
        unit = gains[numbers[1]][COARSE]
        low, middle, high = (gains[name] / unit for name in numbers)
        ends = [name.split("_")[1] for name in numbers]
        held = np.zeros(len(middle), bool)
        held[[shell["shell"] for shell in report.get("held_shells") or []]] = True
        figure = pictures.gains_figure(
            gains["frequency"],
            middle,
            low,
            high,
            f"percentiles {ends[0]} to {ends[-1]} over the mask",
            held,
            report["resolution"]["value"],
            title=_flatTitle(report),
            name="median over the mask",
            label="Gain of the amplitudes, 1 at 18 Å",
        )
        return self._figure(figure, "Gains")

    def _showProfiles(self):
        found = askProfiles(
            before=self._findFile(self.protocol.inputVolume.get()),
            after=self._findFile(getattr(self.protocol, OUTPUT_VOLUME)),
            mask=self.protocol.getResultFile(OUTPUT_MASK),
            voxel_size=self._readAfter().voxel_size,
            resolution=self.protocol._readReport()["resolution"]["value"],
            voxel=self._getVoxel(),
            network=self.protocol.getNetwork(),
            workers=self.protocol.numberOfThreads.get(),
        )
        after = self._readAfter().data[self._readMask()].std(dtype=float)
        units = {"before": 1.0, "after": after, "predicted": after}
        profiles = {name: np.array(found[name]) / unit for name, unit in units.items() if found[name]}
        z, y, x = found["voxel"]
        title = f"Profiles at x {x}, y {y}, z {z}"
        figure = pictures.profiles_figure(
            profiles, np.array(found["known"]), self.protocol._readReport()["resolution"]["value"], title
        )
        return self._figure(figure, title)

    # --------------------------- utilities ----------------------------------
    def _getVoxel(self):
        """The voxel of the form as (z, y, x); None if its numbers are empty."""
        numbers = [getattr(self, name).get() for name in reversed(PLACE)]
        if None not in numbers:
            return numbers
        if any(number is not None for number in numbers):
            raise InputError("One of the voxel's three numbers is missing: give all of them, or none.")
        return None


def _flatTitle(report):
    """What was done to the whole map before the gains; empty if nothing."""
    flat = report.get("flattened")
    if not flat:
        return ""
    return f"On top of one B factor of {flat['b_factor']['mean']:.0f} Å² for the whole map".replace("-", "−")
