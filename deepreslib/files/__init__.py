"""Files written under a temporary name and then renamed, so that no program ever reads half a file.

The files of one run belong together. Within :func:`~deepreslib.files.writing.together` they all keep their temporary
names to the end of the run; then all are renamed, the report last. The report holds each file's check sum. So files of
two runs that got mixed, as a machine that stops while files are renamed may leave them, are noticed by
:func:`~deepreslib.files.sums.check_set` and :func:`~deepreslib.files.sums.check_against_report`.
"""

from deepreslib.files.names import is_map_name, map_stem, split_map_name
from deepreslib.files.paths import PathLike, check_writable, real_path
from deepreslib.files.sums import check_against_report, check_set, sha256
from deepreslib.files.temporary import sweep
from deepreslib.files.writing import OutputSet, together, write_aside, write_json, write_report

__all__ = [
    "OutputSet",
    "PathLike",
    "check_against_report",
    "check_set",
    "check_writable",
    "is_map_name",
    "map_stem",
    "real_path",
    "sha256",
    "split_map_name",
    "sweep",
    "together",
    "write_aside",
    "write_json",
    "write_report",
]
