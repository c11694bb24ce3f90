"""What commands share that write several files into a folder."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from deepreslib.files import map_stem


def in_folder(folder: str, names: Iterable[str]) -> list[Path]:
    """Paths of files in a folder.

    Args:
        folder: the folder.
        names: of the files.
    """
    return [Path(folder) / name for name in names]


def short_names(paths: Sequence[str]) -> list[str]:
    """Short names that distinguish files: without suffixes, and with as many of their folders as it takes.

    Args:
        paths: some files; one that is named twice gets its number before it.

    Returns:
        list of as many texts, all different.
    """
    parts = [(*Path(path).parts[:-1], map_stem(path)) for path in paths]
    for depth in range(1, max(map(len, parts)) + 1):
        names = [os.path.join(*words[-depth:]) for words in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{number}: {map_stem(path)}" for number, path in enumerate(paths, 1)]
