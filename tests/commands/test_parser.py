"""Whatever is wrong with a command line is one line, with what was probably meant."""

import pytest

from deepreslib.commands import main, parse

WRONG = {
    "no command": ("", "missing: COMMAND"),
    "unknown command": ("estimat m.mrc -o r.mrc", "no 'estimat' (did you mean estimate?)"),
    "unknown option": ("mask m.mrc --gup 0 -o r.mrc", "no option --gup (did you mean --gpu?)"),
    "unknown option with a value": ("mask m.mrc --thraeds=3 -o r.mrc", "no option --thraeds (did you mean --threads?)"),
    "option like no other": ("mask m.mrc --xyzzy -o r.mrc", "no option --xyzzy; 'deepres mask --help'"),
    "forgotten output": ("mask m.mrc", "missing: -o/--output; 'deepres mask --help'"),
    "misspelt output": ("mask m.mrc --ouput r.mrc", "missing: -o/--output (did you mean --output?)"),
    "two maps": ("estimate a.mrc b.mrc -o r.mrc", "b.mrc is one map more than expected; two half maps are given by"),
    "one word more": ("mask a.mrc b.mrc -o r.mrc", "b.mrc is more than 'deepres mask' takes"),
    "ambiguous option": ("estimate --half a.mrc -o r.mrc", "--half could match --half1, --half2"),
    "empty name": ("estimate m.mrc --mask '' -o r.mrc", "argument --mask: the name is empty"),
    "structure for a map": ("mask 1abc.pdb.gz -o r.mrc", "is an atomic structure; 'deepres simulate' makes a map"),
    "unknown choice": (
        "simulate m.pdb --b-factors won -o r.mrc",
        "no 'won' (did you mean own?); choose one of none, own",
    ),
    "no number": ("mask m.mrc --threads two -o r.mrc", "'two' is not a whole number from 1 to 1024"),
    "no GPU": ("mask m.mrc --gpu banana -o r.mrc", "'banana' is not the number or the identifier of a GPU"),
    "file for a folder": ("train cryores --structures s --minutes 1 -o net.png", "'net.png' is the name of a file"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_command_line_is_one_sentence(kind, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words, sentence = WRONG[kind]
    assert main([word.strip("'") for word in words.split()]) == 2
    error = capsys.readouterr().err
    assert error.startswith("deepres: error: ")
    assert sentence in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["-90,-90,-90", "-90.5,.5,-1e2", "-.5,0,0"])
def test_negative_values_need_no_equals_sign(text):
    _, args = parse(["mask", "m.mrc", "--origin", text, "-o", "r.mrc"])
    assert args.origin == tuple(float(word) for word in text.split(","))[::-1]


def test_help_and_version_end_the_program(capsys):
    for words in (["--help"], ["mask", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as ending:
            main(words)
        assert ending.value.code == 0
    assert "deepres 0" in capsys.readouterr().out
