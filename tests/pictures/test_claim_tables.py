"""Tables of evidence and of verdicts: every cell is there, long ones are broken, nothing is a formula."""

import numpy as np

from deepreslib.analysis.claims import CONSISTENT, FINER
from deepreslib.pictures.claim_tables import LETTERS, MOST_MAPS, evidence_table_figure, verdict_table_figure

LONG = "the amplitudes go on without an edge, " * 8 + "and end at 3.2 Å"


def entry(name="a map", verdict=CONSISTENT, **more):
    lines = [
        {"number": 1, "name": "Nyquist's limit", "state": "ok", "sentence": "voxels of $1$ Å"},
        {"number": 5, "name": "where the map ends", "state": "contradicts", "sentence": LONG},
    ]
    return {
        "name": name,
        "judged": True,
        "claim": {"resolution": 3.5},
        "estimate": {"value": 4.04, "deviation": 0.21},
        "verdict": verdict,
        "decided_by": 5,
        "reason": "the map ends",
        "sentence": f"{name}: claimed",
        "evidence": lines,
        **more,
    }


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_evidence_in_rows():
    figure = evidence_table_figure(entry())
    found = texts(figure)
    assert found[0] == "a map: claimed"
    assert {"1", "5", "ok", "contradicts", r"Voxels of \$1\$ Å."} <= set(found)
    assert any("(decides)" in text and "ends" in text for text in found)
    (long,) = [text for text in found if text.startswith("The amplitudes")]
    assert max(map(len, long.splitlines())) <= LETTERS
    assert " ".join(long.split()).endswith("and end at 3.2 Å.")
    assert "3.2 Å" in long.splitlines()[-1]


def test_every_text_lies_within_the_figure():
    figure = evidence_table_figure(entry())
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= width
        assert box.y0 >= 0
        assert box.y1 <= height


def test_rows_do_not_overlap():
    figure = evidence_table_figure(entry())
    figure.canvas.draw()
    sentences = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()[:3] in ("Vox", "The")]
    assert len(sentences) == 2
    assert np.diff([box.y1 for box in sentences])[0] < 0
    assert sentences[0].y0 > sentences[1].y1


def test_verdicts_in_rows():
    refused = entry("broken", None, judged=False, reason="it is cut")
    del refused["estimate"]
    nothing = entry("no claim", None, claim=None, estimate=None)
    found = texts(verdict_table_figure([entry(), entry("other", FINER), refused, nothing]))
    assert found[0] == "4 maps"
    assert {"3.5 Å", "4.0 ± 0.2 Å", "not judged", "it is cut", "no claim", "–"} <= set(found)
    assert "finer than the map\nsupports" in found


def test_of_very_many_maps_some_are_drawn():
    found = texts(verdict_table_figure([entry(str(number)) for number in range(MOST_MAPS + 3)]))
    assert found[0] == f"{MOST_MAPS + 3} maps; 3 more are in the report"
    assert str(MOST_MAPS) not in found
