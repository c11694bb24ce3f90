"""The programs of ``deepres train``, one a module; the modules of this folder are all there are.

A module has the name of the network that it trains, and

- ``SUMMARY``: what it trains, a few words for the help;
- ``DEFAULTS``: the defaults of ``--batch`` and ``--rate``, for the help;
- ``OPTIONS``: the names of the options that belong to it alone, as in the parsed arguments;
- ``add_arguments(group)``: adds these options; each one's default is None, so that an option of another program is
  noticed and refused;
- ``train(args, shared, report)``: trains, with the options that all programs share as keyword arguments of
  ``deepreslib.training.loop.LoopOptions``.

Importing a module does not import Keras, so the help is fast.
"""

import importlib
import pkgutil
from types import ModuleType

__all__ = ["load", "names"]


def names() -> list[str]:
    """The names of the programs, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> ModuleType:
    """The module of a program.

    Args:
        name: one of ``names``.

    Returns:
        The module.
    """
    return importlib.import_module(f"{__name__}.{name}")
