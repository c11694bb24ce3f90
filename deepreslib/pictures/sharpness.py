"""Pictures of an oversharpening check: the percentile against the B factor, the violins of figure 5, and where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter1d

from deepreslib.analysis.distribution import EDGES, Distribution
from deepreslib.enhancement.b_factor import COINCIDE, Recommendation
from deepreslib.errors import InputError
from deepreslib.pictures.figures import RESOLUTION_LABEL, new_figure
from deepreslib.pictures.scale import ColourScale
from deepreslib.pictures.slices import ZERO, coloured_slices_figure

METHODS = {"localfsc": "local FSC", "monores": "MonoRes"}
SNR_COLOUR, DEEPRES_COLOUR, CHOSEN_COLOUR = "#b3261e", "#9db4d3", "#1f4e9c"
MOST_VIOLINS = 8
SMOOTHING = 1.0  # bins
SHOWN_PERCENTILE = 98  # of the excesses; larger ones get the scale's last colour


def sharpness_curve_figure(recommendation: Recommendation, method: str, title: str = "") -> Figure:
    """Draw DeepRes' percentile against the B factor, with what the SNR allows and the B factor recommended.

    Args:
        recommendation: from :func:`deepreslib.enhancement.b_factor.recommend`.
        method: ``localfsc`` or ``monores``, what told the SNR.
        title: above the axes.
    """
    found = recommendation
    figure = new_figure(7.0, 4.6)
    axes = figure.add_subplot()
    b_factors = [each.b_factor for each in found.deepres]
    axes.plot(b_factors, [each.percentile for each in found.deepres], "o-", color=CHOSEN_COLOUR, label="DeepRes")
    axes.axhline(found.snr.percentile, color=SNR_COLOUR, label=f"{METHODS[method]} of the unsharpened map")
    if found.outcome == COINCIDE:
        label = f"recommended: {_text(found.b_factor)}"
    else:
        label = f"no B factor fits; nearest: {_text(found.b_factor)}"
    axes.axvline(found.b_factor, color="black", linestyle="--", linewidth=1.2, label=label)
    axes.invert_xaxis()
    axes.set_xlabel("B factor (Å²); sharper to the right")
    axes.set_ylabel(f"{found.percentile:g} % percentile of the local resolution (Å)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    axes.set_title(title)
    return figure


def sharpness_violin_figure(
    snr: Distribution,
    deepres: Sequence[Distribution],
    method: str,
    percentile: float,
    chosen: float | None = None,
    title: str = "",
) -> Figure:
    """Draw the local resolutions that the SNR allows beside those of DeepRes, as in figure 5 of the paper.

    A violin is as wide as there are voxels of a resolution, each scaled to its own greatest width; the tick on it is
    its percentile, the line through all of them that of the SNR.

    Args:
        snr: what the SNR allows.
        deepres: DeepRes on one map or more; of many, eight spread over the B factors are drawn.
        method: ``localfsc`` or ``monores``, what told the SNR.
        percentile: which one was compared, 0 to 100.
        chosen: the B factor recommended, drawn darker; None for none.
        title: above the axes.

    Raises:
        InputError: there is no distribution of DeepRes.
    """
    if not deepres:
        raise InputError("There is no distribution of DeepRes to draw: give one or more.")
    shown = _spread(deepres, chosen)
    figure = new_figure(1.6 + 1.05 * (1 + len(shown)), 5.0)
    axes = figure.add_subplot()
    _draw_violin(axes, 0, snr, SNR_COLOUR)
    for place, each in enumerate(shown, 1):
        _draw_violin(axes, place, each, CHOSEN_COLOUR if each.b_factor == chosen else DEEPRES_COLOUR)
    axes.axhline(snr.percentile, color=SNR_COLOUR, linewidth=1.2)
    names = [METHODS[method], *("DeepRes" if each.b_factor is None else _text(each.b_factor) for each in shown)]
    texts = [f"{name}\n{each.percentile:.2f} Å" for name, each in zip(names, [snr, *shown], strict=True)]
    axes.set_xticks(range(len(texts)), texts)
    axes.axvline(0.5, color="0.8", linewidth=0.8)
    claims = "DeepRes" if chosen is None else "DeepRes, map sharpened by this B factor"
    axes.set_xlabel(f"unsharpened map | {claims}; below, the {percentile:g} % percentile")
    axes.set_xlim(-0.6, len(shown) + 0.6)
    axes.set_ylim(*_limits([snr, *shown]))
    axes.set_ylabel(RESOLUTION_LABEL)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title)
    return figure


def overclaimed_figure(
    density: np.ndarray,
    excess: np.ndarray,
    voxel_size: Sequence[float],
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    origin: Sequence[float] = ZERO,
    title: str = "",
) -> Figure:
    """Draw slices of the voxels where DeepRes claims more than the SNR allows, over the grey density.

    Args:
        density: (z, y, x), the sharpened map.
        excess: (z, y, x), Å, 0 where nothing is overclaimed (see :class:`deepreslib.enhancement.oversharpening.Check`).
        voxel_size: (z, y, x), Å.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 4 about the centre of those voxels.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.

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
    )


def _text(b_factor: float) -> str:
    return f"{b_factor:g} Å²".replace("-", "−")


def _spread(deepres: Sequence[Distribution], chosen: float | None) -> list[Distribution]:
    """At most eight of the distributions, the one chosen and both ends among them, farthest apart from each other."""
    if len(deepres) <= 2:
        return list(deepres)
    kept = {0, len(deepres) - 1} | {n for n, each in enumerate(deepres) if each.b_factor == chosen}
    while len(kept) < min(MOST_VIOLINS, len(deepres)):
        distances = {
            n: min(abs(each.b_factor - deepres[other].b_factor) for other in kept)
            for n, each in enumerate(deepres)
            if n not in kept
        }
        farthest = max(distances, key=distances.get)
        if len(kept) > 3 and distances[farthest] < (deepres[0].b_factor - deepres[-1].b_factor) / 12:
            break
        kept.add(farthest)
    return [deepres[n] for n in sorted(kept)]


def _draw_violin(axes: Axes, place: float, found: Distribution, colour: str) -> None:
    widths = gaussian_filter1d(found.voxels.astype(float), SMOOTHING, mode="constant")
    widths *= 0.44 / widths.max()
    centres = (EDGES[:-1] + EDGES[1:]) / 2
    kept = widths > 0.004
    axes.fill_betweenx(centres, place - widths, place + widths, where=kept, color=colour, linewidth=0)
    width = float(np.interp(found.percentile, centres, widths))
    axes.plot([place - width, place + width], [found.percentile] * 2, color="black", linewidth=1.6, zorder=4)


def _limits(distributions: Sequence[Distribution]) -> tuple[float, float]:
    """Resolutions that hold all but 0.5 % of the voxels at either end of each."""
    lows, highs = [], []
    for each in distributions:
        share = np.cumsum(each.voxels) / each.voxels.sum()
        lows.append(EDGES[np.searchsorted(share, 0.005)])
        highs.append(EDGES[np.searchsorted(share, 0.995) + 1])
    return min(lows) - 0.3, max(highs) + 0.3
