"""Ctrl-C and SIGTERM: a command that is stopped leaves no temporary file and shows no traceback."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
"""The signals that ask a command to stop, and what they are called."""


class Stopped(BaseException):
    """The user, or a queue, asked this process to stop.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """130 for Ctrl-C and 143 for SIGTERM, as shells count them."""
        return 128 + self.number

    def __str__(self) -> str:
        return f"stopped by {SIGNALS[signal.Signals(self.number)]}"


class Request:
    """Remembers that a signal came, even where a library swallows the exception that it raised.

    Attributes:
        number: of the signal; None if none came.
    """

    number: int | None = None

    def obey(self) -> None:
        """Raises ``Stopped`` if a signal came."""
        if self.number is not None:
            raise Stopped(self.number)


@contextmanager
def stoppable() -> Iterator[Request]:
    """Turns the signals into ``Stopped`` within the block; in a thread other than the main one it does nothing.

    Yields:
        The request, to be obeyed before something that should not be done after a signal.
    """
    request = Request()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def stop(number: int, frame: FrameType | None) -> None:
        request.number = number
        raise Stopped(number)

    def hide(unraisable: "sys.UnraisableHookArgs") -> None:
        if request.number is None:
            hook(unraisable)

    handlers = {number: signal.signal(number, stop) for number in SIGNALS}
    hook, sys.unraisablehook = sys.unraisablehook, hide
    try:
        yield request
    finally:
        sys.unraisablehook = hook
        for number, handler in handlers.items():
            signal.signal(number, handler)
