"""The plugin's protocols, one a file."""

from deepres_plugin.protocols.protocol_deep_resolution import ProtDeepResolution
from deepres_plugin.protocols.protocol_local_fsc import ProtDeepLocalFsc
from deepres_plugin.protocols.protocol_monores import ProtDeepMonoRes
from deepres_plugin.protocols.protocol_resmap import ProtDeepResMap

__all__ = [
    "ProtDeepLocalFsc",
    "ProtDeepMonoRes",
    "ProtDeepResMap",
    "ProtDeepResolution",
]
