"""What is added to the logs of a run while a job of it is running."""

import os
import zlib

_ENDINGS = (".db", ".sqlite", ".job")
"""Files in the folder of the logs that are no logs."""

_MOST_BYTES = 1_000_000
"""As much of the end of a log is read."""


class NewLines:
    """The logs of a run from now on: its own ones, and those that a queue writes for each job.

    Args:
        folder: where the logs are.
    """

    def __init__(self, folder):
        self._folder = folder
        self._before = {path: (os.path.getsize(path), _sumOf(path)) for path in self._findLogs()}

    def read(self):
        """All that was added since, the log that was written last being the last."""
        return "\n".join(self._readNew(path) for path in self._findLogs())

    def _findLogs(self):
        paths = [entry.path for entry in os.scandir(self._folder) if entry.is_file()]
        return sorted((path for path in paths if not path.endswith(_ENDINGS)), key=os.path.getmtime)

    def _readNew(self, path):
        size, sumBefore = self._before.get(path, (0, None))
        if size and sumBefore != _sumOf(path, size):
            size = 0  # the file was begun anew
        with open(path, "rb") as log:
            log.seek(max(size, os.path.getsize(path) - _MOST_BYTES))
            return log.read().decode("utf-8", errors="replace")


def _sumOf(path, size=None):
    """A check sum of a file, or of as many bytes at its beginning."""
    with open(path, "rb") as log:
        return zlib.crc32(log.read() if size is None else log.read(size))
