"""Estimators of local resolution, one a file.

Each file has a function ``estimate(density_map_or_halves, mask, *, ...)`` that returns a
:class:`~deepreslib.estimation.result.LocalResolution`. Options that mean the same have the same name in every file:
``finest`` and ``coarsest`` (Å, the ends of the range that is tested), ``step`` (Å), ``workers`` (threads, -1 for all)
and ``progress`` (show a progress bar).
"""

from deepreslib.estimation.result import GlobalResolution, LocalResolution

__all__ = ["GlobalResolution", "LocalResolution"]
