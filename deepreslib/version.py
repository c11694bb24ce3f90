"""The version of deepres; pip reads it here without importing anything."""

__version__ = "0.1.0"
