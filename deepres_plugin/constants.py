"""Names that more than one module of the plugin uses."""

ARTICLE_URL = "https://doi.org/10.1107/S2052252519011692"

DEEPRES_PYTHON = "DEEPRES_PYTHON"
NEEDED_MODULES = {"tensorflow": "tensorflow", "keras": "keras", "mrcfile": "mrcfile", "skimage": "scikit-image"}

REFUSAL_PREFIX = "deepres: error: "

OUTPUT_RESOLUTION = "resolution_Volume"
OUTPUT_DEVIATION = "uncertainty_Volume"
OUTPUT_MASK = "outputMask"
OUTPUT_VOLUME = "outputVolume"
OUTPUT_B_FACTOR = "b_factor_Volume"
OUTPUT_VOLUMES = "outputVolumes"
OUTPUT_VOTES = "votes_Volume"
OUTPUT_CLASS = "class_Volume"
OUTPUT_PROBABILITY = "probability_Volume"

SUMMARY_PERCENTILES = ("2.5", "25", "50", "75", "97.5")
