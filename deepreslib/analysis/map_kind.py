"""What kind of map it is: whether its solvent shows noise, is masked or smooth, and whether its contrast is inverted.

Each threshold lies between values measured on experimental maps, on simulated ones, and on both filtered, masked and
cropped; it says which values these are. Here it is asked what was done to the whole map, by blocks and without a mask
given; ``estimation/solvent_noise.py`` asks which voxels show noise, ``enhancement/noise.py`` whether some is near a
mask.
"""

import weakref
from dataclasses import dataclass
from enum import Enum

from deepreslib.errors import InputError
from deepreslib.maps import DensityMap
from deepreslib.maps.solvent import Blocks, Sign, Solvent, measure_sign, measure_solvent

INVERTED = -0.6
"""Contrast below which a map is inverted. Right maps have 0.83 (EMD-1883, with strong halos) to 1, noise 0."""

BUSY = 0.3
"""A face of the box on which the density varies more is reached by the molecule: 0.28 to 0.97 in crops without solvent,
up to 0.22 where a filament leaves the box, up to 0.19 where there is nothing but strong noise."""

BUSY_FACES = 5
"""So many busy faces make a crop without solvent; a filament reaches two, a sheet four."""

CROP_SKEWNESS = 1.5
"""The smoothed density of a crop is less skewed: -1.2 to 0.4, against 2.1 to 9 of molecules in solvent."""

FINE_SKEWNESS = -0.3
"""A crop whose fine detail is skewed more to the negative side is inverted; right maps have 0 to 5: atoms are
peaks."""

MASKED = 0.5
"""A map is masked where a greater share of the solvent has one value: 0.84 to 1 in masked maps, up to 0.09 in maps of
8 bits with noise."""

CUT_OFF = 1e-3
"""In a masked map, nothing but density lies above the outside's value if a smaller share lies below it."""

SMOOTH = 0.06
"""The solvent shows no noise if its SD is a smaller share of the molecule's: up to 0.04 in simulated maps without noise
and in maps filtered part by part, 0.1 to 0.9 in others."""

LASTING, LEAST_DECAY = 5e-3, 1.5
"""But weak noise is told from a density's tails and ripples: far from the molecule, it varies more than the first, and
near the molecule not more than so many times as much. Simulated maps without noise vary far away by up to 0.002, those
with the sharp edge of a filter at 10 Å by 0.01, but 2.3 times as much near by. Of reconstructions that were binned to
their resolution, some vary by 0.03 to 0.05, 0.9 to 1.2 times as much near by; others, by less, are not told."""

FILTERED = 3e-3
"""The solvent was filtered more than the molecule if its share of the molecule's power at fine frequencies is smaller:
up to 0.0012 in maps filtered part by part, 0.009 to 1 in most others, low-pass filtered ones too. Some clear maps of
1.8 to 3 Å have less as well (1e-4 to 3e-3), and CryoRes, which learnt both, is right about them: it may judge all."""

WHITE = 1.35
"""Noise is white up to the corners of Fourier space if its greatest power is less than so many times its least: 1 to
1.2 where a program added it, 10 and more in reconstructions, whose noise is shaped and ends at Nyquist's frequency."""


FOLLOWING = 0.82
"""In a map whose outside is still, the finest detail is the molecule's alone if it follows the density more closely:
0.84 to 0.94 in simulated maps of one resolution, up to 0.78 in masked reconstructions. Simulated maps coarser than
about 5 Å, filtered part by part, or masked within their molecule have 0.2 to 0.81 and are not told by it."""

RIM_NOISE = 0.11
"""That is asked only if the rim within the mask varies less: up to 0.10 in simulated maps of 4 Å and finer, 0.12 to 0.9
in masked reconstructions unless the mask's soft edge lies on the rim."""

FADING = (0.035, 0.15)
"""Where the outside is not one value but fades to it, the map was masked if its rim varies more than the first: 0.04
to 0.22 in reconstructions with the mask blurred, up to 0.03 in most simulated maps so masked; and if a greater share
of the rim's power than the second lies below the outside: 0.20 to 0.87 in them, at most 0.001 in maps simulated with
Gaussian atoms. Reconstructions low-pass filtered finer than 4 Å have 0.02 in the narrowest of such masks, and are not
told."""

WHITE_MOLECULE = (1.3, 3e-3)
"""In a map whose outside is still, noise in the molecule is white if its power varies by less than so many times (1.11
to 1.16 where a program added it, 1.43 and more in others) and makes up more than this share of the molecule's variance
(0.029 to 0.051; that of rounding to 8 bits is about 1e-4)."""


class Kind(Enum):
    """What a map shows around its molecule; each value is the end of the sentence "the map ..."."""

    NOISE = "shows the noise of the reconstruction around the molecule"
    MASKED = "is masked, nearly the same value everywhere outside the molecule"
    CUT_OFF = "has no density below the value that fills its outside, as one simulated or cut off at a level"
    SMOOTH = "shows no noise around the molecule, as one simulated, or filtered after masking"
    FILTERED = "shows little noise around the molecule, or was filtered more strongly there than in it"
    WHITE = "has noise as white as a program adds it, so the density was filtered and the noise was not"
    CROP = "has no solvent, its density reaches the faces of the box"
    UNKNOWN = "shows no molecule that stands out of its surroundings"


@dataclass(frozen=True)
class MapKind:
    """The kind of a map.

    Attributes:
        kind: what lies around its molecule.
        is_inverted: whether the density of the molecule is certainly below that of its surroundings.
        sign: what was measured of the contrast.
        solvent: what was measured of the solvent; None if there is none.
    """

    kind: Kind
    is_inverted: bool
    sign: Sign
    solvent: Solvent | None

    @property
    def suits_cryores(self) -> bool:
        """Whether CryoRes can judge such a map: it learnt from reconstructions, filtered, masked, cropped or not."""
        return self.kind in (Kind.NOISE, Kind.FILTERED, Kind.MASKED, Kind.CROP, Kind.UNKNOWN)

    @property
    def is_masked(self) -> bool:
        """Whether nearly all of the solvent has one value, whatever is left of noise within the mask."""
        return self.kind is Kind.MASKED or (self.solvent is not None and self.solvent.constant > MASKED)

    @property
    def hides_noise(self) -> bool:
        """Whether a map is masked so tightly that nothing of its noise is left between molecule and mask.

        So it was in all maps times a binary mask of the molecule's size, in none of 73 simulated ones with soft or
        wider masks, and in none of three experimental parts.
        """
        rim = None if self.solvent is None else self.solvent.rim
        return self.kind is Kind.MASKED and rim is not None and rim.deviation is None

    @property
    def reason(self) -> str:
        """The kind in words: "the map ..."."""
        return f"the map {self.kind.value}"


_known: "weakref.WeakKeyDictionary[DensityMap, MapKind]" = weakref.WeakKeyDictionary()


def map_kind(density_map: DensityMap) -> MapKind:
    """Decides what kind of map it is; nothing in it depends on the map's scale or offset.

    Args:
        density_map: the map, or the mean of half maps; finite and not constant.

    Returns:
        The kind; asked again for the same map, it is not measured again.
    """
    if density_map not in _known:
        blocks = Blocks(density_map)
        sign = measure_sign(blocks)
        is_crop = sum(face >= BUSY for face in sign.faces) >= BUSY_FACES and abs(sign.skewness) < CROP_SKEWNESS
        is_inverted = _is_inverted(sign, is_crop)
        solvent = None if is_crop else measure_solvent(blocks, -1 if is_inverted else 1)
        kind = Kind.CROP if is_crop else _kind(solvent)
        _known[density_map] = MapKind(kind, is_inverted, sign, solvent)
    return _known[density_map]


def refuse_inverted(density_map: DensityMap) -> None:
    """Refuses a map whose contrast is certainly inverted.

    Args:
        density_map: the map, or the mean of half maps.

    Raises:
        InputError: the density of the molecule is below that of its surroundings.
    """
    if map_kind(density_map).is_inverted:
        raise InputError(
            f"{density_map.name} has inverted contrast, the density of its molecule is below that of the solvent; "
            "multiply the map by -1."
        )


def _is_inverted(sign: Sign, is_crop: bool) -> bool:
    """Whether the contrast is certainly inverted; where density reaches most faces, fine detail alone can tell."""
    if is_crop or sum(face >= BUSY for face in sign.faces) > BUSY_FACES - 2:
        return sign.fine_skewness < FINE_SKEWNESS and sign.raw_skewness < 0
    return sign.contrast < INVERTED


def _kind(solvent: Solvent | None) -> Kind:
    """The kind of a map that is no crop."""
    if solvent is None:
        return Kind.UNKNOWN
    kind = _kind_of_outside(solvent)
    if solvent.rim is None or kind not in (Kind.MASKED, Kind.SMOOTH, Kind.FILTERED):
        return kind
    most, least = WHITE_MOLECULE
    if solvent.rim.unevenness < most and solvent.rim.whiteness > least:
        return Kind.WHITE
    deviation = solvent.rim.deviation or 0.0
    if kind is Kind.MASKED:
        follows = deviation < RIM_NOISE and (solvent.rim.following or 0.0) > FOLLOWING
        return Kind.SMOOTH if follows else kind
    return Kind.MASKED if deviation > FADING[0] and solvent.rim.below > FADING[1] else kind


def _kind_of_outside(solvent: Solvent) -> Kind:
    """The kind of a map by its solvent alone, whether noise is left within a mask or not."""
    if solvent.constant > MASKED:
        return Kind.CUT_OFF if solvent.below < CUT_OFF else Kind.MASKED
    if solvent.deviation < SMOOTH and not _has_weak_noise(solvent):
        return Kind.SMOOTH
    if solvent.unevenness is not None and solvent.unevenness < WHITE:
        return Kind.WHITE
    if solvent.fine_power is not None and solvent.fine_power < FILTERED:
        return Kind.FILTERED
    return Kind.NOISE


def _has_weak_noise(solvent: Solvent) -> bool:
    """Whether what little the solvent varies is noise, as it lasts far from the molecule."""
    if solvent.lasting is None or solvent.decay is None:
        return False
    return solvent.lasting > LASTING and solvent.decay < LEAST_DECAY
