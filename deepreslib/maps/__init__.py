"""Density maps: files, grid, refusals, masks and the boxes around them, and tiles to work on large maps in."""

from deepreslib.fourier.arrays import Triple
from deepreslib.maps.boxes import box_around, fast_box_around, read_box, smallest_box, widened
from deepreslib.maps.checks import (
    check_estimable,
    check_half_maps,
    check_mask,
    check_same_grid,
    mask_size_warnings,
    mask_warnings,
)
from deepreslib.maps.density_map import (
    DensityMap,
    GridHeader,
    check_finite,
    format_triple,
    is_sane_voxel_size,
)
from deepreslib.maps.masks import automatic_mask, dilate, soft_edge, threshold_mask
from deepreslib.maps.reading import read_map
from deepreslib.maps.scaling import check_outliers, check_precision, normalised, outlier_warnings
from deepreslib.maps.tiles import Tile, tiles
from deepreslib.maps.writing import write_map

__all__ = [
    "DensityMap",
    "GridHeader",
    "Tile",
    "Triple",
    "automatic_mask",
    "box_around",
    "check_estimable",
    "check_finite",
    "check_half_maps",
    "check_mask",
    "check_outliers",
    "check_precision",
    "check_same_grid",
    "dilate",
    "fast_box_around",
    "format_triple",
    "is_sane_voxel_size",
    "mask_size_warnings",
    "mask_warnings",
    "normalised",
    "outlier_warnings",
    "read_box",
    "read_map",
    "smallest_box",
    "soft_edge",
    "threshold_mask",
    "tiles",
    "widened",
    "write_map",
]
