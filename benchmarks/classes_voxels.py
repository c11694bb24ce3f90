"""Part ``voxels`` of ``classes_accuracy.py``: ten classes a voxel, judged by local FSC, by MonoRes and by ResMap.

By local FSC, the maps are those of the test split of ``cryores_accuracy.py``, the true mask is given, and every voxel
of it is judged. By MonoRes and ResMap, they are scenes of test structures as the network's training draws them, many of
them masked, and places of the mask are judged, by what the two methods said before the map was masked or cut.

Beside each answer stands what one gets for nothing: the commonest class of each map, told by the truth; and what is to
be had from CryoRes, its local resolution and deviation as shares of the ten classes. All figures are means over maps,
but the calibration error and the published counting, which are over all places.
"""

import os
import tempfile

import cryores_accuracy
import numpy as np
from reports import percent

from deepreslib.estimation import classes
from deepreslib.estimation.class_maps import shares
from deepreslib.maps import DensityMap
from deepreslib.networks import store
from deepreslib.networks.class_labels import HEADS
from deepreslib.networks.cryores_card import load_cryores
from deepreslib.networks.voxelclass_card import CLASSES, COMPACT, class_numbers, load_voxel_classes
from deepreslib.training.cryores import validation as cryores_validation
from deepreslib.training.cryores.scenes import make_scene
from deepreslib.training.structures import find_structures
from deepreslib.training.voxelclass import cubes, examples, validation
from deepreslib.training.voxelclass.validation import Judged, scores

SEED = 20190323
FINE = 7.0
"""Å; maps whose global resolution is finer are judged apart too."""

MAPS = 120
"""Scenes of two views that are judged by MonoRes and ResMap."""

BANDS = ("all", "below 7 Å", "masked")
COLUMNS = {
    "exact": "exact",
    "near": "± 1",
    "common": "commonest class: exact",
    "common_near": "commonest class: ± 1",
}


def measure(folder, count=MAPS, workers=0, network=None, cryores_network=None, most=None):
    """All figures.

    Args:
        folder: of the structures.
        count: scenes for MonoRes and ResMap.
        workers: processes that make them.
        network: folder of a network for their classes; None for the shipped one, if there is one.
        cryores_network: folder of CryoRes' network; None for the shipped one.
        most: take so many maps of the test split only.
    """
    paths = find_structures(folder)
    return {
        "fsc": by_fsc(paths[:most], cryores_network),
        "methods": by_methods(paths, count, workers, network, cryores_network),
    }


def by_fsc(paths, model=None):
    """The classes by local FSC on the maps of the test split: the figures of each band."""
    answers, resolutions, equal = [], [], []
    for number, path in enumerate(paths):
        view = make_scene(path, cryores_accuracy.RECIPE, [cryores_accuracy.SEED, number]).views[0]
        density_map = DensityMap(view.data, (view.voxel_size,) * 3)
        found = classes.estimate(density_map, view.mask, network_path=model).further
        truth = np.where(view.mask, class_numbers(view.local_resolution), 0)
        said = np.where(view.mask, found["_class"].astype(int) - 1, 0)
        at = view.mask
        answers.append(Judged(_alone(said[at], found["_probability"][at]), truth[at], np.full(at.sum(), number)))
        resolutions.append(view.global_resolution)
        kept = cubes.cut(view.data * at).any(axis=(1, 2, 3))
        equal.append((cubes.cut(said) == cubes.cut(truth))[kept].ravel())
        print("fsc", number, scores(answers[-1]), flush=True)
    together = joined(answers)
    fine = (np.array(resolutions) < FINE)[together.maps]
    bands = {"all": together, "below 7 Å": together.of(fine)}
    rows = {band: scores(part) for band, part in bands.items() if len(part.truth)}
    return {"maps": len(paths), "bands": rows, "exact_published": float(np.concatenate(equal).mean())}


def by_methods(paths, count, workers=0, network=None, cryores_network=None):
    """The classes by MonoRes and ResMap: who answers → whose classes → band → figures."""
    with tempfile.TemporaryDirectory() as folder:
        made = examples.make(paths, examples.ModerateMixture(), SEED, count, folder, workers)
        unseen = examples.load(made)
    answers = {"CryoRes in bins": cryores_shares(unseen, cryores_network)}
    network = network or store.shipped_folder("voxelclass", COMPACT)
    if os.path.isdir(network):
        model = load_voxel_classes(network)
        answers |= {f"head for {label}": shares_of(model.network, unseen, label) for label in HEADS}
    truths = np.concatenate([unseen.resolution[:, view] for view in (0, 1)])
    coarse = np.concatenate([unseen.inputs.baseline[:, view] for view in (0, 1)])
    chosen = {
        "all": np.ones(len(truths), bool),
        "below 7 Å": coarse < FINE,
        "masked": validation.masked_maps(unseen.inputs.kinds),
    }
    table = {}
    for name, probabilities in answers.items():
        table[name] = {label: _bands(probabilities, truths[..., n], chosen) for n, label in enumerate(HEADS)}
    for n, label in enumerate(HEADS):  # what the methods say of each other
        known, other = truths[..., n] > 0, truths[..., 1 - n]
        certain = np.eye(CLASSES, dtype=np.float32)[class_numbers(truths[..., n])]
        table[f"{label} itself"] = {HEADS[1 - n]: _bands(certain, np.where(known, other, 0), chosen)}
    return {"maps": len(truths), "answers": table}


def cryores_shares(unseen, model=None):
    """The share of each class by CryoRes' local resolution and deviation, (maps, places, 10)."""
    found = cryores_validation.judged(load_cryores(model or store.shipped_folder("cryores")).network, unseen.inputs)
    resolution = found.local_error + found.labels[..., 0]
    flat = shares(resolution.ravel().astype(np.float32), found.local_deviation.ravel().astype(np.float32))
    return flat.reshape(*resolution.shape, CLASSES)


def shares_of(network, unseen, label):
    """The probability of each class by a head, (maps, places, 10)."""
    inputs, _ = validation.inputs_and_targets(unseen, np.arange(len(unseen)), slice(None))
    return np.asarray(network.predict(inputs, batch_size=64, verbose=0)[label])[:, :, 0, 0]


def joined(parts):
    """Several answers as one."""
    names = ("probabilities", "truth", "maps")
    return Judged(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _alone(numbers, probability):
    """Probabilities (places, 10) of which the most probable class alone is known."""
    found = np.zeros((len(numbers), CLASSES), np.float32)
    found[np.arange(len(numbers)), numbers] = probability
    return found


def _bands(probabilities, truth, chosen):
    """Band → figures, where a method assigns a resolution, Å, (maps, places)."""
    rows = {}
    for band, maps in chosen.items():
        known = (truth > 0) & maps[:, None]
        if known.any():
            numbers = np.broadcast_to(np.arange(len(truth))[:, None], known.shape)
            rows[band] = scores(Judged(probabilities[known], class_numbers(truth[known]), numbers[known]))
            rows[band]["maps"] = int(known.any(axis=1).sum())
    return rows


def markdown(figures):
    """Lines of the tables."""
    fsc, methods = figures["fsc"], figures["methods"]
    heads = f"{' | '.join(COLUMNS.values())} | ECE"
    lines = [
        "## (d) Ten classes a voxel",
        "",
        f"By local FSC, {fsc['maps']} maps of the test split, the true mask given. All voxels of cubes of 16³ that are "
        f"not empty, background counted as class 0, as it was published: {percent(fsc['exact_published'])} exact.",
        "",
        f"| maps | {heads} |",
        "|---" * (2 + len(COLUMNS)) + "|",
    ]
    lines += [f"| {band} | {_cells(row)} |" for band, row in fsc["bands"].items()]
    lines += [
        "",
        f"By MonoRes and ResMap of the single map before it was masked or cut, {methods['maps']} maps of test "
        "structures, drawn as for the training. Rows with the name of a method are its own answers, judged by the "
        "other's; heads that are judged by the other method's classes are what table 6 of Avramov et al. 2019 shows.",
        "",
        f"| who answers | judged by | maps | {heads} |",
        "|---" * (4 + len(COLUMNS)) + "|",
    ]
    for name, of_labels in methods["answers"].items():
        for label, bands in of_labels.items():
            lines += [f"| {name} | {label} | {band} ({row['maps']}) | {_cells(row)} |" for band, row in bands.items()]
    return lines


def _cells(row):
    return " | ".join([*(percent(row[key]) for key in COLUMNS), f"{row['ece']:.3f}"])
