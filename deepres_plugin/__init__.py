"""DeepRes in Scipion: local resolution of cryo-EM maps by deep learning.

The science is in the package ``deepreslib``; the protocols of this plugin run its command line, ``deepres``.
"""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys

import pwem
from pyworkflow import VarTypes
from pyworkflow.utils import Environ

from deepres_plugin.constants import ARTICLE_URL, DEEPRES_PYTHON, NEEDED_MODULES, REFUSAL_CODE, REFUSAL_PREFIX
from deepreslib.version import __version__

_logo = "deepres_icon.png"
_references = ["RamirezAportela2019"]


class Plugin(pwem.Plugin):
    """Where deepreslib is installed and how its command line is started."""

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

    @classmethod
    def runDeepres(cls, protocol, command, args, **kwargs):
        """Run ``python -m deepreslib COMMAND ARGS`` as a job of a protocol.

        Args:
            protocol: the protocol whose step this is.
            command: the subcommand, such as ``estimate``.
            args: the command's arguments, a list.
            **kwargs: passed on to ``runJob``.

        Raises:
            RuntimeError: the program failed, and so does the step; the message is the sentence that the program wrote.
        """
        try:
            protocol.runJob(
                shlex.quote(cls.getPython()),
                ["-m", "deepreslib", command, *map(str, args)],
                env=cls.getEnviron(),
                numberOfMpi=1,
                **kwargs,
            )
        except subprocess.CalledProcessError as error:
            refused = error.returncode == REFUSAL_CODE
            raise RuntimeError((refused and cls._findSentence(protocol)) or str(error)) from error

    @classmethod
    def _findSentence(cls, protocol):
        """The last sentence in the protocol's log by which the program refused its input; empty if there is none."""
        with open(protocol.getStderrLog(), encoding="utf-8", errors="replace") as log:
            sentences = [line.partition(REFUSAL_PREFIX)[2].strip() for line in log if REFUSAL_PREFIX in line]
        return sentences[-1] if sentences else ""
