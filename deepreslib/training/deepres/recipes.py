"""The recipes of the shipped DeepRes networks, one for each range of resolutions.

Each has one stage. On one core a scene, its features and the twelve steps that are taken for it take about 0.6 s; so
60,000 steps, which see 5,064 scenes, take 50 minutes.
"""

from deepreslib.training.stages import Recipe, Stage

STEPS = 60_000

RECIPES = {
    f"shipped-{name}": Recipe(
        f"the shipped network of the {name} range",
        [Stage(STEPS, {"range_name": name, "preset": "compact", "batch": 1024, "rate": 2e-3})],
    )
    for name in ("low", "high")
}
