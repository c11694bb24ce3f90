"""A Scipion home of its own for the tests, set up before anything imports pyworkflow."""

import atexit
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "scripts"))

import scipion_home

home = tempfile.mkdtemp(prefix="deepres_tests_")
atexit.register(shutil.rmtree, home, ignore_errors=True)
scipion_home.use(home)
