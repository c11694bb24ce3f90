"""What the scenes for CryoRes are drawn from: resolution, disorder, noise, and what users do to their maps."""

import math
from dataclasses import dataclass, replace

from deepreslib.simulation.disorder import Disorder
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.half_maps import HalfMapSettings
from deepreslib.simulation.noise import ReconstructionNoise
from deepreslib.simulation.surroundings import Belt, Solvent

FINEST_SAMPLING = 2.1
"""A resolution is at least this many voxels."""

_SHARPENED_FULLY = 5.0
_SPREAD_GROWS = 6.0


@dataclass(frozen=True)
class SceneRecipe:
    """How scenes are drawn; pairs are the ends of a range, drawn from uniformly unless said otherwise.

    Attributes:
        resolution: Å, wanted global resolution.
        voxel_size: Å, limits.
        sampling: voxels a resolution, evenly in its logarithm.
        padding: share of the box's edge that is beside the molecule, small ones commoner; less if the box would be too
            large.
        largest_box: edge of the map's box, voxels; larger molecules get coarser voxels or are cut to a ball.
        largest_work: edge of the grid on which the local FSC is computed, voxels; molecules are cut to fit.
        off_centre: share of scenes with the molecule anywhere in the box; in the others it is within 2 voxels of the
            centre.
        flat: share of scenes with one B factor for all atoms.
        spread: Å, resolution of the worst part less that of the best, for maps of 6 Å and finer, and in proportion to
            the resolution for coarser ones; the ratio is at most ``greatest_ratio``.
        distal: weight of the distance from the centre in the disorder, against up to 1.5 of other kinds: the particles'
            orientations err in every experiment.
        domains: share of scenes with a bending domain.
        steepness: see ``disorder.Disorder``; evenly in its logarithm. Then maps of 3 Å have B factors of 70 to 140 Å².
        slope: see ``noise.ReconstructionNoise``.
        belts: share of scenes with a belt of detergent.
        spheres: share with a spherical mask around the refinement's half maps.
        uneven: share with more noise in the molecule than beside it.
        sharpened: share of maps that are sharpened, and then filtered or weighted by their FSC.
        raw: share of the others that are not filtered.
        sharpening: B factor of the sharpening, in units of minus the best part's; less by 5 Å/resolution for coarser
            maps than 5 Å, which people sharpen little.
        low_pass: Å, of the filter, in units of the wanted resolution.
        masked: share of maps that are masked softly.
        cropped: share of maps cropped to the molecule, to a box that is no cube.
        offset: share of maps with a constant added.
        binned: share of maps resampled to coarser voxels than resolve all there is, as people do to save time.
        binning: of those, twice the new voxel size in units of the global resolution.
        binned_voxel_size: Å, limit of the new voxel size; maps that would get coarser ones stay as they are.
        detail, local_cutoff: see ``halfmaps.HalfMapSettings``.
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


def log_uniform(random, low, high):
    """A number whose logarithm is drawn evenly."""
    return math.exp(random.uniform(math.log(low), math.log(high)))


def draw_settings(resolution, sphere, recipe, random):
    """Half-map settings of one scene.

    Args:
        resolution: Å, wanted.
        sphere: radius of a sphere that holds the molecule, in units of half the box.
        recipe: a ``SceneRecipe``.
        random: ``numpy.random.Generator``.

    Returns:
        ``HalfMapSettings``.
    """
    disorder = _disorder(resolution, recipe, random)
    belt = None
    if random.random() < recipe.belts:
        belt = Belt(
            axis=int(random.integers(3)),
            place=random.uniform(-0.8, 0.8),
            width=random.uniform(14, 28),
            height=random.uniform(34, 50),
            rim=random.uniform(5, 9),
            heads=random.uniform(0.3, 0.9),
            core=random.uniform(-0.3, 0.3),
            blur=random.uniform(3, 6),
        )
    return HalfMapSettings(
        resolution=resolution,
        disorder=disorder,
        solvent=Solvent(random.uniform(0.3, 0.75), random.uniform(70, 200)),
        belt=belt,
        noise=_noise(sphere, recipe, random),
        finish=_finish(resolution, disorder, recipe, random),
        detail=recipe.detail,
        local_cutoff=recipe.local_cutoff,
    )


def _disorder(resolution, recipe, random):
    spread = min(1 + random.uniform(*recipe.spread) / min(resolution, _SPREAD_GROWS), recipe.greatest_ratio)
    flat = random.random() < recipe.flat
    bends = random.random() < recipe.domains
    return Disorder(
        own=random.uniform(0, 1.5),
        random=random.uniform(0, 1.5),
        distal=random.uniform(*recipe.distal),
        domain=random.uniform(0.5, 2.0) * bends,
        length=log_uniform(random, 12, 45),
        spread=1.0 if flat else spread,
        skew=random.uniform(0.6, 2.2),
        steepness=log_uniform(random, *recipe.steepness),
    )


def _noise(sphere, recipe, random):
    has_sphere, radius = random.random() < recipe.spheres, random.uniform(sphere, max(sphere, 1.0))
    return ReconstructionNoise(
        slope=random.uniform(*recipe.slope),
        rise=random.uniform(0, 1),
        excess=random.uniform(0, 1) * (random.random() < recipe.uneven),
        sphere=radius if has_sphere else None,
    )


def _finish(resolution, disorder, recipe, random):
    """What the user did to the map: sharpened ones are always filtered or weighted."""
    finish = Finish()
    low_pass, width = resolution * random.uniform(*recipe.low_pass), random.choice([0.02, 0.05, 0.1])
    if random.random() < recipe.sharpened:
        weighted = random.random() < 0.6
        filtered = not weighted or random.random() < 0.5
        best = disorder.steepness * resolution * min(resolution, _SHARPENED_FULLY)
        finish = replace(finish, b_factor=-best * random.uniform(*recipe.sharpening), fsc_weighted=weighted)
    else:
        filtered = random.random() >= recipe.raw
    if filtered:
        finish = replace(finish, low_pass=low_pass, low_pass_width=float(width))
    if random.random() < recipe.masked:
        finish = replace(finish, mask_growth=random.uniform(0, 8), mask_edge=random.uniform(2, 12))
    if random.random() < recipe.offset:
        finish = replace(finish, offset=random.uniform(-1, 1))
    return finish
