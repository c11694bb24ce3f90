"""Training programs: seeded, resumable, on any Keras backend.

``loop`` runs a ``Program``; each folder, such as ``deepres``, holds one program and what it needs.
"""
