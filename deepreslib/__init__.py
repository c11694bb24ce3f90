"""deepres: how good is a cryo-EM map, here?

The science of scipion-em-deepres, free of Scipion: maps, simulation, networks, estimation, pictures.
"""

from deepreslib.version import __version__

__all__ = ["__version__"]
