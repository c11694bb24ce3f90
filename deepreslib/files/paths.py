"""Paths of files: where one is written, and whether it can be."""

import os
import stat
from pathlib import Path
from typing import TypeAlias

from deepreslib.errors import InputError

PathLike: TypeAlias = str | os.PathLike[str]
"""The path of a file or folder."""


def real_path(path: PathLike) -> Path:
    """The file that is read or written under a path: symbolic links are followed."""
    return Path(os.path.realpath(path))


def check_writable(path: PathLike, make_folder: bool = False) -> None:
    """Refuse an output path that could not be written later.

    A symbolic link is followed: what is checked, and later written, is the file it leads to.

    Args:
        path: the file to write.
        make_folder: whether a missing folder would be made.

    Raises:
        InputError: if ``path`` is a folder, no regular file, a file that is read-only, has a name that cannot be, or
            its folder is missing or may not be written to.
    """
    if not os.fspath(path).isprintable():
        raise InputError(f"{os.fspath(path)!r} has a character that cannot be printed; give the output another name.")
    target = real_path(path)
    folder = target.parent if os.path.islink(path) else Path(path).parent
    if make_folder:
        _check_makeable(folder)
    elif not os.path.isdir(path) and not os.path.isdir(folder):
        raise InputError(f"{path} cannot be written because the folder {folder} does not exist; make it first.")
    elif not os.path.isdir(path) and not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path} cannot be written because the folder {folder} is not writable; choose another one.")
    try:
        mode = os.lstat(target).st_mode
    except FileNotFoundError:
        mode = None
    except OSError as error:
        mend = "give a shorter name" if "too long" in str(error.strerror) else "choose another place"
        raise InputError(f"{path} cannot be written ({error.strerror}); {mend}.") from error
    if mode is not None and stat.S_ISDIR(mode):
        raise InputError(f"{path} is a folder; give the name of a file to write.")
    if mode is not None and not stat.S_ISREG(mode):
        raise InputError(f"{path} is no regular file; give the output another name.")
    if mode is not None and not (mode & 0o222 and os.access(target, os.W_OK)):
        raise InputError(f"{path} is read-only; give the output another name, or make that file writable.")


def _check_makeable(folder: Path) -> None:
    """Refuses a folder that could be neither made nor written to."""
    nearest = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(parent))
    if not nearest.is_dir():
        raise InputError(f"the folder {folder} cannot be made because {nearest} is a file; give another --output.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"the folder {folder} cannot be written because {nearest} is not writable; give another one.")
