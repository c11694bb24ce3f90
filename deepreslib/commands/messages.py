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


def check_encoding(arguments: Iterable[str]) -> None:
    """Refuses arguments whose bytes are no text.

    Args:
        arguments: of the command line.

    Raises:
        InputError: naming the first that has bytes which are not UTF-8.
    """
    for argument in arguments:
        try:
            argument.encode("utf-8")
        except UnicodeEncodeError as error:
            name = argument.encode("utf-8", "backslashreplace").decode()
            raise InputError(f"{name} has bytes that are not UTF-8; rename the file.") from error
