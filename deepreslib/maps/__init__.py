"""Density maps: their files, their grid, the refusals, masks, and the tiles that large maps are worked on in."""

from deepreslib.maps.checks import check_estimable, check_half_maps, check_mask, check_same_grid
from deepreslib.maps.density_map import DensityMap, GridHeader, Triple, format_triple, read_map, write_map
from deepreslib.maps.masks import automatic_mask, dilate, soft_edge, threshold_mask
from deepreslib.maps.tiles import Tile, tiles

__all__ = [
    "DensityMap",
    "GridHeader",
    "Tile",
    "Triple",
    "automatic_mask",
    "check_estimable",
    "check_half_maps",
    "check_mask",
    "check_same_grid",
    "dilate",
    "format_triple",
    "read_map",
    "soft_edge",
    "threshold_mask",
    "tiles",
    "write_map",
]
