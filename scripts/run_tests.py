"""All tests, as ``make test`` runs them: the suite with its coverage, then the notebooks beside the installer.

The suite's output is shown as it comes, that of the two others when both have ended. Fails if one of the three fails::

    python scripts/run_tests.py [OPTIONS OF PYTEST FOR THE SUITE]
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = [sys.executable, "-m", "pytest", "-q"]

WORKERS = ["-n", "2", "--dist", "loadfile"] if importlib.util.find_spec("xdist") else []
"""Two processes, each with whole files, as what a file sets up serves all its tests."""

NOTEBOOK_SECONDS = 180
"""After which a notebook counts as hanging; each takes less than a minute on a quiet machine."""

SUITE = [*PYTEST, *WORKERS, "--cov", "--cov-report=term:skip-covered"]
AFTERWARDS = {
    "notebooks": [*PYTEST, "--nbmake", f"--nbmake-timeout={NOTEBOOK_SECONDS}", "notebooks"],
    "installer": [*PYTEST, "-m", "installer", "-rs", "tests/installer"],
}


def headline(text):
    """Print a line that stands out."""
    print(f"\n{f' {text} ':=^79}", flush=True)


def run_suite(environment, options):
    """Run the suite; return its exit code."""
    variables = dict(environment)
    if sys.version_info >= (3, 12):
        variables.setdefault("COVERAGE_CORE", "sysmon")  # the interpreter's own monitoring, which is quick
    return subprocess.run([*SUITE, *options], cwd=ROOT, env=variables).returncode


def run_afterwards(environment):
    """Run the notebooks and the installer side by side and show what they said.

    Returns:
        Name → exit code.
    """
    codes, processes = {}, {}
    with tempfile.TemporaryDirectory(prefix="deepres_tests_") as folder:
        outputs = {name: Path(folder) / name for name in AFTERWARDS}
        try:
            for name, command in AFTERWARDS.items():
                with outputs[name].open("wb") as output:
                    processes[name] = subprocess.Popen(
                        command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
                    )
            codes = {name: process.wait() for name, process in processes.items()}
        finally:
            for process in processes.values():
                process.terminate()
        for name, output in outputs.items():
            headline(name)
            print(output.read_text(encoding="utf-8", errors="replace").strip())
    return codes


def main():
    """Run all; return the exit code."""
    environment = dict(os.environ)
    started = time.monotonic()
    headline("suite")
    codes = {"suite": run_suite(environment, sys.argv[1:])}
    middle = time.monotonic()
    codes |= run_afterwards(environment)
    headline(f"suite {middle - started:.0f} s, notebooks and installer {time.monotonic() - middle:.0f} s")
    for name, code in codes.items():
        print(f"{name}: {'passed' if code == 0 else f'FAILED (exit code {code})'}")
    return int(any(codes.values()))


if __name__ == "__main__":
    sys.exit(main())
