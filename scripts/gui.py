"""Open a Scipion project window that has DeepRes in it.

A new project holds the demonstration's map and mask, imported, and a finished DeepRes run, ready to be looked at.
``make gui`` runs it, or, with a Python in which this package is installed::

    python scripts/gui.py [PROJECT]
"""

import argparse
import os
import sys

import scipion_home


def prepare(name):
    """Make a project with the demonstration in it, unless there is one of that name.

    Args:
        name: of the project, within the Scipion home in use.
    """
    from pwem import Domain
    from pyworkflow.project import Manager

    from deepres_plugin import demo_project

    manager = Manager()
    if manager.hasProject(name):
        return
    Domain.getProtocols()
    project = manager.createProject(name)
    os.chdir(project.path)
    print("A new project: importing the demonstration's map and running DeepRes on it, for about 20 seconds ...")
    volume, mask = demo_project.importDemo(project)
    run = demo_project.newDeepRes(project, volume, mask)
    project.launchProtocol(run, wait=True)
    if not run.isFinished():
        print(f"The run failed; its form and log in the window tell more: {run.getErrorMessage()}", file=sys.stderr)


def main():
    """Prepare the project and hand over to pyworkflow's window."""
    parser = argparse.ArgumentParser(description="Open a Scipion project window that has DeepRes in it.")
    parser.add_argument("project", nargs="?", default="deepres", help="name of the project (default: deepres)")
    parser.add_argument("--home", default=scipion_home.DEFAULT_HOME, help="the Scipion home (default: scipion)")
    options = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        sys.exit("There is no display (DISPLAY is not set): open a desktop session or use ssh -X.")
    scipion_home.use(options.home)
    prepare(options.project)
    os.execv(sys.executable, [sys.executable, "-O", "-m", "pyworkflow.apps.pw_project", options.project])


if __name__ == "__main__":
    main()
