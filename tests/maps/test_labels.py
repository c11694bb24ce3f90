"""The label of our maps: readable, and read back."""

import pytest

from deepreslib.maps.labels import QUANTITIES, label, quantity_of
from deepreslib.version import __version__


@pytest.mark.parametrize("quantity", [*QUANTITIES, "radius of the window", ""])
def test_what_a_label_says_is_read_back(quantity):
    assert label(quantity).startswith(f"Written by deepres {__version__}")
    assert quantity_of([label(quantity).encode().ljust(80)]) == quantity


@pytest.mark.parametrize("quantity", ["x" * 70, "Å", "two\nlines"])
def test_what_is_no_plain_label_is_refused(quantity):
    with pytest.raises(ValueError, match="label"):
        label(quantity)


def test_a_program_that_changed_the_map_has_the_last_word():
    ours = label("resolution").encode()
    assert quantity_of([b"other program", ours, b"\0" * 80]) == "resolution"
    assert quantity_of([ours, b"clip: multiplied by 2"]) == ""
    assert quantity_of([]) == ""
    assert quantity_of([b"\xff\xfe junk"]) == ""
