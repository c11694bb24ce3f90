"""How scenes for CryoRes are drawn: resolution, disorder, noise, and what users do to their maps."""

import math
from dataclasses import dataclass, replace

import numpy as np

from deepreslib.simulation.disorder import Disorder
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.half_maps import HalfMapSettings
from deepreslib.simulation.noise import ReconstructionNoise
from deepreslib.simulation.surroundings import Belt, Solvent

FINEST_SAMPLING = 2.1
"""A resolution is at least this many voxels."""

SHARPENED_FULLY = 5.0
"""Å; maps coarser than this are sharpened less."""

_SPREAD_GROWS = 6.0
"""Å. ``spread`` holds for maps of this resolution or finer; for coarser maps it is multiplied by resolution / 6 Å."""


@dataclass(frozen=True)
class SceneRecipe:
    """How scenes are drawn. A pair is a range; a value is drawn from it evenly, unless stated.

    Attributes:
        resolution: Å, the global resolution that the half maps are to have.
        voxel_size: Å, limits of the voxel size.
        sampling: the resolution in voxels; its logarithm is drawn evenly.
        padding: share of the box's edge that is beside the molecule; small shares are drawn more often. It is less if
            the box would be too large.
        largest_box: edge of the map's box, voxels; larger molecules get coarser voxels or are cut to a ball.
        largest_work: edge of the grid on which the local FSC is computed, voxels; molecules are cut to fit.
        off_centre: share of scenes with the molecule anywhere in the box; in the others it is within 2 voxels of the
            box's centre.
        flat: share of scenes with one B factor for all atoms.
        spread: Å, difference in resolution between the worst and the best part of a map of 6 Å or finer; for coarser
            maps it is multiplied by resolution / 6 Å.
        greatest_ratio: limit of the worst part's resolution over the best part's.
        distal: weight of the distance from the centre in the disorder (the weights of the structure's own B factors
            and of the random field are up to 1.5). It stands for errors in the particles' orientations, which every
            experiment has.
        domains: share of scenes with a bending domain.
        steepness: see ``disorder.Disorder``; its logarithm is drawn evenly. Its range gives the best part of maps of
            3 Å B factors of 70 to 140 Å².
        slope: see ``noise.ReconstructionNoise``.
        belts: share of scenes with a belt of detergent.
        spheres: share of scenes whose half maps have the spherical mask of a refinement.
        uneven: share of scenes whose noise is stronger in the molecule than beside it.
        sharpened: share of maps that are sharpened, and then filtered or weighted by their FSC.
        raw: share of the maps not sharpened that are not filtered either.
        sharpening: B factor that sharpens, divided by minus the B factor of the best-resolved part. For maps coarser
            than 5 Å, which people sharpen little, it is multiplied by 5 Å / resolution.
        low_pass: resolution of the filter divided by ``resolution``.
        masked: share of maps that are masked softly.
        cropped: share of maps cropped to the molecule, to a box that is no cube.
        offset: share of maps with a constant added.
        binned: share of maps that are resampled to voxels too coarse for all their detail, as people do to save time.
        binning: 2 × new voxel size / global resolution, for these maps.
        binned_voxel_size: Å, limit of the new voxel size; maps that would get coarser voxels stay as they are.
        detail: see ``half_maps.HalfMapSettings``.
        local_cutoff: see ``half_maps.HalfMapSettings``.
    """

    resolution: tuple[float, float] = (1.7, 10.5)
    voxel_size: tuple[float, float] = (0.6, 3.5)
    sampling: tuple[float, float] = (FINEST_SAMPLING, 5.5)
    padding: tuple[float, float] = (0.12, 0.65)
    largest_box: int = 128
    largest_work: int = 140
    off_centre: float = 0.25
    flat: float = 0.08
    spread: tuple[float, float] = (0.3, 4.5)
    greatest_ratio: float = 2.6
    distal: tuple[float, float] = (0.0, 2.0)
    domains: float = 0.35
    steepness: tuple[float, float] = (8.0, 16.0)
    slope: tuple[float, float] = (0.5, 2.0)
    belts: float = 0.12
    spheres: float = 0.45
    uneven: float = 0.3
    sharpened: float = 0.55
    raw: float = 0.15
    sharpening: tuple[float, float] = (0.3, 1.2)
    low_pass: tuple[float, float] = (0.8, 1.1)
    masked: float = 0.3
    cropped: float = 0.12
    offset: float = 0.08
    binned: float = 0.2
    binning: tuple[float, float] = (0.97, 1.5)
    binned_voxel_size: float = 4.5
    detail: float = 1.25
    local_cutoff: float = 0.5


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A random number whose logarithm is drawn evenly.

    Args:
        rng: the random generator.
        low: lower limit of the number.
        high: upper limit of the number.

    Returns:
        The number.
    """
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def draw_settings(resolution: float, sphere: float, recipe: SceneRecipe, rng: np.random.Generator) -> HalfMapSettings:
    """Half-map settings of one scene.

    Args:
        resolution: Å, the global resolution that the half maps are to have.
        sphere: radius of a sphere that holds the molecule, in units of half the box.
        recipe: how scenes are drawn.
        rng: draws the settings.

    Returns:
        The settings.
    """
    disorder = draw_disorder(resolution, recipe, rng)
    belt = draw_belt(rng) if rng.random() < recipe.belts else None
    return HalfMapSettings(
        resolution=resolution,
        disorder=disorder,
        solvent=Solvent(rng.uniform(0.3, 0.75), rng.uniform(70, 200)),
        belt=belt,
        noise=draw_noise(sphere, recipe, rng),
        finish=_finish(resolution, disorder, recipe, rng),
        detail=recipe.detail,
        local_cutoff=recipe.local_cutoff,
    )


def draw_belt(rng: np.random.Generator) -> Belt:
    """A belt of detergent or lipid.

    Args:
        rng: draws it.

    Returns:
        The belt.
    """
    return Belt(
        axis=int(rng.integers(3)),
        place=rng.uniform(-0.8, 0.8),
        width=rng.uniform(14, 28),
        height=rng.uniform(34, 50),
        rim=rng.uniform(5, 9),
        heads=rng.uniform(0.3, 0.9),
        core=rng.uniform(-0.3, 0.3),
        blur=rng.uniform(3, 6),
    )


def draw_disorder(resolution: float, recipe: SceneRecipe, rng: np.random.Generator) -> Disorder:
    """The disorder of one scene.

    Args:
        resolution: Å, the global one.
        recipe: how scenes are drawn.
        rng: draws it.

    Returns:
        The disorder.
    """
    spread = min(1 + rng.uniform(*recipe.spread) / min(resolution, _SPREAD_GROWS), recipe.greatest_ratio)
    flat = rng.random() < recipe.flat
    bends = rng.random() < recipe.domains
    return Disorder(
        own=rng.uniform(0, 1.5),
        random=rng.uniform(0, 1.5),
        distal=rng.uniform(*recipe.distal),
        domain=rng.uniform(0.5, 2.0) * bends,
        length=log_uniform(rng, 12, 45),
        spread=1.0 if flat else spread,
        skew=rng.uniform(0.6, 2.2),
        steepness=log_uniform(rng, *recipe.steepness),
    )


def draw_noise(sphere: float | None, recipe: SceneRecipe, rng: np.random.Generator) -> ReconstructionNoise:
    """The noise of one scene.

    Args:
        sphere: radius of a sphere that holds the molecule, in units of half the box; None if none does, so that the
            half maps cannot have the spherical mask of a refinement.
        recipe: how scenes are drawn.
        rng: draws it.

    Returns:
        The noise.
    """
    has_sphere, radius = False, None
    if sphere is not None:
        has_sphere, radius = rng.random() < recipe.spheres, rng.uniform(sphere, max(sphere, 1.0))
    return ReconstructionNoise(
        slope=rng.uniform(*recipe.slope),
        rise=rng.uniform(0, 1),
        excess=rng.uniform(0, 1) * (rng.random() < recipe.uneven),
        sphere=radius if has_sphere else None,
    )


def _finish(resolution: float, disorder: Disorder, recipe: SceneRecipe, rng: np.random.Generator) -> Finish:
    """What the user did to the map; sharpened maps are always filtered or weighted too."""
    finish = Finish()
    low_pass, width = resolution * rng.uniform(*recipe.low_pass), rng.choice([0.02, 0.05, 0.1])
    if rng.random() < recipe.sharpened:
        weighted = rng.random() < 0.6
        filtered = not weighted or rng.random() < 0.5
        best = disorder.steepness * resolution * min(resolution, SHARPENED_FULLY)
        finish = replace(finish, b_factor=-best * rng.uniform(*recipe.sharpening), fsc_weighted=weighted)
    else:
        filtered = rng.random() >= recipe.raw
    if filtered:
        finish = replace(finish, low_pass=low_pass, low_pass_width=float(width))
    if rng.random() < recipe.masked:
        finish = replace(finish, mask_growth=rng.uniform(0, 8), mask_edge=rng.uniform(2, 12))
    if rng.random() < recipe.offset:
        finish = replace(finish, offset=rng.uniform(-1, 1))
    return finish
