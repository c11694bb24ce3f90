"""A screen that nobody sees, for windows in tests and screenshots."""

import os
import shutil
import subprocess


class VirtualScreen:
    """An Xvfb of its own, on a free display, with a window manager if there is one.

    Args:
        size: width and height, pixels.
    """

    programs = ("Xvfb",)

    def __init__(self, size=(1400, 950)):
        self.size = size
        self.processes = []

    @classmethod
    def isAvailable(cls):
        """Whether a screen can be started here."""
        return all(shutil.which(program) for program in cls.programs)

    def start(self):
        """Start the screen and make it this process's display."""
        reading, writing = os.pipe()
        geometry = "{}x{}x24".format(*self.size)
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", geometry, "-nolisten", "tcp"]
        self._spawn(command, pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start.")
        self.before = os.environ.get("DISPLAY")
        os.environ["DISPLAY"] = f":{number}"
        if shutil.which("openbox"):
            self._spawn(["openbox"])

    def stop(self):
        """Stop what was started, last first, and give the display back."""
        while self.processes:
            process = self.processes.pop()
            process.terminate()
            process.wait(timeout=10)
        if self.before is None:
            os.environ.pop("DISPLAY", None)
        else:
            os.environ["DISPLAY"] = self.before

    def _spawn(self, command, **kwargs):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.processes.append(subprocess.Popen(command, **quiet, **kwargs))
