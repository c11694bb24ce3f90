"""The recipe of the shipped CryoRes network."""

from deepreslib.training.stages import Recipe, Stage

RECIPES = {
    "shipped": Recipe(
        "the shipped network",
        [Stage(16_000, {"preset": "compact", "examples": 5000, "usual": 3000, "batch": 32, "rate": 2e-3})],
    )
}
