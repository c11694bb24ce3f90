"""Pictures of a claimed resolution and the evidence: spectrum, local resolution and FSC of one map; claims of many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from deepreslib.analysis.claims import CANNOT_TELL, COARSER, CONSISTENT, FINER, IMPOSSIBLE, Estimate, Rule
from deepreslib.analysis.map_end import MapEnd, Spectrum
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray
from deepreslib.fourier.fsc import CUTOFF
from deepreslib.maps.half_map_curves import HalfMapCurves
from deepreslib.pictures.figures import new_figure
from deepreslib.pictures.text import plain

CLAIM, ESTIMATE, END, NYQUIST = "#c1440e", "#1f4e9c", "#2a8c4a", "0.45"
"""The colours of the claim, of what was measured, of the map's end and of Nyquist's limit, in all panels."""

VERDICT_COLOURS = {
    CONSISTENT: "#2a8c4a",
    FINER: "#c1440e",
    COARSER: "#8a6d1d",
    IMPOSSIBLE: "#8c1a1a",
    CANNOT_TELL: "#6b6b6b",
    None: "#1f4e9c",
}
"""The colour of each verdict; None is no claim."""

CURVES = {
    "unmasked": ("without a mask", "#9db4d3", "-"),
    "masked": ("within the mask", "#1f4e9c", "--"),
    "randomised": ("random phases", "0.55", ":"),
    "corrected": ("corrected", "#1f4e9c", "-"),
}
"""Curve of the half maps → its name, colour and line."""

PANELS = ("spectrum", "local", "half maps")
"""The panels of the evidence, in order."""

_MISSING = {
    "local": "There is no local resolution of this map: CryoRes gave none.",
    "half maps": "There are no half maps of this map, so there is no FSC to show.",
}

RESOLUTIONS = (1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8, 10, 15, 20, 50)
LEAST_AMPLITUDE = 1e-7
HOLD = 0.995


@dataclass(frozen=True)
class Point:
    """A map in the overview of many.

    Attributes:
        name: of the map.
        claimed: Å.
        estimate: that decided; None if there is none.
        verdict: about the claim.
    """

    name: str
    claimed: float
    estimate: Estimate | None
    verdict: str


def evidence_figure(
    spectrum: Spectrum,
    end: MapEnd,
    local: FloatArray,
    curves: HalfMapCurves | None = None,
    claimed: float | None = None,
    estimate: Estimate | None = None,
    title: str = "",
    panels: Sequence[str] = PANELS,
) -> Figure:
    """Draw a map's spectrum, the distribution of its local resolution and the FSC of its half maps.

    Args:
        spectrum: of the map.
        end: where it ends.
        local: Å, local resolutions at FSC 0.143, (n,); empty if there are none.
        curves: of the half maps; None if there are none.
        claimed: Å; None if nothing is claimed.
        estimate: what decided; None if nothing did.
        title: above the figure.
        panels: the panels to draw, some of ``PANELS``; those of which there is nothing are left out.

    Returns:
        The figure, with up to three panels.

    Raises:
        InputError: there is nothing to draw.
    """
    missing = {"local": not local.size, "half maps": curves is None}
    drawn = [name for name in PANELS if name in panels and not missing.get(name)]
    if not drawn:
        raise InputError("; ".join(_MISSING[name] for name in panels))
    figure = new_figure(4.6 * len(drawn) + (0.6 if len(drawn) > 1 else 2), 4.4)
    for name, axes in zip(drawn, figure.subplots(1, len(drawn), squeeze=False)[0], strict=True):
        if name == "spectrum":
            _draw_spectrum(axes, spectrum, end, claimed, estimate)
        elif name == "local":
            _draw_local(axes, local, claimed, estimate)
        elif curves is not None:
            _draw_curves(axes, curves, claimed, estimate)
    figure.suptitle(plain(title))
    return figure


def overview_figure(points: Sequence[Point], rule: Rule, title: str = "") -> Figure:
    """Draw claimed against measured resolutions, with the tolerance.

    Args:
        points: one or more.
        rule: whose tolerance is shown.
        title: above the axes.

    Returns:
        The figure.

    Raises:
        InputError: no map has both a claim and an estimate.
    """
    known = [(point, point.estimate) for point in points if point.estimate is not None]
    if not known:
        raise InputError("no map has both a claim and an estimate: there is nothing to draw.")
    figure = new_figure(6.4, 5.8)
    axes = figure.add_subplot()
    bars = [rule.sigmas * found.deviation for _, found in known]
    ends = [(found.value - bar, found.value + bar) for (_, found), bar in zip(known, bars, strict=True)]
    claims = [point.claimed for point, _ in known]
    low = 0.85 * max(min(*claims, *(end[0] for end in ends), claims[0]), 0.5 * min(claims))
    high = 1.18 * max(*claims, *(end[1] for end in ends), claims[0])
    line = np.array([low, high])
    axes.plot(line, line, color="0.3", linewidth=1)
    label = f"within {100 * rule.tolerance:.0f} % of the claim"
    axes.fill_between(
        line, line * (1 - rule.tolerance), line * (1 + rule.tolerance), color="0.88", linewidth=0, label=label
    )
    for verdict, colour in VERDICT_COLOURS.items():
        here = [(point, found) for point, found in known if point.verdict == verdict]
        if here:
            axes.errorbar(
                [point.claimed for point, _ in here],
                [found.value for _, found in here],
                yerr=[rule.sigmas * found.deviation for _, found in here],
                fmt="o",
                color=colour,
                capsize=2,
                label=f"{verdict} ({len(here)})",
            )
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([each for each in RESOLUTIONS if low <= each <= high]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("Claimed resolution (Å)")
    axes.set_ylabel(f"Measured resolution (Å), ± {rule.sigmas:g} SD")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small", loc="upper left")
    axes.set_title(plain(title))
    return figure


def _draw_spectrum(
    axes: Axes, spectrum: Spectrum, end: MapEnd, claimed: float | None, estimate: Estimate | None
) -> None:
    """The radial amplitude, with the resolutions that matter."""
    frequency, amplitude = spectrum.frequency[1:], spectrum.amplitude[1:]
    axes.semilogy(frequency, np.maximum(amplitude, LEAST_AMPLITUDE), color="black", linewidth=1.3)
    _mark(axes, claimed, estimate)
    if end.is_filtered:
        axes.axvline(
            1 / end.resolution, color=END, linestyle="-.", linewidth=1.4, label=f"map ends {end.resolution:.1f} Å"
        )
    axes.axvline(frequency[-1], color=NYQUIST, linewidth=1.4, label=f"Nyquist {1 / frequency[-1]:.2f} Å")
    axes.set_ylabel("Amplitude (share of the greatest)")
    axes.set_title("Spectrum of the map", fontsize="medium")
    _frequency_axis(axes, float(frequency[-1]), claimed)
    axes.legend(framealpha=0.85, edgecolor="none", fontsize="small")


def _draw_local(axes: Axes, local: FloatArray, claimed: float | None, estimate: Estimate | None) -> None:
    """The share of the molecule that reaches each resolution."""
    low, high = np.percentile(local, (0.5, 99.5))
    marks = [number for number in (claimed, estimate.value if estimate else None) if number is not None]
    low, high = min(low, *marks, low) - 0.4, max(high, *marks, high) + 0.4
    axes.hist(np.clip(local, low, high), bins=np.linspace(low, high, 41), color="#9db4d3", weights=_shares(local))
    axes.axvline(float(np.median(local)), color="black", linestyle=":", label=f"median {np.median(local):.1f} Å")
    if estimate:
        axes.axvspan(
            estimate.value - estimate.deviation, estimate.value + estimate.deviation, color=ESTIMATE, alpha=0.15, lw=0
        )
        axes.axvline(estimate.value, color=ESTIMATE, linewidth=1.4, label=f"measured {estimate.value:.1f} Å")
    if claimed is not None:
        share = 100 * float(np.mean(local <= claimed))
        axes.axvline(
            claimed, color=CLAIM, linestyle="--", linewidth=1.6, label=f"claimed {claimed:g} Å: {share:.0f} % reach it"
        )
    axes.set_xlabel("Local resolution at FSC 0.143, by CryoRes (Å)")
    axes.set_ylabel("Share of the molecule (%)")
    axes.set_title("How much of the molecule reaches it", fontsize="medium")
    axes.set_ylim(0, 1.3 * axes.get_ylim()[1])
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(framealpha=0.85, edgecolor="none", fontsize="small", loc="upper right")


def _shares(values: FloatArray) -> FloatArray:
    return np.full(values.size, 100 / values.size)


def _draw_curves(axes: Axes, curves: HalfMapCurves, claimed: float | None, estimate: Estimate | None) -> None:
    """The FSC of the half maps."""
    for name, (label, colour, style) in CURVES.items():
        curve = getattr(curves, name)
        if curve is not None:
            axes.plot(
                curve.frequency[1:], curve.correlation[1:], color=colour, linestyle=style, linewidth=1.5, label=label
            )
    for cutoff in (CUTOFF, 0.5):
        axes.axhline(cutoff, color="0.7", linewidth=0.8)
        axes.text(0.005, cutoff, f"{cutoff:g}", transform=axes.get_yaxis_transform(), fontsize="small", va="bottom")
    _mark(axes, claimed, estimate, labelled=False)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_ylim(-0.15, 1.05)
    axes.set_ylabel("FSC of the half maps")
    axes.set_title("Half maps", fontsize="medium")
    _frequency_axis(axes, float(curves.unmasked.frequency[-1]), claimed)
    axes.legend(framealpha=0.85, edgecolor="none", fontsize="small", loc="upper right")


def _mark(axes: Axes, claimed: float | None, estimate: Estimate | None, labelled: bool = True) -> None:
    """The claim, and what was measured with its deviation, on an axis of frequencies."""
    if estimate:
        low = 1 / (estimate.value + estimate.deviation)
        high = 1 / max(estimate.value - estimate.deviation, 0.1)
        axes.axvspan(low, high, color=ESTIMATE, alpha=0.15, linewidth=0)
        label = f"measured {estimate.value:.1f} ± {estimate.deviation:.1f} Å" if labelled else "_nolegend_"
        axes.axvline(1 / estimate.value, color=ESTIMATE, linewidth=1.4, label=label)
    if claimed is not None:
        label = f"claimed {claimed:g} Å" if labelled else "_nolegend_"
        axes.axvline(1 / claimed, color=CLAIM, linestyle="--", linewidth=1.6, label=label)


def _frequency_axis(axes: Axes, nyquist: float, claimed: float | None) -> None:
    """Frequencies below, in words of resolutions, as structural biologists read them."""
    greatest = 1.04 * max(nyquist, 0.0 if claimed is None else 1 / claimed)
    axes.set_xlim(0, greatest)
    shown: list[float] = []
    for resolution in sorted(RESOLUTIONS, reverse=True):
        if 1 / resolution < greatest and all(abs(1 / resolution - 1 / other) > 0.06 * greatest for other in shown):
            shown.append(resolution)
    axes.set_xticks([1 / resolution for resolution in shown], [f"{resolution:g}" for resolution in shown])
    axes.set_xlabel("Resolution (Å)")
    axes.spines[["top", "right"]].set_visible(False)
    assert math.isfinite(greatest), "a claim is above 0"
