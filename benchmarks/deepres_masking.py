"""Should DeepRes see the map multiplied by its mask? Xmipp multiplies it by the mask dilated by one voxel.

    python benchmarks/deepres_masking.py --structures STRUCTURES/val

Maps with solvent noise are estimated as they are, and multiplied by the dilated mask. The RMSE of both is printed, over
the mask and over its outermost 3 voxels.
"""

import argparse

import numpy as np
from deepres_accuracy import Bench, Cut
from scipy import ndimage

from deepreslib import simulation
from deepreslib.maps import masks
from deepreslib.training.structures import find_structures


def main():
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--structures", required=True)
    parser.add_argument("--most", type=int, default=8)
    args = parser.parse_args()
    bench = Bench(find_structures(args.structures)[: args.most], None)
    print("| range | noise | RMSE as is | multiplied | edge as is | multiplied |\n|---|---|---|---|---|---|")
    for range_name, resolutions in (("low", (3.0, 5.0, 8.0)), ("high", (2.0, 3.0, 4.5))):
        for noise in (0.0, 0.25, 0.5):
            errors = {True: [], False: []}
            edges = []
            for number in range(len(bench.structures)):
                rng = bench.rng(number, int(100 * noise))
                cut = Cut(bench.structures[number], range_name, rng)
                outer = ndimage.distance_transform_edt(cut.mask)[cut.judged] <= 3
                for resolution in resolutions:
                    data = simulation.add_noise(cut.filtered(resolution), cut.mask, noise, rng)
                    edges.append(outer)
                    for multiplied in errors:
                        density = data * masks.dilate(cut.mask, 1) if multiplied else data
                        errors[multiplied].append(cut.estimate(density)[0] - resolution)
            edge = np.concatenate(edges)
            pooled = {multiplied: np.concatenate(arrays) for multiplied, arrays in errors.items()}
            cells = [
                np.sqrt(np.mean(np.square(pooled[multiplied][where])))
                for where in (slice(None), edge)
                for multiplied in (False, True)
            ]
            print(f"| {range_name} | {noise} | " + " | ".join(f"{c:.3f}" for c in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
