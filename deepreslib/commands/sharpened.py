"""``deepres estimate --method deepres --sharpen``: the map is sharpened first, by a B factor given or found.

This stands here because it puts together what lies on two floors: the B factor is a matter of ``enhancement``, the
resolution at which the sharpened map is filtered one of ``estimation``.
"""

from argparse import ArgumentTypeError, Namespace
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from deepreslib import memory
from deepreslib.commands.numbers import Number
from deepreslib.enhancement.answers import TOLERANCES
from deepreslib.errors import InputError

if TYPE_CHECKING:
    from deepreslib.analysis.distribution import Distribution
    from deepreslib.commands.methods import Inputs
    from deepreslib.enhancement.guinier import GuinierFit
    from deepreslib.estimation.result import LocalResolution
    from deepreslib.maps import DensityMap

AUTO = "auto"
"""The B factor is found."""

GREATEST = 1000.0
"""Å², the greatest B factor, positive or negative; no map asks for more."""

B_FACTORS = (0.0, -50.0, -100.0, -150.0, -200.0, -300.0, -400.0)
"""Å²; those that are tried first where half maps tell the right one."""

SHARP_ENOUGH = TOLERANCES["localfsc"]
"""Å²; a map whose amplitudes ask for no stronger B factor than this is sharpened already, and taken as it is."""

BYTES = 28
"""Memory that sharpening and the Guinier fit take for each voxel of a map."""

MEND = "give a B factor, such as --sharpen -80, or leave --sharpen out"

WORDS = {"guinier": "a Guinier fit", "sharpness": "DeepRes against the local FSC of the half maps", "given": "given"}
"""Where a B factor comes from, as the report names it and in words."""

STILL_COARSE = (
    "the sharpened map looks as coarse: its B factor may be stronger than the one applied, or the map coarser than this"
)
"""What is said where DeepRes' coarsest value fills a sharpened map."""

BFactor: TypeAlias = "str | float"
"""``auto``, or a B factor, Å²."""


def b_factor(text: str) -> BFactor:
    """The type of ``--sharpen``.

    Args:
        text: of the argument.

    Raises:
        ArgumentTypeError: it is neither ``auto`` nor a B factor from -1000 to 1000 Å².
    """
    if text.strip().lower() == AUTO:
        return AUTO
    try:
        return Number(-GREATEST, GREATEST, "Å²")(text)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f"{error}, nor is it {AUTO}") from None


@dataclass(frozen=True)
class Sharpened:
    """How a map is to be sharpened.

    Attributes:
        b_factor: Å², negative to sharpen.
        source: where it comes from: ``given``, ``guinier`` or ``sharpness``.
        limit: Å, where the low-pass filter begins to fall, and where that comes from; None if the map is sharpened
            already, and taken as it is.
        found: what the search or the fit found, for the report: its name → numbers.
        warnings: sentences about it.
    """

    b_factor: float
    source: str
    limit: tuple[float, str] | None
    found: dict[str, Any]
    warnings: tuple[str, ...] = ()

    def sentence(self) -> str:
        """What is done to the map."""
        fit = self.found.get("guinier")
        how = WORDS[self.source]
        if fit:
            how = f"{how} from {fit['coarsest']:.1f} to {fit['finest']:.1f} Å, ± {fit['error']:.0f} Å²"
        if self.limit is None:
            b_factor = self.found["guinier"]["b_factor"]
            return f"sharpened already and taken as it is, its B factor being {b_factor:.0f} Å² ({how})"
        verb = "blurred" if self.b_factor > 0 else "sharpened"
        return (
            f"{verb} by a B factor of {self.b_factor:g} Å² ({how}) and low-pass filtered at {self.limit[0]:.2f} Å "
            f"({self.limit[1]})"
        )

    def report(self, before: float, after: float) -> dict[str, Any]:
        """For JSON.

        Args:
            before: Å, median of the local resolutions of the map as it was.
            after: of the sharpened map.
        """
        return {
            "b_factor": self.b_factor,
            "source": self.source,
            "sentence": self.sentence(),
            "low_pass": self.limit and {"resolution": round(self.limit[0], 3), "source": self.limit[1]},
            "median": {"before": round(before, 4), "after": round(after, 4)},
            **self.found,
        }


def estimate(args: Namespace, inputs: "Inputs") -> "tuple[LocalResolution, str]":
    """Runs DeepRes on a map before and after it is sharpened.

    Args:
        args: of ``deepres estimate --method deepres``, ``--sharpen`` being given.
        inputs: the map, the half maps if there are any, the mask.

    Returns:
        The result for the sharpened map, and a few words about it.

    Raises:
        InputError: the B factor or the resolution cannot be found, or the map cannot be used.
    """
    import numpy as np

    from deepreslib.enhancement.sharpening import Sharpening
    from deepreslib.estimation import deepres
    from deepreslib.estimation.result import one_map

    memory.check(BYTES * inputs.density_map.data.size, f"sharpening {inputs.density_map.name}")
    plain = one_map(inputs.density_map)
    chosen = choose(args, inputs, plain)
    print(f"the map is {chosen.sentence()}", flush=True)
    range_name, path, mask = args.range_name or "auto", args.model, inputs.mask
    result = deepres.estimate(plain, mask, range_name=range_name, network_path=path, progress=True)
    medians, seconds = [float(np.median(result.resolution[mask]))], dict.fromkeys(result.seconds, 0.0)
    if chosen.limit is not None:
        seconds = dict(result.seconds)
        del result  # its memory is needed
        sharp = Sharpening(plain, chosen.limit[0]).by(chosen.b_factor)
        result = deepres.estimate(sharp, mask, range_name=range_name, network_path=path, progress=True)
    medians.append(float(np.median(result.resolution[mask])))
    ends = result.ends and replace(result.ends, why_high=STILL_COARSE)
    result = replace(
        result,
        ends=ends,
        warnings=(*chosen.warnings, *result.warnings),
        report={**result.report, "sharpening": chosen.report(*medians)},
        seconds={name: value + seconds.get(name, 0.0) for name, value in result.seconds.items()},
    )
    if chosen.limit is None:
        return result, f"{result.report['range']['name']} range, sharpened already"
    words = f"B factor {chosen.b_factor:g} Å² applied, median {medians[0]:.2f} Å before and {medians[1]:.2f} Å after"
    return result, f"{result.report['range']['name']} range, {words}"


def choose(args: Namespace, inputs: "Inputs", density_map: "DensityMap") -> Sharpened:
    """How the map is sharpened.

    Args:
        args: with ``sharpen``, ``resolution``, ``range_name`` and ``model``.
        inputs: the half maps if there are any, the mask.
        density_map: the map, at a plain scale.

    Raises:
        InputError: the B factor or the resolution cannot be found, and why.
    """
    from deepreslib.enhancement import guinier
    from deepreslib.enhancement.answers import CannotTell
    from deepreslib.enhancement.sharpening import check_resolution

    if args.resolution is not None:
        check_resolution(density_map, args.resolution)
    limit, warnings = _limit(args, inputs, density_map)
    if args.sharpen != AUTO:
        return Sharpened(args.sharpen, "given", limit, {}, warnings)
    try:
        if inputs.half_maps:
            return _searched(args, inputs, density_map, limit, warnings)
        fit = guinier.fit(density_map, inputs.mask, limit[0])
    except CannotTell as error:
        raise InputError(f"--sharpen auto finds no B factor: {str(error).rstrip('.')}; {MEND}.") from error
    found = {"guinier": fit.as_dict()}
    if abs(fit.b_factor) <= SHARP_ENOUGH:
        return Sharpened(0.0, "guinier", None, found, warnings)
    if fit.was_cut and args.resolution is None:
        limit = fit.finest, f"where a filter ended its amplitudes; {limit[1]} says {limit[0]:.2f} Å"
    return Sharpened(_within(fit), "guinier", limit, found, warnings)


def _within(fit: "GuinierFit") -> float:
    """The B factor that undoes that of a map, Å²."""
    if abs(fit.b_factor) > GREATEST:
        raise InputError(
            f"--sharpen auto finds a B factor of {-fit.b_factor:.0f} Å², and no map asks for one beyond {GREATEST:g}: "
            "its amplitudes fall as at the end of a low-pass filter; give a coarser --resolution, a B factor such as "
            "--sharpen -80, or leave --sharpen out."
        )
    return float(round(-fit.b_factor)) + 0.0  # no -0


def _limit(args: Namespace, inputs: "Inputs", density_map: "DensityMap") -> tuple[tuple[float, str], tuple[str, ...]]:
    """The resolution of the map, Å, and where it comes from; and sentences about it."""
    from deepreslib.enhancement.snr import resolution_limit
    from deepreslib.networks.ranges import RANGES

    warnings: tuple[str, ...] = ()
    if args.resolution is None and not inputs.half_maps:
        limit, warnings = _by_cryores(inputs, density_map)
    else:
        limit = resolution_limit(
            density_map, inputs.half_maps, inputs.mask, args.resolution, workers=inputs.workers, progress=True
        )
    limits = RANGES["high" if args.range_name == "high" else "low"]
    if limit[0] >= limits.high:
        raise InputError(
            f"the map's resolution, {limit[0]:.1f} Å ({limit[1]}), is beyond what DeepRes can tell, {limits.low:g} to "
            f"{limits.high:g} Å by its range '{limits.name}'; it need not be sharpened: leave --sharpen out."
        )
    return limit, warnings


def _by_cryores(inputs: "Inputs", density_map: "DensityMap") -> tuple[tuple[float, str], tuple[str, ...]]:
    """The resolution of a single map that CryoRes says, and its doubts."""
    from deepreslib.analysis.map_kind import map_kind
    from deepreslib.estimation import cryores

    why = "--sharpen filters the sharpened map at its resolution, which CryoRes cannot tell"
    mend = "give it by --resolution, or half maps by --half1 and --half2"
    kind = map_kind(density_map)
    if not kind.suits_cryores:
        raise InputError(f"{why}: {kind.reason}; {mend}.")
    try:
        result = cryores.estimate(density_map, inputs.mask, workers=inputs.workers, progress=True)
    except InputError as error:
        raise InputError(f"{why} ({str(error).rstrip('.')}); {mend}.") from error
    whole, status = result.global_resolution, result.status or ""
    assert whole is not None, "CryoRes always estimates it"
    if status.startswith("outside"):
        raise InputError(f"{why} ({status}); {mend}.")
    doubts: tuple[str, ...] = ()
    if status.startswith("doubtful"):
        doubts = (f"the resolution at which the sharpened map was filtered is {status}; {mend}.",)
    return (whole.value, f"CryoRes, ± {whole.deviation:.1f} Å"), doubts


def _searched(
    args: Namespace,
    inputs: "Inputs",
    density_map: "DensityMap",
    limit: tuple[float, str],
    warnings: tuple[str, ...],
) -> Sharpened:
    """The B factor with which DeepRes claims what the half maps allow, as ``deepres sharpness`` finds it."""
    from deepreslib.enhancement.b_factor import COINCIDE, range_for, recommend
    from deepreslib.enhancement.sharpening import Sharpening
    from deepreslib.enhancement.snr import snr_resolution

    allowed = snr_resolution(inputs.halves, inputs.mask, workers=inputs.workers, progress=True)
    range_name = args.range_name or "auto"
    if range_name == "auto":
        range_name = range_for(density_map.voxel_size, allowed.resolution, inputs.mask)
    search = recommend(
        Sharpening(density_map, limit[0]),
        inputs.mask,
        allowed.resolution,
        B_FACTORS,
        range_name=range_name,
        network_path=args.model,
        report=_print_point,
    )
    if search.b_factor is None:
        raise InputError(f"--sharpen auto finds no B factor: {search.sentence()}; {MEND}.")
    if search.outcome != COINCIDE:
        warnings = (*warnings, f"{search.sentence()}.")
    found = {"search": search.as_dict()}
    return Sharpened(search.b_factor, "sharpness", limit, found, (*warnings, *allowed.warnings))


def _print_point(claimed: "Distribution") -> None:
    """Prints DeepRes' percentile at one B factor."""
    print(f"B factor {claimed.b_factor:g} Å²: DeepRes {claimed.percentile:.2f} Å", flush=True)
