"""The values in an atom's row: numbers as files write them, or refused."""

import math

import pytest

from deepreslib.errors import InputError
from deepreslib.structures import values


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("-1.5", -1.5), ("+.5", 0.5), ("5.", 5), ("1.5(2)", 1.5), ("-2e1", -20), ("00012", 12)],
)
def test_numbers_of_pdb_and_mmcif(text, number):
    assert values.number(text) == number


@pytest.mark.parametrize("text", ["", ".", "-", "nan", "inf", "1_0", "1,5", "0x1", "1.5(", "1 2", "٥", "1d3", "'1'"])
def test_other_text_is_no_number(text):
    assert math.isnan(values.number(text))


@pytest.mark.parametrize("text", ["1e5", "-100000", "0"])
def test_coordinates_up_to_the_farthest(text):
    assert values.coordinate(text, "the atom", "a.cif") == float(text)


@pytest.mark.parametrize(
    ("function", "text", "words"),
    [
        (values.coordinate, "100000.1", "the atom lies at 100000 Å"),
        (values.coordinate, "", "nothing stands where a coordinate of the atom should"),
        (values.coordinate, "x" * 90, f"'{'x' * 20}…' stands"),
        (values.occupancy, "-0.1", "the occupancy of the atom"),
        (values.occupancy, "1e999", "the occupancy of the atom"),
        (values.b_factor, "1e999", "the B factor of the atom"),
        (values.residue_number, "1.0", "the residue number of the atom"),
        (values.residue_number, "1000000001", "the residue number of the atom"),
        (values.residue_number, "١", "the residue number of the atom"),
    ],
)
def test_values_out_of_range_are_refused_in_a_sentence_with_the_file(function, text, words):
    with pytest.raises(InputError, match=rf"a\.cif: .*{words}"):
        function(text, "the atom", "a.cif")


def test_values_in_range():
    assert values.occupancy("0", "", "") == 0
    assert values.b_factor("-3.5", "", "") == -3.5
    assert values.residue_number("-12", "", "") == -12
