"""What may be done to a map: how much to sharpen it, and whether it is sharpened rightly.

Nothing is imported here, so that ``answers``, which the command's help shows, is at hand at once.
"""
