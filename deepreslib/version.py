"""The version of deepres, read by pyproject.toml without importing anything else."""

__version__ = "0.1.0"
