"""Types of arguments: the ranges of numbers, and names of files."""

from argparse import ArgumentTypeError

import pytest

from deepreslib.commands import main
from deepreslib.commands.numbers import SEED, Number, Numbers, at_least_one, density_name, file_name, folder_name, lower

HOSTILE = ["nan", "inf", "-inf", "1e400", "-1", "0", "1e-9", "1e9", "x", "", " ", "3,5", "1e309", "0x10", "3_2"]


def test_a_number_lies_within_its_range():
    number = Number(0.5, 10, "Å")
    assert [number(text) for text in ("0.5", "10", "2.5e0", " 3 ")] == [0.5, 10, 2.5, 3]
    for text in HOSTILE:
        with pytest.raises(ArgumentTypeError, match=r"is not a number from 0\.5 to 10 Å"):
            number(text)


def test_a_whole_number_is_whole():
    count = at_least_one(8)
    assert count("8") == 8
    assert isinstance(count("8"), int)
    for text in (*HOSTILE, "1.5", "9"):
        with pytest.raises(ArgumentTypeError, match="is not a whole number from 1 to 8"):
            count(text)


def test_the_ends_of_whole_numbers_are_written_out():
    with pytest.raises(ArgumentTypeError, match="from 0 to 4294967295"):
        SEED("-1")


def test_several_numbers_have_commas_between_them():
    numbers = Numbers(Number(-9, 9), "B,B,...", (2, 3))
    assert numbers("-1,2.5,3") == (-1, 2.5, 3)
    for text in ("1", "1,2,3,4", "", "1,,2", "1,2,"):
        with pytest.raises(ArgumentTypeError, match=r"is not B,B,\.\.\."):
            numbers(text)
    with pytest.raises(ArgumentTypeError, match="'nan' is not a number"):
        numbers("1,nan")


def test_how_to_write_several_numbers_is_told_in_words():
    with pytest.raises(ArgumentTypeError, match=r"'5' is not two numbers with a comma between, such as 5,10$"):
        Numbers(Number(1, 9), "A,A", (2, 2), "5,10")("5")
    with pytest.raises(ArgumentTypeError, match=r"'5' is not X,Y,Z: three numbers with commas between$"):
        Numbers(Number(1, 9), "X,Y,Z", (3, 3))("5")
    with pytest.raises(ArgumentTypeError, match=r"is not B,B,\.\.\.: 2 to 4 numbers with commas between$"):
        Numbers(Number(1, 9), "B,B,...", (2, 4))("5")


def test_names_of_files_and_folders():
    assert file_name("a b.mrc") == "a b.mrc"
    assert density_name("cif.mrc") == "cif.mrc"
    assert [folder_name(text) for text in ("out", "out.1", "html", "a.mrc/out", "../out")] == [
        "out",
        "out.1",
        "html",
        "a.mrc/out",
        "../out",
    ]
    assert lower("DeepRes") == "deepres"
    for name in ("", " "):
        with pytest.raises(ArgumentTypeError, match="empty"):
            file_name(name)
    for name in ("fig.png", "a/b.MRC", "res.mrc.gz", "rep.html", "page.HTM", "emd.xml"):
        with pytest.raises(ArgumentTypeError, match="is the name of a file"):
            folder_name(name)
    for name in ("1abc.pdb", "1abc.CIF.gz", "x.ent"):
        with pytest.raises(ArgumentTypeError, match="atomic structure"):
            density_name(name)


ESTIMATE = "--mask-threshold --voxel-size --threads --min-res --max-res --step --significance --p-value --cutoff --box"
SHARPNESS = "--resolution --b-factors --percentile --cutoff --threads"
SIMULATE = "--resolution --voxel-size --box --add-b --noise --seed --spread --sharpen --low-pass"
TRAIN = "--minutes --steps --seed --workers --batch --rate"
COMMANDS = {
    "mask": ("--voxel-size --threads", "mask m.mrc -o r.mrc"),
    "estimate": (ESTIMATE, "estimate m.mrc -o r.mrc"),
    "sharpness": (SHARPNESS, "sharpness m.mrc -o f"),
    "simulate": (SIMULATE, "simulate m.pdb -o r.mrc"),
    "train": (TRAIN, "train deepres --structures s -o f"),
    "pictures": ("--level --range", "pictures r.mrc -o f"),
    "compare": ("--background --share", "compare a.mrc b.mrc -o f"),
    "annotate": ("--reach", "annotate m.pdb r.mrc -o o.cif"),
}
OPTIONS = [(name, option) for name, (options, _) in COMMANDS.items() for option in options.split()]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "-1e39", "x"])
@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_numeric_option_refuses_what_is_no_number(command, option, value, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*COMMANDS[command][1].split(), option, value]) == 2
    error = capsys.readouterr().err
    assert f"argument {option}: {value!r} is not" in error
    assert error.count("\n") == 1
