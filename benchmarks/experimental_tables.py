"""The tables of ``experimental.py`` as Markdown text."""

NONE = "–"


def markdown(results):
    """The results as Markdown text."""
    rows = results["maps"]
    judged = [row for row in rows if "refused" not in row]
    parts = [
        ["# CryoRes on experimental maps", "", f"{len(rows)} maps; weights {results['weights'][:12]}."],
        _answers(rows),
        _models(judged),
        _others(judged),
        *_disturbed(judged),
        _summary(results["summary"]),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _table(heads, rows):
    """The lines of a table."""
    return [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *(f"| {' | '.join(cells)} |" for cells in rows)]


def _number(value, form=".2f"):
    return NONE if value is None else format(value, form)


def _answers(rows):
    """What CryoRes says of each map."""
    heads = [
        "map",
        "surroundings",
        "deposited (Å)",
        "global (Å)",
        "status",
        "local 5, 25, 50, 75, 95 % (Å)",
        "local SD, median (Å)",
        "mask (% of the box)",
        "pieces",
    ]
    lines = []
    for row in rows:
        cells = [row["map"], row["kind"], row["deposited"] or NONE]
        if "refused" in row:
            lines.append([*cells, "refused", row["refused"], *[NONE] * 4])
            continue
        lines.append(
            [
                *cells,
                f"{row['global']:.2f} ± {row['deviation']:.2f}",
                row["status"] or NONE,
                ", ".join(f"{value:.2f}" for value in row["local"]),
                f"{row['local_deviation']:.2f}",
                f"{100 * row['mask_fraction']:.2g}",
                str(row["pieces"]),
            ]
        )
    return _table(heads, lines)


def _models(rows):
    """Against the models and the local resolution that came with beta-galactosidase."""
    heads = [
        "map",
        "IoU with 3 Å around the model",
        "of which were found (%)",
        "Spearman with B factors",
        "burial partialled out",
        "with burial",
    ]
    lines = [
        [
            row["map"],
            f"{row['model']['iou']:.2f}",
            f"{100 * row['model']['covered']:.0f}",
            *(_number(row["model"][key]) for key in ("b_factors", "b_factors_beside_burial", "burial")),
        ]
        for row in rows
        if "model" in row
    ]
    part = _table(heads, lines) if lines else []
    for row in (row for row in rows if "reference" in row):
        figures = row["reference"]
        part += [
            *[""] * bool(part),
            f"{row['map']}, no mask given: Spearman with the local resolution that came with it "
            f"{_number(figures['spearman'])} over {figures['voxels']} voxels of density in the mask found, medians "
            f"{figures['median']:.2f} and {figures['reference_median']:.2f} Å.",
        ]
    return part


def _others(rows):
    """The medians of DeepRes and MonoRes, and why they refuse."""
    names = {"deepres": "DeepRes", "deepres sharpened": "DeepRes, --sharpen auto", "monores": "MonoRes"}
    lines, reasons = [], []
    for row in rows:
        cells = [row["map"], row["deposited"] or NONE, f"{row['local'][2]:.2f}"]
        for name, shown in names.items():
            figures = row["others"].get(name)
            if figures is None:
                cells.append("")
            elif "refused" in figures:
                cells.append("refused")
                reasons.append(f"- {row['map']}, {shown}: {figures['refused']}")
            else:
                cells.append(f"{figures['local'][2]:.2f} [{figures['local'][0]:.2f}-{figures['local'][4]:.2f}]")
        lines.append(cells)
    heads = ["median [5-95 %] in CryoRes' mask (Å)", "deposited", "CryoRes", *names.values()]
    return [*_table(heads, lines), *[""] * bool(reasons), *reasons]


def _disturbed(rows):
    """Two tables: the change of the global value, and that of the local values."""
    columns = list(
        dict.fromkeys(
            (family, "" if family == "rotation" else name)
            for row in rows
            for family, figures in row["disturbed"].items()
            for name in figures
        )
    )
    if not columns:
        return []
    order = list(dict.fromkeys(family for family, _ in columns))
    columns.sort(key=lambda column: order.index(column[0]))
    heads = [
        " ".join(filter(None, ("worst rotation" if family == "rotation" else family, name))) for family, name in columns
    ]
    tables = []
    for title, key, cell in (
        ("change of the global value (Å)", "change", lambda figure: f"{figure['change']:+.2f}"),
        (
            "local values: RMS (median) change over the common mask (Å)",
            "rms",
            lambda figure: NONE if figure["rms"] is None else f"{figure['rms']:.2f} ({figure['median']:+.2f})",
        ),
    ):
        lines = []
        for row in rows:
            cells = [row["map"]]
            for family, name in columns:
                figures = row["disturbed"].get(family, {})
                chosen = [figure for other, figure in figures.items() if name in ("", other)]
                answered = [figure for figure in chosen if "refused" not in figure]
                if not chosen:
                    cells.append("")
                elif len(answered) < len(chosen):
                    cells.append("refused")
                else:
                    cells.append(cell(max(answered, key=lambda figure: abs(figure[key] or 0))))
            lines.append(cells)
        tables.append(_table([title, *heads], lines))
    return tables


def _summary(summary):
    """The errors over the maps of known resolution, and the greatest changes."""
    known = summary["known"]
    lines = []
    if known["maps"]:
        confident = ", ".join(known["beyond_2_sd_not_doubtful"]) or "none"
        lines += [
            f"Global resolution, {len(known['maps'])} maps of known resolution ({', '.join(known['maps'])}): mean "
            f"error {known['mean_error']:.2f} Å, median {known['median_error']:.2f} Å; within 1 SD "
            f"{100 * known['within_1_sd']:.0f} %, within 2 SD {100 * known['within_2_sd']:.0f} %; beyond 2 SD and not "
            f"said to be doubtful: {confident}. Coarse maps that are wrong and not said to be outside the range: "
            f"{', '.join(summary['coarse_and_confidently_wrong']) or 'none'}.",
            "",
        ]
    if summary["disturbed"]:
        heads = ["disturbance", "global: mean change (Å)", "greatest (Å)", "map", "local: mean RMS (Å)", "greatest (Å)"]
        lines += _table(
            heads,
            [
                [
                    family,
                    f"{figures['mean_change']:.2f}",
                    f"{figures['worst_change']:+.2f}",
                    figures["worst_map"],
                    _number(figures["mean_rms"]),
                    _number(figures["worst_rms"]),
                ]
                for family, figures in summary["disturbed"].items()
            ],
        )
    return lines
