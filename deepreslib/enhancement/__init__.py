"""What may be done to a map: how much to sharpen it, and whether it is sharpened rightly."""

from deepreslib.enhancement.answers import CannotTell
from deepreslib.enhancement.b_factor import Recommendation, recommend
from deepreslib.enhancement.overclaim import Overclaim, overclaim
from deepreslib.enhancement.verdict import Verdict

__all__ = ["CannotTell", "Overclaim", "Recommendation", "Verdict", "overclaim", "recommend"]
