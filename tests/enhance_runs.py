"""Runs of ``deepres enhance`` on small files: half maps of a ball of carbon atoms, a structure that lies in it, a mask,
and a method that is known, in place of those that take long."""

import json
from pathlib import Path

import gemmi
import numpy as np
import small_maps

from deepreslib.commands import main
from deepreslib.maps import DensityMap, write_map

ORIGIN = (-40.0, 10.0, 25.0)
"""Å (z, y, x)."""

EDGE, RADIUS = 48, 11.0
"""Voxels."""

PLAIN = '''
"""Twice the map within a soft mask, to show how little a method takes."""
import numpy as np
from deepreslib.commands.enhancers import Enhancer, add_mask_arguments
from deepreslib.errors import InputError

def add_arguments(options):
    add_mask_arguments(options)
    options.add_argument("--times", type=float, help="(default: 2)")

def check(args):
    if args.times == 0:
        raise InputError("--times 0 leaves nothing; give another.")

def enhance(args, inputs):
    from deepreslib.enhancement.enhanced import Enhanced
    from deepreslib.enhancement.noise import SOFT_EDGE
    from deepreslib.maps import soft_edge
    soft = soft_edge(inputs.mask, SOFT_EDGE / inputs.density_map.voxel_size[0])
    weight = (args.times or 2.0) * np.where(inputs.keep_outside, 1, soft)
    halves = inputs.half_maps and tuple(np.float32(weight * half.data) for half in inputs.half_maps)
    report = {"times": args.times or 2.0, "model": {"name": "plain", "path": "", "sha256": "0"}}
    data = np.float32(weight * inputs.density_map.data)
    factors = np.where(inputs.mask, np.float32(-50), np.float32(0))
    words = f"structure {inputs.structure and len(inputs.structure)}"
    warnings = ("it is only a test.",)
    return Enhanced(data, halves, factors, inputs.mask, inputs.resolution, report, warnings, {"gains": 0.5}), words

ENHANCER = Enhancer("Plain, for tests", enhance, add_arguments, check, ("_bfactor",), "it is twice the map")
'''


def write_inputs(folder):
    """Writes ``map.mrc``, ``half1.mrc``, ``half2.mrc``, ``mask.mrc`` and ``model.pdb``, the atoms of the ball."""
    density = small_maps.atoms(EDGE, RADIUS)
    halves = [density + 0.6 * small_maps.reconstruction_noise(density.shape, seed) for seed in (1, 2)]
    inside = np.linalg.norm(np.indices(density.shape) - (EDGE - 1) / 2, axis=0) < RADIUS + 1
    grid = DensityMap(density, (small_maps.VOXEL,) * 3, ORIGIN)
    data = {"half1": halves[0], "half2": halves[1], "map": np.mean(halves, axis=0), "mask": inside}
    for name, values in data.items():
        write_map(Path(folder) / f"{name}.mrc", grid.like(values))
    places = np.argwhere(inside)[::3]
    write_structure(Path(folder) / "model.pdb", places * small_maps.VOXEL + np.array(ORIGIN))


def write_structure(path, positions):
    """Carbon atoms at positions (n, 3), Å, z y x."""
    structure, model, chain = gemmi.Structure(), gemmi.Model(1), gemmi.Chain("A")
    for number, (z, y, x) in enumerate(positions.tolist(), 1):
        residue, atom = gemmi.Residue(), gemmi.Atom()
        residue.name, residue.seqid = "ALA", gemmi.SeqId(str(number))
        atom.name, atom.element, atom.pos = "CA", gemmi.Element("C"), gemmi.Position(x, y, z)
        atom.b_iso = 20
        residue.add_atom(atom)
        chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.write_pdb(str(path))


HALVES = ("--half1", "half1.mrc", "--half2", "half2.mrc")


def run(*options, method="plain"):
    """``deepres enhance`` in this folder, with the output ``out.mrc``."""
    chosen = ["--method", method] if method else []
    return main(["enhance", *chosen, "--threads", "1", "-o", "out.mrc", *map(str, options)])


def read_report():
    """The report beside ``out.mrc``."""
    return json.loads(Path("out.json").read_text(encoding="utf-8"))


def written():
    """Names of the files that were written."""
    return sorted(path.name for path in Path().iterdir() if path.name.startswith("out"))
