"""The tables of ``sharpening_accuracy.py``."""

import numpy as np

from deepreslib.enhancement.profiles import FREQUENCY

AUTOMATIC, BEST, FITTED, BEFORE = "automatic", "best B factor", "fitted to the model", "unsharpened"
RESOLUTIONS = ((0, 3.5), (3.5, 4.5), (4.5, 9))
"""Å; maps are also judged in these groups."""


def profile_figures(errors):
    """RMS of all points, and bias and RMS by shell, of log profiles; ``errors`` has (windows, 13) of each map."""
    every = np.concatenate(errors).astype(float)
    return {
        "windows": len(every),
        "rms": round(float(np.sqrt(np.square(every).mean())), 4),
        "bias": [round(float(value), 3) for value in every.mean(axis=0)],
        "rms_by_shell": [round(float(value), 3) for value in np.sqrt(np.square(every).mean(axis=0))],
    }


def markdown(results):
    """Lines of all tables."""
    lines = ["# Local sharpening of simulated maps", ""]
    lines += maps_table(results.get("maps", []))
    lines += profiles_table(results.get("profiles", {}))
    lines += models_table(results.get("models", []))
    return lines


def _gains(rows, name, over):
    return np.array([row["methods"][name]["rscc"] - row["methods"][over]["rscc"] for row in rows])


def maps_table(rows):
    """Lines about the maps."""
    if not rows:
        return []
    names = list(rows[0]["methods"])
    lines = [
        f"{len(rows)} maps of {len({row['structure'] for row in rows})} structures, with and without 60 Å² more.",
        "",
    ]
    lines += ["| method | RSCC | over unsharpened (least) | over automatic (least) | over best B (least) |"]
    lines[-1] += " residues | FSC 0.5 (Å) | rank of B with local FSC |"
    lines.append("|---" * 8 + "|")
    for name in names:
        each = [row["methods"][name] for row in rows]
        cells = [name, f"{np.mean([found['rscc'] for found in each]):.4f}"]
        for over in (BEFORE, AUTOMATIC, BEST):
            gain = _gains(rows, name, over)
            cells.append(f"{gain.mean():+.4f} ({gain.min():+.3f})")
        cells += [f"{np.mean([found['residues'] for found in each]):.4f}"]
        cells += [f"{np.mean([found['fsc'] for found in each]):.2f}"]
        ranks = [found["rank"] for found in each if "rank" in found]
        cells.append(f"{np.nanmean(ranks):.2f}" if ranks else "–")
        lines.append(f"| {' | '.join(cells)} |")
    fitted = _gains(rows, FITTED, BEFORE).mean()
    shares = [f"{name} {100 * _gains(rows, name, BEFORE).mean() / fitted:.1f} %" for name in names[1:]]
    lines += ["", f"Gains over unsharpened as a share of those of fitted gains: {', '.join(shares)}.", ""]
    lines += ["RSCC by resolution:", "", f"| Å | maps | {' | '.join(names)} |", "|---" * (2 + len(names)) + "|"]
    for low, high in RESOLUTIONS:
        here = [row for row in rows if low <= row["resolution"] < high]
        if here:
            means = [f"{np.mean([row['methods'][name]['rscc'] for row in here]):.4f}" for name in names]
            lines.append(f"| {low:g}–{high:g} | {len(here)} | {' | '.join(means)} |")
    return [*lines, ""]


def profiles_table(figures):
    """Lines about profiles."""
    if not figures:
        return []
    heads = " | ".join("mean" if not f else f"{1 / f:.1f} Å" for f in FREQUENCY)
    lines = ["Errors of log profiles (predicted - the model's, B shifted), windows in the mask:", ""]
    lines += [f"| network | windows | RMS | | {heads} |", "|---" * 17 + "|"]
    for name, found in figures.items():
        for what, values in (("bias", found["bias"]), ("RMS", found["rms_by_shell"])):
            cells = " | ".join(f"{value:.2f}" for value in values)
            lines.append(f"| {name} | {found['windows']} | {found['rms']:.3f} | {what} | {cells} |")
    return [*lines, ""]


def models_table(rows):
    """Lines about models without a third of their chains."""
    if not rows:
        return []
    lines = [f"A third of the chains left out of the model, {len(rows)} maps: RSCC", ""]
    names = list(rows[0]["modelled"])
    lines += [f"| where | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|"]
    for where in ("modelled", "left out"):
        means = [f"{np.mean([row[where][name] for row in rows]):.4f}" for name in names]
        lines.append(f"| {where} | {' | '.join(means)} |")
    return [*lines, ""]
