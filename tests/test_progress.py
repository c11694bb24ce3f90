"""Progress: a bar at a terminal, lines in a file."""

import io
import sys

from deepreslib import progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def shown(monkeypatch, stream, seconds=0):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "SECONDS", seconds)
    assert list(progress.bar(range(2000), "work", "step")) == list(range(2000))
    return stream.getvalue()


def test_a_terminal_gets_one_line_again_and_again(monkeypatch):
    text = shown(monkeypatch, Terminal())
    assert "\rwork: 100%" in text


def test_a_file_gets_nothing_of_short_work(monkeypatch):
    assert shown(monkeypatch, io.StringIO(), 10) == ""


def test_a_file_gets_lines(monkeypatch):
    lines = shown(monkeypatch, io.StringIO(), 1e-6).splitlines()
    assert lines
    assert all(line.startswith("work: ") for line in lines)
    assert "\r" not in "".join(lines)


def test_nothing_is_shown_if_nobody_wants_it(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert list(progress.bar(range(3), "work", "step", shown=False)) == [0, 1, 2]
    assert sys.stderr.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", None)
    assert list(progress.bar(range(3), "work", "step")) == [0, 1, 2]
