"""The recipe of the shipped network that tells the class of a map.

On one core a scene of 16 maps takes 0.2 s, its features 0.4 s, and the 128 steps for it 0.6 s. So 12,000 steps, which
see 157 scenes, take four minutes.
"""

from deepreslib.training.stages import Recipe, Stage

RECIPES = {
    "shipped": Recipe("the shipped network", [Stage(12_000, {"preset": "compact", "batch": 64, "rate": 3e-3})]),
}
