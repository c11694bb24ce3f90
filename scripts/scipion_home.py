"""The environment that Scipion needs, made from pip packages alone: variables and a hosts.conf.

pyworkflow and pwem read it while they are imported, so it must stand before that. Three ways to use it::

    python scripts/scipion_home.py HOME pytest              runs a program in it
    eval "$(python scripts/scipion_home.py HOME)"           sets it in a shell
    scipion_home.use(HOME)                                  sets it in this process, before importing pyworkflow
"""

import os
import shlex
import sys
from pathlib import Path

DEFAULT_HOME = Path(__file__).resolve().parent.parent / "scipion"

HOSTS = """\
[localhost]
PARALLEL_COMMAND = mpirun -np %_(JOB_NODES)d --map-by node %_(COMMAND)s
"""


def environment(home):
    """Make a Scipion home, if it is not there yet, and return the variables that belong to it.

    Args:
        home: a folder; projects will be in its ``projects``.

    Returns:
        A dictionary, name of the variable → value.
    """
    home = Path(home).resolve()
    hosts = home / "config" / "hosts.conf"
    if not hosts.exists():
        hosts.parent.mkdir(parents=True, exist_ok=True)
        hosts.write_text(HOSTS)
    return {
        "SCIPION_HOME": str(home),
        "SCIPION_USER_DATA": str(home),
        "SCIPION_HOSTS": str(hosts),
        "SCIPION_DOMAIN": "pwem",
        "SCIPION_PYTHON": sys.executable,
        "SCIPION_PRIORITY_PACKAGE_LIST": "pwem",
        "SCIPION_NOTIFY": "False",
    }


def use(home):
    """Set the variables of ``environment(home)`` in this process."""
    os.environ.update(environment(home))


def main(args=None):
    """Print the variables, or run a program with them.

    Args:
        args: the home, then optionally a program and its arguments; by default the command line's.
    """
    home, *program = (sys.argv[1:] if args is None else args) or [DEFAULT_HOME]
    if program:
        use(home)
        program = [sys.executable if program[0] == "python" else program[0], *program[1:]]
        os.execvp(program[0], program)
    for name, value in environment(home).items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
