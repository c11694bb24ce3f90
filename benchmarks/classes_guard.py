"""Part ``guard`` of ``classes_accuracy.py``: which kind of map each map is taken for, with noise and without.

CryoRes is not believed where a map shows no noise of a reconstruction. So it matters how many maps with noise are taken
for such, which are those of the part ``classes``, and how many maps of Gaussian atoms, which have none, are noticed:
as they are, within a mask, as 8 bits, with what lies below 0 cut off, and on coarser voxels.
"""

from collections import Counter

import numpy as np
from classes_gaussian import Maps
from reports import percent

from deepreslib.analysis.evidence import NOISE_FREE
from deepreslib.analysis.map_kind import Kind, map_kind
from deepreslib.fourier import resampling
from deepreslib.maps import DensityMap, dilate, soft_edge

GAUSSIAN = (2.5, 5.0, 7.5, 10.0, 12.5)
"""Å, of the maps without noise, in turns."""

COARSER = 1.6
"""Å, voxels of the coarser maps without noise; those of finer than twice as much are not resampled."""

COLUMNS = {
    "noise": (Kind.NOISE, Kind.FILTERED),
    "masked": (Kind.MASKED,),
    "without noise": NOISE_FREE,
    "crop": (Kind.CROP,),
    "unknown": (Kind.UNKNOWN,),
}
"""Heading → kinds."""

NOISE_ADDED = "white noise as of a program, 0.2 SD"
"""Maps with it were filtered and the noise was not, so CryoRes has seen none like them either."""


def measure(folder, maps, rows):
    """For each kind of simulated maps, and each form of so many maps without noise, how often each kind was found.

    Args:
        folder: of the structures.
        maps: number of maps of Gaussian atoms.
        rows: of the part ``classes``.
    """
    with_noise = {}
    for row in rows:
        with_noise.setdefault(row["kind"], Counter())[row["map_kind"]] += 1
    without = {}
    molecules = Maps(folder)
    for number in range(maps):
        resolution = GAUSSIAN[number % len(GAUSSIAN)]
        rng = np.random.default_rng(number)
        for name, density_map in forms(*molecules.make(resolution, None, 9, number), resolution, rng):
            without.setdefault(name, Counter())[map_kind(density_map).kind.name] += 1
    return {"with_noise": with_noise, "without_noise": without}


def forms(density_map, mask, resolution, rng):
    """Yields what people do to a map without noise: name, map."""
    size, data = density_map.voxel_size[0], density_map.data
    yield "as it is", density_map
    yield "within its mask", _like(density_map, data * mask)
    yield "within a soft mask", _like(density_map, data * soft_edge(dilate(mask, 3 / size), 6 / size))
    low, high = float(data.min()), float(data.max())
    yield "as 8 bits", _like(density_map, np.round(255 * (data - low) / (high - low)))
    yield "below 0 cut off", _like(density_map, np.maximum(data, 0))
    yield NOISE_ADDED, _like(density_map, data + rng.normal(0, 0.2 * data[mask].std(), data.shape))
    if resolution >= 2 * COARSER:
        count = round(len(data) * size / COARSER)
        coarser = resampling.to_shape(data, (count,) * 3)
        yield "on coarser voxels", DensityMap(coarser.astype(np.float32), (len(data) * size / count,) * 3)


def _like(density_map, data):
    return density_map.like(np.ascontiguousarray(data, np.float32))


def markdown(figures):
    """Lines of the tables."""
    lines = ["## (e) Kinds of maps", ""]
    for words, key in (("Simulated maps with noise", "with_noise"), ("Maps of Gaussian atoms", "without_noise")):
        counts = figures[key]
        free = sum(_columns(each)["without noise"] for each in counts.values())
        total = sum(sum(each.values()) for each in counts.values())
        if not total:
            continue
        lines += [f"{words}: {free} of {total} ({percent(free / total)}) are taken for maps without noise.", ""]
        lines += [f"| maps | {' | '.join(COLUMNS)} |", "|---" * (1 + len(COLUMNS)) + "|"]
        lines += [f"| {name} | {' | '.join(map(str, _columns(each).values()))} |" for name, each in counts.items()]
        lines.append("")
    return lines[:-1]


def _columns(counts):
    """Heading → number of maps of its kinds."""
    return {name: sum(counts.get(kind.name, 0) for kind in those) for name, those in COLUMNS.items()}
