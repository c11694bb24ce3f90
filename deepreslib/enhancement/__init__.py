"""What may be done to a map: how much to sharpen it, and whether it is oversharpened."""

from deepreslib.enhancement.b_factor import Recommendation, recommend
from deepreslib.enhancement.oversharpening import Check, check

__all__ = ["Check", "Recommendation", "check", "recommend"]
