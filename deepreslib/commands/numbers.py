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
        if not self.low <= number <= self.high:
            kind = "a whole number" if self.whole else "a number"
            unit = f" {self.unit}" if self.unit else ""
            low, high = (f"{end:.0f}" if self.whole else f"{end:.7g}" for end in (self.low, self.high))
            raise ArgumentTypeError(f"{text!r} is not {kind} from {low} to {high}{unit}")
        return number


@dataclass(frozen=True)
class Numbers:
    """Several numbers with commas between them.

    Attributes:
        number: what each must be.
        form: how to write them, such as ``X,Y,Z``.
        counts: how many there may be: least and most.
    """

    number: Number
    form: str
    counts: tuple[int, int]

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
            raise ArgumentTypeError(f"{text!r} is not {self.form}")
        return tuple(self.number(word) for word in words)


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
    ending = file_name(text).rsplit("/", 1)[-1].rpartition(".")[2].lower()
    if ending in {"png", "jpg", "pdf", "svg", "mrc", "map", "gz", "json", "cif", "pdb", "cxc", "txt", "csv"}:
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
