"""The statistics of a resolution map."""

from typing import Any

import numpy as np
import numpy.typing as npt

PERCENTILES = (2.5, 5, 20, 25, 50, 75, 80, 95, 97.5)
"""The percentiles in a report; 2.5, 25, 50, 75 and 97.5 are those that validation reports give of DeepRes."""


def statistics(values: npt.ArrayLike) -> dict[str, Any]:
    """The summary of a resolution map: median, mean, SD, extremes and percentiles of its values.

    Args:
        values: (n,) Å.

    Returns:
        dict of floats, with a dict ``percentiles`` whose keys are text.
    """
    values = np.asarray(values, np.float64)
    percentiles = np.percentile(values, PERCENTILES)
    return {
        "median": round(float(np.median(values)), 4),
        "mean": round(float(values.mean()), 4),
        "sd": round(float(values.std()), 4),
        "min": round(float(values.min()), 4),
        "max": round(float(values.max()), 4),
        "percentiles": {f"{p:g}": round(float(v), 4) for p, v in zip(PERCENTILES, percentiles, strict=True)},
    }
