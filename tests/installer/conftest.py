"""An environment that has Scipion's installer, scipion-app, in which the plugin is installed from outside.

scipion-app and the plugin are installed into a virtual environment of its own. All that they depend on is lent to it
by the environment that runs the tests, package by package, so that nothing large is downloaded. The plugin is not
lent, so what is found there was put there by the installer.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DISTRIBUTION = "scipion-em-deepres"
SCIPION_APP = "scipion-app==3.8.3"

NOT_LENT = ("deepres", "scipion_em_deepres", "__editable__", "__pycache__", "scipion_app")
"""How the names begin of what stays outside: the plugin, however it is installed, and scipion-app."""


class Environment:
    """A virtual environment with a Scipion home of its own.

    Args:
        folder: where it is made.
    """

    def __init__(self, folder):
        self.home = folder / "home"
        self.home.mkdir()
        venv.create(folder / "venv", symlinks=True)
        self.programs = folder / "venv" / "bin"
        self.variables = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SCIPION_", "DEEPRES_", "PYTHON", "COV"))
        }
        self.variables |= {
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "VIRTUAL_ENV": str(folder / "venv"),
            "SCIPION_HOME": str(self.home),
            "SCIPION_USER_DATA": str(self.home),
            "SCIPION_LOCAL_CONFIG": str(self.home / "local.conf"),
            "SCIPION_NOTIFY": "False",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
        }
        lent = folder / "lent"
        lend_packages(lent)
        (packages,) = (folder / "venv").glob("lib/python*/site-packages")
        (packages / "lent.pth").write_text(f"{lent}\n", encoding="utf-8")

    def python(self, *arguments):
        """Run the environment's Python in its home.

        Args:
            *arguments: of Python, such as ``-m scipion``.

        Returns:
            The finished process; its ``stdout`` holds what it wrote to standard error too.
        """
        return subprocess.run(
            [self.programs / "python", *map(str, arguments)],
            cwd=self.home,
            env=self.variables,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=300,
        )

    def run(self, *arguments):
        """Run the environment's Python, which must not fail, and return what it printed."""
        process = self.python(*arguments)
        assert process.returncode == 0, process.stdout
        return process.stdout

    def scipion(self, *arguments):
        """Run a command of Scipion, which must not fail, and return what it printed."""
        return self.run("-m", "scipion", *arguments)


def lend_packages(folder):
    """Fill a folder with links to every package of this environment but the plugin and scipion-app.

    Args:
        folder: to be made.
    """
    folder.mkdir()
    for place in map(Path, sys.path):
        if place.name not in ("site-packages", "dist-packages"):
            continue
        for package in place.iterdir():
            link = folder / package.name
            hidden = package.name == "scipion" or package.name.startswith(NOT_LENT) or package.suffix == ".pth"
            if not hidden and not link.exists():
                link.symlink_to(package)


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """An environment with scipion-app and all that the plugin depends on, configured; without the plugin."""
    environment = Environment(tmp_path_factory.mktemp("environment"))
    process = environment.python("-m", "pip", "install", SCIPION_APP)
    if "No matching distribution found" in process.stdout:
        reason = process.stdout.strip().splitlines()[-1]
        pytest.skip(f"No package index that has {SCIPION_APP} is reached here; pip says: {reason}")
    assert process.returncode == 0, process.stdout
    environment.scipion("config", "--unattended")
    return environment


@pytest.fixture(scope="session")
def checkout(tmp_path_factory):
    """A copy of the repository, without what git ignores, in a folder named as the installer wants it."""
    if shutil.which("git") is None or not (REPOSITORY / ".git").exists():
        pytest.skip("This is not a git repository, so it is not known which files belong to it.")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True).stdout
    folder = tmp_path_factory.mktemp("checkout") / DISTRIBUTION
    for name in filter(None, listing.decode().split("\0")):
        source, copy = REPOSITORY / name, folder / name
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
    return folder


@pytest.fixture(scope="session")
def wheel(environment, checkout, tmp_path_factory):
    """The wheel made of the copy."""
    folder = tmp_path_factory.mktemp("wheel")
    environment.run("-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, checkout)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module", params=["folder", "wheel"])
def installation(request, environment):
    """The environment with the plugin in it: by Scipion's installer from the folder, or by pip from the wheel.

    Yields:
        The environment, and the folder that the plugin must be imported from.
    """
    if request.param == "folder":
        source = request.getfixturevalue("checkout")
        text = environment.scipion("installp", "-p", source, "--devel")
        assert "Traceback" not in text, text
        assert "couldn't find Plugin" not in text, text
    else:
        environment.run("-m", "pip", "install", request.getfixturevalue("wheel"))
        source = environment.programs.parent
    yield environment, source
    environment.run("-m", "pip", "uninstall", "--yes", DISTRIBUTION)
    process = environment.python("-c", "import deepres_plugin")
    assert process.returncode, "The plugin is still there after its removal."
