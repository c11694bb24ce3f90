"""Runs through a real Slurm, by the hosts.conf of the documentation: a good one, a refused one, one that is stopped."""

import os
import shutil
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from pwem import Domain
from pyworkflow.tests import BaseTest, setupTestProject

from deepres_plugin.constants import DEEPRES_PYTHON
from deepres_plugin.protocols import ProtDeepMonoRes
from deepres_plugin.tests.finished_run import importBlob
from deepres_plugin.tests.queues import makeProgram, sendToQueue, useHostsConf
from deepres_plugin.tests.slurm import SlurmOfOneNode, _output

HOSTS = Path(__file__).resolve().parents[2] / "docs" / "guide" / "hosts_slurm.conf"
PARAMETERS = {"JOB_TIME": "00:10:00", "JOB_MEMORY": "2G"}
SLOW = "#!/bin/bash\ntouch {started}\nsleep 500\n"
SECONDS = 120

missing = SlurmOfOneNode.findWhatIsMissing() or ("" if HOSTS.exists() else f"{HOSTS} is not here")


@unittest.skipIf(missing, missing)
class TestSlurm(BaseTest):
    """Each run in both ways: as one job, and as a program here that submits its jobs."""

    @classmethod
    def setUpClass(cls):
        Domain.getProtocols()
        cls.folder = tempfile.mkdtemp(prefix="slurm_")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        slurm = SlurmOfOneNode(cls.folder)
        slurm.start()
        cls.addClassCleanup(slurm.stop)
        useHostsConf(cls, str(HOSTS))
        setupTestProject(cls)
        cls.volume = importBlob(cls.proj, noise=0.05)

    def launch(self, jobByJob, **options):
        run = self.proj.newProtocol(ProtDeepMonoRes, minRes=4, maxRes=8, stepSize=1, **options)
        run.inputVolume.set(self.volume)
        run.inputVolume.setExtended("outputVolume")
        sendToQueue(run, jobByJob, **PARAMETERS)
        self.proj.launchProtocol(run)
        return run

    def wait(self, condition, what):
        deadline = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"{what}: nothing happened for {SECONDS} s")
            time.sleep(0.5)

    def waitForEnd(self, run):
        def hasEnded():
            self.proj._updateProtocol(run)
            return not run.isActive()

        self.wait(hasEnded, "the end of the run")

    def testGoodAndRefusedRuns(self):
        launched = {
            jobByJob: [self.launch(jobByJob, maskThreshold=threshold) for threshold in (0.3, 1e6)]
            for jobByJob in (False, True)
        }
        for jobByJob, (run, refused) in launched.items():
            with self.subTest(jobByJob=jobByJob):
                self.waitForEnd(run)
                self.assertTrue(run.isFinished(), run.getErrorMessage())
                self.assertIn("Median", run.summary()[1])
                self.waitForEnd(refused)
                self.assertTrue(refused.isFailed(), refused.getStatus())
                self.assertIn("1e+06", refused.getErrorMessage())

    def testStopCancels(self):
        for jobByJob in (False, True):
            with self.subTest(jobByJob=jobByJob):
                started = os.path.join(self.folder, f"started_{jobByJob}")
                python = makeProgram(os.path.join(self.folder, "python"), SLOW.format(started=started))
                with mock.patch.dict(os.environ, {DEEPRES_PYTHON: python}):
                    run = self.launch(jobByJob, maskThreshold=0.3)
                self.wait(lambda started=started: os.path.exists(started), "the job's start")
                self.assertNotEqual(_output("squeue", "-h"), "")
                self.proj.stopProtocol(run)
                self.wait(lambda: _output("squeue", "-h") == "", "the job's cancelling")
                self.assertTrue(run.isAborted(), run.getStatus())
                self.assertNotIn("sleep 500", _output("ps", "-eo", "args"))
