"""What a resolution map says in numbers."""

import numpy as np

PERCENTILES = (2.5, 5, 20, 25, 50, 75, 80, 95, 97.5)
"""Those of the report; the validation service reads 2.5, 25, 50, 75 and 97.5."""


def statistics(values):
    """Median, mean, SD, extremes and percentiles of resolutions.

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
