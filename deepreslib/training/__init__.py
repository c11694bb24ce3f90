"""Training programs: seeded, resumable, on any Keras backend.

``loop`` runs a ``Program``, ``stages`` a ``Recipe`` of several trainings; each folder, such as ``deepres``, holds one
program and what it needs.
"""
