"""The maps that ``deepres classify`` is asked about: what a table says of each, what cannot stand beside it, and what
becomes of it in a run.
"""

import json

import pytest
import small_maps
from emdb_headers import header
from known_cryores import KnownNetwork, known_model
from refusals import assert_refused

from deepreslib.commands import main, parse
from deepreslib.commands.classify_cases import cases
from deepreslib.errors import InputError
from deepreslib.estimation import cryores
from deepreslib.maps import write_map


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """The cases of a command line in a folder with a table of two maps."""
    monkeypatch.chdir(tmp_path)
    for name in ("one.mrc", "two.mrc"):
        (tmp_path / name).touch()
    (tmp_path / "table.csv").write_text("map,claimed,mass\none.mrc,3,150\ntwo.mrc,4,\n")
    return lambda *options: cases(parse(["classify", *options, "-o", "out"])[1])


def test_each_map_of_a_table_has_its_mass(asked):
    one, two = asked("--table", "table.csv")
    assert (one.mass, two.mass) == (150, None)


@pytest.mark.parametrize(
    ("option", "value", "mend"),
    [
        ("--mass", "30", "put it into the table, in the column mass"),
        ("--claimed", "3", "put it into the table, in the column claimed"),
        ("--claimed-from", "emd.xml", "put its resolution into the table, in the column claimed"),
        ("--mask-threshold", "0.1", "name a mask of each map in the table, in the column mask"),
        ("--structure", "one.pdb", "put it into the table, in the column structure"),
    ],
)
def test_what_belongs_to_one_map_goes_into_the_table(asked, option, value, mend):
    with pytest.raises(InputError, match=f"{option} belongs to one map and --table names several; {mend}"):
        asked("--table", "table.csv", option, value)


def test_how_a_claim_was_read_off_is_noted(asked, tmp_path):
    (tmp_path / "emd.xml").write_text(header("3.2", method="FSC 3 SIGMA CUT-OFF"), encoding="utf-8")
    (case,) = asked("one.mrc", "--claimed-from", "emd.xml")
    assert case.notes == (
        "emd.xml: its resolution was read off by 'FSC 3 SIGMA CUT-OFF'; it is compared as if by an FSC of 0.143.",
    )
    (case,) = asked("one.mrc", "--claimed", "3.2")
    assert case.notes == ()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the command in a folder with a map, of which CryoRes says 6.0 ± 0.2 Å; gives the exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cryores, "load_model", lambda path=None: known_model(KnownNetwork((6.0, 0.2))))
    write_map("map.mrc", small_maps.noisy())
    (tmp_path / "table.csv").write_text("map,claimed\nmap.mrc,6\n")
    return lambda *options: main(["classify", *options, "--threads", "1", "-o", "out"])


def test_a_claim_that_was_read_off_otherwise_is_warned_of(run, tmp_path, capsys):
    (tmp_path / "emd.xml").write_text(header("6.1", method="FSC 3 SIGMA CUT-OFF"), encoding="utf-8")
    assert run("map.mrc", "--claimed-from", "emd.xml") == 0
    words = "emd.xml: its resolution was read off by 'FSC 3 SIGMA CUT-OFF'; it is compared as if by an FSC of 0.143."
    assert words in capsys.readouterr().err
    (found,) = json.loads((tmp_path / "out" / "classify.json").read_text(encoding="utf-8"))["maps"]
    assert words in found["warnings"]


def test_a_table_leaves_no_votes_of_an_earlier_run(run, tmp_path, capsys):
    assert run("map.mrc", "--claimed", "6") == 0
    assert run("--table", "table.csv") == 0
    assert not (tmp_path / "out" / "votes.mrc").exists()
    printed = capsys.readouterr().out
    assert "removed what an earlier run had left" in printed
    assert printed.rstrip().endswith("votes.mrc")


def test_other_commands_notice_votes_that_were_changed(run, tmp_path, capsys):
    assert run("map.mrc", "--claimed", "6") == 0
    write_map("out/votes.mrc", small_maps.noisy(seed=2))
    assert main(["classify", "out/votes.mrc", "-o", "other"]) == 2
    assert "is not the file that out/classify.json describes" in capsys.readouterr().err


def test_strict_counts_a_map_that_could_not_be_judged(run, tmp_path):
    whole = (tmp_path / "map.mrc").read_bytes()
    assert run("--table", "table.csv", "--strict") == 0
    (tmp_path / "map.mrc").write_bytes(whole[:5000])
    assert run("--table", "table.csv") == 0
    assert run("--table", "table.csv", "--strict") == 3


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--tolerance", "1_0%", "is no share"),
        ("--claimed", "3_2", "'3_2' and no number"),
        ("--borders", "5", "'5' is not two numbers with a comma between, such as 5,10"),
        ("--model", ".", "--model . holds no network"),
        ("--cryores-model", ".", "--cryores-model . holds no network"),
    ],
)
def test_values_that_cannot_be_used(run, tmp_path, capsys, option, value, words):
    assert_refused(tmp_path, capsys, run("map.mrc", option, value), words)


def test_a_folder_of_results_has_no_ending_of_a_page(run, tmp_path, capsys):
    assert main(["classify", "map.mrc", "-o", "rep.html"]) == 2
    assert "is the name of a file" in capsys.readouterr().err
    assert not (tmp_path / "rep.html").exists()
