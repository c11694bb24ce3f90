"""The plugin's protocols, one a file."""

from deepres_plugin.protocols.protocol_annotate_model import ProtDeepAnnotateModel
from deepres_plugin.protocols.protocol_classes import ProtDeepClasses
from deepres_plugin.protocols.protocol_classify import ProtDeepClassify
from deepres_plugin.protocols.protocol_compare import ProtDeepCompare
from deepres_plugin.protocols.protocol_cryo_resolution import ProtCryoResolution
from deepres_plugin.protocols.protocol_deep_resolution import ProtDeepResolution
from deepres_plugin.protocols.protocol_ilocscale import ProtDeepILocScale
from deepres_plugin.protocols.protocol_local_fsc import ProtDeepLocalFsc
from deepres_plugin.protocols.protocol_monores import ProtDeepMonoRes
from deepres_plugin.protocols.protocol_resmap import ProtDeepResMap
from deepres_plugin.protocols.protocol_sharpness import ProtDeepSharpness

__all__ = [
    "ProtCryoResolution",
    "ProtDeepAnnotateModel",
    "ProtDeepClasses",
    "ProtDeepClassify",
    "ProtDeepCompare",
    "ProtDeepILocScale",
    "ProtDeepLocalFsc",
    "ProtDeepMonoRes",
    "ProtDeepResMap",
    "ProtDeepResolution",
    "ProtDeepSharpness",
]
