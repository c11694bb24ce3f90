"""Maps and half maps simulated from atomic structures, with the true local resolution beside them."""

from deepreslib.simulation.directions import Directions, Lobe
from deepreslib.simulation.disorder import Disorder
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.gaussian_map import GaussianMaps
from deepreslib.simulation.half_maps import HalfMaps, HalfMapSettings
from deepreslib.simulation.model_map import (
    add_noise,
    box_size,
    cut_out,
    density,
    molecular_mask,
    nearest_atom,
    placed,
    regional_map,
)
from deepreslib.simulation.model_mask import ModelMask
from deepreslib.simulation.noise import ReconstructionNoise
from deepreslib.simulation.surroundings import Belt, Solvent

__all__ = [
    "Belt",
    "Directions",
    "Disorder",
    "Finish",
    "GaussianMaps",
    "HalfMapSettings",
    "HalfMaps",
    "Lobe",
    "ModelMask",
    "ReconstructionNoise",
    "Solvent",
    "add_noise",
    "box_size",
    "cut_out",
    "density",
    "molecular_mask",
    "nearest_atom",
    "placed",
    "regional_map",
]
