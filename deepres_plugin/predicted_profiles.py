"""The profiles of a window for a picture, found by deepres' own Python, so that Scipion's windows need no network."""

import json
import subprocess

from deepres_plugin import Plugin
from deepreslib.errors import InputError

PROGRAM = """
import json, sys
from deepreslib.enhancement import window_profiles
from deepreslib.errors import InputError
given = json.load(sys.stdin)
try:
    found = window_profiles.from_files(**given)
except InputError as error:
    found = {"refused": str(error)}
json.dump(found, sys.stdout)
"""


def askProfiles(**given):
    """What ``deepreslib.enhancement.window_profiles.from_files`` gives, by a process of its own, on the processor.

    Args:
        **given: the function's arguments, whatever JSON holds.

    Returns:
        dict.

    Raises:
        InputError: the function refused them, or the process failed.
    """
    environment = {**Plugin.getEnviron(), "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.run(
        [Plugin.getPython(), "-c", PROGRAM],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if process.returncode:
        last = (process.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise InputError(f"The profiles could not be computed by {Plugin.getPython()}: {last}")
    found = json.loads(process.stdout)
    if "refused" in found:
        raise InputError(found["refused"])
    return found
