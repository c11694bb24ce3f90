"""Forms that were filled in wrongly: one sentence for each mistake, and nothing refused that is right."""

import math
import os

from pwem import Domain
from pwem.objects import Volume
from pyworkflow.protocol.params import EnumParam, FloatParam, IntParam
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin import protocols
from deepres_plugin.tests.finished_run import importBlob

OPTIONAL = {"maskThreshold", "minRes", "maxRes", "resolution", "claimedResolution", "mass"}
"""Numbers that may be left out."""

ANY_SIGN = {"maskThreshold"}
ZERO_TOO = {"percentile", "reach", "maskThreshold", "tolerance", "sigmas"}
VOLUMES = {"ProtDeepClassify": 1, "ProtDeepCompare": 2}
"""How many volumes a form with several gets; a claimed number belongs to one."""

WHOLE = {"numberOfThreads", "stride"}

HOSTILE = (None, math.nan, math.inf, -math.inf, -5, 0)


class TestForms(BaseTest):
    """No run is launched."""

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        setupTestProject(cls)
        cls.imported = importBlob(cls.proj)

    def new(self, name):
        run = self.proj.newProtocol(Domain.getProtocols()[name])
        if hasattr(run, "inputVolumes"):
            for number in range(VOLUMES[name]):
                run.inputVolumes.append(self.imported)
                run.inputVolumes[number].setExtended("outputVolume")
        else:
            run.inputVolume.set(self.imported)
            run.inputVolume.setExtended("outputVolume")
        return run

    def numbers(self, run):
        """Names of the numbers of a form that its protocol looks after."""
        mine = [name for name, param in run._definition.iterParams()
                if isinstance(param, IntParam | FloatParam) and not isinstance(param, EnumParam)]  # fmt: skip
        return [name for name in mine if name not in ("numberOfMpi", "runMode", "gpuList", "binThreads")]

    def isGood(self, name, value):
        if value is None:
            return name in OPTIONAL
        if not math.isfinite(value):
            return False
        return value > 0 or (value == 0 and name in ZERO_TOO) or name in ANY_SIGN

    def testEachNumberHasOneSentence(self):
        tried = set()
        for name in sorted(protocols.__all__):
            expected = set(self.new(name).validate())
            for number in self.numbers(self.new(name)):
                for value in HOSTILE:
                    run = self.new(name)
                    if number in WHOLE and isinstance(value, float):
                        continue  # the form takes whole numbers alone
                    getattr(run, number)._objValue = value  # as a form leaves it
                    errors = set(run.validate()) - expected
                    where = f"{name}.{number} = {value}: {errors}"
                    self.assertEqual(len(errors), 0 if self.isGood(number, value) else 1, where)
                    for error in errors:
                        self.assertNotIn("Traceback", error, where)
                        self.assertNotIn("validation failed", error, where)
                    tried.add((name, number))
        self.assertGreater(len(tried), 15)

    def testNumbersReachTheProgramWhateverTheyAre(self):
        """An argument that begins with a minus sign would be taken for an option."""
        run = self.new("ProtDeepMonoRes")
        for name, value in (("maskThreshold", -1e-5), ("significance", 0.5), ("stepSize", 0.25)):
            getattr(run, name).set(value)
        arguments = run._getArguments()
        for argument in ("--mask-threshold=-1e-05", "--significance=0.5", "--step=0.25", "--method=monores"):
            self.assertIn(argument, arguments)
        run = self.new("ProtDeepLocalFsc")
        run.halfVolume1.set(_volume("a.mrc"))
        run.halfVolume2.set(_volume("b.mrc"))
        for argument in ("--cutoff=0.5", "--box=30A", "--half1=a.mrc", "--half2=b.mrc"):
            self.assertIn(argument, run._getArguments())

    def testHalfMapsThatAreNotUsedAreMentioned(self):
        volume = Volume(location=self.imported.outputVolume.getFileName())
        volume.setSamplingRate(1.5)
        for name in ("ProtDeepMonoRes", "ProtDeepResMap"):
            run = self.new(name)
            self.assertFalse(any("half maps" in warning for warning in run.warnings()))
            volume.setHalfMaps(["a.mrc", "b.mrc"])
            run.inputVolume.set(volume)
            run.inputVolume.setExtended("")
            self.assertIn("carries half maps, and they are not used", run.warnings()[-1])
            run.useHalfVolumes.set(True)
            self.assertFalse(any("not used" in warning for warning in run.warnings()))
            volume.setHalfMaps([])

    def testHelpHasNoHardLineBreaks(self):
        for name in protocols.__all__:
            text = Domain.getProtocols()[name].getHelpText()
            for paragraph in text.split("\n\n"):
                self.assertNotIn("\n", paragraph, name)
                self.assertNotIn("  ", paragraph, name)

    def testNotesOfTheProgramAreShown(self):
        run = self.new("ProtDeepMonoRes")
        report = {"warnings": ["Many voxels lie at an end."], "device": {"kind": "cpu", "name": "EPYC"}}
        self.assertEqual(run._getNotes(report), ["*Warning*: Many voxels lie at an end.", "Ran on: EPYC (CPU)"])
        self.assertEqual(run._getNotes({}), [])


def _volume(path):
    volume = Volume(location=os.path.relpath(path))
    volume.setSamplingRate(1.5)
    return volume
