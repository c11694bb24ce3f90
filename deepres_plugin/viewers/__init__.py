"""The plugin's viewers, on one base."""

from deepres_plugin.viewers.viewer_annotate_model import AnnotateModelViewer
from deepres_plugin.viewers.viewer_classes import ClassesViewer
from deepres_plugin.viewers.viewer_classify import ClassifyViewer
from deepres_plugin.viewers.viewer_compare import CompareViewer
from deepres_plugin.viewers.viewer_cryo_resolution import CryoResolutionViewer
from deepres_plugin.viewers.viewer_deep_resolution import DeepResolutionViewer
from deepres_plugin.viewers.viewer_estimators import EstimatorsViewer
from deepres_plugin.viewers.viewer_ilocscale import ILocScaleViewer
from deepres_plugin.viewers.viewer_sharpness import SharpnessViewer

__all__ = [
    "AnnotateModelViewer",
    "ClassesViewer",
    "ClassifyViewer",
    "CompareViewer",
    "CryoResolutionViewer",
    "DeepResolutionViewer",
    "EstimatorsViewer",
    "ILocScaleViewer",
    "SharpnessViewer",
]
