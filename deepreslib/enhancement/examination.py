"""The whole sharpening check: what the signal-to-noise ratio (SNR) allows, a search or a verdict, and where it fails.

Arrays are (z, y, x); resolutions are in Å, B factors in Å².
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deepreslib.analysis.distribution import Distribution
from deepreslib.enhancement import verdict
from deepreslib.enhancement.answers import CANNOT_TELL, TOLERANCES, CannotTell
from deepreslib.enhancement.b_factor import B_FACTORS, PERCENTILE, Recommendation, range_for, recommend
from deepreslib.enhancement.overclaim import Overclaim, overclaim
from deepreslib.enhancement.sharpening import Sharpening, check_resolution
from deepreslib.enhancement.snr import SNR_CUTOFF, SnrResolution, resolution_limit, snr_resolution
from deepreslib.enhancement.verdict import Verdict
from deepreslib.estimation.result import HalfMaps
from deepreslib.fourier.arrays import BoolArray
from deepreslib.maps import DensityMap, checks
from deepreslib.networks.ranges import RANGES, ResolutionRange

_NOT_YET = Verdict(CANNOT_TELL, "the examination has not ended")


@dataclass
class Examination:
    """What is known of a map's sharpening; without an answer, only as much as was found before the reason showed.

    Attributes:
        method: ``localfsc`` or ``monores``, what measures the SNR.
        verdict: the answer and why.
        snr: the local resolution that the SNR allows.
        limit: Å, the map's resolution, beyond which there is only noise, and where it comes from.
        search: the result of the search; None also if a map was to be checked.
        sharpened: the map that the verdict is about, as it was given or as the search recommends it.
        claims: where DeepRes claims too much of that map, low-pass filtered at its resolution.
    """

    method: str
    verdict: Verdict = _NOT_YET
    snr: SnrResolution | None = None
    limit: tuple[float, str] | None = None
    search: Recommendation | None = None
    sharpened: DensityMap | None = None
    claims: Overclaim | None = None


def examine(
    density_map: DensityMap,
    half_maps: HalfMaps | None,
    mask: BoolArray,
    checked: DensityMap | None = None,
    *,
    resolution: float | None = None,
    b_factors: Iterable[float] = B_FACTORS,
    cutoff: float = SNR_CUTOFF,
    percentile: float = PERCENTILE,
    range_name: str = "auto",
    network_path: str | None = None,
    workers: int = -1,
    progress: bool = False,
    report: Callable[[Distribution], None] | None = None,
) -> Examination:
    """Searches the right B factor of a map, or checks a map that was sharpened by any program.

    Args:
        density_map: the unsharpened map.
        half_maps: its half maps; None for none.
        mask: bool (z, y, x).
        checked: the sharpened map to check, on the same grid; None to search.
        resolution: Å, of the map; None to find it (see :func:`deepreslib.enhancement.snr.resolution_limit`).
        b_factors: Å², to search among.
        cutoff: of the local FSC.
        percentile: which one must coincide, 0 to 100.
        range_name: of DeepRes, ``low``, ``high`` or ``auto``.
        network_path: see :func:`deepreslib.estimation.deepres.estimate`.
        workers: threads, -1 for all.
        progress: show progress bars on standard error.
        report: called with the ``Distribution`` at every B factor that is applied to the unsharpened map by the
            search, or to the checked one.

    Returns:
        The examination; its verdict is ``cannot tell`` where the maps do not tell it.

    Raises:
        InputError: the maps, the resolution or the network cannot be used.
    """
    if resolution is not None:
        check_resolution(density_map, resolution)
    limits = RANGES["low" if range_name == "auto" else range_name]
    checks.check_estimable(density_map, limits.window, limits.high)
    found = Examination("localfsc" if half_maps else "monores")
    tolerance = TOLERANCES[found.method]
    try:
        found.snr = snr_resolution(half_maps or density_map, mask, cutoff=cutoff, workers=workers, progress=progress)
        snr = found.snr.resolution
        if range_name == "auto":
            range_name = range_for(density_map.voxel_size, snr, mask, percentile)
        found.limit = resolution_limit(density_map, half_maps, mask, resolution, workers=workers, progress=progress)
        limit = found.limit[0]
        _check_limit(limit, found.limit[1], RANGES[range_name])
        if checked is None:
            sharpening = Sharpening(density_map, limit)
            found.search = recommend(
                sharpening,
                mask,
                snr,
                b_factors,
                range_name=range_name,
                network_path=network_path,
                percentile=percentile,
                report=report,
            )
            found.verdict = verdict.of_recommendation(found.search, tolerance)
            b_factor = found.search.b_factor
            filtered = None if b_factor is None else sharpening.by(b_factor)
            found.sharpened = filtered
        else:
            found.sharpened, filtered = checked, Sharpening(checked, limit).by(0)
            found.verdict = verdict.of_map(
                checked,
                density_map,
                mask,
                snr,
                limit,
                tolerance,
                range_name=range_name,
                network_path=network_path,
                percentile=percentile,
                report=report,
            )
    except CannotTell as error:
        found.verdict = Verdict.unknown(error)
        return found
    if filtered is not None and found.verdict.answer != CANNOT_TELL:
        found.claims = overclaim(
            filtered, mask, snr, percentile, range_name=range_name, network_path=network_path, progress=progress
        )
    return found


def _check_limit(limit: float, source: str, limits: ResolutionRange) -> None:
    if limit >= limits.high:
        raise CannotTell(
            f"the map's resolution, {limit:.1f} Å ({source}), is beyond what DeepRes can tell, {limits.low:g} to "
            f"{limits.high:g} Å by its range '{limits.name}'; give a map of better resolution."
        )
