"""What commands share that write several files into a folder."""

import os
from pathlib import Path

from deepreslib.errors import InputError
from deepreslib.pictures import save_figure

MAP_SUFFIXES = {".mrc", ".map", ".ccp4", ".mrcs", ".gz", ".bz2"}


def check_folder(path):
    """Refuse a folder that could be neither made nor written to, without making it.

    Raises:
        InputError: it is a file, or the nearest folder that exists is not writable.
    """
    folder = Path(path).absolute()
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    if not nearest.is_dir():
        raise InputError(f"the folder {path} cannot be made because {nearest} is a file; give another --output.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"the folder {path} cannot be written because {nearest} is not writable; give another one.")


def made_folder(path) -> Path:
    """The folder, made with its parents if it is missing.

    Raises:
        InputError: it cannot be made.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {path} cannot be made ({error.strerror}); give another --output.") from error
    return folder


def save_picture(figure, path):
    """Write a figure and say so."""
    save_figure(figure, path)
    print(f"wrote {path}")


def short_names(paths):
    """Short names that tell files apart: without suffixes, and with as many of their folders as it takes.

    Args:
        paths: some files; one that is named twice gets its number before it.

    Returns:
        list of as many texts, all different.
    """
    parts = [(*Path(path).parts[:-1], _stem(path)) for path in paths]
    for depth in range(1, max(map(len, parts)) + 1):
        names = [os.path.join(*each[-depth:]) for each in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{number}: {path}" for number, path in enumerate(paths, 1)]


def _stem(path):
    name = Path(path)
    while name.suffix.lower() in MAP_SUFFIXES:
        name = name.with_suffix("")
    return name.name
