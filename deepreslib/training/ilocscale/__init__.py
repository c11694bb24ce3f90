"""Training of the networks for local sharpening."""
