"""The viewer of "compare local resolutions"."""

from pyworkflow.protocol import params

from deepres_plugin.protocols import ProtDeepCompare
from deepres_plugin.viewers.viewer_local_resolution import LocalResolutionMapViewer
from deepreslib import pictures
from deepreslib.analysis.comparison import compare
from deepreslib.errors import InputError
from deepreslib.maps.checks import check_mask


class CompareViewer(LocalResolutionMapViewer):
    """Numbers, histograms, density plots and differences of the maps; slices and surface of their consensus."""

    _label = "comparison viewer"
    _targets = [ProtDeepCompare]

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        """The comparison in a section of its own, so that the window fits a screen of 900 pixels."""
        self._defineComparison(form)
        super()._defineParams(form)

    def _defineComparison(self, form):
        form.addSection(label="Comparison")
        form.addParam(
            "doShowTable",
            params.LabelParam,
            label="Table of numbers",
            help="Median, SD and percentiles of each map, and how it agrees with the reference: root mean square and "
            "median of the differences in Å, Pearson and Spearman correlation.",
        )
        form.addParam(
            "doShowAgreement",
            params.LabelParam,
            label="Maps against the reference",
            help="How many voxels have which resolution in the reference and in another map, one panel for each "
            "other map; on the dashed diagonal they agree.",
        )
        group = form.addGroup("Slices, across the axis that is chosen under Consensus")
        group.addParam(
            "differenceOf",
            params.EnumParam,
            choices=self._getOtherLabels() or ["none"],
            default=0,
            label="Map",
            help="The map whose difference from the reference is shown below.",
        )
        group.addParam(
            "doShowDifference",
            params.LabelParam,
            label="Difference from the reference",
            help="Four slices of map − reference in Å: blue where the map claims a finer resolution than the "
            "reference, red where a coarser one. The colours are the same for all maps.",
        )
        group.addParam(
            "doShowSpread",
            params.LabelParam,
            label="Spread of the maps",
            help="Four slices of half the distance between the percentiles 16 and 84 of the maps at each voxel, Å: "
            "where it is large, the methods disagree about the resolution.",
        )
        group.addParam(
            "doShowCount",
            params.LabelParam,
            label="Number of maps",
            help="Four slices that show how many of the maps have a value. There is a consensus only where enough of "
            "them have one.",
        )

    def _getHeading(self):
        return "Consensus"

    def _getMoreEntries(self):
        return {
            "doShowTable": self._showTable,
            "doShowAgreement": self._showAgreement,
            "doShowDifference": self._showDifference,
            "doShowSpread": self._showSpread,
            "doShowCount": self._showCount,
        }

    # --------------------------- entries ------------------------------------
    def _showTable(self):
        return self._figure(pictures.comparison_table_figure(self.protocol._readReport()), "Table of numbers")

    def _showHistogram(self):
        return self._figure(pictures.histogram_figure(self._getComparison().values), "Histograms")

    def _showAgreement(self):
        return self._figure(pictures.agreement_figure(self._getComparison()), "Maps against the reference")

    def _showDifference(self):
        label = self.getEnumText("differenceOf")
        figure = pictures.difference_figure(self._getComparison(), label, **self._getPlace())
        return self._figure(figure, f"Difference of {label}")

    def _showSpread(self):
        return self._figure(pictures.spread_figure(self._getComparison(), **self._getPlace()), "Spread of the maps")

    def _showCount(self):
        return self._figure(pictures.count_figure(self._getComparison(), **self._getPlace()), "Number of maps")

    def _showDensitySlices(self):
        self._checkDensity()
        return super()._showDensitySlices()

    def _showColoured(self, numbers, title):
        figure = pictures.coloured_slices_figure(
            resolution=self._readResolution().data, scale=self._getScale(), numbers=numbers, **self._getPlace()
        )
        return self._figure(figure, title.replace("Local resolution", "Consensus"))

    # --------------------------- utilities ----------------------------------
    def _getComparison(self):
        """The comparison, computed again from the maps with the program's settings, once for each viewer."""
        if not hasattr(self, "_comparison"):
            report = self.protocol._readReport()
            labels = [numbers["label"] for numbers in report["maps"]]
            maps = [self._readVolume(volume) for volume in self.protocol.getVolumes().values()]
            mask = self.protocol.mask.get()
            self._comparison = compare(
                {label: resolution.data for label, resolution in zip(labels, maps, strict=True)},
                None if mask is None else check_mask(self._readVolume(mask), maps[0]),
                report["reference"],
                report["background"],
                report["share"],
            )
        return self._comparison

    def _getOtherLabels(self):
        if self._getResolutionVolume() is None:
            return []
        return [numbers["label"] for numbers in self.protocol._readReport()["maps"] if numbers["agreement"]]

    def _getPlace(self):
        """What all slices share: the grid, the axis and the density behind them."""
        grid = self._readResolution()
        density = None if self.protocol.inputVolume.get() is None else self._readDensity().data
        return {"voxel_size": grid.voxel_size, "origin": grid.origin, "axis": self._getAxis(), "density": density}

    def _readDensity(self):
        self._checkDensity()
        return super()._readDensity()

    def _checkDensity(self):
        if self.protocol.inputVolume.get() is None:
            raise InputError("This run was given no density map: choose one in its form and continue it.")
