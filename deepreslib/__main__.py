"""``python -m deepreslib`` is the command line ``deepres``."""

import io
import signal
import sys


def run() -> None:
    """Runs the command line and ends the process with its exit code.

    Before and after the command there is nothing to tidy up, so Ctrl-C then ends the process at once, with no
    traceback.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from deepreslib.commands import main

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads our lines has gone, as in "deepres ... | head"
        sys.stdout = None
        code = 141
    sys.exit(code)


if __name__ == "__main__":
    run()
