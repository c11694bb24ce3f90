"""What every command does with input it cannot use."""

import re

OUTPUT = re.compile(r"\.|(new|out)([._]|$)")
"""Names of what the tests let commands write, and of files written aside."""


def assert_refused(folder, capsys, code, *words):
    """Exit code 2, one sentence on standard error that has the words, no part of an output written."""
    error = capsys.readouterr().err
    assert code == 2
    assert error.startswith("deepres: error: ")
    assert error.count("\n") == 1
    for word in words:
        assert word in error
    assert not [path.name for path in folder.iterdir() if OUTPUT.match(path.name)]
