"""All tests, as ``make test`` runs them: the suite with its coverage, and beside it the notebooks and the installer.

The suite's output is shown as it comes; that of the two others when all have ended. Fails if one of them fails::

    python scripts/run_tests.py [OPTIONS OF PYTEST FOR THE SUITE]
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = [sys.executable, "-m", "pytest", "-q"]
NOTEBOOK_SECONDS = 180
"""After which a notebook counts as hanging; each takes less than a minute on a quiet machine."""

SUITE = [*PYTEST, "--cov", "--cov-report=term:skip-covered", *sys.argv[1:]]
BESIDE = {
    "notebooks": [*PYTEST, "--nbmake", f"--nbmake-timeout={NOTEBOOK_SECONDS}", "notebooks"],
    "installer": [*PYTEST, "-m", "installer", "-rs", "tests/installer"],
}


def environment():
    """The tests' environment: coverage by the interpreter's own monitoring where there is one, which is quick."""
    variables = dict(os.environ)
    if sys.version_info >= (3, 12):
        variables.setdefault("COVERAGE_CORE", "sysmon")
    return variables


def main():
    """Run all, show what they said, return the exit code."""
    variables = environment()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="deepres_tests_") as folder:
        outputs = {name: Path(folder) / name for name in BESIDE}
        beside = {}
        try:
            for name, command in BESIDE.items():
                with outputs[name].open("wb") as output:
                    beside[name] = subprocess.Popen(
                        command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT
                    )
            codes = {"suite": subprocess.run(SUITE, cwd=ROOT, env=variables).returncode}
            codes |= {name: process.wait() for name, process in beside.items()}
        finally:
            for process in beside.values():
                process.terminate()
        for name, output in outputs.items():
            print(f"\n{f' {name} ':=^79}\n{output.read_text(encoding='utf-8', errors='replace').strip()}")
    print(f"\n{f' {time.monotonic() - started:.0f} s ':=^79}")
    for name, code in codes.items():
        print(f"{name}: {'passed' if code == 0 else f'FAILED (exit code {code})'}")
    return int(any(codes.values()))


if __name__ == "__main__":
    sys.exit(main())
