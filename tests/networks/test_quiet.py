"""Lines of TensorFlow are hidden, and the caller's standard error is as before."""

import os
import subprocess
import sys

import pytest

from deepreslib.networks.quiet import SHOW_ALL, quiet

RUN = """
import os, sys
import numpy as np
from deepreslib.estimation import deepres
stream, environment = sys.stderr, dict(os.environ)
model = deepres.load_model("low")
model.run(np.zeros((1, 13, 13, 13, 1), np.float32))
assert sys.stderr is stream
assert os.environ.get("TF_CPP_MIN_LOG_LEVEL") == environment.get("TF_CPP_MIN_LOG_LEVEL")
os.write(2, b"from the descriptor\\n")
print("from Python", file=sys.stderr)
"""


def test_a_network_that_python_runs_writes_nothing():
    environment = {name: value for name, value in os.environ.items() if name != SHOW_ALL}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    found = subprocess.run([sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, timeout=300)
    assert found.stderr == "from the descriptor\nfrom Python\n"
    assert found.returncode == 0


def test_only_the_block_is_quiet(capfd, monkeypatch):
    monkeypatch.delenv(SHOW_ALL, raising=False)
    with quiet(), quiet():
        os.write(2, b"hidden")
    with pytest.raises(ZeroDivisionError), quiet():
        raise ZeroDivisionError
    os.write(2, b"seen")
    monkeypatch.setenv(SHOW_ALL, "1")
    with quiet():
        os.write(2, b", wanted")
    assert capfd.readouterr().err == "seen, wanted"


def test_a_closed_standard_error_does_not_matter():
    code = "import os; os.close(2); from deepreslib.networks.quiet import quiet\nwith quiet(): print('done')"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    found = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, timeout=60)
    assert (found.returncode, found.stdout) == (0, "done\n")
