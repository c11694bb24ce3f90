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
from deepreslib.maps.half_maps import HalfMapPair, examine, fsc_line, fsc_report, masked_fsc
from deepreslib.maps.masks import automatic_mask, dilate, soft_edge, threshold_mask
from deepreslib.maps.reading import read_map
from deepreslib.maps.scaling import (
    check_outliers,
    check_precision,
    check_scale,
    normalised,
    outlier_warnings,
    plainly_scaled,
)
from deepreslib.maps.tiles import Tile, tiles
from deepreslib.maps.writing import write_map

__all__ = [
    "DensityMap",
    "GridHeader",
    "HalfMapPair",
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
    "check_scale",
    "dilate",
    "examine",
    "fast_box_around",
    "format_triple",
    "fsc_line",
    "fsc_report",
    "is_sane_voxel_size",
    "mask_size_warnings",
    "mask_warnings",
    "masked_fsc",
    "normalised",
    "outlier_warnings",
    "plainly_scaled",
    "read_box",
    "read_map",
    "smallest_box",
    "soft_edge",
    "threshold_mask",
    "tiles",
    "widened",
    "write_map",
]
