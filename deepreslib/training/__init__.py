"""Training programs: seeded, resumable, on any Keras backend.

``loop`` runs a ``Program``; ``deepres`` and ``cryores`` hold one program each, with the data it makes.
"""
