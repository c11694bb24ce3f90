"""Names of map files: what stands before the ending, so that further files can be named after the first."""

import os

from deepreslib.errors import InputError
from deepreslib.files.paths import PathLike

MAP_SUFFIXES = (".mrc", ".map", ".ccp4")
"""What the name of a map that is not compressed ends in, in any case of letters."""

COMPRESSIONS = {".gz": "gzip", ".bz2": "bzip2"}
"""What may follow, and what it stands for."""


def split_map_name(path: PathLike) -> tuple[str, str]:
    """Split the name of a map to write into its stem and its ending.

    ``f"{stem}_sd{suffix}"`` is then the name of another map beside it, compressed alike, and ``f"{stem}.json"`` that
    of a report: ``out/z.mrc.gz`` has the stem ``out/z`` and the ending ``.mrc.gz``.

    Args:
        path: the file to write; its folder is kept in the stem.

    Returns:
        The stem and the ending, as they are written.

    Raises:
        InputError: if the name has no ending of a map or nothing before it.
    """
    name = os.fspath(path)
    stem, suffix = _split(name)
    if not suffix:
        raise InputError(
            f"{name}: the name of a map ends in {', '.join(MAP_SUFFIXES)}, "
            f"or one of these and {' or '.join(COMPRESSIONS)}; write {_mended(name)}."
        )
    if not os.path.basename(stem):
        raise InputError(f"{name} has nothing before {suffix}; write {os.path.join(stem, 'OUT')}{suffix}.")
    return stem, suffix


def map_stem(path: PathLike) -> str:
    """The name of a file without its folder, and without the ending of a map if it has one.

    Args:
        path: the file, which need not exist.
    """
    return os.path.basename(_split(os.fspath(path))[0])


def is_map_name(path: PathLike) -> bool:
    """Whether a name ends as those of maps do.

    Args:
        path: the file, which need not exist.

    Returns:
        True or False.
    """
    return bool(_split(os.fspath(path))[1])


def _split(name: str) -> tuple[str, str]:
    """Stem and ending; an empty ending where the name is not that of a map."""
    lowered = name.lower()
    for compression in ("", *COMPRESSIONS):
        for suffix in MAP_SUFFIXES:
            if lowered.endswith(suffix + compression):
                length = len(suffix + compression)
                return name[:-length], name[-length:]
    return name, ""


def _mended(name: str) -> str:
    """The name that was probably meant: ``z.mrc`` for ``z.tif`` and for ``z``, ``z.mrc.gz`` for ``z.gz``."""
    stem, suffix = os.path.splitext(name)
    compression = suffix if suffix.lower() in COMPRESSIONS else ""
    if compression:
        stem = os.path.splitext(stem)[0]
    if os.path.basename(stem) in ("", ".", ".."):
        stem = os.path.join(stem, "OUT")
    return f"{stem}.mrc{compression}"
