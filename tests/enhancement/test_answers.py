"""The criterion that help and reports state is the one in use."""

from deepreslib.enhancement import answers
from deepreslib.errors import InputError


def test_the_criterion_names_the_numbers():
    half_maps, single = (f"{answers.TOLERANCES[method]:g} Å²" for method in ("localfsc", "monores"))
    assert f"within {half_maps} ({single} without half maps)" in answers.CRITERION
    assert answers.STRONGER == 2
    assert "more than twice as strong as its details" in answers.CRITERION


def test_what_cannot_be_told_is_for_users():
    assert issubclass(answers.CannotTell, InputError)
    assert answers.ANSWERS == ("could be sharpened more", "right", "oversharpened", "cannot tell")
