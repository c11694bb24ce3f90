"""Part ``claims`` of ``classes_accuracy.py``: how often claims are judged rightly, and lines of evidence by themselves.

Simulated half maps of *test* structures, a quarter of them masked, whose truth is their FSC at 0.143 in a soft mask.
Claims are the truth times ``FACTORS``; half maps and CryoRes judge them by the rule of ``deepres classify``. Beside
that: where maps are said to end that were low-pass filtered at 1.5 times the truth; phases replaced beyond that
resolution; which maps with noise are taken for maps without, and which maps of Gaussian atoms are noticed.
"""

import collections

import numpy as np
from classes_gaussian import Maps

from deepreslib.analysis.claims import CONSISTENT, FINER, Claim, Estimate, Rule, compare_with, is_overfiltered
from deepreslib.analysis.evidence import NOISE_FREE
from deepreslib.analysis.map_end import find_end, radial_amplitude
from deepreslib.analysis.map_kind import map_kind
from deepreslib.commands.classify_one import MASKED_FACTOR
from deepreslib.errors import InputError
from deepreslib.estimation import cryores
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, dilate, half_map_curves, soft_edge
from deepreslib.simulation import half_maps
from deepreslib.structures import read_structure
from deepreslib.training.cryores import scenes
from deepreslib.training.cryores.recipe import SceneRecipe, draw_settings
from deepreslib.training.structures import find_structures

SEED = 2022
FACTORS = (0.5, 0.7, 0.8, 1.0, 1.25, 1.5)
OVER = 1.5
RULE = Rule()
RECIPE = SceneRecipe(cropped=0, binned=0, resolution=(2.2, 12.0), masked=0.25)
GAUSSIAN = (2.5, 5.0, 7.5, 10.0, 12.5)


def measure(data, maps, model=None):
    """The figures of so many half-map pairs, and of as many maps of Gaussian atoms; ``model`` is CryoRes' folder."""
    figures = {"claims": collections.Counter(), "flags": collections.Counter(), "kinds": collections.Counter()}
    paths = find_structures(f"{data}/structures/test")
    for number in range(maps):
        rng = np.random.default_rng([SEED, number])
        structure, resolution = read_structure(paths[number % len(paths)]), rng.uniform(*RECIPE.resolution)
        try:
            place = scenes._place(structure, resolution, RECIPE, rng)
            settings = draw_settings(resolution, place.sphere, RECIPE, rng)
            made = half_maps.simulate(
                structure, place.positions, place.size, place.voxel_size, settings, rng, selected=place.selected
            )
        except InputError:
            continue
        judge(made, figures, model, rng)
    molecules = Maps(f"{data}/structures/test")
    for number in range(maps):
        gaussian_kinds(*molecules.make(GAUSSIAN[number % len(GAUSSIAN)], None, 9, number), figures["kinds"])
    return {name: [[*key, count] for key, count in sorted(counts.items())] for name, counts in figures.items()}


def judge(made, figures, model, rng):
    """Counts what is said of one pair and of maps made from it."""
    truth, full, size = made.global_resolution, made.full, made.full.voxel_size[0]
    masked = made.settings.finish.mask_growth is not None
    curves = half_map_curves.measure(made.half1, made.half2, made.mask, rng)
    estimates = {}
    if curves.fault() is None:
        estimates["half maps"] = Estimate(curves.resolution(), curves.deviation(), "")
    estimates["CryoRes, masked" if masked else "CryoRes"] = of_cryores(full, masked, model)
    for judge_name, estimate in estimates.items():
        for factor in FACTORS:
            answer = "cannot tell" if estimate is None else compare_with(estimate, Claim(factor * truth), RULE)
            figures["claims"][judge_name, factor, answer] += 1
    coarser = full.like(filters.low_pass(full.data, size, OVER * truth))
    for name, density in {"as it is": full, "filtered at 1.5 times the truth": coarser}.items():
        end = find_end(radial_amplitude(density))
        flagged = end.is_filtered and is_overfiltered(truth, RULE, end.bound)
        figures["flags"][f"where it ends: {name}", bool(flagged)] += 1
    scrambled = full.like(filters.randomise_phases(full.data, size, OVER * truth, rng))
    found = of_cryores(scrambled, masked, model)
    answer = "cannot tell" if found is None else compare_with(found, Claim(truth), RULE)
    figures["flags"]["phases replaced beyond 1.5 times the truth", answer == FINER] += 1
    soft = soft_edge(dilate(made.mask, 3 / size), max(6 / size, 1))
    forms = {"half map": made.half1.data, "full map": full.data, "in the mask": full.data * made.mask}
    forms["in a soft mask"] = full.data * soft
    for name, values in forms.items():
        kind = map_kind(DensityMap(np.ascontiguousarray(values, np.float32), full.voxel_size)).kind
        figures["kinds"][f"with noise: {name}", kind in NOISE_FREE] += 1


def of_cryores(density_map, masked, model):
    """CryoRes' estimate; None if it cannot be relied on."""
    try:
        found = cryores.estimate(density_map, network_path=model)
    except InputError:
        return None
    whole = found.global_resolution
    factor = MASKED_FACTOR if masked else 1
    return Estimate(whole.value, factor * whole.deviation, "") if found.status == "reliable" else None


def gaussian_kinds(density_map, mask, counts):
    """Counts whether a map of Gaussian atoms is noticed, also in masks."""
    size = density_map.voxel_size[0]
    soft = soft_edge(dilate(mask, 3 / size), 6 / size)
    forms = {"whole": 1, "in the mask": mask, "in a soft mask": soft}
    for name, weight in forms.items():
        kind = map_kind(density_map.like(np.asarray(density_map.data * weight, np.float32))).kind
        counts[f"without noise: {name}", kind in NOISE_FREE] += 1


def markdown(figures):
    """Lines of the tables."""
    lines = ["## Claims and their evidence", "", "| judge | claim / truth | answers |", "|---|---|---|"]
    for judge_name, factor in dict.fromkeys((row[0], row[1]) for row in figures["claims"]):
        here = {row[2]: row[3] for row in figures["claims"] if row[:2] == [judge_name, factor]}
        total = sum(here.values())
        answers = ", ".join(f"{answer} {100 * count / total:.0f} %" for answer, count in here.items())
        wrong = total - here.get(CONSISTENT, 0) - here.get("cannot tell", 0)
        lines.append(f"| {judge_name} ({total}) | {factor:g} | {answers}; contradicted {100 * wrong / total:.1f} % |")
    lines += ["", "| maps | flagged, or taken for a map without noise |", "|---|---|"]
    for name in dict.fromkeys(row[0] for row in (*figures["flags"], *figures["kinds"])):
        here = {bool(row[1]): row[2] for row in (*figures["flags"], *figures["kinds"]) if row[0] == name}
        lines.append(f"| {name} | {here.get(True, 0)} of {sum(here.values())} |")
    return lines
