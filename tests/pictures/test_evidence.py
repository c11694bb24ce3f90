"""The pictures of evidence: what is drawn, where the marks stand, and what the legends say."""

import numpy as np
import pytest

from deepreslib.analysis.claims import CANNOT_TELL, CONSISTENT, FINER, Estimate, Rule
from deepreslib.analysis.map_end import MapEnd, Spectrum
from deepreslib.errors import InputError
from deepreslib.fourier.fsc import ShellCorrelation
from deepreslib.maps.half_map_curves import HalfMapCurves
from deepreslib.pictures.evidence import CLAIM, PANELS, Point, evidence_figure, overview_figure

FREQUENCY = np.linspace(0, 0.25, 26)
SPECTRUM = Spectrum(FREQUENCY, np.exp(-10 * FREQUENCY))
END = MapEnd(5.0, 4.8, True, 20.0)
CURVE = ShellCorrelation(FREQUENCY, np.linspace(1, 0, 26))
CURVES = HalfMapCurves(CURVE, CURVE, None, CURVE, None)
LOCAL = np.linspace(4, 9, 200)
ESTIMATE = Estimate(6.0, 0.3, "FSC 0.143")


def legends(figure):
    return [text.get_text() for axes in figure.axes for text in axes.get_legend().get_texts()]


def claims_at(axes):
    return [line.get_xdata()[0] for line in axes.lines if line.get_color() == CLAIM]


def test_three_panels_with_the_claim_in_each():
    figure = evidence_figure(SPECTRUM, END, LOCAL, CURVES, 5.5, ESTIMATE, "a $map$")
    spectrum, local, curves = figure.axes
    assert claims_at(spectrum) == claims_at(curves) == [pytest.approx(1 / 5.5)]
    assert claims_at(local) == [5.5]
    texts = legends(figure)
    assert {"claimed 5.5 Å", "measured 6.0 ± 0.3 Å", "map ends 5.0 Å", "Nyquist 4.00 Å"} <= set(texts)
    assert "claimed 5.5 Å: 30 % reach it" in texts
    assert {axes.get_xlabel() for axes in (spectrum, curves)} == {"Resolution (Å)"}


def test_what_is_not_known_has_no_panel_and_no_mark():
    figure = evidence_figure(SPECTRUM, MapEnd(4.0, 4.0, False, 1.0), np.zeros(0))
    (axes,) = figure.axes
    assert claims_at(axes) == []
    assert legends(figure) == ["Nyquist 4.00 Å"]


def test_a_claim_beyond_nyquist_is_on_the_axis():
    (axes,) = evidence_figure(SPECTRUM, END, np.zeros(0), claimed=2.0).axes
    assert axes.get_xlim()[1] > 0.5


def test_one_value_everywhere_can_be_drawn():
    figure = evidence_figure(SPECTRUM, END, np.full(50, 6.0), None, 6.0, ESTIMATE)
    figure.canvas.draw()
    assert "claimed 6 Å: 100 % reach it" in legends(figure)


def test_the_overview_counts_the_verdicts():
    points = [
        Point("a", 6.0, ESTIMATE, CONSISTENT),
        Point("b", 4.0, ESTIMATE, FINER),
        Point("c", 4.5, ESTIMATE, FINER),
        Point("d", 4.5, None, CANNOT_TELL),
    ]
    figure = overview_figure(points, Rule())
    assert {"within 10 % of the claim", f"{CONSISTENT} (1)", f"{FINER} (2)"} == set(legends(figure))
    assert figure.axes[0].get_ylabel() == "Measured resolution (Å), ± 2 SD"
    with pytest.raises(InputError, match="nothing to draw"):
        overview_figure(points[3:], Rule())


def test_one_panel_alone():
    titles = {}
    for panel in PANELS:
        (axes,) = evidence_figure(SPECTRUM, END, LOCAL, CURVES, 5.5, ESTIMATE, panels=[panel]).axes
        titles[panel] = axes.get_title()
    assert titles == {
        "spectrum": "Spectrum of the map",
        "local": "How much of the molecule reaches it",
        "half maps": "Half maps",
    }
    with pytest.raises(InputError, match="no half maps"):
        evidence_figure(SPECTRUM, END, LOCAL, panels=["half maps"])


def test_the_bars_of_the_overview_are_within_its_axes():
    axes = overview_figure([Point("a", 6.0, Estimate(6.0, 2.0, "FSC"), CONSISTENT)], Rule()).axes[0]
    low, high = axes.get_ylim()
    assert low < 3
    assert high > 10
