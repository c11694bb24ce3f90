"""Pages: nothing of a text is taken for HTML, and what does not fit is left out."""

import base64
import re

from matplotlib.figure import Figure

from deepreslib.reports import page as pages
from deepreslib.reports.page import Picture, bullets, page, table, text


def drawn():
    figure = Figure((1, 1))
    figure.add_subplot().plot([0, 1])
    return figure


def test_texts_are_escaped():
    assert text('<script>"&\n\x1b[0m') == "&lt;script&gt;&quot;&amp;  [0m"
    assert text("\udcff") == " "
    assert bullets(["<b>"]) == "<ul>\n<li>&lt;b&gt;</li>\n</ul>\n"
    assert bullets([]) == ""
    assert '<th scope="col">&lt;i&gt;</th>' in table(["<i>"], [['<td class="number">1']])


def test_long_words_are_broken_where_the_cells_hold_names_or_sentences():
    rules = [line for line in page("title", []).splitlines() if "overflow-wrap: anywhere" in line]
    assert any("td:first-child" in rule and "td:last-child" in rule for rule in rules)
    assert not any(re.search(r"td(?!:)", rule) for rule in rules)  # the words of verdicts stay whole


def test_a_picture_is_inside():
    whole = page("A <title>", ["<p>x</p>\n", Picture(drawn, 'what "it" shows')])
    assert whole.startswith("<!DOCTYPE html>")
    assert "<title>A &lt;title&gt;</title>" in whole
    data = re.search(r'src="data:image/png;base64,([^"]+)"', whole)[1]
    assert base64.b64decode(data).startswith(b"\x89PNG")
    assert 'alt="what &quot;it&quot; shows"' in whole


def test_pictures_that_do_not_fit_are_left_out_and_named(monkeypatch):
    monkeypatch.setattr(pages, "MOST_BYTES", 40_000)
    whole = page("title", [Picture(drawn, f"picture {number}") for number in range(20)])
    assert len(whole.encode()) < 40_000
    assert 0 < whole.count("<img") < 20
    assert "picture 19 (left out, so that this file stays small)" in whole
