"""Queues for tests: one that is a shell script, and how a test makes Scipion use one."""

import os
import stat
from unittest import mock

import pyworkflow
from pyworkflow.constants import QUEUE_FOR_JOBS

FAKE_QUEUE = """\
[localhost]
PARALLEL_COMMAND = mpirun -np %_(JOB_NODES)d %_(COMMAND)s
NAME = FAKE
SUBMIT_COMMAND = {submit} %_(JOB_SCRIPT)s
CANCEL_COMMAND = true %_(JOB_ID)s
CHECK_COMMAND = true %_(JOB_ID)s
SUBMIT_TEMPLATE = #!/bin/bash
  exec > %_(JOB_LOGS)s.job.out 2> %_(JOB_LOGS)s.job.err
  %_(JOB_COMMAND)s
QUEUES = {{"cpu": []}}
"""
"""A queue that runs a job to its end while it is submitted, and says nothing about what became of it."""

SUBMIT = """\
#!/bin/bash
bash "$1"
echo "Submitted batch job 17"
"""


def makeFakeQueue(folder):
    """Write the fake queue's programs; return the path of its hosts.conf."""
    submit = makeProgram(os.path.join(folder, "submit"), SUBMIT)
    path = os.path.join(folder, "hosts.conf")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(FAKE_QUEUE.format(submit=submit))
    return path


def makeProgram(path, text):
    """Write a script that can be executed; return its absolute path."""
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return os.path.abspath(path)


def useHostsConf(case, path):
    """Let a test case's projects, made hereafter, and the programs that they start use a hosts.conf."""
    for patch in (
        mock.patch.dict(os.environ, SCIPION_HOSTS=path),
        mock.patch.object(pyworkflow.Config, "SCIPION_HOSTS", path),
    ):
        patch.start()
        case.addClassCleanup(patch.stop)


def sendToQueue(run, jobByJob, **parameters):
    """Let a run use the queue "cpu": for each of its jobs, or for the run as a whole."""
    run._useQueue.set(True)
    run.setQueueParams(("cpu", {**parameters, QUEUE_FOR_JOBS: "Y" if jobByJob else "N"}))
