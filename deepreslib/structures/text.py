"""The text of a structure file, decompressed to its last byte and decoded."""

import bz2
import gzip
import io
import os
import stat
import zlib

from deepreslib.errors import InputError
from deepreslib.files import PathLike

MOST_BYTES = 2**30
"""A decompressed file may have this many bytes; the largest structure of the PDB has a quarter of them."""

GZIP, BZIP2 = b"\x1f\x8b", b"BZh"


def read_text(path: PathLike, kind: str = "a PDB or mmCIF file", subject: str = "an atomic structure") -> str:
    """The text of a PDB or mmCIF file, or of another text, plain or compressed.

    Whether a file is compressed (gzip or bzip2) is decided by its first bytes, not by its name. A compressed file is
    read to its end, so its check sum counts, and nothing may follow it. The text is taken as UTF-8, else as Latin-1,
    which older programs wrote.

    Args:
        path: the file.
        kind: of file that is wanted, for the messages.
        subject: what such a file holds, likewise.

    Returns:
        The text; its lines end in line feeds.

    Raises:
        InputError: there is no such file, it cannot be read, it is empty, cut, damaged, or no text.
    """
    path = os.fspath(path)
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise InputError(f"{path} is {what}; give the path of {kind}.")
        with open(path, "rb") as stream:
            content = stream.read()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"{path}: there is no such file; give the path of {kind}.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); give a file that you may read.") from error
    try:
        if content.startswith(GZIP):
            content = _gunzipped(content)
        elif content.startswith(BZIP2):
            content = _bunzipped(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is cut or damaged ({error}); get the compressed file again.") from error
    if len(content) > MOST_BYTES:
        raise InputError(f"{path} holds more than {MOST_BYTES >> 30} GiB, which is too much; give {kind}.")
    if not content.strip():
        raise InputError(f"{path} is empty; give {kind}.")
    if b"\0" in content:
        raise InputError(f"{path}: not {subject} (it is no text); give {kind}.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _gunzipped(content: bytes) -> bytes:
    """The content of all members; raises where one is cut, damaged or followed by anything but zeros."""
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        return stream.read(MOST_BYTES + 1)


def _bunzipped(content: bytes) -> bytes:
    """The content of all streams; raises where one is cut, damaged or followed by anything else."""
    parts: list[bytes] = []
    while content and sum(map(len, parts)) <= MOST_BYTES:
        stream = bz2.BZ2Decompressor()
        parts.append(stream.decompress(content, MOST_BYTES + 1))
        if not stream.eof and sum(map(len, parts)) <= MOST_BYTES:
            raise EOFError("it ends before its end-of-stream marker")
        content = stream.unused_data
    return b"".join(parts)
