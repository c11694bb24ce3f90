"""Pictures of a sharpening: percentiles and distributions against the B factor, and where a map is oversharpened.

The distributions are drawn as violins like those of figure 5 of Ramírez-Aportela et al., IUCrJ 6, 1054 (2019). SNR is
the signal-to-noise ratio.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter1d

from deepreslib.analysis.distribution import EDGES, Distribution
from deepreslib.enhancement.b_factor import COINCIDE, Recommendation
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray, Triple
from deepreslib.pictures.figures import RESOLUTION_LABEL, new_figure
from deepreslib.pictures.scale import ColourScale
from deepreslib.pictures.slices import ZERO, coloured_slices_figure

METHODS = {"localfsc": "local FSC", "monores": "MonoRes"}
SNR_COLOUR, DEEPRES_COLOUR, CHOSEN_COLOUR = "#b3261e", "#9db4d3", "#1f4e9c"
MOST_VIOLINS = 8
SMOOTHING = 1.0  # bins
SURROUNDINGS = 60.0
"""Å; so much of the map is shown around few overclaimed voxels, so that one sees where they are."""

SHOWN_PERCENTILE = 98  # of the excesses; larger ones get the scale's last colour


def sharpness_curve_figure(recommendation: Recommendation, method: str, title: str = "") -> Figure:
    """Draw DeepRes' percentile against the B factor, with the SNR's percentile and the recommended B factor.

    Args:
        recommendation: from :func:`deepreslib.enhancement.b_factor.recommend`.
        method: ``localfsc`` or ``monores``, what measured the resolution that the SNR allows.
        title: above the axes.

    Returns:
        The figure.
    """
    figure = new_figure(7.0, 4.6)
    axes = figure.add_subplot()
    b_factors = [_b_factor(claims) for claims in recommendation.deepres]
    axes.plot(
        b_factors, [claims.percentile for claims in recommendation.deepres], "o-", color=CHOSEN_COLOUR, label="DeepRes"
    )
    axes.axhline(recommendation.snr.percentile, color=SNR_COLOUR, label=f"{METHODS[method]} of the unsharpened map")
    if recommendation.b_factor is None:
        axes.plot([], [], " ", label="no B factor fits")
    else:
        what = "recommended" if recommendation.outcome == COINCIDE else "no B factor fits; nearest"
        label = f"{what}: {_text(recommendation.b_factor)}"
        axes.axvline(recommendation.b_factor, color="black", linestyle="--", linewidth=1.2, label=label)
    axes.invert_xaxis()
    axes.set_xlabel("B factor (Å²); sharper to the right")
    axes.set_ylabel(f"{recommendation.percentile:g} % percentile of the local resolution (Å)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    axes.set_title(title)
    return figure


def sharpness_violin_figure(
    snr: Distribution,
    deepres: Sequence[Distribution],
    method: str,
    percentile: float,
    b_factor: float | None = None,
    title: str = "",
) -> Figure:
    """Draw the local resolutions that the SNR allows beside those of DeepRes, as in figure 5 of the paper.

    The width of a violin shows how many voxels have a resolution, and is scaled so that all violins are equally wide.
    The tick on a violin is its percentile; the line through all violins is the percentile of the SNR.

    Args:
        snr: the distribution of the resolutions that the SNR allows.
        deepres: the distributions of DeepRes on one map or more; of many, eight are drawn whose B factors lie far
            apart.
        method: ``localfsc`` or ``monores``, what measured the resolution that the SNR allows.
        percentile: the percentile that was compared, 0 to 100.
        b_factor: the recommended one, Å², drawn darker; None for none.
        title: above the axes.

    Returns:
        The figure.

    Raises:
        InputError: there is no distribution of DeepRes.
    """
    if not deepres:
        raise InputError("There is no distribution of DeepRes to draw: give one or more.")
    drawn = _far_apart(deepres, b_factor)
    figure = new_figure(1.6 + 1.05 * (1 + len(drawn)), 5.0)
    axes = figure.add_subplot()
    _draw_violin(axes, 0, snr, SNR_COLOUR)
    for place, claims in enumerate(drawn, 1):
        _draw_violin(axes, place, claims, CHOSEN_COLOUR if claims.b_factor == b_factor else DEEPRES_COLOUR)
    axes.axhline(snr.percentile, color=SNR_COLOUR, linewidth=1.2)
    names = [METHODS[method], *("DeepRes" if claims.b_factor is None else _text(claims.b_factor) for claims in drawn)]
    texts = [
        f"{name}\n{distribution.percentile:.2f} Å" for name, distribution in zip(names, [snr, *drawn], strict=True)
    ]
    axes.set_xticks(range(len(texts)), texts)
    axes.axvline(0.5, color="0.8", linewidth=0.8)
    right = "DeepRes" if b_factor is None else "DeepRes, map sharpened by this B factor"
    axes.set_xlabel(f"unsharpened map | {right}; below, the {percentile:g} % percentile")
    axes.set_xlim(-0.6, len(drawn) + 0.6)
    axes.set_ylim(*_limits([snr, *drawn]))
    axes.set_ylabel(RESOLUTION_LABEL)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title)
    return figure


def overclaimed_figure(
    density: FloatArray,
    excess: FloatArray,
    voxel_size: Triple,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    origin: Triple = ZERO,
    title: str = "",
) -> Figure:
    """Draw slices of the voxels where DeepRes is finer than the SNR allows, over the grey density.

    Args:
        density: (z, y, x), the sharpened map.
        excess: (z, y, x), Å, 0 where nothing is overclaimed (see :class:`deepreslib.enhancement.overclaim.Overclaim`).
        voxel_size: (z, y, x), Å.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 4 about the centre of those voxels.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.

    Returns:
        The figure.

    Raises:
        InputError: no voxel is overclaimed, so there is nothing to draw; or no such slice.
    """
    inside = excess > 0
    if not inside.any():
        raise InputError("DeepRes claims nowhere more than the signal-to-noise ratio allows: nothing to show.")
    limit = max(np.ceil(10 * np.percentile(excess[inside], SHOWN_PERCENTILE) - 1e-4) / 10, 0.5)
    return coloured_slices_figure(
        density,
        excess,
        voxel_size,
        ColourScale(0.0, float(limit), "YlOrRd"),
        axis,
        numbers,
        origin,
        title,
        inside=inside,
        label="DeepRes finer than the SNR allows by (Å)",
        least=SURROUNDINGS,
    )


def _text(b_factor: float) -> str:
    """A B factor with its unit."""
    return f"{b_factor:g} Å²".replace("-", "−")


def _b_factor(claims: Distribution) -> float:
    """The B factor of a distribution of DeepRes in a search, where each has one."""
    assert claims.b_factor is not None
    return claims.b_factor


def _far_apart(deepres: Sequence[Distribution], b_factor: float | None) -> list[Distribution]:
    """At most eight of the distributions: both ends, the one of the B factor, and others far from all of them."""
    if len(deepres) <= 2:
        return list(deepres)
    numbers = {0, len(deepres) - 1} | {n for n, claims in enumerate(deepres) if claims.b_factor == b_factor}
    while len(numbers) < min(MOST_VIOLINS, len(deepres)):
        distances = {
            n: min(abs(_b_factor(claims) - _b_factor(deepres[other])) for other in numbers)
            for n, claims in enumerate(deepres)
            if n not in numbers
        }
        farthest = max(distances, key=distances.__getitem__)
        if len(numbers) > 3 and distances[farthest] < (_b_factor(deepres[0]) - _b_factor(deepres[-1])) / 12:
            break
        numbers.add(farthest)
    return [deepres[n] for n in sorted(numbers)]


def _draw_violin(axes: Axes, place: float, distribution: Distribution, colour: str) -> None:
    """Draw one violin about a place on the horizontal axis."""
    widths = gaussian_filter1d(distribution.voxels.astype(float), SMOOTHING, mode="constant")
    widths *= 0.44 / widths.max()
    centres = (EDGES[:-1] + EDGES[1:]) / 2
    wide_enough = widths > 0.004
    axes.fill_betweenx(centres, place - widths, place + widths, where=wide_enough, color=colour, linewidth=0)
    width = float(np.interp(distribution.percentile, centres, widths))
    axes.plot([place - width, place + width], [distribution.percentile] * 2, color="black", linewidth=1.6, zorder=4)


def _limits(distributions: Sequence[Distribution]) -> tuple[float, float]:
    """Resolutions that hold all but 0.5 % of the voxels at either end of every distribution."""
    lows, highs = [], []
    for distribution in distributions:
        share = np.cumsum(distribution.voxels) / distribution.voxels.sum()
        lows.append(EDGES[np.searchsorted(share, 0.005)])
        highs.append(EDGES[np.searchsorted(share, 0.995) + 1])
    return min(lows) - 0.3, max(highs) + 0.3
