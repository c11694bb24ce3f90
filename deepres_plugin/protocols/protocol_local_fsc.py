"""The protocol "local FSC"."""

from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.protocols.protocol_half_maps import HalfMapMixin
from deepres_plugin.protocols.protocol_local_resolution import LocalResolutionProtocol


class ProtDeepLocalFsc(HalfMapMixin, LocalResolutionProtocol):
    """Local resolution by the local Fourier shell correlation of two half maps, as blocres measures it.

    Around every voxel the half maps are cut out by a soft window and correlated, shell by shell; the resolution is
    where the correlation falls below the cutoff (Cardone, Heymann & Steven 2013). Every voxel of the mask is
    measured, in seconds.
    """

    _label = "local FSC (blocres)"
    _method = "localfsc"

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addSection(label="Input")
        self._defineInputVolume(
            form,
            "The map that the half maps belong to; the result lies on its grid. The half maps that it carries are "
            "used unless others are given below.",
        )
        self._defineHalfMapParams(form)
        self._defineMaskParams(form)
        form.addParam(
            "cutoff",
            params.FloatParam,
            default=0.5,
            allowsNull=True,
            label="FSC cutoff",
            help="The resolution is where the local FSC falls below this value, between 0 and 1. 0.5 is usual for "
            "local FSC and 0.143 for the global one; a small window is noisy, and a low cutoff follows the noise.",
        )
        form.addParam(
            "box",
            params.FloatParam,
            default=30,
            allowsNull=True,
            label="Window (Å)",
            help="Edge of the window around each voxel. A larger window gives smoother values and mixes what lies "
            "farther apart; nothing coarser than the window can be measured.",
        )
        form.addParam(
            "exact",
            params.BooleanParam,
            default=False,
            expertLevel=LEVEL_ADVANCED,
            label="Transform each window?",
            help="Yes: compute a Fourier transform at every voxel, as the definition says, which takes minutes to "
            "hours. No: the same by smoothing products of band-passed half maps, in seconds.",
        )
        form.addParallelSection(threads=2, mpi=0, binThreadsHelp="Processor cores to use.")

    # --------------------------- information --------------------------------
    def _validate(self):
        errors = super()._validate() + numberErrors(self, "cutoff", 0.5, over=0, under=1)
        return errors + numberErrors(self, "box", 30, "Å", over=0)

    def _getMoreSummary(self, report):
        box = report["box"]
        return [f"FSC cutoff {report['cutoff']:g} in windows of {box['voxels']} voxels ({box['angstrom']:.1f} Å)"]

    def _getHow(self, report):
        return (
            f"by the local FSC of the half maps at {report['cutoff']:g} [Cardone2013], in windows of "
            f"{report['box']['angstrom']:.1f} Å, as implemented in deepres {report['version']}"
        )

    def _citations(self):
        return ["Cardone2013"]

    # --------------------------- utilities ----------------------------------
    def _getMethodArguments(self):
        arguments = [f"--cutoff={self.cutoff.get():.8g}", f"--box={self.box.get():.8g}A"]
        return [*arguments, "--exact"] if self.exact else arguments
