"""Estimators of local resolution, one a file, and the tiles they run in."""
