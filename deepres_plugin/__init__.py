"""DeepRes in Scipion: local resolution of cryo-EM maps by deep learning.

The science is in the package ``deepreslib``; the protocols of this plugin run its command line, ``deepres``.
"""

import importlib.util
import os
import shutil
import sys

import pwem
from pyworkflow import VarTypes
from pyworkflow.utils import Environ

from deepres_plugin.constants import ARTICLE_URL, DEEPRES_PYTHON, NEEDED_MODULES
from deepreslib.version import __version__

_logo = "deepres_icon.png"
_references = ["RamirezAportela2019"]


class Plugin(pwem.Plugin):
    """Where deepreslib is installed; ``job.py`` runs its command line."""

    _url = ARTICLE_URL
    _supportedVersions = [__version__]

    @classmethod
    def _defineVariables(cls):
        cls._defineVar(
            DEEPRES_PYTHON,
            sys.executable,
            description="Python that runs deepres; it needs the packages deepreslib and tensorflow. "
            "Defaults to the Python that runs Scipion.",
            var_type=VarTypes.PATH,
        )

    @classmethod
    def getPython(cls):
        """The Python that runs deepres."""
        return cls.getVar(DEEPRES_PYTHON, sys.executable)

    @classmethod
    def getEnviron(cls):
        """The environment of the programs."""
        return Environ(os.environ)

    @classmethod
    def getActiveVersion(cls, home=None, versions=None):
        """The version of deepres, installed together with this plugin."""
        return __version__

    @classmethod
    def validateInstallation(cls):
        """What is missing to run deepres, one sentence for each thing."""
        python = cls.getPython()
        if shutil.which(python) is None:
            return [f"{DEEPRES_PYTHON} names {python}, which is not a program: set it to a Python that has deepres."]
        if python != sys.executable:
            return []
        return [
            f"The Python package {name} is missing: install it by '{python} -m pip install {package}'."
            for name, package in NEEDED_MODULES.items()
            if importlib.util.find_spec(name) is None
        ]
