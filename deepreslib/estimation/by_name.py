"""Local resolution by any method, chosen by its name: a thin function for notebooks and scripts."""

import importlib
import importlib.util
import inspect
import os
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from deepreslib import maps
from deepreslib.analysis import map_kind
from deepreslib.errors import InputError
from deepreslib.estimation import automatic
from deepreslib.estimation.automatic import AUTO
from deepreslib.estimation.judgement import judged
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
    method: str = AUTO,
    **options: Any,
) -> "LocalResolution":
    """Local resolution by the method of a name.

    Maps given as paths are read, and the checks of ``deepres estimate`` are made: half maps that do not belong together
    are refused, and matched where their scale or amplitudes differ (``maps.examine``). Then ``estimate`` of
    ``deepreslib.estimation.<method>`` is called; its documentation lists the options.

    Args:
        density_map_or_halves: a map, or two half maps (``localfsc`` needs them, ``monores`` and ``resmap`` take either,
            ``deepres`` and ``cryores`` look at the half maps' mean); each a ``DensityMap`` or a path.
        mask: where to estimate: bool (z, y, x), a ``DensityMap`` with values above 0.5 inside, or its path. None for
            the mask that the method finds itself (``cryores``), or else one made from the density.
        method: a module of ``deepreslib.estimation`` that has a function ``estimate``, such as ``deepres``; ``deepres
            estimate --help`` lists them. With ``auto`` the maps decide (see ``deepreslib.estimation.automatic``).
        **options: of the method; ``auto`` takes ``progress`` alone.

    Returns:
        The local resolution (z, y, x) in Å, and the method's further results; its report says which ``method`` it was,
        and with ``auto`` why it was ``chosen``.

    Raises:
        InputError: there is no such method, or the maps, the mask or an option cannot be used.
    """
    method = method.lower()
    if density_map_or_halves is None or isinstance(density_map_or_halves, np.ndarray):
        raise InputError("an array has no voxel size, and None is no map; give a DensityMap, a path, or two half maps.")
    if method == AUTO:
        _refuse_options(options)
    else:
        _method(method)
    warnings: tuple[str, ...] = ()
    if isinstance(density_map_or_halves, (DensityMap, str, os.PathLike)):
        density_map = _read(density_map_or_halves)
        subject: DensityMap | tuple[DensityMap, ...] = density_map
        checks.check_estimable(density_map)
        warnings = (*density_map.notes, *maps.check_scale(density_map))
    else:
        given = tuple(density_map_or_halves)
        if len(given) != 2:
            raise InputError(f"there are {len(given)} maps where a pair of half maps is expected; give two.")
        half1 = _read(given[0])
        halves = half1, _read(given[1], half1)
        for half in halves:
            checks.check_estimable(half)
            warnings += (*half.notes, *maps.check_scale(half))
        pair = maps.examine(*halves, options.get("workers") or -1)
        subject, density_map, warnings = pair.maps, pair.mean, (*warnings, *pair.warnings)
    map_kind.refuse_inverted(density_map)
    report = {"method": method}
    if method == AUTO:
        chosen = automatic.choose(density_map, has_halves=isinstance(subject, tuple))
        method, report = chosen.method, {"method": chosen.method, "chosen": f"{AUTO}: {chosen.reason}"}
    run, made = _method(method), None
    if mask is None and _needs_no_mask(run):
        result = run(subject, **options)
    else:
        inside, sentences = _mask(mask, density_map)
        warnings += sentences
        made = inside if mask is None else None
        result = run(subject, inside, **options)
    result = judged(result, density_map, method, made)
    return replace(result, warnings=(*warnings, *result.warnings), report={**report, **result.report})


def _refuse_options(options: dict[str, Any]) -> None:
    """Refuses options of methods where none was named."""
    for option in sorted(set(options) - {"progress"}):
        owners = [name for name in _methods() if option in inspect.signature(_method(name)).parameters]
        mend = f'give method="{owners[0]}"' if owners else "leave it out"
        whose = f"belongs to {', '.join(owners)}" if owners else "is an option of no method"
        raise InputError(f"{option} {whose}; {mend}" + (" or another of these." if len(owners) > 1 else "."))


def _method(name: str) -> Callable[..., "LocalResolution"]:
    """The function ``estimate`` of a method."""
    function = _estimate_of(name)
    if function is None:
        raise InputError(f"there is no method {name!r}; choose one of {', '.join(_methods())}, or {AUTO}.")
    return function


def _methods() -> list[str]:
    """The names of all methods."""
    package = importlib.import_module("deepreslib.estimation")
    return [
        name for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)) if _estimate_of(name)
    ]


def _estimate_of(name: str) -> Callable[..., "LocalResolution"] | None:
    """The function ``estimate`` of a module of this package, or None if there is no such module or function."""
    module = f"deepreslib.estimation.{name}"
    if not name.isidentifier() or module == __name__ or importlib.util.find_spec(module) is None:
        return None
    return getattr(importlib.import_module(module), "estimate", None)


def _needs_no_mask(function: Callable[..., "LocalResolution"]) -> bool:
    """Whether an estimator does without a mask: it then has a default for it."""
    return inspect.signature(function).parameters["mask"].default is None


def _read(density_map: MapOrPath, like: DensityMap | None = None) -> DensityMap:
    return density_map if isinstance(density_map, DensityMap) else maps.read_map(density_map, like=like)


def _mask(mask: BoolArray | MapOrPath | None, density_map: DensityMap) -> tuple[BoolArray, tuple[str, ...]]:
    """The mask as an array, the one given, or one made from the density; and what is strange about the one given."""
    if mask is None:
        return maps.automatic_mask(density_map)[0], ()
    if isinstance(mask, (str, os.PathLike)):
        mask = maps.read_map(mask, like=density_map)
    if not isinstance(mask, DensityMap):
        mask = density_map.like(mask)
    return checks.check_mask(mask, density_map), (*mask.notes, *checks.mask_warnings(mask, density_map))
