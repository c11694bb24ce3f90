"""The plugin's protocols, one a file."""

from deepres_plugin.protocols.protocol_deep_resolution import ProtDeepResolution

__all__ = ["ProtDeepResolution"]
