"""What Scipion finds of the plugin, and what it costs to look."""

import os
import subprocess
import sys

from pwem import Domain
from pwem.protocols import ProtAnalysis3D
from pyworkflow.gui.project.viewprotocols_extra import ProtocolTreeConfig
from pyworkflow.tests import BaseTest

from deepres_plugin import Plugin, protocols
from deepres_plugin.constants import DEEPRES_PYTHON
from deepres_plugin.protocols.protocol_half_maps import HalfMapMixin
from deepres_plugin.protocols.protocol_local_resolution import LocalResolutionProtocol
from deepres_plugin.protocols.protocol_network import NetworkMixin
from deepreslib.version import __version__

IN_LINES = {"High", "Low"}
"""Labels of parameters that stand in a line, which has the help."""

WITHOUT_DOI = {"Bot2023": "repository.tudelft.nl"}
"""Citation → what its link has instead."""

DISCOVERY = """
import sys
from pwem import Domain
classes = {**Domain.getProtocols(), **Domain.getViewers(), **Domain.getWizards()}
from deepres_plugin import protocols, viewers, wizards
missing = {*protocols.__all__, *viewers.__all__, *wizards.__all__} - set(classes)
heavy = {"tensorflow", "keras"} & set(sys.modules)
sys.exit(f"missing: {missing}, imported: {heavy}" if missing or heavy else 0)
"""


class TestPlugin(BaseTest):
    """Discovery, tree, citations, installation."""

    def testDiscoveryImportsNoTensorflow(self):
        process = subprocess.run([sys.executable, "-c", DISCOVERY], capture_output=True, text=True, check=False)
        self.assertEqual(process.returncode, 0, process.stderr)

    def testOnlyProtocolsAreListed(self):
        names = [name for name, cls in Domain.getProtocols().items() if cls.__module__.startswith("deepres_plugin.")]
        self.assertEqual(sorted(names), sorted(protocols.__all__))

    def testGpuAndHalfMapsNeedNoLocalResolution(self):
        sharpness = protocols.ProtDeepSharpness
        self.assertTrue(issubclass(sharpness, NetworkMixin) and issubclass(sharpness, HalfMapMixin))
        self.assertFalse(issubclass(sharpness, LocalResolutionProtocol))
        for mixin in (NetworkMixin, HalfMapMixin):
            self.assertFalse(issubclass(mixin, LocalResolutionProtocol))

    def testEveryProtocolStandsInTheTree(self):
        Domain.getProtocols()
        found = {}
        for place in (("3D", "Analysis", "Resolution"), ("3D", "Postprocess")):
            tree = ProtocolTreeConfig.load(Domain, "")["Protocols SPA"]
            for text in place:
                tree = next(child for child in tree.childs if child.text == text)
            found[place[-1]] = sorted(child.value for child in tree.childs)
        self.assertEqual(found["Postprocess"], ["ProtDeepILocScale"])
        self.assertEqual(sorted(found["Resolution"] + found["Postprocess"]), sorted(protocols.__all__))

    def testEveryParameterHasHelp(self):
        common = {name for name, _ in ProtAnalysis3D()._definition.iterParams()}
        for name in protocols.__all__:
            protocol = Domain.getProtocols()[name]()
            self.assertTrue(protocol.isBeta(), name)
            self.assertGreater(len(protocol.getHelpText()), 100, name)
            self.assertIsNotNone(protocol.getParam("inputVolume") or protocol.getParam("inputVolumes"), name)
            for own, param in protocol._definition.iterParams():
                if own not in common and param.label.get() not in IN_LINES:
                    self.assertGreater(len(param.help.get("")), 20, f"{name}.{own}")

    def testCitationsResolve(self):
        for name in protocols.__all__:
            protocol = Domain.getProtocols()[name]()
            for key, citation in protocol.getCitations().items():
                self.assertIn(WITHOUT_DOI.get(key, "https://doi.org/10."), citation, name)
        (citation,) = Domain.getProtocols()["ProtDeepResolution"]().getCitations().values()
        self.assertIn("Ramírez-Aportela et al., IUCrJ, 2019", citation)

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
