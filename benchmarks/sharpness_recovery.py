"""Does ``deepres sharpness`` find the right B factor, and does it flag oversharpened maps?

    python benchmarks/sharpness_recovery.py --structures STRUCTURES/test
    python benchmarks/sharpness_recovery.py --structures STRUCTURES/val --part rules

Half maps are simulated from structures never trained on: atoms at rest, B +100 Å², a resolution limit, white noise of
their own. The limit is a low-pass filter of the signal (noise so weak that the FSC there is 0.8), or the noise itself
(FSC 0.143 there). The right B factor is the one that maximises the correlation of the sharpened mean with the
structure's density, both in a soft mask, over the shells up to the global FSC of 0.143.

``recovery``: the B factor recommended against the right one; and the check of the map sharpened by the right B factor
and by twice that. ``rules``: what other percentiles and cutoffs of the local FSC would have recommended, for the choice
of the rule on structures of the validation split. Writes Markdown and JSON to benchmarks/results.
"""

import argparse
import os
import time

import numpy as np
import reports

from deepreslib import simulation, structures
from deepreslib.enhancement import verdict
from deepreslib.enhancement.answers import TOLERANCES
from deepreslib.enhancement.b_factor import SAMPLE, range_for, recommend
from deepreslib.enhancement.b_factor import sample as sample_mask
from deepreslib.enhancement.overclaim import overclaim
from deepreslib.enhancement.sharpening import Sharpening
from deepreslib.enhancement.snr import SOFT_EDGE, global_resolution, snr_resolution
from deepreslib.estimation import deepres, localfsc
from deepreslib.fourier import filters, fsc
from deepreslib.maps import DensityMap, masks
from deepreslib.networks.ranges import RANGES
from deepreslib.training.structures import find_structures

BLUR, VOXEL_SIZE, MOST_ATOMS = 100.0, 1.1, 6000
LIMITS = {"filter": (3.2, 4.0, 5.0), "noise": (2.9, 3.2, 3.6)}
"""Å, taken in turn. Where the noise limits a map with this B factor beyond 4 Å, it is best hardly sharpened at all."""
KINDS = {"filter": 0.8, "noise": 0.143}
"""The FSC of the half maps at the limit."""
NAMES = {"filter": "a low-pass filter", "noise": "the noise"}
TOLERANCE = 15.0
RULE_PERCENTILES, RULE_CUTOFFS = (10, 20, 30, 50), (0.5, 0.4, 1 / 3, 0.25, 0.143)
RULE_B_FACTORS = (0.0, -30.0, -60.0, -90.0, -120.0, -150.0, -200.0)


class Case:
    """Half maps of a structure, their mask, and the right B factor."""

    def __init__(self, path, number, kind, limit):
        structure = structures.read_structure(path)
        rng = np.random.default_rng([2019, number])
        size = simulation.box_size(structure, VOXEL_SIZE, 12.0)
        shape = (size,) * 3
        positions = simulation.placed(structure, shape, VOXEL_SIZE, structures.random_rotation(rng))
        density = simulation.density(structure, positions, shape, VOXEL_SIZE)
        self.name, self.kind, self.limit = structure.name, kind, limit
        self.mask = simulation.molecular_mask(positions, shape, VOXEL_SIZE)
        self.soft = masks.soft_edge(self.mask, SOFT_EDGE / VOXEL_SIZE)
        self.halves = self._halves(density, rng)
        self.mean = self.halves[0].like((self.halves[0].data + self.halves[1].data) / 2)
        self.resolution = max(global_resolution(self.halves, self.mask), 2 * VOXEL_SIZE)
        self.sums = fsc.shell_sums(self.mean.data, density, VOXEL_SIZE, self.soft)
        self.right = self._right()
        self.sharpening = Sharpening(self.mean, self.resolution)

    def _halves(self, density, rng):
        frequency = filters.frequencies(density.shape, VOXEL_SIZE)
        weights = filters.b_factor_weights(frequency, BLUR)
        if self.kind == "filter":
            weights *= filters.raised_cosine(frequency, self.limit, VOXEL_SIZE)
        signal = filters.transfer(density, weights)
        noises = [rng.standard_normal(density.shape, np.float32) for _ in range(2)]
        sums = fsc.shell_sums(signal, noises[0], VOXEL_SIZE, self.soft)
        powers = [np.interp(1 / self.limit, sums.frequency, power) for power in (sums.power1, sums.power2)]
        strength = np.float32(np.sqrt(powers[0] / powers[1] * (1 / KINDS[self.kind] - 1)))
        return [DensityMap(signal + strength * noise, (VOXEL_SIZE,) * 3) for noise in noises]

    def correlation(self, b_factor):
        """Correlation of the mean, sharpened by a B factor, with the structure's density, over the resolved shells."""
        resolved = (self.sums.frequency > 0) & (self.sums.frequency <= 1 / self.resolution)
        weights = np.exp(-0.25 * b_factor * self.sums.frequency[resolved] ** 2)
        cross, power, truth = (sums[resolved] for sums in (self.sums.cross, self.sums.power1, self.sums.power2))
        return float((weights * cross).sum() / np.sqrt((weights**2 * power).sum() * truth.sum()))

    def _right(self):
        return float(max(np.arange(50.0, -301.0, -1.0), key=self.correlation))


def recovery(case, sample):
    """Recommendation and checks of one case."""
    started = time.monotonic()
    method, snr, _ = snr_resolution(case.halves, case.mask)
    range_name = range_for(VOXEL_SIZE, snr, case.mask)
    recommendation = recommend(case.sharpening, case.mask, snr, range_name=range_name, most=sample)
    seconds = time.monotonic() - started

    def check(b_factor):
        sharpened = case.sharpening.by(b_factor)
        chosen = sample_mask(case.mask, sample)
        claims = overclaim(
            sharpened, chosen, np.where(chosen, snr, 0), recommendation.percentile, range_name=range_name
        )
        found = verdict.of_map(
            sharpened,
            case.mean,
            case.mask,
            snr,
            case.resolution,
            TOLERANCES[method],
            range_name=range_name,
            most=sample,
        )
        return claims, found

    (right, right_found), (twice, twice_found) = check(case.right), check(2 * case.right)
    return {
        "structure": case.name,
        "limited_by": case.kind,
        "limit": case.limit,
        "cutoff": round(case.resolution, 2),
        "range": range_name,
        "right": case.right,
        "recommended": recommendation.b_factor,
        "outcome": recommendation.outcome,
        "error": recommendation.b_factor - case.right,
        "correlation_right": round(case.correlation(case.right), 4),
        "correlation_recommended": round(case.correlation(recommendation.b_factor), 4),
        "correlation_unsharpened": round(case.correlation(0), 4),
        "overclaimed_right": round(right.overclaimed, 3),
        "overclaimed_twice": round(twice.overclaimed, 3),
        "percentile_snr": round(recommendation.snr.percentile, 3),
        "percentile_right": round(right.deepres.percentile, 3),
        "percentile_twice": round(twice.deepres.percentile, 3),
        "flagged_right": right_found.oversharpened,
        "flagged_twice": twice_found.oversharpened,
        "answer_right": right_found.answer,
        "answer_twice": twice_found.answer,
        "seconds": round(seconds, 1),
    }


def rules(case, sample):
    """What every percentile and cutoff would recommend in the low range; linear between ``RULE_B_FACTORS``."""
    chosen = sample_mask(case.mask, sample)
    claimed = [
        deepres.estimate(case.sharpening.by(b), chosen, range_name="low").resolution[chosen] for b in RULE_B_FACTORS
    ]
    rows = []
    for cutoff in RULE_CUTOFFS:
        snr = localfsc.estimate(case.halves, case.mask, cutoff=cutoff).resolution[chosen]
        for percentile in RULE_PERCENTILES:
            excess = np.array([np.percentile(resolutions, percentile) for resolutions in claimed]) - np.percentile(
                snr, percentile
            )
            b_factor = _crossing(excess)
            rows.append({"cutoff": round(cutoff, 3), "percentile": percentile, "error": b_factor - case.right})
    return {
        "structure": case.name,
        "limited_by": case.kind,
        "limit": case.limit,
        "right": case.right,
        "rules": rows,
        "claimed": [round(float(np.percentile(resolutions, 20)), 3) for resolutions in claimed],
    }


def _crossing(excess):
    """Where the first fall through zero lies, or the end of the range that is nearest."""
    if excess[0] <= 0:
        return RULE_B_FACTORS[0]
    below = np.flatnonzero(excess <= 0)
    if not len(below):
        return RULE_B_FACTORS[-1]
    after = below[0]
    part = excess[after - 1] / (excess[after - 1] - excess[after])
    return float(RULE_B_FACTORS[after - 1] + part * (RULE_B_FACTORS[after] - RULE_B_FACTORS[after - 1]))


PARTS = {"recovery": recovery, "rules": rules}


def recovery_table(rows):
    """Markdown of the recovery."""
    lines = []
    for kind in KINDS:
        chosen = [row for row in rows if row["limited_by"] == kind]
        if not chosen:
            continue
        near = sum(abs(row["error"]) <= TOLERANCE for row in chosen)
        flagged, spared = sum(row["flagged_twice"] for row in chosen), sum(not row["flagged_right"] for row in chosen)
        error = np.median([abs(row["error"]) for row in chosen])
        lines += [
            "",
            f"Resolution limited by {NAMES[kind]}: within {TOLERANCE:g} Å² on {near} of {len(chosen)} (median |error| "
            f"{error:.0f} Å²); twice the right B factor flagged on {flagged}, the right one not flagged on {spared}.",
            "",
            "| structure | limit (Å) | range | right B (Å²) | recommended | error | correlation: none / right / "
            "recommended | overclaimed, right B | twice that |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for row in chosen:
            note = "" if row["outcome"] == "coincide" else f" ({row['outcome']})"
            correlations = " / ".join(
                f"{row[f'correlation_{name}']:.3f}" for name in ("unsharpened", "right", "recommended")
            )
            lines.append(
                f"| {row['structure']} | {row['limit']:g} | {row['range']} | {row['right']:g} | "
                f"{row['recommended']:g}{note} | {row['error']:+g} | {correlations} | "
                f"{100 * row['overclaimed_right']:.0f} % | {100 * row['overclaimed_twice']:.0f} % |"
            )
    return lines


def rules_table(rows):
    """Markdown of the rules: the share of cases within the tolerance and the median error."""
    lines = [
        "",
        f"Errors of the recommended B factor by rule: cases within {TOLERANCE:g} Å², and the median error (Å²).",
        "",
        "| cutoff of the local FSC | percentile | " + " | ".join(f"{k}: within | median" for k in KINDS) + " |",
        "|---|---|" + "---|---|" * len(KINDS),
    ]
    for number, rule in enumerate(rows[0]["rules"]):
        cells = []
        for kind in KINDS:
            errors = [row["rules"][number]["error"] for row in rows if row["limited_by"] == kind]
            near = sum(abs(error) <= TOLERANCE for error in errors)
            cells += [f"{near} of {len(errors)}", f"{np.median(errors):+.0f}" if errors else ""]
        lines.append(f"| {rule['cutoff']:g} | {rule['percentile']} | " + " | ".join(cells) + " |")
    return lines


TABLES = {"recovery": recovery_table, "rules": rules_table}


def fitting(folder, most):
    """Structures of at most ``MOST_ATOMS`` atoms, evenly spaced in the sorted names."""
    paths = [p for p in find_structures(folder) if len(structures.read_structure(p)) <= MOST_ATOMS]
    return [paths[i] for i in np.linspace(0, len(paths) - 1, min(most, len(paths))).astype(int)]


def main():
    """Runs the part asked for and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--structures", required=True, help="folder of structures never trained on")
    parser.add_argument("--part", choices=PARTS, default="recovery")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="what limits the resolution")
    parser.add_argument("--most", type=int, default=10, metavar="N", help="structures to use (default: 10)")
    parser.add_argument("--sample", type=int, default=SAMPLE, metavar="N", help="voxels to look at")
    parser.add_argument("-o", "--output", metavar="STEM", help="default: benchmarks/results/sharpness_PART")
    args = parser.parse_args()
    output = args.output or os.path.join(reports.RESULTS, f"sharpness_{args.part}")
    weights = {name: deepres.load_model(name).sha256 for name in RANGES}
    rows = []
    for number, path in enumerate(fitting(args.structures, args.most)):
        for kind in args.kinds:
            rows.append(PARTS[args.part](Case(path, number, kind, LIMITS[kind][number % 3]), args.sample))
            print({key: value for key, value in rows[-1].items() if key != "rules"}, flush=True)
    text = "\n".join(["# The B factor that DeepRes recommends", *TABLES[args.part](rows)]) + "\n"
    reports.save(output, {"weights": weights, "cases": rows}, text)


if __name__ == "__main__":
    main()
