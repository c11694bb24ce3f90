"""Probabilities and confusion of classes: bars, numbers and names."""

import pytest

from deepreslib.analysis.confusion import confusion
from deepreslib.errors import InputError
from deepreslib.pictures.classes import MOST_MAPS, class_names, confusion_figure, probabilities_figure


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_names_have_their_borders():
    assert class_names((4, 8.5)) == ["high (< 4 Å)", "medium (4 to 8.5 Å)", "low (> 8.5 Å)"]


def test_each_map_has_a_bar_of_its_probabilities():
    figure = probabilities_figure({"one": (0.7, 0.25, 0.05), "two": (0, 0, 1)}, claimed={"one": "medium"})
    assert texts(figure) == ["70 %", "25 %", "99 %", "claim: medium"]
    widths = sorted(bar.get_width() for bar in figure.axes[0].patches if bar.get_width() > 0.1)
    assert widths == pytest.approx([0.25, 0.25, 0.7, 1.0])  # one of them is the outline of the claim's class
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["one", "two"]


@pytest.mark.parametrize(("claim", "outlined"), [("high", True), ("medium", False), ("low", False)])
def test_a_claim_is_seen_where_its_class_is_improbable(claim, outlined):
    figure = probabilities_figure({"one": (0.992, 0.008, 0)}, claimed={"one": claim})
    assert texts(figure)[-1] == f"claim: {claim}"
    outlines = [bar for bar in figure.axes[0].patches if bar.get_facecolor()[3] == 0]
    assert [bar.get_width() for bar in outlines] == [pytest.approx(0.992)] * outlined
    assert [text.get_text() for text in figure.legends[0].get_texts()][-1] == "the claim's class"


def test_of_very_many_maps_some_are_drawn_and_the_rest_is_named():
    figure = probabilities_figure({str(number): (1, 0, 0) for number in range(MOST_MAPS + 5)})
    assert len(figure.axes[0].get_yticks()) == MOST_MAPS
    assert figure.axes[0].get_title() == "5 further maps are in the report"
    with pytest.raises(InputError, match="nothing to draw"):
        probabilities_figure({})


def test_the_matrix_and_its_measures():
    figure = confusion_figure(confusion(["high", "high", "low"], ["high", "medium", "low"]))
    counts, measures = figure.axes
    assert [text.get_text() for text in counts.texts] == ["1", "1", "0", "0", "0", "0", "0", "0", "1"]
    assert counts.get_title() == "2 of 3 in the class of their claim"
    cells = {place: cell.get_text().get_text() for place, cell in measures.tables[0].get_celld().items()}
    assert [cells[0, column] for column in range(4)] == ["sensitivity", "specificity", "PPV", "NPV"]
    assert [cells[1, column] for column in range(4)] == ["50 %", "100 %", "100 %", "50 %"]
    assert cells[2, 0] == "–"
