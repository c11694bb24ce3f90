"""Part ``claims`` of ``classes_accuracy.py``: how often claims are judged rightly, and lines of evidence by themselves.

Simulated half maps of *test* structures, a quarter of them masked, whose truth is their FSC at 0.143 in a soft mask.
Claims are the truth times ``class_rates.FACTORS``; half maps and CryoRes judge them by the rule of ``deepres
classify``. Beside that: where maps are said to end that were low-pass filtered at 1.5 times the truth; phases replaced
beyond that resolution; whether half maps that are equal or share their noise are noticed; which maps with noise are
taken for maps without. And of the maps of the part ``classes``, from what CryoRes said of them there: verdicts on
claims, and how many claims, true and wrong, are contradicted as the rule's tolerance and sigmas are swept.
"""

import collections

import class_rates
import fsc_maps
import numpy as np
from classes_fsc import SETS
from reports import percent

from deepreslib.analysis.claims import (
    CANNOT_TELL,
    CONTRADICTIONS,
    FINER,
    Claim,
    Estimate,
    Rule,
    compare_with,
    is_overfiltered,
)
from deepreslib.analysis.evidence import NOISE_FREE
from deepreslib.analysis.map_end import spectrum_and_end
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
OVER = 1.5
RULE = Rule()
RECIPE = SceneRecipe(cropped=0, binned=0, resolution=(2.2, 12.0), masked=0.25)
SWEPT = ("36 structures and seven kinds", "all", "masked kinds")
"""Maps whose operating curve is in the table; the file of figures has the others too."""

REPLACED = "phases replaced beyond 1.5 times the truth"
SAME, SHARING = "half maps: the same twice", "half maps that share their noise"


def measure(data, maps, rows, model=None):
    """The figures of so many half-map pairs, and of the rows of the part ``classes``; ``model`` is CryoRes' folder."""
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
    counted = {name: [[*key, count] for key, count in sorted(counts.items())] for name, counts in figures.items()}
    return counted | of_rows(rows)


def of_rows(rows):
    """What follows from CryoRes' answers for the maps of the part ``classes``."""
    groups = {name: [row for row in rows if row["group"] in those] for name, those in SETS.items()}
    groups |= {name: [row for row in rows if row["kind"] in those] for name, those in fsc_maps.FAMILIES.items()}
    groups = {name: here for name, here in groups.items() if class_rates.answered(here)}
    return {
        "verdicts": {name: class_rates.verdict_counts(here) for name, here in groups.items()},
        "curve": {name: class_rates.operating_curve(here) for name, here in groups.items()},
        "by_kind": class_rates.kind_rates(rows),
    }


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
        for factor in class_rates.FACTORS:
            answer = "cannot tell" if estimate is None else compare_with(estimate, Claim(factor * truth), RULE)
            figures["claims"][judge_name, factor, answer] += 1
    coarser = full.like(filters.low_pass(full.data, size, OVER * truth))
    for name, density in {"as it is": full, "filtered at 1.5 times the truth": coarser}.items():
        _, end = spectrum_and_end(density)
        flagged = end.is_filtered and is_overfiltered(truth, RULE, end.bound)
        figures["flags"][f"where it ends: {name}", bool(flagged)] += 1
    scrambled = full.like(filters.randomise_phases(full.data, size, OVER * truth, rng))
    found = of_cryores(scrambled, masked, model)
    answer = "cannot tell" if found is None else compare_with(found, Claim(truth), RULE)
    figures["flags"][f"{REPLACED}, told by CryoRes", answer == FINER] += 1
    if "half maps" in estimates:
        for name, each in {f"{REPLACED}, told by its half maps": scrambled, "departs from its half maps": full}.items():
            finest = max(curves.masked.resolution(), spectrum_and_end(each)[1].bound)
            departs = half_map_curves.departure(each, (made.half1, made.half2), made.mask, curves.masked, finest)
            figures["flags"][name, departs is not None] += 1
    halves = (
        each.like(filters.randomise_phases(each.data, size, OVER * truth, rng)) for each in (made.half1, made.half2)
    )
    both = half_map_curves.measure(*halves, made.mask, rng)
    answer = compare_with(Estimate(both.resolution(), both.deviation(), ""), Claim(truth), RULE)
    figures["flags"]["the same in both half maps, told by their FSC", answer == FINER] += 1
    faults = {SAME: (made.half1, made.half1), SHARING: (made.half1, full.like((made.half1.data + made.half2.data) / 2))}
    for name, pair in faults.items():
        figures["flags"][name, half_map_curves.measure(*pair, made.mask, rng).fault() is not None] += 1
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


def markdown(figures):
    """Lines of the tables."""
    lines = ["## (c) Claims and their evidence", "", "Pairs of half maps, also judged by their FSC:", ""]
    lines += ["| judge | claim / truth | answers |", "|---|---|---|"]
    for judge_name, factor in dict.fromkeys((row[0], row[1]) for row in figures["claims"]):
        here = {row[2]: row[3] for row in figures["claims"] if row[:2] == [judge_name, factor]}
        lines.append(f"| {judge_name} ({sum(here.values())}) | {factor:g} | {answers_line(here)} |")
    lines += ["", "| maps | flagged, or taken for a map without noise |", "|---|---|"]
    for name in dict.fromkeys(row[0] for row in (*figures["flags"], *figures["kinds"])):
        here = {bool(row[1]): row[2] for row in (*figures["flags"], *figures["kinds"]) if row[0] == name}
        lines.append(f"| {name} | {here.get(True, 0)} of {sum(here.values())} |")
    lines += ["", f"Single maps, those of part (b), by the rule {RULE.tolerance:.0%} and {RULE.sigmas:g} SD:", ""]
    lines += ["| maps | claim / truth | answers |", "|---|---|---|"]
    for name, counted in figures["verdicts"].items():
        for each in counted:
            total = sum(each["answers"].values())
            lines.append(f"| {name} ({total}) | {each['factor']:g} | {answers_line(each['answers'])} |")
    words = [class_rates.FACTOR_WORDS[1.0], *(class_rates.FACTOR_WORDS[factor] for factor in class_rates.SHOWN)]
    lines += ["", "Claims contradicted, by kind of map; of all maps, those included of which nothing is told:", ""]
    lines += [f"| kind | maps (refused) | cannot tell | {' | '.join(words)} |", "|---" * (3 + len(words)) + "|"]
    for each in figures["by_kind"]:
        rates = " | ".join(map(percent, each["rates"].values()))
        lines.append(f"| {each['kind']} | {each['maps']} ({each['refused']}) | {each['cannot_tell']} | {rates} |")
    lines += ["", "Claims contradicted as one part of the rule is swept (the operating curve):", ""]
    lines += [f"| maps | tolerance | SDs | {' | '.join(words)} |", "|---" * (3 + len(words)) + "|"]
    for name, curves in figures["curve"].items():
        if name not in SWEPT:
            continue
        for each in (*curves["tolerance"], *curves["sigmas"]):
            rates = " | ".join(map(percent, (each["true"], *(rate for _, rate in each["wrong"]))))
            lines.append(f"| {name} | {each['tolerance']:.0%} | {each['sigmas']:g} | {rates} |")
    return lines


def answers_line(answers):
    """Verdicts and their shares, and how many contradict the claim."""
    total = sum(answers.values())
    shares = ", ".join(f"{answer} {100 * count / total:.0f} %" for answer, count in sorted(answers.items()))
    wrong = sum(count for answer, count in answers.items() if answer in CONTRADICTIONS)
    told = total - answers.get(CANNOT_TELL, 0)
    of_told = f", {percent(wrong / told)} of those that are told" if 0 < told < total else ""
    return f"{shares}; contradicted {percent(wrong / total)}{of_told}"
