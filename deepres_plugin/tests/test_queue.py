"""Jobs that a queue runs one by one, where Scipion hears nothing of a failure: no failed job passes as done.

The queue is a shell script; ``test_slurm.py`` has a real one.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from unittest import mock

import numpy as np
from pwem import Domain
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin import job
from deepres_plugin.constants import DEEPRES_PYTHON, OUTPUT_RESOLUTION
from deepres_plugin.job import shellText
from deepres_plugin.logs import NewLines
from deepres_plugin.protocols import ProtDeepMonoRes
from deepres_plugin.tests.finished_run import importBlob
from deepres_plugin.tests.queues import makeFakeQueue, makeProgram, sendToQueue, useHostsConf
from deepreslib.maps import read_map

KILLED = "#!/bin/bash\nkill -9 $$\n"
SILENT = "#!/bin/bash\nexit 0\n"
MIXED = '#!/bin/bash\n{python} "$@"\nprintf x >> {output}\n'
OLD_FILES = "#!/bin/bash\ncp -r {saved}/. {extra}\n"


class TestQueue(BaseTest):
    """A MonoRes run that was right the first time, continued with another threshold while something goes wrong."""

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        cls.setupTestOutput()
        folder = os.path.abspath(cls.getOutputPath())
        useHostsConf(cls, makeFakeQueue(folder))
        setupTestProject(cls)
        volume = importBlob(cls.proj, noise=0.05)
        cls.finished = cls.proj.newProtocol(ProtDeepMonoRes, maskThreshold=0.3, minRes=4, maxRes=8, stepSize=1)
        cls.finished.inputVolume.set(volume)
        cls.finished.inputVolume.setExtended("outputVolume")
        sendToQueue(cls.finished, jobByJob=True)
        cls.launchProtocol(cls.finished)
        cls.python, cls.saved = os.path.join(folder, "python"), os.path.join(folder, "saved")
        shutil.copytree(cls.finished._getExtraPath(), cls.saved)

    def launchAgain(self, python=None, **changes):
        """Continue the run with changes, its old files in place, by a program given in the place of Python."""
        shutil.copytree(self.saved, self.finished._getExtraPath(), dirs_exist_ok=True)
        for name, value in changes.items():
            getattr(self.finished, name).set(value)
        variables = {DEEPRES_PYTHON: makeProgram(self.python, python)} if python else {}
        with mock.patch.dict(os.environ, variables):
            self.proj.launchProtocol(self.finished, wait=True)
        return self.finished

    def assertFailed(self, run, words):
        self.assertTrue(run.isFailed(), run.getStatus())
        self.assertIn(words, run.getErrorMessage())

    def assertNothingLeft(self, run):
        self.assertFalse(os.path.exists(run._getMapFile(OUTPUT_RESOLUTION)), "the old map is still there")
        self.assertIn("no result", run.summary()[0])
        self.assertEqual(run._methods(), [])

    def testGoodJob(self):
        voxels = np.count_nonzero(read_map(os.path.join(self.saved, "monores_resolution.mrc")).data)
        run = self.launchAgain(maskThreshold=0.5)
        self.assertTrue(run.isFinished(), run.getErrorMessage())
        self.assertLess(np.count_nonzero(read_map(run.resolution_Volume.getFileName()).data), voxels)
        self.assertIn("Highest resolution", run.summary()[0])

    def testRefusalIsTold(self):
        run = self.launchAgain(maskThreshold=1e6)
        with open(run._getLogsPath(f"{run.strId()}-1-1.job.err"), encoding="utf-8") as log:
            sentence = log.read().partition("deepres: error: ")[2].strip()
        self.assertIn("1e+06", sentence)
        self.assertFailed(run, sentence)
        self.assertNothingLeft(run)

    def testKilledJob(self):
        run = self.launchAgain(KILLED, maskThreshold=0.6)
        self.assertFailed(run, "killed, probably for memory")
        self.assertNothingLeft(run)

    def testKilledOnThisMachine(self):
        self.finished._useQueue.set(False)
        self.addCleanup(self.finished._useQueue.set, True)
        run = self.launchAgain(KILLED, maskThreshold=0.65)
        self.assertFailed(run, "killed, probably for memory")
        self.assertNothingLeft(run)

    def testJobThatDidNothing(self):
        run = self.launchAgain(SILENT, maskThreshold=0.7)
        self.assertFailed(run, "without a result and without a word why")
        self.assertNothingLeft(run)

    def testResultOfAnotherCommand(self):
        copying = OLD_FILES.format(saved=self.saved, extra=os.path.abspath(self.finished._getExtraPath()))
        self.assertFailed(self.launchAgain(copying, maskThreshold=0.8), "is that of another command")

    def testFilesOfTwoRuns(self):
        mixing = MIXED.format(python=sys.executable, output=self.finished._getMapFile(OUTPUT_RESOLUTION))
        run = self.launchAgain(mixing, maskThreshold=0.4)
        self.assertFailed(run, "files of two runs may be mixed")


class TestLogs(BaseTest):
    """What is new in a folder of logs."""

    def testNewLines(self):
        self.setupTestOutput()
        paths = {name: self.getOutputPath(name) for name in ("appended", "anew", "longer", "later", "run.db")}
        for name in ("appended", "anew", "longer"):
            _write(paths[name], "old old\n")
        lines = NewLines(self.getOutputPath())
        self.assertEqual(lines.read().strip(), "")
        _write(paths["appended"], "old old\nmore\n")
        _write(paths["anew"], "short\n")
        _write(paths["longer"], "another, longer\n")
        _write(paths["later"], "later\n")
        _write(paths["run.db"], "no text")
        self.assertEqual(set(lines.read().splitlines()) - {""}, {"more", "short", "another, longer", "later"})


class TestJob(BaseTest):
    """What needs no project."""

    def testReportOfTheCommand(self):
        self.setupTestOutput()
        report = self.getOutputPath("report.json")
        words = ["estimate", "a b.mrc", "--gpu", "%(GPU)s"]
        for command, isGood in (
            ("deepres estimate 'a b.mrc' --gpu 0", True),
            ("deepres estimate 'a b.mrc' --gpu 0 --more", False),
            ("deepres estimate a b.mrc --gpu 0", False),
            ("deepres estimate 'a b.mrc'", False),
        ):
            _write(report, json.dumps({"command": command}))
            self.assertEqual(job._findFault(report, [], words) == "", isGood, command)
        self.assertIn("without a result", job._findFault(report, [self.getOutputPath("missing.mrc")], words))
        os.remove(report)
        self.assertIn("without a result", job._findFault(report, [], words))

    def testHowAJobEnded(self):
        for text, code, meaning in (
            ("slurmstepd: error: *** JOB 3 ON vm CANCELLED AT 2026-01-01T00:00:00 DUE TO TIME LIMIT ***", None, "time"),
            ("slurmstepd: error: Detected 1 oom_kill event in StepId=3.batch.", None, "memory"),
            ("job.sh: line 7: 4711 Killed    python -m deepreslib", None, "memory"),
            ("slurmstepd: error: *** JOB 3 ON vm CANCELLED AT 2026-01-01T00:00:00 ***", None, "stopped"),
            ("deepres: stopped by SIGTERM", 143, "stopped"),
            ("", -9, "memory"),
            ("terminate called after throwing an instance of 'std::bad_alloc'", 134, "memory"),
            ("deepres: error: The map is flat.\nKilled", 137, "The map is flat."),
        ):
            self.assertIn(meaning, job._explain(text, code), text)
        self.assertEqual(job._explain("Traceback ... killed", 1), "")
        self.assertEqual(job._explain("wrote a.mrc"), "")

    def testAnythingReachesTheProgramAsItIs(self):
        words = ["a b", "$HOME", "`id`", '"', "'", "50%", "%(x)s", "\\n", "ä;|&", ""]
        for given in (words, [*words, "--gpu", "%(GPU)s"]):
            text = shellText(given)
            if len(given) > len(words):
                text %= {"GPU": "0"}
            program = "import sys; print(ascii(sys.argv[1:]))"
            shown = subprocess.run(
                f"{sys.executable} -c {shlex.quote(program)} {text}",
                shell=True,
                capture_output=True,
                text=True,
                check=True,
            )
            self.assertEqual(eval(shown.stdout), [word.replace("%(GPU)s", "0") for word in given])


def _write(path, text):
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
