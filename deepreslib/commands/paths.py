"""The files that a command reads and writes, declared once; no input is ever overwritten.

Each command has a function ``paths(args)`` that gives its :class:`Paths`. Before any work :meth:`Paths.check` refuses
an output that is one of the inputs, by whatever name, and one that could not be written.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deepreslib import files
from deepreslib.errors import InputError
from deepreslib.files import PathLike, real_path


@dataclass(frozen=True)
class Paths:
    """The files of a command.

    Attributes:
        inputs: files that it reads; None is passed over.
        outputs: files that it may write.
        report: the output that holds the others' check sums; None if there is none.
        pages: an output of which there may be further pages: beside ``OUT.png`` also ``OUT_2.png`` and so on.
        makes_folders: whether missing folders of outputs are made.
        at_once: whether all outputs appear together at the end; otherwise each as soon as it is written.
        folders: files or folders that it reads, such as a network's; a folder stands for all files in it.
    """

    inputs: Sequence[PathLike | None]
    outputs: Sequence[PathLike]
    report: PathLike | None = None
    pages: PathLike | None = None
    makes_folders: bool = False
    at_once: bool = True
    folders: Sequence[PathLike | None] = ()

    def check(self) -> None:
        """Refuses outputs that are inputs or cannot be written, and inputs that a report beside them says are others.

        Raises:
            InputError: naming the file.
        """
        given = self.given
        for output in self.outputs:
            for path in given:
                if _is_same(path, real_path(output)) or (path in self.folders and _holds(path, output)):
                    raise InputError(f"the output {output} would overwrite the input {path}; give another --output.")
        for path in given:
            if self._is_page(real_path(path)):
                raise InputError(f"an output beside {self.pages} would overwrite the input {path}; rename that input.")
        for output in self.outputs:
            files.check_writable(output, self.makes_folders)
        for path in given:
            if os.path.isfile(path):
                files.check_against_report(path)

    def allows(self, path: Path) -> bool:
        """Whether the command has declared an output.

        Args:
            path: without symbolic links.
        """
        return any(path == real_path(output) for output in self.outputs) or self._is_page(path)

    @property
    def given(self) -> list[PathLike]:
        """The files and folders that the command line names for reading."""
        return [path for path in (*self.inputs, *self.folders) if path is not None]

    def output_folders(self) -> list[Path]:
        """The folders of the outputs."""
        return [real_path(output).parent for output in self.outputs]

    def _is_page(self, path: Path) -> bool:
        if self.pages is None:
            return False
        first = real_path(self.pages)
        number = re.fullmatch(re.escape(first.stem) + r"_\d+" + re.escape(first.suffix), path.name)
        return path.parent == first.parent and number is not None


def _holds(path: PathLike, output: PathLike) -> bool:
    """Whether a folder that is read holds the file that is an output."""
    target = real_path(output)
    return os.path.isdir(path) and real_path(path) in target.parents and target.is_file()


def _is_same(path: PathLike, target: Path) -> bool:
    try:
        return real_path(path) == target or os.path.samefile(path, target)
    except (OSError, ValueError):
        return False
