"""Types of arguments: numbers within a range, lists of them, files; what does not fit is refused in one sentence."""

import math
from argparse import ArgumentTypeError
from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A number within a range, as the ``type`` of an argument.

    Attributes:
        low: the least that is allowed.
        high: the greatest.
        unit: such as ``Å``; it stands in the message.
        whole: whether only integers are allowed.
    """

    low: float
    high: float
    unit: str = ""
    whole: bool = False

    def __call__(self, text: str) -> float:
        """The number that a text means.

        Args:
            text: of the argument.

        Raises:
            ArgumentTypeError: it is no number, or lies outside the range.
        """
        try:
            number = int(text) if self.whole else float(text)
        except ValueError:
            number = math.nan
        if "_" in text:  # Python takes 3_2 for 32
            number = math.nan
        if not self.low <= number <= self.high:
            kind = "a whole number" if self.whole else "a number"
            unit = f" {self.unit}" if self.unit else ""
            low, high = (f"{end:.0f}" if self.whole else f"{end:.7g}" for end in (self.low, self.high))
            raise ArgumentTypeError(f"{text!r} is not {kind} from {low} to {high}{unit}")
        return number


_IN_WORDS = {(2, 2): "two numbers with a comma", (3, 3): "three numbers with commas"}
"""How many there are, least and most → in words."""


@dataclass(frozen=True)
class Numbers:
    """Several numbers with commas between them.

    Attributes:
        number: what each must be.
        form: how to write them, such as ``X,Y,Z``.
        counts: how many there may be: least and most.
        example: that stands in the message instead of the form.
    """

    number: Number
    form: str
    counts: tuple[int, int]
    example: str = ""

    def __call__(self, text: str) -> tuple[float, ...]:
        """The numbers that a text means.

        Args:
            text: of the argument.

        Raises:
            ArgumentTypeError: there are too few or too many, or one is no number within the range.
        """
        words = text.split(",")
        least, most = self.counts
        if not least <= len(words) <= most or not all(words):
            many = _IN_WORDS.get(self.counts, f"{least} to {most} numbers with commas")
            wanted = f"{many} between, such as {self.example}" if self.example else f"{self.form}: {many} between"
            raise ArgumentTypeError(f"{text!r} is not {wanted}")
        return tuple(self.number(word) for word in words)


_PAGES = ("png", "jpg", "pdf", "svg", "html", "htm")
_ENDINGS = (*_PAGES, "xml", "mrc", "map", "gz", "json", "cif", "pdb", "cxc", "txt", "csv")
"""Endings of files; no folder for results has one."""

ANGSTROM = Number(0.1, 1000, "Å")
"""A resolution, or the step between two."""

FINITE = Number(-3e38, 3e38)
"""Any number that a map can hold."""

SHARE = Number(0.001, 0.999)
"""A threshold of a correlation or a probability: neither 0 nor 1."""

B_FACTOR = Number(-10000, 10000, "Å²")
"""A B factor."""

SEED = Number(0, 2**32 - 1, whole=True)
"""A seed of random numbers."""

VOXEL_SIZE = Number(0.05, 50, "Å")
"""A voxel size."""


def at_least_one(most: int) -> Number:
    """The type of a count.

    Args:
        most: the greatest that makes sense.
    """
    return Number(1, most, whole=True)


def file_name(text: str) -> str:
    """The type of an argument that names a file or a folder.

    Args:
        text: of the argument.

    Raises:
        ArgumentTypeError: it is empty, as a variable of the shell is that was never set.
    """
    if not text.strip():
        raise ArgumentTypeError("the name is empty; give a file, or leave the option out")
    return text


def folder_name(text: str) -> str:
    """The type of an argument that names a folder for results.

    Args:
        text: of the argument.

    Raises:
        ArgumentTypeError: it is empty, or ends like the name of a file.
    """
    _, dot, ending = file_name(text).lower().rsplit("/", 1)[-1].rpartition(".")
    if dot and ending in _ENDINGS:
        raise ArgumentTypeError(f"{text!r} is the name of a file, and a folder is wanted; leave out .{ending}")
    return text


def density_name(text: str) -> str:
    """The type of an argument that names a map.

    Args:
        text: of the argument.

    Raises:
        ArgumentTypeError: it is empty, or an atomic structure.
    """
    if file_name(text).lower().removesuffix(".gz").endswith((".pdb", ".cif", ".ent", ".mmcif")):
        raise ArgumentTypeError(
            f"{text!r} is an atomic structure; 'deepres simulate' makes a map of it, and 'deepres annotate' puts a "
            "local resolution on it"
        )
    return text


def lower(text: str) -> str:
    """The type of an argument of which capital letters do not matter."""
    return text.lower()
