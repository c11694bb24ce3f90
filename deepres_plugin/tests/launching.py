"""Runs that a test launches in its own process, which spares the start of Scipion for each of them."""

import contextlib
from unittest import mock

import pyworkflow.protocol
from pyworkflow.protocol.protocol import runProtocolMain


@contextlib.contextmanager
def inThisProcess():
    """Within the block a project runs what it launches here, by the function that Scipion's own processes call.

    It is for what Scipion brings along and runs without threads, such as imports. Our protocols run their steps in
    threads, which has been seen to wait for ever in a process that runs tests; they are launched as Scipion launches
    them.
    """
    with mock.patch.object(pyworkflow.protocol, "launch", _run):
        yield


def launchHere(project, *runs):
    """Launch runs in this process, one after the other, each to its end; the current folder is the project's."""
    with inThisProcess():
        for run in runs:
            project.launchProtocol(run, wait=True)


def _run(protocol, wait=False, **_):
    runProtocolMain(protocol.getProject().getPath(), protocol.getDbPath(), protocol.getObjId())
