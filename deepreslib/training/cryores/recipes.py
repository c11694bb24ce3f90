"""The recipe of the shipped CryoRes network."""

from deepreslib.training.stages import Recipe, Stage

RECIPES = {
    "shipped": Recipe(
        "the shipped network",
        [Stage(14_000, {"preset": "compact", "examples": 5000, "batch": 32, "rate": 2e-3})],
    )
}
