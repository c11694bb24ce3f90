"""How close DeepRes comes to the truth, on simulated maps of structures it has never seen.

    python benchmarks/deepres_accuracy.py --structures STRUCTURES/test [--parts resolution ...] [--published DIR]

Every map is a cube cut out of a structure at a random place and orientation, simulated at the network's voxel size;
the voxels judged are those of the molecular mask in a ball around the cube's centre, so that no window sees the cut.
Writes a table (Markdown) and all figures (JSON) to benchmarks/results.
"""

import argparse
import itertools
import os
import time

import numpy as np
import reports
from scipy import ndimage

from deepreslib import simulation, structures
from deepreslib.estimation import deepres as estimation
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap
from deepreslib.networks import store
from deepreslib.networks.ranges import RANGES
from deepreslib.training.structures import find_structures

SIZE, BALL = 96, 22
NOISES = (0.0, 0.25, 0.5)
PUBLISHED_SHARE = 0.005
"""The share of the judged voxels at which the published network is asked: it takes 40 ms for each."""

STEPS = {"low": (2.5, 3, 3.5, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13), "high": (1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6)}


class Bench:
    """The networks judged, the structures and the random numbers.

    ``structures`` are ``most`` of them, evenly spaced in the list; ``everything`` is all of them, for the parts that
    choose few themselves.
    """

    def __init__(self, paths, published, most=None, seed=2019):
        self.everything = [structures.read_structure(path) for path in paths]
        chosen = np.linspace(0, len(paths) - 1, most or len(paths)).astype(int)
        self.structures = [self.everything[number] for number in chosen]
        self.published = published
        self.seed = seed

    def rng(self, *numbers):
        """A random generator that depends on the seed and these numbers alone."""
        return np.random.default_rng([self.seed, *numbers])

    def networks(self, range_name):
        """Name → path of the networks of a range; None is the shipped one."""
        path = self.published and os.path.join(self.published, range_name)
        return {"compact": None} | ({"published": path} if path and os.path.isdir(path) else {})


class Cut:
    """A cube of a structure: unfiltered density, mask, and the voxels judged."""

    def __init__(self, structure, range_name, rng):
        self.range_name = range_name
        self.voxel_size = RANGES[range_name].voxel_size
        self.shape = (SIZE,) * 3
        self.structure = structure
        self.positions, self.inside = simulation.cut_out(structure, SIZE, self.voxel_size, rng)
        self.density = simulation.density(structure, self.positions, self.shape, self.voxel_size, selected=self.inside)
        self.mask = simulation.molecular_mask(self.positions[self.inside], self.shape, self.voxel_size)
        distance = np.linalg.norm(np.indices(self.shape) - SIZE // 2, axis=0)
        self.judged = self.mask & (distance <= BALL)

    def estimate(self, data, judged=None, network_path=None):
        """(resolution, deviation) of the judged voxels, Å."""
        judged = self.judged if judged is None else judged
        density_map = DensityMap(np.ascontiguousarray(data, np.float32), (self.voxel_size,) * 3)
        result = estimation.estimate(density_map, judged, range_name=self.range_name, network_path=network_path)
        deviation = None if result.deviation is None else result.deviation[judged]
        return result.resolution[judged], deviation

    def filtered(self, resolution):
        """The density low-pass filtered at a resolution (Å)."""
        return filters.low_pass(self.density, self.voxel_size, resolution)


def rms(values):
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(np.concatenate(values)))))


def centre(values):
    """Median and SD of arrays taken together; NaN where there are none."""
    values = np.concatenate(values) if values else np.array([np.nan])
    return {"median": float(np.median(values)), "sd": float(values.std())}


def resolution_by_resolution(bench, range_name):
    """RMSE, bias, SD and calibration at each resolution and noise, for each network."""
    errors = {}
    for number, structure in enumerate(bench.structures):
        cut = Cut(structure, range_name, bench.rng(1, number))
        for step, resolution in enumerate(STEPS[range_name]):
            clean = cut.filtered(resolution)
            for noise in NOISES:
                if noise and (number + step) % 3:
                    continue
                rng = bench.rng(2, number, step, int(100 * noise))
                data = simulation.add_noise(clean, cut.mask, noise, rng) if noise else clean
                for name, path in bench.networks(range_name).items():
                    few = cut.judged & (rng.random(cut.shape) < PUBLISHED_SHARE) if path else cut.judged
                    values, deviation = cut.estimate(data, few, path)
                    within = None if deviation is None else float(np.mean(np.abs(values - resolution) < deviation))
                    errors.setdefault((name, noise, resolution), []).append((values - resolution, within))
    return [
        {
            "range": range_name,
            "network": name,
            "noise": noise,
            "resolution": resolution,
            "rmse": rms([error for error, _ in maps]),
            "bias": float(np.median(np.concatenate([error for error, _ in maps]))),
            "sd": float(np.concatenate([error for error, _ in maps]).std()),
            "within_sd": None if maps[0][1] is None else float(np.mean([within for _, within in maps])),
            "maps": len(maps),
        }
        for (name, noise, resolution), maps in sorted(errors.items())
    ]


def regions(bench, count=16, resolutions=(3.0, 5.0, 7.0, 9.0), size=128):
    """Four quarters of a molecule, noise 0.25 SD: median and SD more than half a window from the other quarters.

    Of all structures those with most atoms are taken that fit the box.
    """
    values = {resolution: [] for resolution in resolutions}
    shape = (size,) * 3
    fitting = [s for s in bench.everything if np.ptp(s.positions, axis=0).max() < size / 2**0.5 - 10]
    for number, structure in enumerate(sorted(fitting, key=len)[-count:]):
        turn = structures.random_rotation(bench.rng(3, number))
        positions = simulation.placed(structure, shape, 1.0, turn)
        x, y, _ = (positions - np.median(positions, axis=0)).T
        labels = 2 * (x > 0) + (y > 0)
        data, truth, mask = simulation.regional_map(structure, positions, shape, 1.0, labels, resolutions)
        data = simulation.add_noise(data, mask, 0.25, bench.rng(4, number))
        inner = {r: (truth == r) & (_away(mask & (truth != r)) > RANGES["low"].window / 2) for r in resolutions}
        judged = np.any(list(inner.values()), axis=0)
        result = estimation.estimate(DensityMap(data, (1.0,) * 3), judged, range_name="low")
        for resolution, voxels in inner.items():
            values[resolution].append(result.resolution[voxels])
    return [{"resolution": resolution, **centre(arrays)} for resolution, arrays in values.items()]


def _away(other):
    """Distance in voxels to the nearest voxel of another region."""
    return ndimage.distance_transform_edt(~other)


def rna(bench):
    """RNA at 2 and 4 Å, 0.5 Å/px, noise 0.25 SD: median and SD."""
    chosen = [s for s in bench.everything if s.nucleic.all()]
    rows = []
    for resolution in (2.0, 4.0):
        values = []
        for number, structure in enumerate(chosen):
            cut = Cut(structure, "high", bench.rng(5, number))
            data = simulation.add_noise(cut.filtered(resolution), cut.mask, 0.25, bench.rng(6, number))
            values.append(cut.estimate(data)[0])
        rows.append({"resolution": resolution, **centre(values)})
    return rows


def protein_dna(bench):
    """Protein-DNA complexes at 4 Å, 1 Å/px, noise 0.25 SD: median and SD in the DNA and in the protein."""
    values = {"DNA": [], "protein": []}
    mixed = [s for s in bench.everything if 0.05 < s.nucleic.mean() < 0.95]
    for number, structure in enumerate(mixed):
        cut = Cut(structure, "low", bench.rng(7, number))
        data = simulation.add_noise(cut.filtered(4.0), cut.mask, 0.25, bench.rng(8, number))
        atoms = np.flatnonzero(cut.inside)
        nearest = atoms[simulation.nearest_atom(cut.positions[atoms], cut.judged, cut.voxel_size)]
        resolutions = cut.estimate(data)[0]
        values["DNA"].append(resolutions[structure.nucleic[nearest]])
        values["protein"].append(resolutions[~structure.nucleic[nearest]])
    return [{"part": part, **centre(arrays)} for part, arrays in values.items()]


def phases(bench):
    """Maps at 2 Å, 0.5 Å/px, phases randomised beyond 4 Å: median, before and after."""
    before, after = [], []
    for number, structure in enumerate(bench.structures):
        cut = Cut(structure, "high", bench.rng(9, number))
        data = cut.filtered(2.0)
        before.append(cut.estimate(data)[0])
        after.append(cut.estimate(filters.randomise_phases(data, 0.5, 4.0, bench.rng(10, number)))[0])
    return {"before": float(np.median(np.concatenate(before))), "after": float(np.median(np.concatenate(after)))}


def sharpening(bench, factors=(0, -30, -60, -100)):
    """Maps at 3.5 Å blurred by B +80 Å², then sharpened: median for each B factor, and whether it falls strictly."""
    rows = []
    for number, structure in enumerate(bench.structures):
        cut = Cut(structure, "low", bench.rng(11, number))
        clean = cut.filtered(3.5)
        medians = [float(np.median(cut.estimate(filters.apply_b_factor(clean, 1.0, 80 + b))[0])) for b in factors]
        falls = all(b < a for a, b in itertools.pairwise(medians))
        rows.append({"structure": structure.name, "medians": medians, "falls": falls})
    medians = np.mean([row["medians"] for row in rows], axis=0).tolist()
    return {"factors": factors, "medians": medians, "falls": sum(r["falls"] for r in rows), "structures": rows}


def rotation(bench, resolution=5.0):
    """The same map simulated twice, turned by 90° about z and by an arbitrary rotation: mean |difference| at atoms."""
    differences = []
    for number, structure in enumerate(bench.structures):
        if len(structure) > 6000:
            continue
        rng = bench.rng(12, number)
        size = simulation.box_size(structure, 1.0, padding=10.0)
        at_atoms = []
        for turn in (np.eye(3), structures.random_rotation(rng)):
            positions = simulation.placed(structure, (size,) * 3, 1.0, turn)
            data = filters.low_pass(simulation.density(structure, positions, (size,) * 3, 1.0), 1.0, resolution)
            judged = simulation.molecular_mask(positions, (size,) * 3, 1.0, 2.0)
            result = estimation.estimate(DensityMap(data, (1.0,) * 3), judged, range_name="low")
            at_atoms.append(ndimage.map_coordinates(result.resolution, positions[:, ::-1].T, order=1))
        differences.append(np.abs(at_atoms[0] - at_atoms[1]))
    return {"mean_difference": float(np.mean(np.concatenate(differences))), "structures": len(differences)}


PARTS = {
    "resolution": lambda bench: [row for name in RANGES for row in resolution_by_resolution(bench, name)],
    "regions": regions,
    "rna": rna,
    "protein_dna": protein_dna,
    "phases": phases,
    "sharpening": sharpening,
    "rotation": rotation,
}


def span(rows, name, network, noise, low, high):
    """RMSE over the rows of a range, network and noise with low ≤ resolution ≤ high."""
    chosen = [
        r["rmse"]
        for r in rows
        if (r["range"], r["network"], r["noise"]) == (name, network, noise) and low <= r["resolution"] <= high
    ]
    return float(np.sqrt(np.mean(np.square(chosen)))) if chosen else float("nan")


def shares_within(rows):
    """Share of voxels within the predicted deviation at each resolution, as text; maps of all noises count alike."""
    parts = {}
    for row in rows:
        if row["within_sd"] is not None:
            parts.setdefault((row["range"], row["resolution"]), []).append((row["within_sd"], row["maps"]))
    shares = {
        key: np.average([share for share, _ in part], weights=[maps for _, maps in part]) for key, part in parts.items()
    }
    return ", ".join(f"{name} {resolution:g} Å {100 * share:.0f} %" for (name, resolution), share in shares.items())


def markdown(results):
    """The table of the results as Markdown text."""
    lines = ["# DeepRes on the test split", "", f"{results['structures']} structures, seed {results['seed']}.", ""]
    rows = results.get("resolution")
    if rows:
        lines += [
            "| network | noise | maps | RMSE 2.5–13 Å | 2.5–9 Å | 9–13 Å | 1.5–6 Å |",
            "|---|---|---|---|---|---|---|",
        ]
        for network in dict.fromkeys(row["network"] for row in rows):
            for noise in NOISES:
                cells = [span(rows, "low", network, noise, *limits) for limits in ((2.5, 13), (2.5, 9), (9, 13))]
                cells.append(span(rows, "high", network, noise, 1.5, 6))
                shown = ["–" if np.isnan(cell) else f"{cell:.3f}" for cell in cells]
                maps = sum(row["maps"] for row in rows if (row["network"], row["noise"]) == (network, noise))
                lines.append(f"| {network} | {noise} | {maps} | " + " | ".join(shown) + " |")
        lines += ["", f"Within the predicted SD, all noises together: {shares_within(rows)}."]
        lines += [
            "",
            "| range | network | resolution | noise | median error | SD | RMSE | within predicted SD |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for r in rows:
            within = "" if r["within_sd"] is None else f"{100 * r['within_sd']:.0f} %"
            lines.append(
                f"| {r['range']} | {r['network']} | {r['resolution']:g} | {r['noise']:g} | {r['bias']:+.3f} | "
                f"{r['sd']:.3f} | {r['rmse']:.3f} | {within} |"
            )
    for part, title in (
        ("regions", "regions of one map, noise 0.25"),
        ("rna", "RNA, 0.5 Å/px, noise 0.25"),
        ("protein_dna", "protein-DNA complexes at 4 Å, noise 0.25"),
    ):
        if part in results:
            lines += ["", f"| {title} | median | SD |", "|---|---|---|"]
            lines += [
                f"| {r.get('resolution', r.get('part'))} | {r['median']:.2f} | {r['sd']:.2f} |" for r in results[part]
            ]
    if "phases" in results:
        lines += [
            "",
            "Phases randomised beyond 4 Å in maps at 2 Å: median {before:.2f} → {after:.2f} Å.".format(
                **results["phases"]
            ),
        ]
    if "sharpening" in results:
        figures = results["sharpening"]
        pairs = ", ".join(f"{b}: {m:.2f}" for b, m in zip(figures["factors"], figures["medians"], strict=True))
        lines += [
            "",
            f"Sharpening B (Å²) of maps at 3.5 Å with B +80, mean of medians (Å): {pairs}; "
            f"falls strictly for {figures['falls']} of {len(figures['structures'])} structures.",
        ]
    if "rotation" in results:
        lines += ["", "Arbitrary rotation: mean |difference| {mean_difference:.3f} Å.".format(**results["rotation"])]
    return "\n".join(lines) + "\n"


def main():
    """Runs the parts asked for and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--structures", required=True, help="folder of structures never trained on")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--published", metavar="DIR", help="folder with model folders 'low', 'high' of the paper's net")
    parser.add_argument(
        "--most", type=int, help="use so many structures, evenly spaced in the list; regions, RNA, DNA: of all"
    )
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "deepres_accuracy"), metavar="STEM")
    args = parser.parse_args()
    paths = find_structures(args.structures)
    bench = Bench(paths, args.published, args.most)
    shas = {name: store.read_card(store.shipped_folder("deepres", name))["sha256"] for name in RANGES}
    results = {"structures": len(bench.structures), "seed": bench.seed, "weights": shas, "seconds": {}}
    for part in args.parts:
        started = time.monotonic()
        results[part] = PARTS[part](bench)
        results["seconds"][part] = round(time.monotonic() - started, 1)
        print(f"{part}: {results['seconds'][part]:.0f} s", flush=True)
    reports.save(args.output, results, markdown(results))


if __name__ == "__main__":
    main()
