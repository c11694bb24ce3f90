"""The recipe of the shipped network that tells the class of each voxel."""

from deepreslib.training.stages import Recipe, Stage

_OPTIONS = {
    "preset": "compact",
    "labels": None,
    "trunk": None,
    "maps": 1000,
    "learning_curve": 800,
    "batch": 32,
    "rate": 1e-3,
}

RECIPES = {"shipped": Recipe("the shipped network", [Stage(2_500, _OPTIONS)])}
