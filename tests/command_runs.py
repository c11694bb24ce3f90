"""Every command with small inputs, for tests that stop it at any moment or take its disk away."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import gemmi
import mrcfile
import numpy as np

from deepreslib import demo
from deepreslib.errors import InputError
from deepreslib.files import check_set, sha256
from deepreslib.fourier.filters import apply_b_factor
from deepreslib.maps import DensityMap, read_map, write_map

METHODS = ("cryores", "deepres", "localfsc", "monores", "resmap")
BINNED = 2


@dataclass(frozen=True)
class Command:
    """A command, of which one file or folder takes all outputs.

    Attributes:
        arguments: with the names of ``make_inputs``; the output, below ``out``, comes last.
        older: further arguments of a run that gives other outputs under the same names.
        report: the report's path below ``out``; None if there is none.
    """

    arguments: str
    older: str
    report: str | None


OTHER_MASK = "--mask other_mask.mrc"
COMMANDS = {
    **{
        f"estimate {method}": Command(
            f"estimate map.mrc --method {method} --mask mask.mrc -o out/res.mrc", OTHER_MASK, "res.json"
        )
        for method in METHODS
        if method != "localfsc"
    },
    "estimate localfsc": Command(
        "estimate --half1 half1.mrc --half2 half2.mrc --method localfsc --mask mask.mrc -o out/res.mrc",
        OTHER_MASK,
        "res.json",
    ),
    "classify": Command("classify map.mrc --mask mask.mrc --claimed 5 -o out", OTHER_MASK, "classify.json"),
    "compare": Command("compare one.mrc two.mrc -o out", OTHER_MASK, "compare.json"),
    "annotate": Command("annotate model.pdb one.mrc -o out/model.cif", OTHER_MASK, "model.json"),
    "sharpness": Command(
        "sharpness --half1 half1.mrc --half2 half2.mrc --mask mask.mrc --range low --b-factors=0,-100 -o out",
        OTHER_MASK,
        "sharpness.json",
    ),
    "enhance": Command(
        "enhance map.mrc --method global --mask mask.mrc --resolution 6 -o out/sharp.mrc", OTHER_MASK, "sharp.json"
    ),
    "mask": Command("mask map.mrc -o out/found.mrc", "--origin=1,2,3", None),
    "pictures": Command("pictures one.mrc --map map.mrc -o out", "--range 2,9", "pictures.json"),
    "simulate": Command("simulate model.pdb --resolution 5 --noise 0.1 -o out/sim.mrc", "--seed 2", "sim.json"),
    "simulate half maps": Command(
        "simulate model.pdb --resolution 5 --half-maps --voxel-size 2 -o out/sim.mrc", "--seed 2", "sim.json"
    ),
}


def make_inputs(folder):
    """Writes the inputs: the demonstration's map binned, half maps, masks, resolution maps, a structure."""
    rng = np.random.default_rng(0)
    whole = read_map(demo.MAP)
    block = (slice(0, 88), slice(0, 88), slice(0, 88))
    binned = whole.data[block].reshape(44, BINNED, 44, BINNED, 44, BINNED).mean((1, 3, 5))
    mask = read_map(demo.MASK).data[block][::BINNED, ::BINNED, ::BINNED] > 0.5
    noise = 0.1 * float(binned[mask].std())
    blurred = apply_b_factor(binned, 2.0, 50)
    halves = [blurred + noise * rng.standard_normal(mask.shape) for _ in range(2)]
    other = mask.copy()
    other[22:] = False
    one = np.where(mask, 4 + np.indices(mask.shape)[0] / 22, 0)
    arrays = {
        "map": binned + noise * rng.standard_normal(mask.shape),
        "half1": halves[0],
        "half2": halves[1],
        "mask": mask,
        "other_mask": other,
        "one": one,
        "two": np.where(mask, one + 0.3 * np.sin(np.indices(mask.shape)[2]), 0),
    }
    for name, array in arrays.items():
        write_map(Path(folder) / f"{name}.mrc", DensityMap(np.asarray(array, np.float32), (2.0,) * 3))
    _write_model(Path(folder) / "model.pdb", mask, rng)


def _write_model(path, mask, rng):
    """Carbon atoms at random voxels of the mask."""
    structure, model, chain = gemmi.Structure(), gemmi.Model(1), gemmi.Chain("A")
    for number, (z, y, x) in enumerate(rng.permutation(np.argwhere(mask))[:200], 1):
        residue, atom = gemmi.Residue(), gemmi.Atom()
        residue.name, residue.seqid = "ALA", gemmi.SeqId(str(number))
        atom.name, atom.element, atom.pos = "CA", gemmi.Element("C"), gemmi.Position(2.0 * x, 2.0 * y, 2.0 * z)
        atom.b_iso = 20
        residue.add_atom(atom)
        chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.write_pdb(str(path))


def words(command, older=False):
    """The arguments, or those of a run that gives other outputs under the same names."""
    return [*command.arguments.split(), *(command.older.split() if older else [])]


def start(command, folder, older=False):
    """Starts the command in the folder of its inputs, as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, "-m", "deepreslib", *words(command, older)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process, seconds=300):
    """Waits for the process; gives its exit code and what it wrote to standard error."""
    _, error = process.communicate(timeout=seconds)
    return process.returncode, error


def is_before_ours(error):
    """Whether Ctrl-C came while Python started, up to the first line of ``run``: only Python can show a traceback."""
    return error.strip().endswith("KeyboardInterrupt") and ", in run\n" not in error


def fresh(folder, reference=None):
    """The folder ``out`` as in the reference, or empty."""
    out = Path(folder) / "out"
    shutil.rmtree(out, ignore_errors=True)
    if reference:
        shutil.copytree(reference, out)
    else:
        out.mkdir()
    return out


def contents(folder):
    """What the files hold: name → check sum, and of JSON the content but for times and the others' check sums."""
    found = {}
    for path in Path(folder).rglob("*"):
        if path.is_file() and not path.name.startswith(".deepres-"):
            found[path.relative_to(folder).as_posix()] = _json(path) if path.suffix == ".json" else sha256(path)
    return found


def _json(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    return {name: value for name, value in content.items() if name not in ("seconds", "files")}


def temporary_files(folder):
    """The temporary files that lie in a folder and those in it."""
    return sorted(path.name for path in Path(folder).rglob(".deepres-*"))


def is_noticed(folder, report):
    """Whether the report tells that its files are a mixture."""
    try:
        check_set(Path(folder) / report)
    except InputError:
        return True
    return False


def is_whole(path):
    """Whether a file can be read to its end as what its name says."""
    if path.suffix == ".mrc":
        return mrcfile.validate(path, print_file=open(os.devnull, "w"))
    if path.suffix == ".png":
        return path.read_bytes().endswith(b"IEND\xaeB`\x82")
    return path.read_bytes().endswith(b"\n")
