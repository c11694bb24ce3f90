"""The dialog that sets the colour scale of the viewers."""

from pwem.wizards import ColorScaleWizardBase

from deepres_plugin.viewers import (
    AnnotateModelViewer,
    CompareViewer,
    DeepResolutionViewer,
    EstimatorsViewer,
    ILocScaleViewer,
)


class ColourScaleWizard(ColorScaleWizardBase):
    """Ends, levels and colours of the scale, chosen by eye."""

    _targets = ColorScaleWizardBase.defineTargets(
        AnnotateModelViewer, CompareViewer, DeepResolutionViewer, EstimatorsViewer, ILocScaleViewer
    )
