"""What Scipion finds of the plugin, and what it costs to look."""

import os
import subprocess
import sys

from pwem import Domain
from pyworkflow.gui.project.viewprotocols_extra import ProtocolTreeConfig
from pyworkflow.tests import BaseTest

import deepres_plugin
from deepres.version import __version__
from deepres_plugin import Plugin
from deepres_plugin.constants import DEEPRES_PYTHON

DISCOVERY = """
import sys
from pwem import Domain
found = {**Domain.getProtocols(), **Domain.getViewers(), **Domain.getWizards()}
missing = {"ProtDeepResolution", "DeepResolutionViewer", "ColourScaleWizard"} - set(found)
heavy = {"tensorflow", "keras"} & set(sys.modules)
sys.exit(f"missing: {missing}, imported: {heavy}" if missing or heavy else 0)
"""


class TestPlugin(BaseTest):
    """Discovery, tree, citations, installation."""

    def testDiscoveryImportsNoTensorflow(self):
        found = subprocess.run([sys.executable, "-c", DISCOVERY], capture_output=True, text=True, check=False)
        self.assertEqual(found.returncode, 0, found.stderr)

    def testProtocolStandsInTheTree(self):
        Domain.getProtocols()
        tree = ProtocolTreeConfig.load(Domain, "")["Protocols SPA"]
        for text in ("3D", "Analysis", "Resolution"):
            tree = next(child for child in tree.childs if child.text == text)
        self.assertIn("ProtDeepResolution", [child.value for child in tree.childs])

    def testEveryParameterHasHelp(self):
        protocol = Domain.getProtocols()["ProtDeepResolution"]()
        own = "inputVolume mask maskThreshold resolutionRange modelSource modelPath useGpu gpuList numberOfThreads"
        for name in own.split():
            self.assertGreater(len(protocol.getParam(name).help.get()), 40, name)
        self.assertTrue(protocol.isBeta())
        self.assertIn("local resolution", protocol.getHelpText().lower())

    def testCitationsResolve(self):
        protocol = Domain.getProtocols()["ProtDeepResolution"]()
        (citation,) = protocol.getCitations().values()
        self.assertIn("Ramírez-Aportela et al., IUCrJ, 2019", citation)
        self.assertIn("https://doi.org/10.1107/S2052252519011692", citation)
        self.assertEqual(list(protocol.getCitations()), deepres_plugin._references)

    def testLogoIsThere(self):
        logo = Domain.getProtocols()["ProtDeepResolution"].getPluginLogoPath()
        self.assertTrue(os.path.exists(logo), logo)

    def testInstallationIsValid(self):
        self.assertEqual(Plugin.validateInstallation(), [])
        self.assertEqual(Plugin.getActiveVersion(), __version__)
        self.assertEqual(Plugin.getEnviron()["PATH"], os.environ["PATH"])

    def testMissingPythonIsExplained(self):
        python = Plugin.getPython()
        try:
            Plugin._vars[DEEPRES_PYTHON] = "/no/such/python"
            (error,) = Plugin.validateInstallation()
        finally:
            Plugin._vars[DEEPRES_PYTHON] = python
        self.assertIn("DEEPRES_PYTHON names /no/such/python", error)
