"""The plugin's viewers, one a protocol, on one base."""

from deepres_plugin.viewers.viewer_deep_resolution import DeepResolutionViewer

__all__ = ["DeepResolutionViewer"]
