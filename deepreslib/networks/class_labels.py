"""The methods whose classes networks for the class of each voxel learn; their names alone, which command lines need."""

LABELS = ("fsc", "monores", "resmap")
"""The methods whose classes a network may have learnt: local FSC, MonoRes, ResMap."""

HEADS = ("monores", "resmap")
"""The labels that our own network has heads for. Classes by local FSC need none: CryoRes' own local resolution and
deviation tell them."""
