"""What the fuzzer tries: small good inputs, and ways to spoil them; and what every answer must be."""

import bz2
import contextlib
import gzip
import io
import json
import math
import os
import time
import warnings
from pathlib import Path

import numpy as np
import scipy.ndimage
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from deepreslib import pictures
from deepreslib.commands import main
from deepreslib.maps import DensityMap, read_map, write_map

TIMES = int(os.environ.get("DEEPRES_FUZZ", "1"))
"""How many times as many examples as in the suite; ``make fuzz`` sets it."""

SECONDS = 10
"""After which an answer counts as a hang, both by the clock and by the processor's time: other programs run too."""

SHAPE, VOXEL_SIZE = (24, 26, 28), 2.0
SIZES = {"gzip": gzip.compress, "bzip2": bz2.compress}


def examples(count):
    """Settings for so many examples in the suite, the same at every run; ``make fuzz`` tries others each time."""
    return settings(
        max_examples=count * TIMES,
        deadline=None,
        derandomize=TIMES == 1,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


def make_inputs(folder, shape=SHAPE, centre=(12, 13, 14), blur=0.0):
    """A ball of strong features in noise, its half maps, mask and resolution, and a structure in it.

    The features are voxels of random values, blurred by a Gaussian of so many voxels.
    """
    rng = np.random.default_rng(1)
    radius = np.linalg.norm(np.indices(shape) - np.reshape(centre, (3, 1, 1, 1)), axis=0)
    inside = radius < 8
    features = rng.standard_normal(shape)
    if blur:
        features = scipy.ndimage.gaussian_filter(features, blur)
    signal = inside * (2 + features / features.std())
    halves = [signal + 0.4 * rng.standard_normal(shape) for _ in range(2)]
    maps = {
        "map": sum(halves) / 2,
        "half1": halves[0],
        "half2": halves[1],
        "mask": inside,
        "res": np.where(inside, 4 + radius / 4, 0),
        "other": np.where(inside, 4.2 + radius / 5, 0),
    }
    for name, values in maps.items():
        write_map(Path(folder) / f"{name}.mrc", DensityMap(np.asarray(values, np.float32), (VOXEL_SIZE,) * 3))
    lines = [
        f"ATOM  {number:5d}  CA  ALA A{number:4d}    {2 * x:8.3f}{2 * y:8.3f}{2 * z:8.3f}  1.00 20.00           C"
        for number, (z, y, x) in enumerate(rng.permutation(np.argwhere(inside))[:40], 1)
    ]
    (Path(folder) / "model.pdb").write_text("\n".join([*lines, "END", ""]))


def answer(*words):
    """The exit code and the lines on standard error; fails on a traceback, a hang and what is not one sentence.

    A refusal is one line on standard error, and nothing is written; success is no line but warnings.
    """
    before, error = _listing(), io.StringIO()
    started = np.array([time.monotonic(), time.process_time()])
    with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        code = main([str(word) for word in words])
    seconds = [time.monotonic(), time.process_time()] - started
    assert seconds.min() < SECONDS, f"{words} took {seconds} s"
    lines = error.getvalue().splitlines()
    said = [line for line in lines if line.startswith("deepres: ")]
    assert code in (0, 2), (words, code, lines)
    assert "Traceback" not in error.getvalue()
    assert "Warning" not in error.getvalue()
    if code == 2:
        assert [line for line in said if line.startswith("deepres: error: ")] == said[-1:], (words, lines)
        assert said, (words, lines)
        assert len(said[-1]) > 30, said
        assert ": :" not in said[-1], said
        assert _listing() == before, (words, "something was written")
    assert not [name for name in _listing() if ".deepres-" in name]
    return code, said


def outputs():
    """The values, the voxel size and the corner of each map that a command has written: name → (array, numbers)."""
    found = {}
    for path in sorted(Path().glob("out*.mrc")) + sorted(Path("out").glob("*.mrc")):
        density_map = read_map(path)
        found[str(path)] = density_map.data, np.array([density_map.voxel_size, density_map.origin])
    return found


def are_alike(some, others):
    """Whether two ``outputs`` are."""
    if some.keys() != others.keys():
        return False
    pairs = [pair for name in some for pair in zip(some[name], others[name], strict=True)]
    return all(one.shape == other.shape and np.allclose(one, other, atol=1e-3) for one, other in pairs)


def _listing():
    """The files of this folder and those in it, with their times."""
    return {
        os.path.join(root, name): os.stat(os.path.join(root, name)).st_mtime_ns
        for root, _, names in os.walk(".")
        for name in names
    }


def assert_sane(path, voxel_size=None):
    """A resolution map whose values are finite and not finer than its voxels allow, and its report of numbers."""
    result = read_map(path)
    inside = result.data[result.data > 0]
    assert inside.size
    assert inside.min() >= 2 * (voxel_size or min(result.voxel_size)) * (1 - 1e-3)
    report = json.loads(Path(path).with_suffix(".json").read_text())
    assert math.isfinite(report["resolution"]["median"])
    return result


def flipped(data, places):
    """Bytes with single bits turned over: places are (share of the length, bit)."""
    changed = bytearray(data)
    for share, bit in places:
        changed[min(int(share * len(changed)), len(changed) - 1)] ^= 1 << bit
    return bytes(changed)


places = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), min_size=1, max_size=4)
"""Where bits are turned over."""

header_bytes = st.lists(
    st.tuples(
        st.integers(0, 255),
        st.sampled_from([0, 1, -1, 2, 3, 4, 12, 101, 2**15, 2**31 - 1, -(2**31), 1146047817])
        | st.integers(-(2**31), 2**31 - 1),
    ),
    min_size=1,
    max_size=3,
)
"""Words of the header, by number, and what is put in their place."""

floats = st.sampled_from(
    ["nan", "inf", "-inf", "0", "-0", "1e-40", "1e38", "-1", "1e-9", "1e9", "", "x", "1,2", "½", "2"]
)
"""Texts of numbers that options may get."""

texts = st.sampled_from(
    ["", " ", "a", "..", "$x$", "a\nb", "\u2028", "\x1b[31m", "a/b", "'", '"', "a b", "-", "--", "=", "½", "²"]
) | (st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
"""Texts that options may get."""


def draw_nothing(patch):
    """Makes figures empty: drawing takes seconds.

    Args:
        patch: a ``MonkeyPatch``.
    """
    for name in ("histogram", "agreement", "spread", "difference", "coloured_slices", "surface"):
        patch.setattr(pictures, f"{name}_figure", lambda *_, **__: Figure())
    patch.setattr(pictures, "residue_figures", lambda *_, **__: [Figure()])
