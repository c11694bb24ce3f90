"""Hostile options, names and model cards: refused in a sentence, or done."""

import json
import os
import shutil
from pathlib import Path

from hostile import answer, assert_sane, examples, flipped, floats, places
from hypothesis import example, given
from hypothesis import strategies as st

from deepreslib.networks import store

NUMBERS = {
    "monores": ["--min-res", "--max-res", "--step", "--significance", "--mask-threshold", "--voxel-size", "--origin"],
    "resmap": ["--min-res", "--max-res", "--step", "--p-value", "--voxel-size", "--threads"],
}
HALVES = ["--cutoff", "--box", "--threads", "--voxel-size"]


@given(method=st.sampled_from(list(NUMBERS)), number=st.integers(0, 6), value=floats)
@examples(40)
def test_numbers_of_methods(folder, method, number, value):
    option = NUMBERS[method][number % len(NUMBERS[method])]
    code, _ = answer("estimate", "map.mrc", "--method", method, f"{option}={value}", "-o", "out.mrc")
    if code == 0:
        assert_sane("out.mrc")


@given(option=st.sampled_from(HALVES), value=floats | st.sampled_from(["30A", "nanA", "8", "7", "1e3A", "12.5"]))
@examples(20)
def test_numbers_of_the_local_fsc(folder, option, value):
    words = ["estimate", "--half1", "half1.mrc", "--half2", "half2.mrc", "--method", "localfsc"]
    code, _ = answer(*words, f"{option}={value}", "-o", "out.mrc")
    if code == 0:
        assert_sane("out.mrc")


@given(name=st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=70))
@example(name=".")
@examples(30)
def test_names_of_outputs(folder, name):
    (folder / "new").mkdir(exist_ok=True)
    output = f"new/{name}.mrc"
    words = ["estimate", "map.mrc", "--mask", "mask.mrc", "--method", "monores", "--step", 2]
    try:
        code, _ = answer(*words, "-o", output)
        if code == 0:
            assert set(os.listdir("new")) == {f"{name}.mrc", f"{name}.json"}
            assert_sane(output)
    finally:
        shutil.rmtree("new")


@given(name=st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=70))
@examples(10)
def test_names_of_inputs(folder, name):
    path = folder / f"{name}.mrc"
    if path.exists():
        return
    shutil.copy("map.mrc", path)
    try:
        code, said = answer("estimate", f"./{name}.mrc", "--mask", "mask.mrc", "--method", "monores", "-o", "out.mrc")
        assert code == 0, said
    finally:
        path.unlink()


def network(folder):
    """A copy of the shipped CryoRes network."""
    shutil.rmtree(folder / "net", ignore_errors=True)
    shutil.copytree(store.shipped_folder("cryores"), folder / "net")
    return Path(folder / "net")


def keys(card, prefix=()):
    """The places of all values in a card."""
    for key, value in card.items():
        yield (*prefix, key)
        if isinstance(value, dict):
            yield from keys(value, (*prefix, key))


@given(
    number=st.integers(0, 10**6),
    value=st.sampled_from([None, "x", -1, 0, 1e300, [], {}, True, [1, "a"], {"a": {}}, "", 3.5]) | st.just("REMOVE"),
)
@examples(20)
def test_cards_with_other_values(folder, number, value):
    net = network(folder)
    card = json.loads((net / "card.json").read_text())
    places = list(keys(card))
    *way, last = places[number % len(places)]
    part = card
    for key in way:
        part = part[key]
    if value == "REMOVE":
        del part[last]
    else:
        part[last] = value
    (net / "card.json").write_text(json.dumps(card))
    check(net)


@given(places=places, name=st.sampled_from(["card.json", "model.weights.h5"]))
@examples(12)
def test_bits_turned_over_in_a_network(folder, places, name):
    net = network(folder)
    (net / name).write_bytes(flipped((net / name).read_bytes(), places))
    check(net)


def check(net):
    """A network is refused, or does what it did: a ball of noise is no molecule, or one."""
    code, _ = answer(
        "estimate", "map.mrc", "--mask", "mask.mrc", "--method", "cryores", "--model", net, "-o", "out.mrc"
    )
    if code == 0:
        assert_sane("out.mrc")
