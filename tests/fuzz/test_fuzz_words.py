"""Hostile words for every command's options: refused in a sentence, or done; the networks too."""

import json
from pathlib import Path

import numpy as np
import pytest
from hostile import answer, assert_sane, draw_nothing, examples, floats, texts
from hypothesis import example, given
from hypothesis import strategies as st

from deepreslib.maps import read_map

NUMBERS = floats | st.sampled_from(["4", "3.5", "100", "0.5", "-50", "1e-3", "2,9", "9,2", "1,2,3", "nan,1"])
PICTURES = ["--range", "--level", "--voxel-size", "--origin"]
SIMULATE = ["--resolution", "--voxel-size", "--box", "--add-b", "--noise", "--seed"]
HALF_MAPS = ["--spread", "--sharpen", "--low-pass", "--disorder", *SIMULATE]
NETWORKS = ["--voxel-size", "--origin", "--threads", "--gpu", "--mask-threshold", "--range"]
SHARPNESS = [
    "--resolution",
    "--b-factors",
    "--percentile",
    "--cutoff",
    "--threads",
    "--gpu",
    "--range",
    "--mask-threshold",
]


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    draw_nothing(monkeypatch)


def assert_finite(folder):
    """All maps of a folder can be read, and so can all reports, as strict JSON."""
    for path in Path(folder).glob("*.mrc"):
        assert np.isfinite(read_map(path).data).all()
    for path in Path(folder).glob("*.json"):
        json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)


@given(labels=st.lists(texts, min_size=1, max_size=3), reference=texts | st.sampled_from(["1", "2", "3"]))
@example(labels=["\x1b[31m", "\n"], reference="1")
@example(labels=["0", ""], reference="")
@example(labels=["", " "], reference="--")
@example(labels=["a", "b"], reference=5000 * "9")
@examples(20)
def test_labels(labels, reference):
    labels = [label for label in labels if not label.startswith("-")]
    if not labels:
        return
    code, _ = answer("compare", "res.mrc", "other.mrc", "-o", "out", f"--reference={reference}", "--labels", *labels)
    if code == 0:
        assert len({*labels}) == 2
        assert_finite("out")


@given(option=st.sampled_from(["--share", "--background", "--voxel-size", "--origin"]), value=NUMBERS)
@examples(10)
def test_numbers_of_comparisons(option, value):
    if answer("compare", "res.mrc", "other.mrc", "-o", "out", f"{option}={value}")[0] == 0:
        assert_finite("out")


def test_a_map_compared_with_itself_is_named():
    code, said = answer("compare", "res.mrc", "./res.mrc", "-o", "out")
    assert code == 0
    assert "hold the same values" in said[0]


def test_a_map_shown_twice_beside_another():
    assert answer("pictures", "res.mrc", "--compare", "other.mrc", "other.mrc", "-o", "out") == (0, [])


@given(option=st.sampled_from(PICTURES), value=NUMBERS)
@examples(20)
def test_numbers_of_pictures(option, value):
    if answer("pictures", "res.mrc", "--map", "map.mrc", "-o", "out", f"{option}={value}")[0] == 0:
        assert_finite("out")


@given(option=st.sampled_from(["--colour-map", "--quantity", "--axis"]), value=texts)
@examples(5)
def test_texts_of_pictures(option, value):
    answer("pictures", "res.mrc", "-o", "out", f"{option}={value}")


@given(attribute=texts, reach=NUMBERS)
@example(attribute="--", reach="--")
@examples(15)
def test_words_of_annotations(attribute, reach):
    answer("annotate", "model.pdb", "res.mrc", "-o", "out.cif", f"--attribute={attribute}")
    answer("annotate", "model.pdb", "res.mrc", "-o", "out.cif", f"--reach={reach}")


def simulate(*words):
    if answer("simulate", "model.pdb", "-o", "out.mrc", *words)[0] == 0:
        assert_finite(".")
        truth = read_map("out_resolution.mrc")
        assert truth.data[truth.data > 0].min() >= 2 * min(truth.voxel_size) * (1 - 1e-3)


@given(option=st.sampled_from(SIMULATE), value=NUMBERS | st.sampled_from(["2048", "1024", "2147483648", "0.05", "50"]))
@example(option="--box", value="2048")
@examples(25)
def test_numbers_of_simulations(option, value):
    simulate("--resolution=8", "--voxel-size=2", f"{option}={value}")


@given(option=st.sampled_from(HALF_MAPS), value=NUMBERS | st.sampled_from(["2048", "own", "own,own", "x", "domain"]))
@example(option="--box", value="2048")
@examples(25)
def test_numbers_of_simulated_half_maps(option, value):
    simulate("--half-maps", "--resolution=8", "--voxel-size=2", f"{option}={value}")


@given(selection=texts | st.sampled_from(["A", "A:1-20", "A:5-1", "A:-5-5", "A,A", "Z", "A:", ":"]), value=NUMBERS)
@example(selection="", value="8")
@example(selection="A:1-²", value="8")
@example(selection="A:1-" + 5000 * "9", value="8")
@examples(20)
def test_regions(selection, value):
    simulate("--resolution=8", "--voxel-size=2", f"--region={selection}={value}")


@given(method=st.sampled_from(["cryores", "deepres"]), option=st.sampled_from(NETWORKS), value=NUMBERS | texts)
@examples(6)
def test_words_of_networks(method, option, value):
    words = [] if option == "--mask-threshold" else ["--mask", "mask.mrc"]
    code, _ = answer("estimate", "map.mrc", "--method", method, *words, f"{option}={value}", "-o", "out.mrc")
    if code == 0:
        assert_sane("out.mrc")


@given(option=st.sampled_from(SHARPNESS), value=floats | texts | st.sampled_from(["0,nan", "1,1", "1e9,0", "0,-1e-9"]))
@example(option="--gpu", value="--")
@examples(8)
def test_words_of_the_sharpening_check(option, value):
    """Those that are refused; the others would take the time of a search."""
    answer("sharpness", "res.mrc", "--mask", "mask.mrc", "-o", "out", f"{option}={value}")


@pytest.mark.parametrize("name", ["mask.mrc", "model.pdb", "absent.mrc", ".", "", "/dev/null"])
@pytest.mark.parametrize(
    "words",
    [
        "estimate * --mask mask.mrc -o out.mrc",
        "estimate --half1 half1.mrc --half2 * -o out.mrc",
        "mask * -o out.mrc",
        "sharpness * -o out",
        "sharpness map.mrc --resolution 8 --check * -o out",
        "annotate model.pdb * -o out.cif",
        "compare res.mrc * -o out",
        "pictures * -o out",
        "pictures res.mrc --compare * -o out",
    ],
)
def test_what_is_no_map_is_refused(words, name):
    code, _ = answer(*(name if word == "*" else word for word in words.split()))
    assert code == 2
