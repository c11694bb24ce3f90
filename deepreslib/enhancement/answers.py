"""The four answers of the sharpening check, and the criterion behind them and behind the recommended B factor."""

from deepreslib.errors import InputError

MORE, RIGHT, OVERSHARPENED, CANNOT_TELL = "could be sharpened more", "right", "oversharpened", "cannot tell"
ANSWERS = (MORE, RIGHT, OVERSHARPENED, CANNOT_TELL)

TOLERANCES = {"localfsc": 15.0, "monores": 30.0}
"""Å², by the method that measures the signal-to-noise ratio; so far from the right B factor a map still counts as
right. Recommended B factors are as exact as that: local FSC within 15 Å² on simulated half maps; MonoRes, which tells
coarser resolutions, 9 to 22 Å² too weak."""

STRONGER = 2.0
"""What lies beyond the resolution is noise that hides the map's details if it is so many times as strong as they are,
and so many times as strong, compared with them, as in the unsharpened map."""

CRITERION = (
    "The recommended B factor is the one with which the 20 % percentile of DeepRes' local resolutions of the map, "
    "low-pass filtered at its resolution, equals that of the resolutions which the signal-to-noise ratio allows; a map "
    f"is right if it is sharpened like that within {TOLERANCES['localfsc']:g} Å² ({TOLERANCES['monores']:g} Å² without "
    "half maps), and could be sharpened more, or is oversharpened, if it is farther off. It is also oversharpened if "
    "what lies beyond its resolution, where there is only noise, is more than twice as strong as its details, and "
    "compared with them more than twice as strong as in the unsharpened map."
)


class CannotTell(InputError):
    """There is no answer, and the sentence says why."""
