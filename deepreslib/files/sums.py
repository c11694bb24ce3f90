"""Check sums of files, and reports that hold those of the files they describe."""

import hashlib
import json
from pathlib import Path

from deepreslib.errors import InputError
from deepreslib.files.paths import PathLike, real_path

FOLDER_REPORTS = ("classify.json", "compare.json", "pictures.json", "sharpness.json")
"""Names of reports about the files of a whole folder. Any other report's name is that of a map, such as ``res.json``
for ``res.mrc`` and ``res_sd.mrc``."""

_CHUNK = 1 << 22


def sha256(path: PathLike) -> str:
    """The sha256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def check_set(report: PathLike) -> None:
    """Refuse a report whose files are not the ones it describes. Files that are missing are not looked for.

    Args:
        report: written by :func:`~deepreslib.files.writing.write_report`.

    Raises:
        InputError: naming the file whose check sum differs.
    """
    for name in recorded(Path(report)):
        path = real_path(report).parent / name
        if path.is_file():
            _check_sum(path, name, Path(report))


def check_against_report(path: PathLike) -> None:
    """Refuse a file that a report in its folder lists with another check sum.

    Args:
        path: the file; nothing is asked of one that no report lists.

    Raises:
        InputError: naming the file and the report.
    """
    path = Path(path)
    words = Path(path.name.removesuffix(".gz").removesuffix(".bz2")).stem.split("_")
    stems = ["_".join(words[:count]) for count in range(1, len(words) + 1)]
    for name in [*(f"{stem}.json" for stem in stems), *FOLDER_REPORTS]:
        report = path.with_name(name)
        if report != path and path.name in recorded(report):
            _check_sum(path, path.name, report)


def recorded(report: Path) -> dict[str, str]:
    """The check sums in a report.

    Args:
        report: its path.

    Returns:
        name → sha256, hexadecimal; none if the report is missing, or no report.
    """
    try:
        content = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    sums = content.get("files") if isinstance(content, dict) and "command" in content else None
    return sums if isinstance(sums, dict) else {}


def _check_sum(path: Path, name: str, report: Path) -> None:
    try:
        is_same = sha256(path) == recorded(report)[name]
    except OSError:
        return  # whoever reads it will say what is wrong
    if not is_same:
        raise InputError(
            f"{path} is not the file that {report} describes, so files of two runs may be mixed here; run that command "
            f"again, or remove {report.name} if you changed {path.name} yourself."
        )
