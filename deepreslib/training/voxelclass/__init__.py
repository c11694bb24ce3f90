"""Training of the networks that tell the class of each voxel."""
