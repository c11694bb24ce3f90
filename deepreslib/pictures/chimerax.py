"""A ChimeraX script that shows a map coloured by its local resolution, with the key of our own pictures."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from scipy import ndimage

from deepreslib.errors import InputError
from deepreslib.files import write_aside
from deepreslib.fourier.arrays import FloatArray, Triple
from deepreslib.maps.boxes import box_around
from deepreslib.pictures.figures import RESOLUTION_LABEL
from deepreslib.pictures.scale import ClassScale, ColourScale, inside_values
from deepreslib.pictures.surface import INSIDE

REACH = 5  # voxels about the mask that get their neighbours' resolution
DUST = 8  # voxels; smaller parts of the surface are hidden


def write_chimerax_script(
    path: str | Path,
    density_path: str | Path,
    resolution_path: str | Path,
    voxel_size: Triple,
    origin: Triple,
    level: float,
    scale: ColourScale,
    axes: float | None = None,
    label: str = RESOLUTION_LABEL,
) -> None:
    """Write a .cxc script: density as #1, resolution as #2 (hidden), the surface of #1 coloured by #2, the key.

    Both maps are put on the grid given here, whatever their headers say. The voxel size is set by a command that
    comes before that of the origin, because ChimeraX moves the origin when it changes the voxel size. Maps of any
    size are shown whole and as a surface (ChimeraX opens large ones as a single plane). The resolution is read a
    little inside the surface, as :func:`deepreslib.pictures.coloured_surface` does. It should come from
    ``resolution_for_chimerax``: with a map that is 0 outside its mask, thin parts would look better resolved than
    they are. The key lies flat, because ChimeraX fails on a standing one with colours that have no label.

    Args:
        path: the script; its name ends in .cxc.
        density_path: the map; written into the script as an absolute path.
        resolution_path: the resolution, Å, on the same grid; also written as an absolute path.
        voxel_size: (z, y, x), Å.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        level: density at the surface.
        scale: colours; ChimeraX gets its ``levels`` colours and blends between them, but for those of classes.
        axes: length of axes through (0, 0, 0) to be shown, Å; written as a .bild file beside the script and opened
            last, as #3. None for no axes.
        label: what the key measures; it has no quotation marks.

    Raises:
        InputError: a path that ChimeraX cannot read, see :func:`quoted`.
        OSError: the folder does not exist or cannot be written.
    """
    path = Path(path)
    side, corner = xyz(voxel_size), xyz(origin)
    smallest = min(voxel_size)
    lines = [
        "# Density coloured by local resolution (Å). Open this file with a fresh ChimeraX.",
        "set bgColor white",
        f"open {quoted(density_path, path)}",
        f"open {quoted(resolution_path, path)}",
    ]
    for volume in ("#1", "#2"):
        lines += [f"volume {volume} voxelSize {side}", f"volume {volume} origin {corner}"]
    lines += [
        "volume #2 hide",
        f"volume #1 show style surface region all level {level:.6g}",
        "wait 1",  # ChimeraX makes the surface only when it draws
        f"surface dust #1 size {DUST * smallest:.4g}",
        f"color sample #1 map #2 palette {palette(scale)} offset {-INSIDE * smallest:.4g}",
        f"key {key_command(scale)} pos 0.3,0.06 size 0.4,0.03 fontSize 18 numericLabelSpacing equal",
        f'2dlabels text "{label}" color black size 18 xpos 0.41 ypos 0.105',
        "lighting soft",
    ]
    if axes is not None:
        beside = path.with_name(f"{path.stem}_axes.bild")
        with write_aside(beside) as temporary:
            temporary.write_text(_axes(axes), encoding="utf-8")
        lines.append(f"open {quoted(beside, path)}")
    lines.append("view")
    with write_aside(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def palette(scale: ColourScale) -> str:
    """A scale as ChimeraX writes it: ``2.5,#00007f:2.7,#0000c4:...``, each resolution in Å with its colour.

    Args:
        scale: the colours.

    Returns:
        The palette.
    """
    return ":".join(
        f"{value:.5g},{colour}" for value, colour in zip(scale.level_values(), scale.hex_colours(), strict=True)
    )


def resolution_for_chimerax(resolution: FloatArray) -> FloatArray:
    """A resolution map without zeros, so that none bleeds into the colours of a surface near the mask's edge.

    ChimeraX interpolates between voxels. Voxels next to the mask get the mean of their neighbours inside. Those up
    to 5 voxels away get the mean of the values that lie within 5 voxels, and the others get the median.

    Args:
        resolution: (z, y, x), Å, 0 outside the mask.

    Returns:
        (z, y, x) float32, Å, unchanged inside the mask.

    Raises:
        InputError: the mask is empty.
    """
    inside = inside_values(resolution)
    if not inside.size:
        raise InputError("The resolution map has no value above 0, so there is nothing to colour: check its mask.")
    filled = np.full(resolution.shape, np.median(inside), dtype=np.float32)
    box = box_around(resolution > 0, REACH)
    values = resolution[box].astype(np.float32)
    for width in (3, 2 * REACH + 1):
        filled_voxels = values > 0
        shares = ndimage.uniform_filter(filled_voxels.astype(np.float32), width, mode="constant")
        means = ndimage.uniform_filter(values, width, mode="constant") / np.maximum(shares, 1e-9)
        values = np.where(~filled_voxels & (shares > 0.5 / width**3), means, values)
    filled[box] = np.where(values > 0, values, filled[box])
    return filled


def xyz(triple: Triple) -> str:
    """A triple as ChimeraX reads it.

    Args:
        triple: (z, y, x), Å.

    Returns:
        ``x,y,z``.
    """
    return ",".join(f"{number + 0.0:.8g}" for number in reversed(list(triple)))  # 0, and not -0


def check_name(path: str | Path, script: str | Path) -> None:
    """Refuse a file that ChimeraX could not open from a script, before the work is done.

    Args:
        path: the file.
        script: where the script will be.

    Raises:
        InputError: see :func:`quoted`.
    """
    quoted(path, script)


def can_open(path: str | Path, script: str | Path) -> bool:
    """Whether ChimeraX can open a file from a script.

    Args:
        path: the file.
        script: where the script will be.
    """
    return _quoted(path, script) is not None


def quoted(path: str | Path, script: str | Path) -> str:
    """A path as ChimeraX reads it in a script: within quotation marks, and absolute if that can be.

    ChimeraX has no way to write a quotation mark that ends a path, or a line break, and puts the values of environment
    variables in place of their names (``$HOME``). If such a thing stands in the name of a folder that holds the script
    too, the path is written relative to the script, whose folder ChimeraX goes to.

    Args:
        path: a file.
        script: where the script will be.

    Returns:
        The path with its marks.

    Raises:
        InputError: ChimeraX cannot read the name.
    """
    text = _quoted(path, script)
    if text is None:
        raise InputError(f"ChimeraX cannot read the file name {os.fspath(path)!r}: rename the file or its folder.")
    return text


def _quoted(path: str | Path, script: str | Path) -> str | None:
    """What :func:`quoted` gives, or None where it raises."""
    absolute, folder = os.path.abspath(path), os.path.dirname(os.path.abspath(script))
    names = [absolute]
    if os.path.commonpath([absolute, folder]) == folder:
        names.append(os.path.join(".", os.path.relpath(absolute, folder)))
    for name in names:
        for mark in "\"'":
            if mark not in name and name.isprintable() and os.path.expandvars(name) == name:
                return f"{mark}{name}{mark}"
    return None


def key_command(scale: ColourScale) -> str:
    """The colours of ChimeraX's ``key`` command, evenly spaced, with labels at about five of them.

    Classes have one field of plain colour each, with its name.

    Args:
        scale: the colours.

    Returns:
        The command's first arguments.
    """
    if isinstance(scale, ClassScale):
        fields = zip(scale.listed, scale.key_names(), strict=True)
        return " ".join(f"{colour}:{name}" for colour, name in fields) + " colorTreatment distinct"
    every = max((scale.levels - 1) // 4, 1)
    labelled = [number % every == 0 for number in range(scale.levels)]
    labelled[-1] = True
    pairs = zip(scale.hex_colours(), scale.level_values(), labelled, strict=True)
    return " ".join(f"{colour}:{value:.3g}" if label else f"{colour}:" for colour, value, label in pairs)


def _axes(length: float) -> str:
    """Arrows along x (red), y (green) and z (blue) in ChimeraX's .bild format."""
    radius = length / 100
    lines = []
    for name, colour, tip in (("x", "red", (1, 0, 0)), ("y", "green", (0, 1, 0)), ("z", "blue", (0, 0, 1))):
        x, y, z = (length * part for part in tip)
        lines += [
            f".color {colour}",
            f".arrow 0 0 0 {x:.4g} {y:.4g} {z:.4g} {radius:.4g} {2 * radius:.4g}",
            f".cmov {1.03 * x:.4g} {1.03 * y:.4g} {1.03 * z:.4g}",
            f".font Helvetica 24 bold\n{name}",
        ]
    return "\n".join(lines) + "\n"
