"""The plugin's wizards, which hold no logic of their own."""

from deepres_plugin.wizards.wizard_colour_scale import ColourScaleWizard

__all__ = ["ColourScaleWizard"]
