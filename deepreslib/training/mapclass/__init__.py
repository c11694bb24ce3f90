"""Training of the networks that tell the class of a whole map."""
