"""The viewer of the estimators that need no network: local FSC, MonoRes and ResMap."""

from deepres_plugin.protocols import ProtDeepLocalFsc, ProtDeepMonoRes, ProtDeepResMap
from deepres_plugin.viewers.viewer_local_resolution import LocalResolutionMapViewer


class EstimatorsViewer(LocalResolutionMapViewer):
    """Histogram, slices and surface of the local resolution."""

    _label = "local resolution viewer"
    _targets = [ProtDeepLocalFsc, ProtDeepMonoRes, ProtDeepResMap]
