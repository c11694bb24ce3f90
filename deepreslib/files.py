"""Files written under a temporary name and then renamed, so that no program ever reads half a file."""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from deepreslib.errors import InputError

PathLike: TypeAlias = str | os.PathLike[str]
"""The path of a file or folder."""


@contextmanager
def write_aside(path: PathLike) -> Iterator[Path]:
    """Give a temporary path in the folder of ``path``; rename it to ``path`` when the block ends well.

    The temporary name ends like ``path`` does, so writers that choose a format by suffix choose the same one.
    When the block raises, the temporary file is removed and whatever was at ``path`` stays as it was.

    Args:
        path: the file to write.

    Yields:
        The path to write to; nothing exists there yet.
    """
    path = Path(path)
    aside = path.with_name(f".{uuid.uuid4().hex[:12]}-{path.name}")
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def check_writable(path: PathLike) -> None:
    """Refuse an output path that could not be written later.

    Args:
        path: the file to write.

    Raises:
        InputError: if ``path`` is a folder, or its folder is missing or may not be written to.
    """
    path = Path(path)
    folder = path.parent
    if os.path.isdir(path):
        raise InputError(f"{path} is a folder; give the name of a file to write.")
    if not os.path.isdir(folder):
        raise InputError(f"{path} cannot be written because the folder {folder} does not exist; make it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path} cannot be written because the folder {folder} is not writable; choose another one.")


def write_json(path: PathLike, content: object) -> None:
    """Write a JSON file (UTF-8), under a temporary name that is then changed.

    Args:
        path: the file.
        content: dicts, lists, texts and numbers.
    """
    with write_aside(path) as temporary, open(temporary, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1, ensure_ascii=False)
        stream.write("\n")
