"""One run of ``deepres`` by a protocol, on this machine or through a queue, and what became of it.

Scipion raises an error for a program that fails on this machine. It says nothing of one that fails as a job of a queue,
so a job counts as done only if its report is there and is that of the very command asked for.
"""

import json
import os
import re
import shlex
import subprocess
import time

from deepres_plugin import Plugin
from deepres_plugin.constants import REFUSAL_PREFIX
from deepres_plugin.logs import NewLines
from deepreslib.errors import InputError
from deepreslib.files import check_set

GPU = "%(GPU)s"
"""What Scipion replaces by the number of a GPU."""

NETWORK_FOLDER_SECONDS = 10
"""How long files that another machine wrote may take to show up here."""

KILLED = "deepres was killed, probably for memory: give the job more memory, or run it on a machine that has more."
STOPPED = "deepres was stopped from outside before it was done: run it again."
OUT_OF_TIME = "The queue ended the job because its time was over: ask for more time in the queue's parameters."

_ENDS = {-9: KILLED, 137: KILLED, -15: STOPPED, 143: STOPPED, -2: STOPPED, 130: STOPPED}
"""Exit code of a program, or of the shell that ran it → what it means."""

_WORDS = {
    re.compile(r"due to time limit|walltime.*exceeded", re.IGNORECASE): OUT_OF_TIME,
    re.compile(r"oom.?kill|out.of.memory|bad_alloc|exceeded .*memory|\bkilled\b", re.IGNORECASE): KILLED,
    re.compile(r"\bcancell?ed\b|\bterminated\b|deepres: stopped by", re.IGNORECASE): STOPPED,
}
"""What queues and shells write about a job that did not end by itself, the surest first → what it means."""


def runDeepres(protocol, command, arguments, reportFile, files):
    """Run ``python -m deepreslib COMMAND ARGUMENTS`` as a job of a protocol, and see to it that it was done.

    Args:
        protocol: the protocol whose step this is; no report of an earlier run is left.
        command: the subcommand, such as ``estimate``.
        arguments: the command's arguments, a list.
        reportFile: where the command writes its report.
        files: all that it must have written.

    Raises:
        RuntimeError: the program failed, and so does the step. The message is the sentence that the program wrote, or
            tells how it ended.
    """
    words = [command, *map(str, arguments)]
    lines = NewLines(protocol._getLogsPath())
    try:
        protocol.runJob(
            shlex.quote(Plugin.getPython()),
            shellText(["-m", "deepreslib", *words]),
            env=Plugin.getEnviron(),
            numberOfMpi=1,
        )
    except subprocess.CalledProcessError as error:
        raise RuntimeError(_explain(lines.read(), error.returncode) or str(error)) from error
    deadline = time.monotonic() + (NETWORK_FOLDER_SECONDS if protocol.useQueueForSteps() else 0)
    while fault := _findFault(reportFile, files, words):
        explanation = _explain(lines.read())
        if explanation or time.monotonic() >= deadline:
            raise RuntimeError(explanation or f"{fault} The logs are in {protocol._getLogsPath()}.")
        time.sleep(1)


def shellText(words):
    """Words as a shell reads them, whatever characters they have; the place of a GPU's number stays one.

    Scipion puts the number in by Python's ``%``, for which every other ``%`` is written twice; where there is no such
    place, it leaves the text alone.
    """
    if GPU not in words:
        return shlex.join(words)
    return " ".join(word if word == GPU else shlex.quote(word).replace("%", "%%") for word in words)


def _findFault(reportFile, files, words):
    """One sentence if files are missing, are of several runs, or not those of the command; empty if all is well."""
    for path in (reportFile, *files):
        if os.path.isdir(os.path.dirname(path)):
            os.listdir(os.path.dirname(path))  # so that a network folder is looked at afresh
        if not os.path.exists(path):
            return "The job ended without a result and without a word why."
    try:
        check_set(reportFile)
    except InputError as error:
        return str(error)
    with open(reportFile, encoding="utf-8") as stream:
        _, *found = shlex.split(json.load(stream)["command"])
    if len(found) == len(words) and all(asked in (GPU, word) for asked, word in zip(words, found, strict=True)):
        return ""
    return (
        f"The result in {reportFile} is that of another command: a job of an earlier run may still have been at work. "
        "Run it again."
    )


def _explain(text, returnCode=None):
    """How a program ended, from the lines that it added to the logs and its exit code; empty if neither tells."""
    sentences = [line.partition(REFUSAL_PREFIX)[2].strip() for line in text.splitlines() if REFUSAL_PREFIX in line]
    if sentences:
        return sentences[-1]
    if returnCode in _ENDS:
        return _ENDS[returnCode]
    if returnCode is not None and 0 <= returnCode < 128:  # it ended by itself, by an error that has a traceback
        return ""
    return next((meaning for words, meaning in _WORDS.items() if words.search(text)), "")
