"""Local resolution by any method, chosen by its name: a thin function for notebooks and scripts."""

import importlib
import importlib.util
import inspect
import os
import pkgutil
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from deepreslib import maps
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray
from deepreslib.maps import DensityMap, checks

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution

MapOrPath: TypeAlias = DensityMap | str | os.PathLike[str]
"""A map, or the path of its file."""


def estimate(
    density_map_or_halves: MapOrPath | Sequence[MapOrPath],
    mask: BoolArray | MapOrPath | None = None,
    *,
    method: str = "deepres",
    **options: Any,
) -> "LocalResolution":
    """Local resolution by the method of a name.

    Maps given as paths are read, and the checks of ``deepres estimate`` are made. Then ``estimate`` of
    ``deepreslib.estimation.<method>`` is called; its documentation lists the options.

    Args:
        density_map_or_halves: a map, or two half maps if the method takes them (``localfsc`` needs them, ``monores``
            and ``resmap`` take either); each a ``DensityMap`` or a path.
        mask: where to estimate: bool (z, y, x), a ``DensityMap`` with values above 0.5 inside, or its path. None for
            the mask that the method finds itself (``cryores``), or else one made from the density.
        method: a module of ``deepreslib.estimation`` that has a function ``estimate``, such as ``deepres``; ``deepres
            estimate --help`` lists them.
        **options: of the method.

    Returns:
        The local resolution (z, y, x) in Å, and the method's further results.

    Raises:
        InputError: there is no such method, or the maps, the mask or an option cannot be used.
    """
    run = _method(method)
    if isinstance(density_map_or_halves, (DensityMap, str, os.PathLike)):
        density_map = _read(density_map_or_halves)
        subject: DensityMap | tuple[DensityMap, ...] = density_map
        checks.check_estimable(density_map)
    else:
        subject = tuple(_read(half) for half in density_map_or_halves)
        if len(subject) != 2:
            raise InputError(f"there are {len(subject)} maps where a pair of half maps is expected; give two.")
        for half in subject:
            checks.check_estimable(half)
        checks.check_half_maps(*subject)
        density_map = subject[0].like(np.mean([half.data for half in subject], axis=0))
    if mask is None and _needs_no_mask(run):
        return run(subject, **options)
    return run(subject, _mask(mask, density_map), **options)


def _method(name: str) -> Callable[..., "LocalResolution"]:
    """The function ``estimate`` of a method."""
    function = _estimate_of(name)
    if function is None:
        package = importlib.import_module("deepreslib.estimation")
        modules = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
        names = ", ".join(module for module in modules if _estimate_of(module))
        raise InputError(f"there is no method {name!r}; choose one of {names}.")
    return function


def _estimate_of(name: str) -> Callable[..., "LocalResolution"] | None:
    """The function ``estimate`` of a module of this package, or None if there is no such module or function."""
    module = f"deepreslib.estimation.{name}"
    if not name.isidentifier() or module == __name__ or importlib.util.find_spec(module) is None:
        return None
    return getattr(importlib.import_module(module), "estimate", None)


def _needs_no_mask(function: Callable[..., "LocalResolution"]) -> bool:
    """Whether an estimator does without a mask: it then has a default for it."""
    return inspect.signature(function).parameters["mask"].default is None


def _read(density_map: MapOrPath) -> DensityMap:
    return density_map if isinstance(density_map, DensityMap) else maps.read_map(density_map)


def _mask(mask: BoolArray | MapOrPath | None, density_map: DensityMap) -> BoolArray:
    """The mask as an array: the one given, or one made from the density."""
    if mask is None:
        return maps.automatic_mask(density_map)[0]
    if isinstance(mask, (str, os.PathLike)):
        mask = maps.read_map(mask, like=density_map)
    if not isinstance(mask, DensityMap):
        mask = density_map.like(mask)
    return checks.check_mask(mask, density_map)
