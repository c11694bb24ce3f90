"""From a local FSC of 0.5 to one of 0.143: fits the curve of ``estimation/local_cutoff.py``, and says how good it is.

    python benchmarks/local_cutoffs.py --data DATA --fit        # validation structures; writes local_cutoff.json
    python benchmarks/local_cutoffs.py --data DATA              # test structures; writes the table

DATA holds ``structures/val`` and ``structures/test``. Scenes are drawn as in training, but with voxels so small and
signal so fine that neither cuts off a local resolution at 0.143. Both cutoffs are measured on the same half maps, in
the same windows, which are those of training. The curve is judged alone (from true values at 0.5) and together with
CryoRes, which sees the full map. The table is written to benchmarks/results.
"""

import argparse
import dataclasses
import os

import numpy as np
import reports
from scipy.optimize import minimize

from deepreslib.estimation import cryores, local_cutoff
from deepreslib.files import write_json
from deepreslib.maps import DensityMap
from deepreslib.training.cryores.recipe import SceneRecipe
from deepreslib.training.cryores.scenes import make_scene
from deepreslib.training.structures import find_structures

SEED = {"val": 211, "test": 212}
COUNT = {"val": 96, "test": 48}
"""Scenes."""

RECIPE = SceneRecipe(binned=0.0, detail=1.6, sampling=(3.3, 5.5), largest_box=100, padding=(0.12, 0.4))

RANGES = ((1.7, 10.5), (1.7, 10.5), (3, 6), (1.7, 10.5), (1.7, 10.5), (1.7, 10.5), (3, 6), (9.5, 13.0))
"""Å, of the global resolution; scene i has the one of number i modulo 8."""

VIRUS = (3.7, 3.9)
"""Å, of the maps that stand for one of 3.8 Å."""

VIRUSES = 16
"""Maps of that resolution."""

SAMPLE = 500
"""Voxels of a scene."""

STRIDE = 7
"""Scene i is of the structure of number 7 i, so that neighbours in the list lie far apart."""

BANDS = ((0, 3), (3, 4), (4, 5), (5, 7), (7, 9), (9, 14))
"""Å, of the global resolution."""

PERCENTILES = (5, 25, 50, 75, 95)


def measure(paths, seed, number, resolution, network=False):
    """One scene at both cutoffs: its global resolution, percentiles and, at some voxels, the local resolutions."""
    recipe = dataclasses.replace(RECIPE, resolution=resolution)
    path = paths[number * STRIDE % len(paths)]
    scenes = [
        make_scene(path, dataclasses.replace(recipe, local_cutoff=cutoff), [seed, number])
        for cutoff in local_cutoff.CUTOFFS
    ]
    half, seventh = (scene.views[0] for scene in scenes)
    assert np.array_equal(half.data, seventh.data)
    mask = half.mask
    values = {"true 0.5": half.local_resolution[mask], "true 0.143": seventh.local_resolution[mask]}
    if network:
        found = cryores.estimate(DensityMap(half.data, (half.voxel_size,) * 3), mask, workers=1)
        for cutoff in local_cutoff.CUTOFFS:
            found = local_cutoff.at_cutoff(found, cutoff)
            values[f"CryoRes {cutoff}"] = found.resolution[mask]
            values[f"SD {cutoff}"] = found.deviation[mask]
    chosen = np.random.default_rng(number).choice(mask.sum(), min(SAMPLE, mask.sum()), replace=False)
    found = {"global found": found.global_resolution.value} if network else {}
    row = {"structure": scenes[0].name, "global": half.global_resolution, "voxel_size": half.voxel_size, **found}
    row["percentiles"] = {name: np.percentile(these, PERCENTILES).tolist() for name, these in values.items()}
    print(row["structure"], round(row["global"], 2), row["percentiles"], flush=True)
    return row, {name: these[chosen].astype(float) for name, these in values.items()}


def fit(scenes):
    """The curve of scenes, each of which has the same weight, and how much of what it leaves open is of whole maps.

    Args:
        scenes: (row, values) from :func:`measure`.
    """
    columns, targets = [], []
    for row, values in scenes:
        half, whole = values["true 0.5"], row["global"]
        across = np.full(len(half), np.log(whole / local_cutoff.UNIT))
        columns.append(np.stack([np.ones(len(half)), np.log(half / whole), across], axis=1))
        targets.append(np.log(values["true 0.143"] / half))
    weights = [len(target) ** -0.5 for target in targets]
    found, *_ = np.linalg.lstsq(
        np.concatenate([column * weight for column, weight in zip(columns, weights, strict=True)]),
        np.concatenate([target * weight for target, weight in zip(targets, weights, strict=True)]),
        rcond=None,
    )
    residuals = [target - column @ found for target, column in zip(targets, columns, strict=True)]
    power = np.array([np.mean(residual**2) for residual in residuals])
    shares = np.concatenate([values["true 0.5"] / row["global"] for row, values in scenes])
    wholes = [row["global"] for row, _ in scenes]
    curve = local_cutoff.Curve(
        factor=round(float(np.exp(found[0])), 5),
        powers=tuple(np.round(found[1:], 5).tolist()),
        deviation=_spread([column[0, 2] for column in columns], power),
        local=tuple(np.round(np.percentile(shares, (0.5, 99.5)), 3).tolist()),
        whole=(round(min(wholes), 3), round(max(wholes), 3)),
    )
    shared = np.mean([residual.mean() ** 2 for residual in residuals]) / power.mean()
    return curve, float(np.sqrt(power.mean())), float(shared)


def _spread(logarithms, power):
    """(d, e) of the SD d x^e with which a Gaussian makes mean squares of ``power`` the likeliest; log x is given."""

    def unlikely(parameters):
        logarithm = parameters[0] + parameters[1] * np.array(logarithms)
        return np.sum(2 * logarithm + power * np.exp(-2 * logarithm))

    constant, slope = minimize(unlikely, (-3.0, 0.0)).x
    return round(float(np.exp(constant)), 4), round(float(slope), 4)


def write_curve(scenes):
    """Fits and writes the curve with its provenance."""
    curve, residual, shared = fit(scenes)
    assert curve.powers[0] > -1, "a coarser value at 0.5 must mean a coarser one at 0.143"
    content = {
        "what": "local resolution at a local FSC of 0.143 from that at 0.5; see deepreslib/estimation/local_cutoff.py",
        "made_by": "python benchmarks/local_cutoffs.py --data DATA --fit",
        "structures": "val",
        "scenes": len(scenes),
        "seed": SEED["val"],
        "relative_residual": round(residual, 4),
        "share_of_whole_maps": round(shared, 3),
        **dataclasses.asdict(curve),
    }
    write_json(str(local_cutoff.CURVE), content)
    print(content)


def judge(scenes):
    """Errors by band of the global resolution."""
    curve, rows = local_cutoff.curve(), []
    for low, high in BANDS:
        members = [(row, values) for row, values in scenes if low <= row["global"] < high]
        if not members:
            continue
        alone = [values["true 0.5"] * curve.ratio(values["true 0.5"], row["global"]) for row, values in members]
        truth = [values["true 0.143"] for _, values in members]
        errors = np.concatenate(alone) - np.concatenate(truth)
        spread = np.concatenate(
            [made * curve.relative_deviation(row["global"]) for made, (row, _) in zip(alone, members, strict=True)]
        )
        record = {"band": [low, high], "maps": len(members)}
        record["curve"] = {**_errors(errors), "within_sd": float(np.mean(np.abs(errors) < spread))}
        for cutoff in local_cutoff.CUTOFFS:
            errors, spread = (
                np.concatenate(parts)
                for parts in zip(
                    *(
                        (values[f"CryoRes {cutoff}"] - values[f"true {cutoff}"], values[f"SD {cutoff}"])
                        for _, values in members
                    ),
                    strict=True,
                )
            )
            record[f"cryores {cutoff}"] = {**_errors(errors), "within_sd": float(np.mean(np.abs(errors) < spread))}
        rows.append(record)
    return rows


def _errors(errors):
    """RMSE and median, Å."""
    return {"rmse": float(np.sqrt(np.mean(errors**2))), "median": float(np.median(errors))}


def markdown(results):
    """The results as Markdown text."""
    lines = [
        "# Local resolution at 0.143 from that at 0.5",
        "",
        f"{sum(row['maps'] for row in results['bands'])} maps up to {BANDS[-1][1]} Å of test structures, "
        f"seed {SEED['test']}; errors in Å: RMSE (median), share within the predicted SD. Curve: from true values at "
        "0.5 and the true global resolution.",
        "",
        "| global (Å) | maps | curve alone | CryoRes at 0.143 | CryoRes at 0.5 |",
        "|---|---|---|---|---|",
    ]
    for row in results["bands"]:
        cells = [row["curve"], row["cryores 0.143"], row["cryores 0.5"]]
        text = [f"{c['rmse']:.2f} ({c['median']:+.2f}), {100 * c['within_sd']:.0f} %" for c in cells]
        lines.append(f"| {row['band'][0]}-{row['band'][1]} | {row['maps']} | {' | '.join(text)} |")
    lines += [
        "",
        f"{len(results['virus'])} maps of {VIRUS[0]}-{VIRUS[1]} Å: percentiles of the local resolution divided by the "
        "true global resolution, means over maps.",
        "",
        f"| | {' | '.join(f'{p} %' for p in PERCENTILES)} | maps whose best 5 % reach the global resolution |",
        "|---|" + "---|" * (len(PERCENTILES) + 1),
    ]
    for name in ("true 0.5", "true 0.143", "CryoRes 0.5", "CryoRes 0.143"):
        shares = np.array([row["percentiles"][name] for row in results["virus"]])
        shares /= np.array([row["global"] for row in results["virus"]])[:, None]
        cells = " | ".join(f"{value:.2f}" for value in shares.mean(axis=0))
        lines.append(f"| {name} | {cells} | {(shares[:, 0] <= 1).sum()} of {len(shares)} |")
    return "\n".join(lines) + "\n"


def main():
    """Fits, or judges."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder with structures/val and structures/test")
    parser.add_argument("--fit", action="store_true", help="make the curve from validation structures")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "local_cutoffs"), metavar="STEM")
    args = parser.parse_args()
    split = "val" if args.fit else "test"
    paths, seed = find_structures(os.path.join(args.data, "structures", split)), SEED[split]
    scenes = [measure(paths, seed, i, RANGES[i % len(RANGES)], not args.fit) for i in range(COUNT[split])]
    if args.fit:
        write_curve(scenes)
        return
    virus = [measure(paths, seed, 1000 + i, VIRUS, True)[0] for i in range(VIRUSES)]
    results = {"maps": [row for row, _ in scenes], "bands": judge(scenes), "virus": virus}
    reports.save(args.output, results, markdown(results))


if __name__ == "__main__":
    main()
