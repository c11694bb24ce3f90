"""The method that suits the maps, where the user names none."""

from dataclasses import dataclass

from deepreslib.analysis.map_kind import Kind, map_kind
from deepreslib.maps import DensityMap

AUTO = "auto"
"""What stands in place of a method's name."""

HALVES, SUITED, OTHERWISE = "localfsc", "cryores", "deepres"
"""The methods for half maps, for one map that CryoRes can judge, and for one that it cannot."""

LESS_SURELY = ", so whether it is a reconstruction or was simulated can be told less surely"
"""What is added to the reason where the solvent was cut away."""


@dataclass(frozen=True)
class Chosen:
    """A method and why it was chosen.

    Attributes:
        method: its name.
        reason: "half maps were given", or what was seen of the one map.
    """

    method: str
    reason: str


def choose(density_map: DensityMap, has_halves: bool) -> Chosen:
    """Chooses the method.

    Half maps are compared. One map is given to CryoRes, which says what half maps would; but a map that does not show
    the noise of its reconstruction, as a simulated one, is given to DeepRes, which looks at the density alone.

    Args:
        density_map: the map, or the mean of the half maps.
        has_halves: whether there are half maps.

    Returns:
        The method's name and the reason.
    """
    if has_halves:
        return Chosen(HALVES, "half maps were given")
    kind = map_kind(density_map)
    reason = kind.reason + (LESS_SURELY if kind.kind is Kind.MASKED else "")
    return Chosen(SUITED if kind.suits_cryores else OTHERWISE, reason)
