"""Trained networks: their layers, their input features and their folders on disk.

Importing this package does not import Keras; the modules that define networks do.
"""

from deepreslib.networks.ranges import RANGES, ResolutionRange
from deepreslib.networks.store import StoredModel

__all__ = ["RANGES", "ResolutionRange", "StoredModel"]
