"""What several subcommands share of their arguments, parsed as the command line parses it."""

import argparse

import pytest

from deepreslib.commands import arguments


def parsed(add, *words):
    parser = argparse.ArgumentParser()
    add(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(("text", "triple"), [("1,2,3", (3.0, 2.0, 1.0)), ("-1.5,0,2e1", (20.0, 0.0, -1.5))])
def test_a_triple_is_turned_round(text, triple):
    assert arguments.triple(text) == triple


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "1,,3", "1;2;3"])
def test_other_texts_are_no_triple(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not X,Y,Z"):
        arguments.triple(text)


def test_map_and_half_maps_may_each_be_left_out():
    assert vars(parsed(arguments.add_map_arguments)) == {"map": None, "half1": None, "half2": None}
    assert vars(parsed(arguments.add_map_arguments, "m", "--half1", "a", "--half2", "b")) == {
        "map": "m",
        "half1": "a",
        "half2": "b",
    }


def test_there_is_one_mask_or_one_threshold(capsys):
    assert parsed(arguments.add_mask_arguments, "--mask", "m").mask == "m"
    assert parsed(arguments.add_mask_arguments, "--mask-threshold", "0.25").mask_threshold == 0.25
    with pytest.raises(SystemExit):
        parsed(arguments.add_mask_arguments, "--mask", "m", "--mask-threshold", "0.25")
    assert "not allowed with" in capsys.readouterr().err


def test_grid_and_machine_are_left_to_the_file_and_the_program():
    assert vars(parsed(arguments.add_grid_arguments)) == {"voxel_size": None, "origin": None}
    assert vars(parsed(arguments.add_machine_arguments)) == {"threads": None, "gpu": None}
    grid = parsed(arguments.add_grid_arguments, "--voxel-size", "1.5", "--origin", "1,2,3")
    assert (grid.voxel_size, grid.origin) == (1.5, (3.0, 2.0, 1.0))
    machine = parsed(arguments.add_machine_arguments, "--threads", "4", "--gpu", "1")
    assert (machine.threads, machine.gpu) == (4, "1")
