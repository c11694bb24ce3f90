"""What commands say on standard error."""

import os

import pytest

from deepreslib.commands import main
from deepreslib.commands.messages import check_encoding, one_line, print_error, print_warnings
from deepreslib.errors import InputError


def test_each_message_is_one_line(capsys):
    print_error("bad\nfile\u2028name")
    print_warnings(["first", "sec\tond"])
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["deepres: error: bad\\nfile\\u2028name", "deepres: warning: first", "deepres: warning: sec\\tond"]
    assert one_line("3.5 Å – müller") == "3.5 Å – müller"


def test_names_that_are_no_text_are_refused(capsys):
    name = os.fsdecode(b"caf\xe9.mrc")
    with pytest.raises(InputError, match=r"caf.udce9.mrc has bytes that are not UTF-8"):
        check_encoding(["estimate", name])
    check_encoding(["estimate", "café.mrc"])
    assert main(["mask", name, "-o", "new.mrc"]) == 2
    assert "not UTF-8; rename the file." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--labels", "one", "CAF"], "--labels: CAF"),
        (["--labels=CAF"], "--labels=CAF"),
        (["--lab", "CAF"], "--lab: CAF"),
        (["--labels", "one", "two", "--reference", "CAF"], "--reference: CAF"),
        (["--mask", "CAF"], "CAF"),
        (["--labels", "one", "two", "-o", "CAF"], "CAF"),
    ],
)
def test_a_word_that_is_no_text_is_no_file_to_rename(words, named, capsys):
    given = [word.replace("CAF", os.fsdecode(b"caf\xe9")) for word in words]
    assert main(["compare", "a.mrc", "b.mrc", *given]) == 2
    mend = "rename the file." if named == "CAF" else "write it in UTF-8, or in plain letters."
    named = named.replace("CAF", "caf\\udce9")
    assert capsys.readouterr().err == f"deepres: error: {named} has bytes that are not UTF-8; {mend}\n"
