"""The documentation: it builds without a warning, its examples run, and nothing public is missing from it."""

import html
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

import deepreslib

pytest.importorskip("sphinx", reason="Sphinx is not installed; 'make docs' and 'make test' install it")

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """A function that runs one of Sphinx' builders and returns its folder; all share what was read."""
    folder = tmp_path_factory.mktemp("site")

    def run(builder):
        command = [sys.executable, "-m", "sphinx", "-b", builder, "-W", "--keep-going", "-q"]
        command += ["-d", folder / "doctrees", DOCS, folder / builder]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1"}
        process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert process.returncode == 0, process.stdout + process.stderr
        return folder / builder

    return run


@pytest.fixture(scope="session")
def site(build):
    """The built pages."""
    return build("html")


def public_names():
    """Full names of the public functions and classes of every module."""
    names = set()
    for found in pkgutil.walk_packages(deepreslib.__path__, "deepreslib."):
        if found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        for name, thing in vars(module).items():
            function = inspect.isclass(thing) or inspect.isfunction(inspect.unwrap(thing)) if callable(thing) else False
            if function and not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__:
                names.add(f"{module.__name__}.{name}")
    return names


def documented_names(site):
    """Full names of everything that has a place on a page."""
    inventory = (site / "objects.inv").read_bytes()
    rows = zlib.decompress(inventory.split(b"\n", 4)[4]).decode().splitlines()
    return {row.split(" ")[0] for row in rows if " py:" in row}


def text_of(page):
    """The text of a page's body, without markup."""
    body = page.read_text(encoding="utf-8").partition('<div class="body"')[2]
    return html.unescape(re.sub(r"<[^>]*>", "", body))


def test_everything_public_is_on_a_page(site):
    names = public_names()
    assert len(names) > 200
    assert sorted(names - documented_names(site)) == []


def test_the_examples_run(build):
    report = (build("doctest") / "output.txt").read_text(encoding="utf-8")
    assert int(re.search(r"(\d+) tests?\n *0 failures in tests", report)[1]) >= 9


def test_the_architecture_begins_with_the_contracts(site):
    text = text_of(site / "architecture.html")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = project[project.index("[tool.importlinter]") : project.index("[tool.codespell]")].strip()
    assert contracts.count("[[tool.importlinter.contracts]]") >= 4
    assert 0 < text.index(contracts) < text.index("Two packages")


def test_pages_ask_nothing_of_the_network(site):
    pages = [page for page in site.rglob("*.html") if "_modules" not in page.parts]
    assert len(pages) > 20
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.findall(r'(?:<script|<img|<link rel="stylesheet")[^>]*(?:src|href)="(?:https?:)?//[^"]*"', text) == []


def test_every_picture_is_shown_and_has_its_script(site):
    pictures = {path.name for path in (DOCS / "images").iterdir()}
    shown = {path.name for path in (site / "_images").iterdir()}
    sources = (DOCS / "figures.rst").read_text(encoding="utf-8")
    assert pictures == shown
    assert pictures == set(re.findall(r"``(\w+\.png)``", sources))


def test_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in (DOCS / "images").iterdir()}
    assert {name: size for name, size in sizes.items() if size > 200_000} == {}


def test_links_of_the_readme_lead_somewhere():
    readme = (ROOT / "README.rst").read_text(encoding="utf-8")
    targets = set(re.findall(r"<([\w./-]+)>`_", readme)) | set(re.findall(r"image:: (\S+)", readme))
    assert len(targets) > 10
    assert [target for target in sorted(targets) if not (ROOT / target).exists()] == []


def test_the_citation_file_names_the_papers_of_the_plugin():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    papers = (ROOT / "deepres_plugin" / "bibtex.py").read_text(encoding="utf-8")
    identifiers = set(re.findall(r"doi\.org/([^\s}]+)", papers))
    assert len(identifiers) >= 4
    assert identifiers == set(re.findall(r"doi: (\S+)", citation))
    assert f"version: {deepreslib.__version__}" in citation
