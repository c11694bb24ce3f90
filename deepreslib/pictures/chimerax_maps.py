"""A ChimeraX script that shows a map before and after it was enhanced, the second coloured by B factors."""

from __future__ import annotations

from pathlib import Path

from deepreslib.files import write_aside
from deepreslib.fourier.arrays import Triple
from deepreslib.pictures.b_factors import LABEL
from deepreslib.pictures.chimerax import DUST, key_command, palette, quoted, xyz
from deepreslib.pictures.scale import ColourScale
from deepreslib.pictures.surface import INSIDE

GREY = "#b8b8b8"


def write_chimerax_maps_script(
    path: str | Path,
    before: tuple[str | Path, float],
    after: tuple[str | Path, float],
    voxel_size: Triple,
    origin: Triple,
    b_factor_path: str | Path | None = None,
    scale: ColourScale | None = None,
    label: str = LABEL,
) -> None:
    """Write a .cxc script: the map before as #1, grey and hidden, the map after as #2, coloured by B factors, #3.

    All maps are put on the grid given here, whatever their headers say, in the order that
    :func:`deepreslib.pictures.write_chimerax_script` explains. ``hide #2 models; show #1 models`` changes to the map
    before; the script names these commands in a comment and in the log.

    Args:
        path: the script; its name ends in .cxc.
        before: the map as it was, and the density at its surface; written into the script as an absolute path.
        after: the enhanced map, and the density at its surface.
        voxel_size: (z, y, x), Å.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        b_factor_path: B factors, Å², on the same grid, from ``b_factor_for_chimerax``; None for a surface without
            colours.
        scale: the colours, if there are B factors.
        label: what the key measures; it has no quotation marks.

    Raises:
        InputError: a path that ChimeraX cannot read.
        OSError: the folder does not exist or cannot be written.
    """
    path = Path(path)
    smallest = min(voxel_size)
    coloured = b_factor_path is not None and scale is not None
    files = [before[0], after[0], *([b_factor_path] if b_factor_path is not None and coloured else [])]
    lines = [
        "# The map before (#1) and after (#2). Open this file with a fresh ChimeraX.",
        "# To change between them: 'hide #2 models; show #1 models' and 'hide #1 models; show #2 models'.",
        "set bgColor white",
        *(f"open {quoted(file, path)}" for file in files),
    ]
    for number in range(1, len(files) + 1):
        lines += [f"volume #{number} voxelSize {xyz(voxel_size)}", f"volume #{number} origin {xyz(origin)}"]
    lines += [
        f"volume #1 show style surface region all level {before[1]:.6g} color {GREY}",
        f"volume #2 show style surface region all level {after[1]:.6g}",
        *(["volume #3 hide"] if coloured else []),
        "wait 1",  # ChimeraX makes the surfaces only when it draws
        f"surface dust #1,2 size {DUST * smallest:.4g}",
    ]
    if coloured and scale is not None:
        lines += [
            f"color sample #2 map #3 palette {palette(scale)} offset {-INSIDE * smallest:.4g}",
            f"key {key_command(scale)} pos 0.3,0.06 size 0.4,0.03 fontSize 18 numericLabelSpacing equal",
            f'2dlabels text "{label}" color black size 18 xpos 0.41 ypos 0.105',
        ]
    lines += ["hide #1 models", "lighting soft", "view"]
    with write_aside(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
