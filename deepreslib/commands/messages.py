"""What commands say on standard error, each in one line."""

import sys
from collections.abc import Iterable

from deepreslib.errors import InputError


def print_error(text: object) -> None:
    """Prints why a command did not do its work."""
    print(f"deepres: error: {one_line(str(text))}", file=sys.stderr)


def print_warnings(warnings: Iterable[str]) -> None:
    """Prints what the reader of a result should know about it."""
    for warning in warnings:
        print(f"deepres: warning: {one_line(warning)}", file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """A text without line breaks and other characters that cannot be printed, which are written as Python does."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


TEXTS = ("--labels", "--reference", "--attribute", "--colour-map", "--color-map")
"""Options whose values are words, and not names of files."""


def check_encoding(arguments: Iterable[str]) -> None:
    """Refuses arguments whose bytes are no text.

    Args:
        arguments: of the command line.

    Raises:
        InputError: naming the first that has bytes which are not UTF-8, and the mend: a file is renamed, a word is
            written in UTF-8.
    """
    option = ""
    for argument in arguments:
        if argument.startswith("-"):
            option = argument.split("=")[0]
        try:
            argument.encode("utf-8")
        except UnicodeEncodeError as error:
            name = argument.encode("utf-8", "backslashreplace").decode()
            fault = f"{name} has bytes that are not UTF-8"
            if len(option) > len("--l") and any(text.startswith(option) for text in TEXTS):
                fault = fault if argument.startswith("-") else f"{option}: {fault}"
                raise InputError(f"{fault}; write it in UTF-8, or in plain letters.") from error
            raise InputError(f"{fault}; rename the file.") from error
