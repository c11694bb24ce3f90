"""What ``deepres classify`` asks beside CryoRes and the half maps: other scales, other methods, sharpening, a model."""

from collections.abc import Callable
from typing import Any

import numpy as np

from deepreslib.analysis import evidence
from deepreslib.analysis.claims import Claim, Estimate, Evidence
from deepreslib.commands.classify_cases import Case, Question, volume
from deepreslib.commands.inputs import GivenMaps
from deepreslib.errors import InputError
from deepreslib.estimation.result import LocalResolution
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap
from deepreslib.networks.mapclass_card import CLASSES


def ask_map_class(
    density_map: DensityMap, mask: BoolArray, question: Question, estimates: dict[str, Estimate], warnings: list[str]
) -> tuple[tuple[float, float, float], dict[str, Any]] | None:
    """What the network for simulated maps says; None if there is no answer and the user did not ask for one."""
    from deepreslib.estimation import map_class

    try:
        found = map_class.judge(
            density_map, mask, borders=question.borders, network_path=question.model, workers=question.workers
        )
    except InputError as error:
        if question.wants_map_class:
            raise
        warnings.append(f"the resolution on the scale of Gaussian maps is not known: {error}")
        return None
    if found.resolution is not None:
        estimates["gaussian"] = Estimate(found.resolution, found.deviation or 0.0, found.scale)
    warnings += found.warnings
    return found.probabilities, {
        "resolution": None if found.resolution is None else round(found.resolution, 3),
        "deviation": None if found.deviation is None else round(found.deviation, 3),
        "scale": found.scale,
        "class": found.name,
        "probabilities": named(found.probabilities),
        "windows": found.windows,
        "borders": found.borders,
        "decisions": found.decisions,
        "network": found.network,
    }


def low_pass_scale(density_map: DensityMap, mask: BoolArray, estimates: dict[str, Estimate]) -> None:
    """DeepRes' median, whose scale is that of low-pass filtered maps; nothing if it cannot tell."""
    from deepreslib.estimation import deepres

    try:
        found = deepres.estimate(density_map, mask).resolution[mask]
    except InputError:
        return
    spread = float(np.subtract(*np.percentile(found, (84, 16)))) / 2
    estimates["low_pass"] = Estimate(float(np.median(found)), spread, "low-pass, DeepRes' median")


def compare(
    given: GivenMaps, mask: BoolArray, question: Question, values: dict[str, FloatArray], progress: bool
) -> dict[str, float | str]:
    """The medians of all methods; the local values of DeepRes are added to the others."""
    from deepreslib.estimation import deepres, localfsc, monores, resmap

    density_map, halves, workers = given.density_map, given.half_maps, question.workers
    asked: dict[str, Callable[[], LocalResolution]] = {
        "DeepRes": lambda: deepres.estimate(density_map, mask, progress=progress),
        "MonoRes": lambda: monores.estimate(halves or density_map, mask, workers=workers, progress=progress),
        "ResMap": lambda: resmap.estimate(halves or density_map, mask, workers=workers, progress=progress),
    }
    if halves:
        asked["local FSC"] = lambda: localfsc.estimate(halves, mask, workers=workers, progress=progress)
    medians: dict[str, float | str] = {name: float(np.median(each)) for name, each in values.items()}
    for name, estimate in asked.items():
        try:
            found = estimate().resolution[mask]
        except InputError as error:
            medians[name] = str(error)
            continue
        medians[name] = float(np.median(found))
        if name == "DeepRes" and values:
            values[name] = found
    return medians


def sharpening(case: Case, given: GivenMaps, mask: BoolArray, question: Question, progress: bool) -> Evidence:
    """Line 7, which needs half maps and the map that was made from them."""
    if not given.half_maps:
        return evidence.sharpening(None, "only half maps show the noise that sharpening may bring out")
    if case.map is None:
        return evidence.sharpening(None, "only the half maps were given, and no map made from them")
    from deepreslib.enhancement.examination import examine
    from deepreslib.estimation.result import mean_map

    mean = mean_map(*given.half_maps)
    try:
        verdict = examine(
            mean, given.half_maps, mask, given.density_map, workers=question.workers, progress=progress
        ).verdict
    except InputError as error:
        return evidence.sharpening(None, str(error).rstrip("."))
    return evidence.sharpening(verdict.answer, verdict.reason)


def size(case: Case, density_map: DensityMap, mask: BoolArray) -> Evidence:
    """Line 8."""
    level = case.claim.level if case.claim else None
    above = None
    if level is not None:
        above = volume(sum(int(np.count_nonzero(plane > level)) for plane in density_map.data), density_map.voxel_size)
    return evidence.size(volume(int(mask.sum()), density_map.voxel_size), case.mass, above)


def voxel_size(case: Case, density_map: DensityMap, claim: Claim | None, mask: BoolArray) -> Evidence:
    """Line 9."""
    if case.structure is None:
        return evidence.voxel_size(None, None)
    from deepreslib.simulation.voxel_scale import SCALES, best_scale
    from deepreslib.structures import read_structure

    structure = read_structure(case.structure)
    finest = max(claim.resolution if claim else 0.0, 2 * max(density_map.voxel_size))
    try:
        found = best_scale(density_map, structure, finest)
    except InputError as error:  # it lies elsewhere: that is no reason to say nothing of the map
        return evidence.voxel_size(None, None, why_not=str(error).rstrip("."))
    return evidence.voxel_size(found.scale, found.correlation, structure.name, ends=SCALES)


def named(probabilities: tuple[float, float, float]) -> dict[str, float]:
    """The probabilities by the names of the classes, rounded."""
    return {name: round(value, 4) for name, value in zip(CLASSES, probabilities, strict=True)}
