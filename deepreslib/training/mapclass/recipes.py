"""The recipe of the shipped network that tells the class of a map.

On one core a scene of 16 maps with their features takes 1.5 s and the 64 steps for it 0.2 s; so 24,000 steps, which see
about 500 scenes, take a quarter of an hour.
"""

from deepreslib.training.stages import Recipe, Stage

RECIPES = {
    "shipped": Recipe("the shipped network", [Stage(24_000, {"preset": "compact", "batch": 64, "rate": 3e-3})]),
}
