"""Numbers in a form: what they may be, and the sentence for one that is not."""

import math
import operator

_BOUNDS = {
    "over": (operator.gt, "more than {}"),
    "least": (operator.ge, "{} or more"),
    "under": (operator.lt, "less than {}"),
    "most": (operator.le, "at most {}"),
}


def numberErrors(protocol, name, suchAs, unit="", optional=False, label="", **bounds):
    """One sentence if a number of the form is missing, is not finite or lies outside its bounds.

    A field that the user emptied is None. Scipion's own word on it is "should be a float"; a parameter that this
    function looks after allows to be empty, so that there is one sentence alone.

    Args:
        protocol: whose form it is.
        name: of the parameter.
        suchAs: a good value, for the sentence.
        unit: of the number, such as "Å".
        optional: whether the field may be empty.
        label: what to call the number; by default as the form does.
        **bounds: ``over`` or ``least``, ``under`` or ``most``: the ends, which a number may not reach or may.

    Returns:
        A list of no or one sentence.
    """
    value = protocol.getAttributeValue(name)
    if value is None and optional:
        return []
    isGood = value is not None and math.isfinite(value)
    if isGood and all(_BOUNDS[bound][0](value, end) for bound, end in bounds.items()):
        return []
    label = label or _findLabel(protocol, name)
    unit = f" {unit}" if unit else ""
    if value is None:
        return [f"{label} is empty: give a number such as {suchAs:g}{unit}."]
    if not math.isfinite(value):
        return [f"{label} is {value} and must be a finite number: give one such as {suchAs:g}{unit}."]
    allowed = " and ".join(_BOUNDS[bound][1].format(f"{end:g}{unit}") for bound, end in bounds.items())
    return [f"{label} is {value:g} and must be {allowed}: give a number such as {suchAs:g}{unit}."]


def _findLabel(protocol, name):
    """What the form calls a number, without the unit: "Window" for "Window (Å)"."""
    return protocol.getParam(name).label.get().partition(" (")[0]
