"""How scenes that look like what people have are drawn: molecules, assemblies and boxes, and two views of each.

``SceneRecipe`` is the older, narrower recipe, which the benchmark's test split is drawn by. Here what is true of the
half maps (``WideRecipe``) stands apart from what is done to a view of them (``ViewRecipe``); ``kinds`` changes both.
"""

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np

from deepreslib import structures
from deepreslib.fourier.arrays import FloatArray, Triple
from deepreslib.simulation.directions import Directions, Lobe
from deepreslib.simulation.disorder import Disorder
from deepreslib.simulation.finishes import Region, Treatment
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.half_maps import HalfMapSettings
from deepreslib.simulation.noise import ReconstructionNoise
from deepreslib.simulation.regridding import Method, Resampling
from deepreslib.simulation.surroundings import Solvent
from deepreslib.training.cryores.recipe import (
    SHARPENED_FULLY,
    SceneRecipe,
    draw_belt,
    draw_disorder,
    draw_noise,
    log_uniform,
)

Layout: TypeAlias = Literal["whole", "ring", "filament", "layer", "crystal"]
Extent: TypeAlias = Literal["all", "near", "through"]

LARGEST_BOX = 256
"""Voxels; no view is larger."""

SMALLEST_BOX = 32
"""Voxels; no map is cropped or resampled to fewer along an axis."""

_METHODS: tuple[Method, ...] = ("trilinear", "spline", "fourier")

_SHARPENS_AT_MOST, _BLURS_AT_MOST = 12.0, 16.0
"""A B factor added to a map is at most this many times the squared resolution; its exponent at the resolution is a
quarter of that. More leaves a map of noise, or none of the detail."""

_COARSEST_LABEL = 25.0
"""Å; no filter makes a map coarser than this."""


@dataclass(frozen=True)
class WideRecipe(SceneRecipe):
    """How the half maps of a scene are drawn. A pair is a range; a value is drawn from it evenly, unless stated.

    Of ``SceneRecipe`` the parts about disorder, noise and the molecule's place hold; those about the map and its
    finish are in ``ViewRecipe``.

    Attributes:
        bands: (low, high, share): the resolution's logarithm is drawn evenly within a band, Å.
        layout: what the map is of: the molecule, a ring of copies, or copies without end (cut at the box's faces).
        box: edge of the box that is aimed at, voxels, its logarithm drawn evenly; the voxel size follows as far as
            ``voxel_size`` and ``sampling`` let it.
        rim: Å, at each face of a box in which copies go on without end; no view shows it.
        longest: Å, edge of the cube of which copies without end are simulated, at most.
        bare: share of scenes without solvent around the atoms.
        rise: see ``noise.ReconstructionNoise``.
        excess: the same, for scenes with uneven noise.
        bump: the same; (0, 0) for none.
        laws: of disorder (``disorder.LAWS``), one of which is drawn.
        lobes: share of scenes with a preferred direction of views.
        concentration: of a lobe, its logarithm drawn evenly; half of the lobes are of side views.
        cone: degrees, half the opening angle of the cone without views; (0, 0) for none.
        wedges: share of the cones that are wedges instead.
    """

    bands: tuple[tuple[float, float, float], ...] = (
        (1.5, 2.0, 0.07),
        (2.0, 4.0, 0.36),
        (4.0, 8.0, 0.37),
        (8.0, 13.0, 0.13),
        (13.0, 24.0, 0.07),
    )
    voxel_size: tuple[float, float] = (0.4, 6.0)
    sampling: tuple[float, float] = (2.1, 8.0)
    padding: tuple[float, float] = (0.02, 0.65)
    layout: Layout = "whole"
    box: tuple[float, float] = (44, 140)
    largest_box: int = 168
    largest_work: int = 92
    rim: float = 10.0
    longest: float = 150.0
    belts: float = 0.0
    bare: float = 0.0
    rise: tuple[float, float] = (0.0, 1.0)
    excess: tuple[float, float] = (0.0, 1.0)
    bump: tuple[float, float] = (0.0, 0.0)
    laws: tuple[str, ...] = ("square",)
    lobes: float = 0.0
    concentration: tuple[float, float] = (2.0, 20.0)
    cone: tuple[float, float] = (0.0, 0.0)
    wedges: float = 0.0
    detail: float = 1.15


@dataclass(frozen=True)
class ViewRecipe:
    """How one view of a scene is drawn: what its user did to the map, and which part of it is shown.

    Attributes:
        box: edge of the box that is aimed at for all of the scene, voxels, in place of that of ``WideRecipe``; so that
            what is left after a crop is large enough. None for any.
        extents: shares of the parts shown: all of the box, what is near the molecule, a box through the molecule.
        through: edge of a box through the molecule, as a share of the molecule's extent.
        near: voxels between the molecule and each face of a map cropped to it; the logarithm of one more is drawn
            evenly.
        rims: share of views with constant rims around the map.
        rim: voxels, widest rim at a face.
        sharpened: share of maps that are sharpened, and then filtered or weighted by their FSC.
        raw: share of the maps not sharpened that are not filtered either.
        sharpening: see ``SceneRecipe``.
        low_pass: where the filter begins to fall, divided by the resolution.
        loose: share of the filters that begin to fall elsewhere, at ``loose_pass``. Where the noise was cut away, the
            end of a filter is easily taken for the resolution, and most programs filter there; many users do not.
        loose_pass: the same for these.
        filtered: whether every map is filtered.
        extra: Å², limits of a B factor added to that; it is kept within what the resolution bears.
        extras: share of maps with such a B factor.
        afterwards: share of the boxes through the molecule that are given such a B factor after they were cut out. A
            box that density fills is not periodic, so this leaves traces of its faces.
        local: share of maps filtered by their local resolution.
        masked: share of maps with ``region``.
        growth: Å, see ``finishes.Region``.
        edge: Å, the same.
        hard: share of the regions with a hard edge.
        zones: share of the regions that are zones around atoms.
        zone: Å, radius of those.
        parts: share of the zones around a part of the atoms only.
        flattened: share of the regions outside which the solvent is flattened.
        cuts: share of maps whose low values are cut off.
        cut: level of the cut; half of the cuts are at 0.
        offset: share of maps with a constant added.
        resampled: share of maps brought to other voxels.
        resampling: new voxel size divided by the old one, its logarithm drawn evenly.
        binned: share of maps brought to voxels too coarse for all their detail, by Fourier.
        binning: 2 × new voxel size / global resolution, for these maps.
    """

    box: tuple[float, float] | None = None
    extents: tuple[float, float, float] = (0.62, 0.38, 0.0)
    through: tuple[float, float] = (0.3, 0.75)
    near: tuple[int, int] = (0, 30)
    rims: float = 0.1
    rim: int = 24
    sharpened: float = 0.55
    raw: float = 0.25
    sharpening: tuple[float, float] = (0.3, 1.2)
    low_pass: tuple[float, float] = (0.75, 1.05)
    loose: float = 0.4
    loose_pass: tuple[float, float] = (0.35, 0.75)
    filtered: bool = False
    extra: tuple[float, float] = (-60.0, 120.0)
    extras: float = 0.3
    afterwards: float = 0.0
    local: float = 0.0
    masked: float = 0.0
    growth: tuple[float, float] = (1.0, 10.0)
    edge: tuple[float, float] = (2.0, 12.0)
    hard: float = 0.0
    zones: float = 0.0
    zone: tuple[float, float] = (3.0, 6.0)
    parts: float = 0.0
    flattened: float = 0.0
    cuts: float = 0.0
    cut: tuple[float, float] = (0.05, 0.4)
    offset: float = 0.08
    resampled: float = 0.0
    resampling: tuple[float, float] = (0.65, 1.25)
    binned: float = 0.0
    binning: tuple[float, float] = (0.97, 1.5)


@dataclass(frozen=True)
class DrawnView:
    """What was drawn of a view before its half maps are known.

    Attributes:
        treatment: what is done to the map.
        part: whether a zone is around a part of the atoms only.
        extent: which part of the box is shown.
    """

    treatment: Treatment = field(default_factory=Treatment)
    part: bool = False
    extent: Extent = "all"


def draw_resolution(recipe: WideRecipe, rng: np.random.Generator) -> float:
    """The global resolution that half maps are to have.

    Args:
        recipe: how scenes are drawn.
        rng: draws it.

    Returns:
        Å.
    """
    shares = np.array([share for *_, share in recipe.bands])
    low, high, _ = recipe.bands[rng.choice(len(shares), p=shares / shares.sum())]
    return log_uniform(rng, low, high)


def draw_half_maps(
    resolution: float, sphere: float | None, recipe: WideRecipe, rng: np.random.Generator
) -> HalfMapSettings:
    """Half-map settings of one scene.

    Args:
        resolution: Å, the global resolution that the half maps are to have.
        sphere: radius of a sphere that holds the molecule, in units of half the box; None if none does.
        recipe: how scenes are drawn.
        rng: draws the settings.

    Returns:
        The settings; their finish is that of no view.
    """
    disorder = replace(draw_disorder(resolution, recipe, rng), law=recipe.laws[rng.integers(len(recipe.laws))])
    bare = rng.random() < recipe.bare
    return HalfMapSettings(
        resolution=resolution,
        disorder=disorder,
        solvent=Solvent(0.0 if bare else rng.uniform(0.3, 0.75), rng.uniform(70, 200)),
        belt=draw_belt(rng) if rng.random() < recipe.belts else None,
        noise=_noise(sphere, recipe, rng),
        detail=recipe.detail,
        local_cutoff=recipe.local_cutoff,
        directions=_directions(recipe, rng),
    )


def _noise(sphere: float | None, recipe: WideRecipe, rng: np.random.Generator) -> ReconstructionNoise:
    noise = draw_noise(sphere, recipe, rng)
    return replace(
        noise,
        rise=rng.uniform(*recipe.rise),
        excess=rng.uniform(*recipe.excess) if noise.excess else 0.0,
        bump=rng.uniform(*recipe.bump),
        bump_centre=rng.uniform(0.15, 0.7),
        bump_width=rng.uniform(0.08, 0.25),
    )


def _directions(recipe: WideRecipe, rng: np.random.Generator) -> Directions | None:
    """Which directions the views come from; None for even ones."""
    z, y, x = structures.random_rotation(rng)
    lobes: tuple[Lobe, ...] = ()
    if rng.random() < recipe.lobes:
        strength = log_uniform(rng, *recipe.concentration) * rng.choice([-1.0, 1.0])
        lobes = (Lobe(axis=_triple(z), concentration=strength, share=rng.uniform(0.5, 0.95)),)
    angle = rng.uniform(*recipe.cone)
    if not lobes and not angle:
        return None
    wedge = bool(rng.random() < recipe.wedges)
    return Directions(
        lobes=lobes,
        missing_cone=0.0 if wedge else angle,
        missing_wedge=angle if wedge else 0.0,
        axis=_triple(y),
        tilt_axis=_triple(x),
    )


def _triple(direction: FloatArray) -> Triple:
    z, y, x = direction.tolist()
    return z, y, x


def draw_view(
    resolution: float, voxel_size: float, size: int, disorder: Disorder, recipe: ViewRecipe, rng: np.random.Generator
) -> DrawnView:
    """What is done to one view.

    Args:
        resolution: Å, the global one of the half maps.
        voxel_size: Å, of the half maps.
        size: edge of their box, voxels.
        disorder: of the atoms, which says how much there is to sharpen.
        recipe: how the view is drawn.
        rng: draws it.

    Returns:
        The treatment, and which part is shown.
    """
    shares = np.array(recipe.extents)
    extents: tuple[Extent, ...] = ("all", "near", "through")
    region, part = _region(recipe, rng)
    cut = None
    if rng.random() < recipe.cuts:
        cut = 0.0 if rng.random() < 0.5 else rng.uniform(*recipe.cut)
    return DrawnView(
        treatment=Treatment(
            finish=_finish(resolution, voxel_size, disorder, recipe, rng),
            local=rng.uniform(0.75, 1.0) if rng.random() < recipe.local else None,
            region=region,
            cut=cut,
            cut_to_level=bool(rng.random() < 0.5),
            offset=rng.uniform(-1, 1) if rng.random() < recipe.offset else 0.0,
            resampling=_resampling(resolution, voxel_size, size, recipe, rng),
        ),
        part=part,
        extent=extents[rng.choice(3, p=shares / shares.sum())],
    )


def _finish(
    resolution: float, voxel_size: float, disorder: Disorder, recipe: ViewRecipe, rng: np.random.Generator
) -> Finish:
    b_factor, weighted, filtered = 0.0, False, rng.random() >= recipe.raw
    if rng.random() < recipe.sharpened:
        weighted = bool(rng.random() < 0.5)
        filtered = not weighted or rng.random() < 0.5
        best = disorder.steepness * resolution * min(resolution, SHARPENED_FULLY)
        b_factor = -best * rng.uniform(*recipe.sharpening)
    if rng.random() < recipe.extras:
        b_factor += draw_extra(resolution, recipe, rng)
    low_pass = None
    width = float(rng.choice([0.01, 0.02, 0.05, 0.1]))
    if filtered or recipe.filtered:
        ends = recipe.loose_pass if rng.random() < recipe.loose else recipe.low_pass
        low_pass = max(resolution * log_uniform(rng, *ends), 2 * voxel_size)
        low_pass = min(low_pass, max(_COARSEST_LABEL, resolution))
    return Finish(b_factor=b_factor, fsc_weighted=weighted, low_pass=low_pass, low_pass_width=width)


def draw_extra(resolution: float, recipe: ViewRecipe, rng: np.random.Generator) -> float:
    """A B factor as users add it to a map, Å², within what the map bears.

    Args:
        resolution: Å, the global one of the half maps.
        recipe: how the view is drawn.
        rng: draws it.
    """
    square = resolution**2
    return float(min(max(rng.uniform(*recipe.extra), -_SHARPENS_AT_MOST * square), _BLURS_AT_MOST * square))


def _region(recipe: ViewRecipe, rng: np.random.Generator) -> tuple[Region | None, bool]:
    """The region that is kept, and whether it is one around a part of the atoms."""
    if rng.random() >= recipe.masked:
        return None, False
    edge = 0.0 if rng.random() < recipe.hard else rng.uniform(*recipe.edge)
    zone = rng.uniform(*recipe.zone) if rng.random() < recipe.zones else None
    flattened = bool(rng.random() < recipe.flattened)
    part = zone is not None and bool(rng.random() < recipe.parts)
    return Region(zone=zone, growth=rng.uniform(*recipe.growth), edge=edge, flattened=flattened), part


def _resampling(
    resolution: float, voxel_size: float, size: int, recipe: ViewRecipe, rng: np.random.Generator
) -> Resampling | None:
    """How a view is brought to other voxels, if it is; they and the box stay within what is drawn elsewhere."""
    least, most = size / LARGEST_BOX, min(WideRecipe.voxel_size[1] / voxel_size, size / SMALLEST_BOX)
    if rng.random() < recipe.binned:
        factor = resolution * rng.uniform(*recipe.binning) / (2 * voxel_size)
        return Resampling("fourier", factor) if 1 < factor <= most else None
    if rng.random() >= recipe.resampled:
        return None
    method = _METHODS[rng.integers(len(_METHODS))]
    shift = 0.0 if method == "fourier" else rng.uniform(0, 1)
    factor = max(min(log_uniform(rng, *recipe.resampling), most), least)
    return Resampling(method, factor, shift, back=bool(rng.random() < 0.4))
