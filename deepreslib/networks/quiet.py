"""What TensorFlow writes to standard error by itself is kept out of sight, also where Python calls this package."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

SHOW_ALL = "DEEPRES_SHOW_LIBRARIES"
"""A variable of the environment: where it is set, what libraries write by themselves is shown."""

_lock = threading.RLock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hides what is written to the file descriptor 2 within the block, which should be short.

    TensorFlow writes there when it is loaded and when it looks for a GPU. Afterwards the descriptor leads where it led
    before; Python's ``sys.stderr`` and the environment are not touched. Threads take turns.
    """
    if SHOW_ALL in os.environ:
        yield
        return
    with _lock:
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or None under pythonw
            sys.stderr.flush()
        try:
            visible = os.dup(2)
        except OSError:  # standard error is closed
            yield
            return
        try:
            with open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(visible, 2)
            os.close(visible)
