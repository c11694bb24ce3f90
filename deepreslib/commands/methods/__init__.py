"""The methods of ``deepres estimate``, one a file of this folder; whatever file lies here is a method.

A file ``NAME.py`` holds ``METHOD``, a :class:`Method`, and so becomes ``--method NAME``: its options appear in
``deepres estimate --help``, are refused with other methods, and its result is written. Nothing else needs a change. All
files are imported for ``--help``, so they import what takes long inside their functions.
"""

import importlib
import pkgutil
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution, MapOrHalves
    from deepreslib.fourier.arrays import BoolArray
    from deepreslib.maps import DensityMap


__all__ = [
    "Inputs",
    "Method",
    "MethodOption",
    "Options",
    "add_network_argument",
    "add_options",
    "add_sweep_arguments",
    "find_methods",
    "join",
]


@dataclass(frozen=True)
class Inputs:
    """What a method is given.

    Attributes:
        density_map: the map; with half maps and no map of its own, their mean.
        half_maps: two half maps, or None.
        mask: bool (z, y, x); None if none was given to a method that finds it.
        threads: processor cores, None for all.
    """

    density_map: "DensityMap"
    half_maps: "tuple[DensityMap, DensityMap] | None"
    mask: "BoolArray | None"
    threads: int | None

    @property
    def density_map_or_halves(self) -> "MapOrHalves":
        """The half maps if there are any, else the map: the first argument of an estimator."""
        return self.half_maps or self.density_map

    @property
    def workers(self) -> int:
        """Threads as SciPy counts them: -1 for all."""
        return self.threads or -1


class Options:
    """Collects the options of one method; it has the ``add_argument`` of an argparse parser.

    Attributes:
        declared: for each option its names, settings and default, as they were given to ``add_argument``.
    """

    def __init__(self) -> None:
        self.declared: list[tuple[tuple[str, ...], dict[str, Any], str | None]] = []

    def add_argument(self, *names: str, default_text: str | None = None, **settings: Any) -> None:
        """Adds an option.

        Several methods may add the same option, with the same settings; it is shown once, as theirs.

        Args:
            *names: such as ``--step``.
            default_text: the default in words, where methods that share an option differ in it; it is added to the
                help with the method's name.
            **settings: as of argparse, without a default: an option that is not given is None.

        Raises:
            ValueError: a default was given. The command could not see then that the option was not.
        """
        if "default" in settings:
            raise ValueError(f"{names[0]} has a default; leave it out, and let the method take it for None.")
        self.declared.append((names, {"default": None, **settings}, default_text))


@dataclass(frozen=True)
class Method:
    """A method of ``deepres estimate``.

    Attributes:
        summary: what it is and what it takes, in one line for ``--help``.
        estimate: runs it; takes the parsed arguments and the :class:`Inputs`, and gives the result and a few words
            about it, which are printed.
        add_arguments: adds its options to an :class:`Options`.
        endings: what is added to the output's name for further maps that it may write: ``_sd`` (the deviation) or
            ``_mask`` (the mask found).
        uses_halves: whether it can use half maps.
        needs_halves: whether it cannot do without them.
        finds_mask: whether it finds the mask itself if none is given.
        uses_network: whether it runs a network, so that the report has Keras' version.
    """

    summary: str
    estimate: "Callable[[Namespace, Inputs], tuple[LocalResolution, str]]"
    add_arguments: Callable[[Options], None] = lambda options: None
    endings: tuple[str, ...] = ()
    uses_halves: bool = False
    needs_halves: bool = False
    finds_mask: bool = False
    uses_network: bool = False


@dataclass
class MethodOption:
    """An option of one or more methods.

    Attributes:
        names: such as ``--step``.
        settings: for argparse.
        owners: the methods' names.
        defaults: the default in words by method, where they differ.
        destination: its name in the parsed arguments; set when it is added to a parser.
    """

    names: tuple[str, ...]
    settings: dict[str, Any]
    owners: list[str] = field(default_factory=list)
    defaults: dict[str, str] = field(default_factory=dict)
    destination: str = ""


def find_methods() -> dict[str, Method]:
    """All methods, by name, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}").METHOD for name in names}


def add_options(parser: ArgumentParser, methods: dict[str, Method]) -> list[MethodOption]:
    """Adds the options of all methods to a parser, those with the same owners in a group named after them.

    Args:
        parser: of the command.
        methods: from :func:`find_methods`.

    Returns:
        the options.
    """
    options: dict[str, MethodOption] = {}
    for owner, method in methods.items():
        own = Options()
        method.add_arguments(own)
        for names, settings, default_text in own.declared:
            option = options.setdefault(names[0], MethodOption(names, settings))
            if (option.names, option.settings) != (names, settings):
                raise ValueError(f"the methods {option.owners[0]} and {owner} have different options {names[0]}")
            option.owners.append(owner)
            if default_text is not None:
                option.defaults[owner] = default_text
    groups = {}
    for option in options.values():
        title = join(option.owners, "and")
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        settings = option.settings
        if option.defaults:
            defaults = ", ".join(f"{text} {owner}" for owner, text in option.defaults.items())
            settings = {**settings, "help": f"{settings['help']} (default: {defaults})"}
        option.destination = groups[title].add_argument(*option.names, **settings).dest
    return list(options.values())


def join(names: list[str], word: str) -> str:
    """Names as a list in a sentence: "a", "a and b" or "a, b and c"."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def add_network_argument(options: Options) -> None:
    """``--model``, which methods that run a network share."""
    options.add_argument(
        "--model",
        metavar="PATH",
        help="model folder of 'deepres train', or, for deepres, a .h5 file as Xmipp distributes (default: shipped)",
    )


def add_sweep_arguments(options: Options, coarsest: str, step: str) -> None:
    """``--min-res``, ``--max-res`` and ``--step``, which methods that test one resolution after another share.

    Args:
        options: of the method.
        coarsest: the method's default of ``--max-res``, Å.
        step: that of ``--step``, Å.
    """
    options.add_argument(
        "--min-res", type=float, metavar="A", help="finest resolution tested, Å (default: by the voxel)"
    )
    options.add_argument("--max-res", type=float, metavar="A", default_text=coarsest, help="coarsest one")
    options.add_argument("--step", type=float, metavar="A", default_text=step, help="between them")
