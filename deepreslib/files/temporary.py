"""Names of temporary files, and their removal once nobody needs them."""

import contextlib
import hashlib
import os
import platform
import re
import uuid
from collections.abc import Iterable
from pathlib import Path

from deepreslib.files.paths import PathLike

_LONGEST_SUFFIX = 15


def temporary_path(path: Path) -> Path:
    """A name beside a file that no other file has.

    It holds this machine and this process, so that :func:`sweep` can tell whether anybody still needs it.

    Args:
        path: of the file; the temporary name ends like its name, as in ``.mrc.gz``.

    Returns:
        A path in the same folder, however long the file's own name is.
    """
    endings = ("".join(path.suffixes[-2:]), path.suffix, "")
    suffix = next(ending for ending in endings if len(ending) <= _LONGEST_SUFFIX)
    return path.with_name(f"{_prefix()}{os.getpid()}-{uuid.uuid4().hex[:12]}{suffix}")


def sweep(folders: Iterable[PathLike]) -> None:
    """Remove temporary files that processes of this machine have left which do not run any more.

    Args:
        folders: where to look, without the folders in them.
    """
    pattern = re.compile(re.escape(_prefix()) + r"(\d+)-[0-9a-f]{12}(\..*)?")
    for folder in {os.path.realpath(folder) for folder in folders}:
        with contextlib.suppress(OSError):
            for name in os.listdir(folder):
                match = pattern.fullmatch(name)
                if match and not _is_running(int(match[1])):
                    Path(folder, name).unlink(missing_ok=True)


def _prefix() -> str:
    """What temporary names of this machine begin with; other machines may share the folder."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    machine = hashlib.sha256(f"{platform.node()} {space}".encode()).hexdigest()[:8]
    return f".deepres-{machine}-"


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
