"""Atomic structures: reading, rotation, regions. Coordinates are in Å, (x, y, z) as in structure files."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import gemmi
import numpy as np

from deepreslib.errors import InputError
from deepreslib.files import PathLike
from deepreslib.fourier.arrays import Array, BoolArray, FloatArray, IntArray

NUCLEOTIDES = (gemmi.ResidueKind.RNA, gemmi.ResidueKind.DNA)


@dataclass(frozen=True)
class AtomicStructure:
    """The first model of a structure file: one row an atom, hydrogens, waters and atoms of occupancy 0 left out.

    Attributes:
        name: the file's name without its suffixes.
        positions: (n, 3) float64, Å, x y z.
        b_factors: (n,) float64, Å².
        chains: (n,) chain names.
        residues: (n,) sequence numbers.
        nucleic: (n,) bool, atoms of nucleotides.
        template: the gemmi structure that the rows come from.
    """

    name: str
    positions: FloatArray
    b_factors: FloatArray
    chains: Array
    residues: IntArray
    nucleic: BoolArray
    template: gemmi.Structure

    def __len__(self) -> int:
        return len(self.positions)

    def model(self, positions: FloatArray, b_factors: FloatArray, selected: BoolArray | None = None) -> gemmi.Model:
        """The structure as gemmi has it, with other positions and B factors.

        Args:
            positions: (n, 3) Å, x y z.
            b_factors: (n,) Å².
            selected: (n,) bool, the atoms to keep; None for all.

        Returns:
            The gemmi model.
        """
        flat = gemmi.FlatStructure(self.template)
        flat.pos[:] = positions
        flat.b_iso[:] = b_factors
        if selected is not None:
            flat.occ[~selected] = 0
            flat.leave_only("q > 0")
        structure = flat.generate_structure()
        return structure[0] if len(structure) else gemmi.Model(1)


def read_structure(path: PathLike) -> AtomicStructure:
    """Read the first model of a PDB or mmCIF file (.gz too).

    Args:
        path: the file.

    Returns:
        The structure, without hydrogens, waters and atoms of occupancy 0.

    Raises:
        InputError: there is no such file, it is no structure, or it holds no heavy atom.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise InputError(f"{path}: there is no such file; give the path of a PDB or mmCIF file.")
    try:
        structure = gemmi.read_structure(path)
    except (RuntimeError, ValueError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else "unreadable"
        raise InputError(f"{path}: not an atomic structure ({reason}); give a PDB or mmCIF file.") from error
    while len(structure) > 1:
        del structure[1]
    structure.remove_hydrogens()
    structure.remove_waters()
    flat = gemmi.FlatStructure(structure)
    flat.leave_only("q > 0")
    structure = flat.generate_structure()
    if not len(structure) or structure[0].count_atom_sites() == 0:
        raise InputError(f"{path}: no heavy atom in its first model; give a structure with coordinates.")
    sites = [
        (chain.name, residue.seqid.num, residue.name) for chain in structure[0] for residue in chain for _ in residue
    ]
    nucleic = {name: gemmi.find_tabulated_residue(name).kind in NUCLEOTIDES for name in {site[2] for site in sites}}
    return AtomicStructure(
        name=os.path.basename(path).split(".")[0],
        positions=np.array(flat.pos),
        b_factors=np.array(flat.b_iso),
        chains=np.array([site[0] for site in sites]),
        residues=np.array([site[1] for site in sites]),
        nucleic=np.array([nucleic[site[2]] for site in sites]),
        template=structure,
    )


def random_rotation(rng: np.random.Generator) -> FloatArray:
    """A rotation matrix drawn uniformly (QR of a Gaussian matrix, signs fixed).

    Args:
        rng: the random generator.

    Returns:
        float64 (3, 3).
    """
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    q *= np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else -q


def region_labels(structure: AtomicStructure, regions: Sequence[str]) -> IntArray:
    """The region number of each atom.

    Args:
        structure: the structure.
        regions: selections, each ``CHAIN`` or ``CHAIN:FIRST-LAST`` (sequence numbers), comma-separated for
            several; an atom belongs to the first that names it.

    Returns:
        (n,) int array, -1 for atoms that no selection names.

    Raises:
        InputError: a selection is malformed or selects no atom.
    """
    labels = np.full(len(structure), -1)
    for number, region in enumerate(regions):
        selected = np.zeros(len(structure), bool)
        for part in region.split(","):
            chain, _, span = part.strip().partition(":")
            match = structure.chains == chain
            if span:
                first, separator, last = span.partition("-")
                if not (separator and first.isdigit() and last.isdigit()):
                    raise InputError(f"{region}: not a region; write CHAIN or CHAIN:FIRST-LAST, e.g. A:1-120.")
                match &= (structure.residues >= int(first)) & (structure.residues <= int(last))
            selected |= match
        if not selected.any():
            names = ", ".join(dict.fromkeys(structure.chains.tolist()))
            raise InputError(f"{region}: selects no atom of {structure.name}; its chains are {names}.")
        labels[selected & (labels < 0)] = number
    return labels
