"""Headers spoilt where the grid is written: whoever gives another answer than for good headers says a word."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from hostile import answer, are_alike, draw_nothing, examples, make_inputs, outputs
from hypothesis import example, given
from hypothesis import strategies as st

FIELDS = {
    "nx": "i4",
    "ny": "i4",
    "nz": "i4",
    "mode": "i4",
    "nxstart": "i4",
    "nystart": "i4",
    "nzstart": "i4",
    "mx": "i4",
    "my": "i4",
    "mz": "i4",
    "cella.x": "f4",
    "cella.y": "f4",
    "cella.z": "f4",
    "alpha": "f4",
    "beta": "f4",
    "gamma": "f4",
    "mapc": "i4",
    "mapr": "i4",
    "maps": "i4",
}
"""The words of the header from its beginning on, in which the grid is written."""

PLACES = {name: 4 * number for number, name in enumerate(FIELDS)} | {"ispg": 88, "nsymbt": 92, "origin.x": 196}
SPOILT = [
    {"cella.x": 0, "cella.y": 0, "cella.z": 0},
    {"cella.x": 26, "cella.y": 26, "cella.z": 26},
    {"cella.x": 39, "cella.y": 39, "cella.z": 39},
    {"cella.x": 53, "cella.y": 53, "cella.z": 53},
    {"cella.x": 520, "cella.y": 520, "cella.z": 520},
    {"cella.x": 104},
    {"mx": 25, "my": 25, "mz": 25},
    {"mx": 13, "my": 13, "mz": 13},
    {"mx": 1, "my": 1, "mz": 1},
    {"mx": 0, "my": 0, "mz": 0},
    {"mz": 1, "ispg": 0},
    {"mapc": 3, "maps": 1},
    {"mapc": 2, "mapr": 1},
    {"mapc": 2, "mapr": 3, "maps": 1},
    {"mapr": 3, "maps": 2},
    {"mapc": 0, "mapr": 0, "maps": 0},
    {"nxstart": -13, "nystart": -13, "nzstart": -13},
    {"nzstart": 5},
    {"origin.x": 10},
    {"origin.x": float("nan")},
    {"alpha": 0, "beta": 0, "gamma": 0},
    {"alpha": 60},
    {"mode": 1},
    {"mode": 12},
    {"mode": 0},
    {"mode": 6},
    {"nz": 25},
    {"nx": 13, "nz": 52},
    {"nsymbt": 4},
    {"nsymbt": 80},
    {"ispg": 401},
    {"ispg": 0},
]
"""What headers were found to hold, or what a single slip makes of them."""

RUNS = {
    "estimate": "estimate map.mrc --mask mask.mrc --method monores --step 1 -o out.mrc",
    "halves": "estimate --half1 half1.mrc --half2 half2.mrc --mask mask.mrc --method monores --step 1 -o out.mrc",
    "both": "estimate map.mrc --half1 half1.mrc --half2 half2.mrc --mask mask.mrc --method resmap -o out.mrc",
    "compare": "compare res.mrc other.mrc --map map.mrc --mask mask.mrc -o out",
    "pictures": "pictures res.mrc --map map.mrc --compare other.mrc --mask mask.mrc -o out",
    "annotate": "annotate model.pdb res.mrc --mask mask.mrc -o out.cif",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A box whose edges are alike, so that no shape tells of exchanged axes; the ball lies beside its middle."""
    path = tmp_path_factory.mktemp("fuzz")
    make_inputs(path, (26, 26, 26), (8.5, 12, 16), blur=1.0)
    return path


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    draw_nothing(monkeypatch)


@pytest.fixture(scope="module")
def expected(folder):
    """The outputs of each command for good headers."""
    os.chdir(folder)
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch)
        return Expected({name: run(name) for name in RUNS})


class Expected(dict):
    """Outputs, of which a failure does not show the numbers."""

    def __repr__(self):
        return "..."


@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_said_of_good_headers(expected, name):
    """But that the features are finer than the methods look."""
    code, said, found = expected[name]
    assert code == 0
    assert all("the finest that" in sentence for sentence in said)
    assert found or name == "annotate"


def spoil(path, words):
    """Puts numbers into words of the header; returns the file as it was."""
    good = Path(path).read_bytes()
    raw = bytearray(good)
    for name, value in words.items():
        kind = "<f4" if name.startswith("origin") else "<" + FIELDS.get(name, "i4")
        raw[PLACES[name] : PLACES[name] + 4] = np.array(value, kind).tobytes()
    Path(path).write_bytes(raw)
    return good


def run(name):
    """The answer and the outputs of a command; the outputs of the run before are removed."""
    for path in [*Path().glob("out*.*"), *Path("out").glob("*")]:
        os.unlink(path)
    return (*answer(*RUNS[name].split()), outputs())


@given(name=st.sampled_from(list(RUNS)), number=st.integers(0, 5), words=st.sampled_from(SPOILT))
@example(name="estimate", number=0, words={"mapc": 3, "maps": 1})
@example(name="estimate", number=1, words={"mapc": 3, "maps": 1})
@example(name="halves", number=2, words={"mapc": 3, "maps": 1})
@example(name="compare", number=1, words={"mapc": 2, "mapr": 1})
@examples(60)
def test_a_word_is_said_of_a_grid_that_was_spoilt(folder, expected, name, number, words):
    files = [word for word in RUNS[name].split() if word.endswith(".mrc") and word != "out.mrc"]
    path = files[number % len(files)]
    good = spoil(path, words)
    try:
        code, said, found = run(name)
    finally:
        Path(path).write_bytes(good)
    news = {*map(without_numbers, said)} - {*map(without_numbers, expected[name][1])}
    if code == 0 and not news and not is_another_grid(name, path, words):
        same = are_alike(found, expected[name][2])
        assert same, f"{name} gave another answer, and no word, for {path} with {words}"


def without_numbers(sentence):
    """What a sentence says, whatever its numbers are."""
    return re.sub(r"[\d.]+", "0", sentence)


def is_another_grid(name, path, words):
    """Whether the spoilt header is as good as the true one: of the only map that says where the outputs lie."""
    starts = {"nxstart", "nystart", "nzstart", "origin.x"} & words.keys()
    return bool(starts) and path in ("map.mrc", "half1.mrc", "res.mrc") and name != "annotate"
