"""Maps whose FSC is known, and what CryoRes says of each: made once, for several parts of the benchmarks of classes.

The maps of structures of the *test* split are those of ``cryores_accuracy.py``, and some more:

- ``older``: one of each structure, and ``PER_KIND`` of seven kinds, drawn by the older recipe;
- ``coarser``: as many coarser ones of that recipe as are needed to have ``LEAST_LOW`` maps of the class low in both;
- ``trained``: ``PER_KIND`` of each kind that the training of CryoRes knows.

All come from the simulator that CryoRes learnt from.
"""

import dataclasses
import os
import time
from dataclasses import dataclass

import cryores_accuracy
import numpy as np
from class_rates import answered

from deepreslib.analysis.claims import class_of
from deepreslib.analysis.map_end import spectrum_and_end
from deepreslib.analysis.map_kind import map_kind
from deepreslib.errors import InputError
from deepreslib.estimation import cryores
from deepreslib.fourier.fsc import CUTOFF
from deepreslib.maps import DensityMap
from deepreslib.networks import store
from deepreslib.training.cryores import kinds
from deepreslib.training.cryores.recipe import SceneRecipe
from deepreslib.training.cryores.scenes import make_scene
from deepreslib.training.structures import find_structures

SEED = cryores_accuracy.SEED
RECIPE = cryores_accuracy.RECIPE
OLDER, COARSER, TRAINED = "older", "coarser", "trained"

PLAIN = "one of each structure"
"""The kind of the first maps of ``OLDER``."""

FAMILIES = {
    "masked kinds": ("masked", "masked tightly", "hard zero", "zone", "zone of a part", "flattened solvent"),
    "filtered and sharpened kinds": (
        "filtered finer",
        "filtered coarser",
        "filtered locally",
        "oversharpened",
        "undersharpened",
    ),
    "kinds without solvent": ("filament", "layer", "crystal", "coarse filament", "crop through"),
}
"""Name → kinds that are judged together, beside the sets."""

LEAST_LOW = 60
"""Maps of the class low in ``OLDER`` and ``COARSER`` together."""

COARSE = dataclasses.replace(RECIPE, resolution=(9.5, 15.0))
COARSE_SEEDS = 3000
"""Coarser map number n has the seed [SEED, COARSE_SEEDS, n]."""

MOST_COARSE = 400
"""No more coarser maps are drawn than this."""

KEEP_EVERY = 10
"""After so many maps what was found is kept, so that a run that is stopped goes on from there."""


@dataclass(frozen=True)
class Wanted:
    """A map to make.

    Attributes:
        group: ``OLDER``, ``COARSER``, ``TRAINED`` or another word of the caller's.
        kind: its name in tables.
        path: of the structure.
        recipe: how it is drawn.
        seed: numbers.
    """

    group: str
    kind: str
    path: str
    recipe: SceneRecipe | kinds.Mixture
    seed: tuple

    @property
    def key(self):
        """What tells it from the others."""
        return self.group, self.kind, os.path.basename(self.path), self.seed


def older(folder):
    """The maps of the test split and of the seven kinds of ``cryores_accuracy``, with their seeds."""
    paths = find_structures(folder)
    wanted = [Wanted(OLDER, PLAIN, path, RECIPE, (SEED, number)) for number, path in enumerate(paths)]
    for number, (kind, (name, changes)) in enumerate(cryores_accuracy.RARE.items()):
        recipe, path = dataclasses.replace(RECIPE, **changes), os.path.join(folder, f"{name}.pdb.gz")
        seeds = [(SEED, 1000 + number, copy) for copy in range(cryores_accuracy.PER_KIND)]
        wanted += [Wanted(OLDER, kind, path, recipe, seed) for seed in seeds]
    return wanted


def trained(folder, asked=None):
    """The maps of the kinds of the training, with the seeds of ``cryores_accuracy``."""
    paths, count, wanted = find_structures(folder), cryores_accuracy.PER_KIND, []
    for number, kind in enumerate(kinds.names()):
        chosen = [paths[i] for i in np.linspace(0, len(paths) - 1, count).astype(int)]
        seeds = [(SEED, cryores_accuracy.KIND_SEEDS + number, copy) for copy in range(count)]
        if not asked or kind in asked:
            each = zip(chosen, seeds, strict=True)
            wanted += [Wanted(TRAINED, kind, path, kinds.only(kind), seed) for path, seed in each]
    return wanted


def coarser(folder):
    """Coarser maps one after the other, of structures in turn."""
    paths = find_structures(folder)
    for number in range(MOST_COARSE):
        yield Wanted(COARSER, COARSER, paths[number % len(paths)], COARSE, (SEED, COARSE_SEEDS, number))


def count_low(rows):
    """How many of the older and coarser maps that were answered are of the class low."""
    return sum(row["group"] in (OLDER, COARSER) and class_of(row["truth"]) == "low" for row in answered(rows))


def judge(wanted, model=None):
    """Makes a map and asks CryoRes about it, without a mask, as ``deepres classify`` does.

    Returns:
        dict: what was wanted, the ``truth`` (Å, FSC 0.143), ``voxel_size`` (Å), ``map_kind``; CryoRes' ``global`` and
        ``deviation`` (Å), ``strangeness`` and ``status``, or ``refused`` with the reason; ``end`` and ``end_bound``
        (Å), where the map ends, or None; and the ``seconds`` to make it and to ask.
    """
    started = time.monotonic()
    scene = make_scene(wanted.path, wanted.recipe, list(wanted.seed))
    view = scene.views[0]
    made = time.monotonic()
    density_map = DensityMap(view.data, (view.voxel_size,) * 3)
    row = {
        "group": wanted.group,
        "kind": wanted.kind,
        "structure": os.path.basename(wanted.path),
        "seed": list(wanted.seed),
        "truth": round(view.global_resolution, 4),
        "voxel_size": round(view.voxel_size, 4),
        "map_kind": map_kind(density_map).kind.name,
    }
    try:
        found = cryores.estimate(density_map, network_path=model, local_cutoff=CUTOFF)
    except InputError as error:
        return {**row, "refused": str(error)}
    _, end = spectrum_and_end(density_map)
    return row | {
        "global": round(found.global_resolution.value, 4),
        "deviation": round(found.global_resolution.deviation, 4),
        "strangeness": found.report["strangeness"],
        "status": found.status,
        "end": round(end.resolution, 4) if end.is_filtered else None,
        "end_bound": round(end.bound, 4) if end.is_filtered else None,
        "seconds": [round(made - started, 2), round(time.monotonic() - made, 2)],
    }


def key_of(row):
    """As ``Wanted.key``."""
    return row["group"], row["kind"], row["structure"], tuple(row["seed"])


def collect(wanted, known=(), keep=None, model=None, until=None):
    """What CryoRes says of maps.

    Args:
        wanted: the maps.
        known: rows of an earlier run; maps that they are of are not made again.
        keep: function that is given all rows so far, every ``KEEP_EVERY`` new ones.
        model: folder of CryoRes' network; None for the shipped one.
        until: function of the rows that says whether they are enough; None to go on to the end.

    Returns:
        The rows, in the order of the maps.
    """
    before, rows, new = {key_of(row): row for row in known}, [], 0
    for each in wanted:
        if until is not None and until(rows):
            break
        if each.key not in before:
            before[each.key] = judge(each, model)
            new += 1
            told = before[each.key]
            print(each.kind, each.seed, told["truth"], told.get("global", told.get("refused")), flush=True)
            if keep is not None and new % KEEP_EVERY == 0:
                keep([*rows, before[each.key]])
        rows.append(before[each.key])
    return rows


def weights(model=None):
    """The checksum of the network that is asked."""
    return store.read_card(model or store.shipped_folder("cryores"))["sha256"]
