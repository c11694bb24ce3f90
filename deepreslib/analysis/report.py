"""What the JSON reports of all commands have in common: their head, and the versions of what they were made with."""

import platform
from importlib import metadata
from typing import Any

from deepreslib.maps import DensityMap
from deepreslib.networks import store
from deepreslib.version import __version__


def head(command_line: str, input_maps: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a report begins with.

    Args:
        command_line: the command that is running, as it would be typed into a shell.
        input_maps: from :func:`describe_input`; None for a command that takes no density map.

    Returns:
        dict: ``version``, ``command`` and, if there is one, ``input``.
    """
    beginning = {"version": __version__, "command": command_line}
    return beginning if input_maps is None else {**beginning, "input": input_maps}


def describe_input(
    path: str | None, half_maps: tuple[DensityMap, DensityMap] | None, density_map: DensityMap, **more: Any
) -> dict[str, Any]:
    """The maps that a command was given.

    Args:
        path: of the map; None if half maps were given instead.
        half_maps: two maps, or None.
        density_map: the map itself, whose grid is described.
        **more: further entries.

    Returns:
        dict: ``path``, ``half_maps`` (their paths, or None), the further entries, and those of :func:`describe_grid`.
    """
    halves = [half.path for half in half_maps] if half_maps else None
    return {"path": path, "half_maps": halves, **more, **describe_grid(density_map)}


def describe_grid(density_map: DensityMap) -> dict[str, Any]:
    """A map's ``shape`` (voxels), ``voxel_size`` (Å) and ``origin`` (Å), all (z, y, x)."""
    return {"shape": density_map.data.shape, "voxel_size": density_map.voxel_size, "origin": density_map.origin}


def versions(network: bool = False) -> dict[str, str]:
    """The versions of the programs that made a result.

    Args:
        network: whether a network was used; then the versions include Keras, and the name of its backend.

    Returns:
        name → version.
    """
    packages = ["numpy", "scipy", "keras"] if network else ["numpy", "scipy"]
    numbers = {"deepres": __version__, "python": platform.python_version()}
    numbers |= {name: metadata.version(name) for name in packages}
    return {**numbers, "backend": store.backend()} if network else numbers
