"""The plugin's viewers, on one base."""

from deepres_plugin.viewers.viewer_deep_resolution import DeepResolutionViewer
from deepres_plugin.viewers.viewer_estimators import EstimatorsViewer

__all__ = [
    "DeepResolutionViewer",
    "EstimatorsViewer",
]
