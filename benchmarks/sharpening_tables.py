"""The tables of ``sharpening_accuracy.py``."""

from collections import Counter

import numpy as np
from sharpening_windows import b_factors_table, profiles_table

AUTOMATIC, BEST, FITTED, BEFORE = "automatic", "best B factor", "fitted to the model", "unsharpened"
RESOLUTIONS = ((0, 3.5), (3.5, 4.5), (4.5, 9))
"""Å; maps are also judged in these groups."""


def markdown(results):
    """Lines of all tables."""
    lines = ["# Local sharpening of simulated maps", ""]
    lines += maps_table(results.get("maps", []))
    lines += b_factors_table(results.get("b-factors", []))
    lines += profiles_table(results.get("profiles", {}))
    lines += models_table(results.get("models", []))
    lines += checks_table(results.get("checks", []))
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
    lines[-1] += " residues | FSC 0.5 (Å) |"
    lines.append("|---" * 7 + "|")
    for name in names:
        each = [row["methods"][name] for row in rows]
        cells = [name, f"{np.mean([found['rscc'] for found in each]):.4f}"]
        for over in (BEFORE, AUTOMATIC, BEST):
            gain = _gains(rows, name, over)
            cells.append(f"{gain.mean():+.4f} ({gain.min():+.3f})")
        cells += [f"{np.mean([found['residues'] for found in each]):.4f}"]
        cells += [f"{np.mean([found['fsc'] for found in each]):.2f}"]
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


def checks_table(rows):
    """Lines about what DeepRes and the sharpening check say."""
    if not rows:
        return []
    lines = [f"DeepRes' median and the answers of ``sharpness --check``, {len(rows)} maps:", ""]
    lines += ["| map | DeepRes - resolution, mean (Å) | answers |", "|---|---|---|"]
    for name in rows[0]["maps"]:
        each = [row["maps"][name] for row in rows]
        off = np.mean([median - row["resolution"] for (median, _), row in zip(each, rows, strict=True)])
        answers = Counter(answer for _, answer in each).most_common()
        lines.append(f"| {name} | {off:+.2f} | {', '.join(f'{answer} {count}' for answer, count in answers)} |")
    return [*lines, ""]
