"""The recipe of the shipped CryoRes network.

Both stages learn from the same examples; the second one has more of them, of masked maps only (``MASKED_FROM`` in
``examples.py``).
"""

from deepreslib.training.stages import Recipe, Stage

RECIPES = {
    "shipped": Recipe(
        "the shipped network",
        [
            Stage(18_000, {"preset": "compact", "examples": 8000, "batch": 32, "rate": 2e-3}),
            Stage(4_500, {"preset": "compact", "examples": 9820, "batch": 32, "rate": 1e-3}),
        ],
    )
}
