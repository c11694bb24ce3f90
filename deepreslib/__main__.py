"""``python -m deepreslib`` is the command line ``deepres``."""

import io
import os
import signal
import sys


def run() -> None:
    """Runs the command line and ends the process with its exit code.

    Before and after the command there is nothing to tidy up, so Ctrl-C then ends the process at once, with no
    traceback.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from deepreslib.networks.quiet import SHOW_ALL

    if SHOW_ALL not in os.environ:
        hide_libraries()
    from deepreslib.commands import main

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads our lines has gone, as in "deepres ... | head"
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # open to the end of the process
        code = 141
    sys.exit(code)


def hide_libraries() -> None:
    """Keeps what libraries such as TensorFlow write to standard error by themselves out of sight.

    They write to the file descriptor 2. Python's ``sys.stderr`` gets a new descriptor of the same stream, and 2 then
    leads nowhere. Matplotlib's remarks about a home that it cannot write to are left out too.
    """
    import logging  # late, since Ctrl-C shows a traceback until run() has begun

    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        visible = os.dup(2)
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
    except OSError:  # standard error is closed
        return
    sys.stderr = os.fdopen(visible, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")


if __name__ == "__main__":
    run()
