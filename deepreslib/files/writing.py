"""Files written under a temporary name and then renamed, alone or all files of a run together."""

import contextlib
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import Any

from deepreslib.errors import InputError
from deepreslib.files.paths import PathLike, check_writable, real_path
from deepreslib.files.sums import recorded, sha256
from deepreslib.files.temporary import temporary_path


class OutputSet:
    """The files of a run, which still have their temporary names.

    Attributes:
        report: the file that is renamed last; None if there is no report.
        allowed: tells whether the run may write a file; None allows all.
        inputs: files that stay, whatever an earlier report says of them.
        names: of the files, as they were given, in the order in which they were written.
        removed: files of an earlier run that the new report does not describe.
    """

    def __init__(
        self,
        report: PathLike | None = None,
        allowed: Callable[[Path], bool] | None = None,
        inputs: Sequence[PathLike] = (),
    ) -> None:
        self.report = None if report is None else real_path(report)
        self.allowed = allowed
        self.inputs = inputs
        self.names: list[str] = []
        self.removed: list[str] = []
        self._asides: dict[Path, Path] = {}
        self._sums: dict[Path, str] = {}
        self._folders: list[Path] = []

    def prepare(self, path: Path) -> None:
        """Makes the folder of a file if it is missing; it is removed again if the run fails.

        Args:
            path: of the file, without links.

        Raises:
            ValueError: the run has not declared this file.
        """
        if self.allowed and not self.allowed(path):
            raise ValueError(f"{path} is written by a command that has not declared it")
        for folder in reversed((path.parent, *path.parent.parents)):
            if not folder.exists():
                folder.mkdir()
                self._folders.append(folder)

    def hold(self, name: PathLike, path: Path, aside: Path) -> None:
        """Keeps a finished file under its temporary name until the end of the run.

        Args:
            name: of the file, as it was given.
            path: of the file, without links.
            aside: its temporary name.
        """
        if path in self._asides:
            self._asides[path].unlink(missing_ok=True)
        else:
            self.names.append(os.fspath(name))
        self._asides[path] = aside
        self._sums.pop(path, None)

    def sums(self, folder: Path) -> dict[str, str]:
        """The check sums of all files so far.

        Args:
            folder: the names are relative to it.

        Returns:
            name → sha256, hexadecimal.
        """
        for path, aside in self._asides.items():
            if path not in self._sums:
                self._sums[path] = sha256(aside)
        return {os.path.relpath(path, folder): self._sums[path] for path in self._asides}

    def rename(self) -> None:
        """Gives all files their names, the report's last; signals wait until that is done.

        Files of the report that is replaced, which this run has not written, are removed: beside the new files they
        would pass for some of them. An input stays, and so does a file that was changed since.
        """
        paths = sorted(self._asides, key=lambda path: path == self.report)
        stale = self._stale()
        with _undisturbed():
            for path in paths:
                if path == self.report:
                    for old in stale:
                        old.unlink(missing_ok=True)
                        self.removed.append(os.fspath(old))
                with _sentence(path):
                    os.replace(self._asides[path], path)
                del self._asides[path]
            self._folders.clear()

    def _stale(self) -> list[Path]:
        """The unchanged files of the report that will be replaced, without inputs and those that are written anew.

        A file of a kind that this run has not written, as its name ends, is no part of its set either, unless the run
        has declared that it may write this very file.
        """
        if self.report is None or self.report not in self._asides:
            return []
        kept = {*self._asides, *map(real_path, self.inputs)}
        kinds = {path.suffix for path in self._asides}
        old = {self.report.with_name(os.path.basename(name)): total for name, total in recorded(self.report).items()}
        ours = [path for path in old if path.suffix in kinds or (self.allowed and self.allowed(path))]
        candidates = [path for path in ours if path not in kept and path.is_file()]
        return [path for path in candidates if sha256(path) == old[path]]

    def discard(self) -> None:
        """Removes the files that still have a temporary name, and the folders made for them."""
        for aside in self._asides.values():
            aside.unlink(missing_ok=True)
        for folder in reversed(self._folders):
            with contextlib.suppress(OSError):
                folder.rmdir()


_open_set: ContextVar[OutputSet | None] = ContextVar("_open_set", default=None)


@contextmanager
def together(
    report: PathLike | None = None,
    allowed: Callable[[Path], bool] | None = None,
    before_renaming: Callable[[], None] = lambda: None,
    inputs: Sequence[PathLike] = (),
) -> Iterator[OutputSet]:
    """Hold back all files that :func:`write_aside` writes within the block; rename them at its end, or none of them.

    Args:
        report: the file that is renamed last.
        allowed: tells of a path without links whether it may be written.
        before_renaming: called at the end of the block; if it raises, nothing is renamed.
        inputs: files that are never removed, though an earlier run may have written them.

    Yields:
        The set, which fills while the block runs.
    """
    outputs = OutputSet(report, allowed, inputs)
    token = _open_set.set(outputs)
    try:
        yield outputs
        before_renaming()
        outputs.rename()
    finally:
        _open_set.reset(token)
        outputs.discard()


@contextmanager
def write_aside(path: PathLike) -> Iterator[Path]:
    """Give a temporary path in the folder of ``path``; rename it to ``path`` when the block ends well.

    The temporary name ends like ``path`` does, so writers that choose a format by suffix choose the same one.
    When the block raises, the temporary file is removed and whatever was at ``path`` stays as it was. Where ``path`` is
    a symbolic link, the file it leads to is replaced and the link stays. Within :func:`together` the file is renamed
    when that block ends.

    Args:
        path: the file to write.

    Yields:
        The path to write to; nothing exists there yet.

    Raises:
        InputError: the file could not be written, such as on a full disk.
    """
    outputs, target = _open_set.get(), real_path(path)
    check_writable(path, make_folder=outputs is not None)
    with _sentence(path):
        if outputs:
            outputs.prepare(target)
        aside = temporary_path(target)
        try:
            yield aside
            _to_disk(aside)
            if outputs:
                outputs.hold(path, target, aside)
            else:
                os.replace(aside, target)
        except BaseException:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)
            raise


def write_json(path: PathLike, content: object) -> None:
    """Write a JSON file (UTF-8), under a temporary name that is then changed.

    Args:
        path: the file.
        content: dicts, lists, texts and numbers; NaN and infinite numbers are refused, since JSON has none.

    Raises:
        InputError: the file could not be written.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    with write_aside(path) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8")


def write_report(path: PathLike, content: dict[str, Any]) -> None:
    """Write the report of a run as JSON; it holds the check sums of the files written before it in :func:`together`.

    Args:
        path: the file.
        content: of the report; ``files``, name → sha256, is added.

    Raises:
        InputError: the file could not be written.
    """
    outputs = _open_set.get()
    write_json(path, {**content, "files": outputs.sums(real_path(path).parent) if outputs else {}})


def _to_disk(path: Path) -> None:
    """Waits until a file is on the disk, so that a disk that is full says so now."""
    if path.exists():
        with open(path, "rb") as stream:
            os.fsync(stream.fileno())


@contextmanager
def _sentence(path: PathLike) -> Iterator[None]:
    """Turns an error of the operating system into a sentence."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}); free some space, or choose another place."
        ) from error


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Lets Ctrl-C and SIGTERM wait until the block has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        caught.append(number)

    handlers = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for caught_number in caught[:1]:
            signal.raise_signal(caught_number)
