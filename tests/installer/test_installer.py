"""Scipion's own installer takes the plugin from a folder, and Scipion finds it there and from a wheel.

It takes about half a minute and a package index, so that it stands beside the other tests::

    python -m pytest -m installer
"""

import zipfile

import pytest

from deepres_plugin import protocols

pytestmark = pytest.mark.installer

PACKAGES = ("deepres_plugin", "deepreslib")

FIND_PLUGIN = """
import os
os.environ["SCIPION_DOMAIN"] = "pwem"  # python -m scipion sets it
from scipion.install.plugin_funcs import PluginInfo
import deepreslib
info = PluginInfo("scipion-em-deepres", remote=False)
plugin = info.getPluginClass()
print("FOUND", info.getDirName(), type(plugin).__name__, info._getPlugin().__file__, deepreslib.__file__, sep="|")
"""


def test_scipion_app_finds_the_plugin_where_it_was_installed(installation):
    environment, source = installation
    (line,) = [line for line in environment.run("-c", FIND_PLUGIN).splitlines() if line.startswith("FOUND")]
    _, name, plugin_class, *files = line.split("|")
    assert name == "deepres_plugin"
    assert plugin_class == "Plugin"
    for file, package in zip(files, PACKAGES, strict=True):
        assert file.startswith(f"{source}/"), file
        assert file.endswith(f"{package}/__init__.py")


def test_protocols_are_listed(installation):
    environment, _ = installation
    rows = [line.split("\t") for line in environment.scipion("protocols").splitlines()]
    names = [row[1].strip() for row in rows if row[0].strip() == "deepres_plugin"]
    assert sorted(names) == sorted(protocols.__all__)


def test_tests_are_found(installation, checkout):
    environment, _ = installation
    text = environment.scipion("tests", "--grep", "deepres")
    for path in (checkout / "deepres_plugin" / "tests").glob("test_*.py"):
        assert f"deepres_plugin.tests.{path.stem}.Test" in text, text


def test_viewers_and_wizards_are_loaded(installation):
    environment, _ = installation
    text = environment.scipion("inspect", "deepres_plugin")
    for module in ("protocols", "viewers", "wizards"):
        assert f"{module}:  loaded" in text, text


def test_command_line_is_installed(installation):
    environment, _ = installation
    assert "estimate" in environment.run(environment.programs / "deepres", "--help")


def test_wheel_holds_every_file_of_both_packages(wheel, checkout):
    files = {
        path.relative_to(checkout).as_posix()
        for package in PACKAGES
        for path in (checkout / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == files
