"""What commands share that write several files into a folder."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepreslib.errors import InputError
from deepreslib.pictures import save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAP_SUFFIXES = {".mrc", ".map", ".ccp4", ".mrcs", ".gz", ".bz2"}


def check_folder(path: str) -> None:
    """Refuses a folder that could be neither made nor written to, without making it.

    Args:
        path: of the folder.

    Raises:
        InputError: it is a file, or the nearest folder that exists is not writable.
    """
    folder = Path(path).absolute()
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not nearest.is_dir():
        raise InputError(f"the folder {path} cannot be made because {nearest} is a file; give another --output.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"the folder {path} cannot be written because {nearest} is not writable; give another one.")


def make_folder(path: str) -> Path:
    """The folder, made with its parents if it is missing.

    Args:
        path: of the folder.

    Raises:
        InputError: it cannot be made.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {path} cannot be made ({error.strerror}); give another --output.") from error
    return folder


def save_picture(figure: "Figure", path: Path) -> None:
    """Writes a figure and prints where."""
    save_figure(figure, path)
    print(f"wrote {path}")


def short_names(paths: Sequence[str]) -> list[str]:
    """Short names that distinguish files: without suffixes, and with as many of their folders as it takes.

    Args:
        paths: some files; one that is named twice gets its number before it.

    Returns:
        list of as many texts, all different.
    """
    parts = [(*Path(path).parts[:-1], _stem(path)) for path in paths]
    for depth in range(1, max(map(len, parts)) + 1):
        names = [os.path.join(*words[-depth:]) for words in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{number}: {path}" for number, path in enumerate(paths, 1)]


def _stem(path: str) -> str:
    """A file's name without the suffixes of maps."""
    name = Path(path)
    while name.suffix.lower() in MAP_SUFFIXES:
        name = name.with_suffix("")
    return name.name
