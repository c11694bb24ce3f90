"""The recipe of the shipped network that tells the class of each voxel."""

from deepreslib.training.stages import Recipe, Stage

RECIPES = {
    "shipped": Recipe(
        "the shipped network",
        [Stage(8_000, {"preset": "compact", "maps": 4000, "batch": 32, "rate": 1e-3, "learning_curve": 2000})],
    ),
}
