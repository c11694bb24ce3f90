"""Whether CryoRes' answer for a map can be relied on: how far its deviations are widened, and its status.

A network answers any map with numbers, also one that is like nothing in its training. So its answer is judged by what
it says of itself (the global resolution and its deviation), by how unlike the maps of the training the map is (the
strangeness, see ``networks.strangeness``), by what kind of map it is, and by the mask that was found.
"""

from dataclasses import dataclass

from deepreslib.analysis.map_kind import MapKind
from deepreslib.estimation.judgement import MaskFault
from deepreslib.estimation.result import GlobalResolution
from deepreslib.networks.cryores_card import Widening

FINEST, COARSEST = 1.5, 25.0
"""Å, the range of global resolutions that CryoRes learnt."""

UNCERTAIN = 0.2
"""A greater deviation of the global resolution, as a share of it, makes the answer doubtful."""

RELIABLE, DOUBTFUL, OUTSIDE = "reliable", "doubtful", "outside the range"
"""What a status begins with; after the other two come a colon and the reasons."""

_MEASURE = "two half maps and --method localfsc would measure them"


@dataclass(frozen=True)
class Doubt:
    """A reason why an answer cannot be relied on.

    Attributes:
        reason: half a sentence.
        advice: another half: what it means, and what to do.
    """

    reason: str
    advice: str

    @property
    def sentence(self) -> str:
        """Both, as a warning."""
        return f"{self.reason}; {self.advice}."


@dataclass(frozen=True)
class Reliability:
    """How far an answer can be relied on.

    Attributes:
        factor: by which deviations were widened because the map is strange, at least 1.
        global_resolution: with its deviation widened.
        outside: why the global resolution is outside the range; None if it is inside.
        doubts: the other reasons.
    """

    factor: float
    global_resolution: GlobalResolution
    outside: Doubt | None
    doubts: tuple[Doubt, ...]

    @property
    def status(self) -> str:
        """``reliable``, or ``doubtful`` or ``outside the range`` with a colon and the reasons, joined by "; "."""
        if not self._all:
            return RELIABLE
        word = OUTSIDE if self.outside else DOUBTFUL
        return f"{word}: {'; '.join(doubt.reason for doubt in self._all)}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each reason."""
        return tuple(doubt.sentence for doubt in self._all)

    @property
    def _all(self) -> tuple[Doubt, ...]:
        return (self.outside, *self.doubts) if self.outside else self.doubts


def judge(
    whole: GlobalResolution,
    strangeness: float,
    widening: Widening | None,
    kind: MapKind,
    fault: MaskFault | None,
) -> Reliability:
    """Decides how far an answer can be relied on.

    Args:
        whole: the global resolution with its deviation as the network gives it.
        strangeness: of the map; 1 is usual.
        widening: how deviations grow with it; None if the network's card does not say.
        kind: of the map.
        fault: of the mask that was found; None if there is none.

    Returns:
        The factor, the widened global resolution and the doubts.
    """
    factor = 1.0 if widening is None else widening.factor(strangeness)
    everywhere = 1.0 if widening is None else widening.everywhere
    widened = GlobalResolution(whole.value, everywhere * factor * whole.deviation)
    doubts = []
    if widening is not None and strangeness > widening.threshold:
        doubts.append(_strange(factor))
    if widened.deviation > UNCERTAIN * widened.value:
        doubts.append(
            Doubt(
                f"the global resolution is uncertain by more than a fifth, ± {widened.deviation:.2f} Å",
                f"take the values as a rough guess: {_MEASURE}",
            )
        )
    if not kind.suits_cryores:
        doubts.append(
            Doubt(
                kind.reason,
                "CryoRes learnt from reconstructions with their noise, so its values may be far off: --method deepres "
                "does not ask for noise",
            )
        )
    if kind.hides_noise:
        doubts.append(
            Doubt(
                "the map is masked so tightly that none of its noise is left beside the molecule",
                "CryoRes takes such maps for finer than they are: give the map with a wider mask, or without one",
            )
        )
    if fault is not None:
        doubts.append(Doubt(fault.fault, fault.advice))
    return Reliability(factor, widened, _outside(widened), tuple(doubts))


def _strange(factor: float) -> Doubt:
    """The doubt about a strange map."""
    widened = f", and their deviations are widened {factor:.2g} times" if factor > 1 else ""
    return Doubt(
        "the map is unlike those that CryoRes learnt from",
        f"its values may be far off{widened}: {_MEASURE}, and --method deepres looks at the map in another way",
    )


def _outside(whole: GlobalResolution) -> Doubt | None:
    """Why a global resolution is outside the range; at the coarse end its deviation counts too."""
    if whole.value < FINEST:
        reason = f"{whole.value:.2f} Å, is finer than {FINEST:g} Å, the finest"
    elif whole.value > COARSEST:
        reason = f"{whole.value:.2f} Å, is coarser than {COARSEST:g} Å, the coarsest"
    elif whole.value + whole.deviation > COARSEST:
        reason = f"{whole.value:.2f} ± {whole.deviation:.2f} Å, may be coarser than {COARSEST:g} Å, the coarsest"
    else:
        return None
    return Doubt(
        f"the global resolution, {reason} that CryoRes learnt",
        f"do not rely on its values, which may be far off: {_MEASURE}",
    )
