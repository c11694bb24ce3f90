"""Atomic structures: reading, rotation, regions. Coordinates are in Å, (x, y, z) as in structure files."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import gemmi
import numpy as np

from deepreslib.errors import InputError
from deepreslib.files import PathLike
from deepreslib.fourier.arrays import Array, BoolArray, FloatArray, IntArray
from deepreslib.structures.mmcif import is_mmcif, read_mmcif
from deepreslib.structures.pdb import read_pdb
from deepreslib.structures.text import read_text

NUCLEOTIDES = (gemmi.ResidueKind.RNA, gemmi.ResidueKind.DNA)

_LONGEST = 7
"""Bytes of a name; ``gemmi.FlatStructure`` takes no more."""


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


def parse(path: PathLike) -> tuple[gemmi.Structure, gemmi.cif.Block | None]:
    """All models of a structure file, their values checked.

    What kind of file it is, and whether it is compressed, is decided by its content.

    Args:
        path: a PDB or mmCIF file, plain or compressed by gzip or bzip2.

    Returns:
        The structure, and the block that it comes from if the file is mmCIF.

    Raises:
        InputError: there is no such file, it is cut or damaged, it is no structure, or an atom's values are no numbers.
    """
    path = os.fspath(path)
    text = read_text(path)
    return read_mmcif(text, path) if is_mmcif(text) else (read_pdb(text, path), None)


def read_structure(path: PathLike) -> AtomicStructure:
    """Read the first model of a PDB or mmCIF file, plain or compressed.

    Args:
        path: the file.

    Returns:
        The structure, without hydrogens, waters and atoms of occupancy 0.

    Raises:
        InputError: see :func:`parse`; or it holds no heavy atom, or an atom twice at one place.
    """
    path = os.fspath(path)
    structure, _ = parse(path)
    return first_model(structure, path)


def first_model(structure: gemmi.Structure, path: str) -> AtomicStructure:
    """The first model of a structure, reduced to what has density.

    Args:
        structure: from :func:`parse`; it is left as it is.
        path: its file.

    Returns:
        The structure, without hydrogens, waters and atoms of occupancy 0.

    Raises:
        InputError: no heavy atom is left, or one stands twice at one place.
    """
    structure = structure.clone()
    structure.merge_chain_parts()
    while len(structure) > 1:
        del structure[1]
    structure.remove_hydrogens()
    structure.remove_waters()
    structure.remove_empty_chains()
    nucleic = {
        name: gemmi.find_tabulated_residue(name).kind in NUCLEOTIDES
        for name in {residue.name for model in structure for chain in model for residue in chain}
    }
    chain_names, nucleic_residues = _shortened(structure, nucleic)
    flat = gemmi.FlatStructure(structure)
    flat.leave_only("q > 0")
    structure = flat.generate_structure()
    if not len(structure) or structure[0].count_atom_sites() == 0:
        raise InputError(f"{path}: no heavy atom in its first model; give a structure with coordinates.")
    positions = np.array(flat.pos)
    _refuse_doubles(structure[0], positions, chain_names, path)
    sites = [(chain.name, residue) for chain in structure[0] for residue in chain for _ in residue]
    return AtomicStructure(
        name=os.path.basename(path).split(".")[0],
        positions=positions,
        b_factors=np.array(flat.b_iso),
        chains=np.array([chain_names[name] for name, _ in sites]),
        residues=np.array([residue.seqid.num for _, residue in sites]),
        nucleic=np.array([nucleic_residues[residue.name] for _, residue in sites]),
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
                if not (separator and _is_number(first) and _is_number(last)):
                    raise InputError(f"{region!r} is not a region; write CHAIN or CHAIN:FIRST-LAST, e.g. A:1-120.")
                match &= (structure.residues >= int(first)) & (structure.residues <= int(last))
            selected |= match
        if not selected.any():
            names = ", ".join(dict.fromkeys(structure.chains.tolist()))
            raise InputError(f"the region {region!r} selects no atom of {structure.name}; its chains are {names}.")
        labels[selected & (labels < 0)] = number
    return labels


def _is_number(text: str) -> bool:
    """Whether a text is a sequence number, in digits that ``int`` understands, and not too many."""
    return text.isdecimal() and len(text) < 10


def _shortened(structure: gemmi.Structure, nucleic: Mapping[str, bool]) -> tuple[dict[str, str], dict[str, bool]]:
    """Shorten the names that ``gemmi.FlatStructure`` cannot hold; nothing that has density depends on them.

    Args:
        structure: changed in place.
        nucleic: residue name → whether it is a nucleotide.

    Returns:
        New → old name of each chain; new name of each residue → whether it is a nucleotide.
    """
    chain_names, nucleic_residues = {}, {}
    for model in structure:
        for number, chain in enumerate(model):
            new = chain.name if _fits(chain.name) else f"\x7f{number:x}"  # no file has a chain named so
            chain_names[new] = chain.name
            chain.name = new
            for residue in chain:
                new = residue.name if _fits(residue.name) else "\x7f"
                nucleic_residues[new] = nucleic[residue.name]
                residue.name = new
                residue.subchain = residue.entity_id = ""
                for atom in residue:
                    if not _fits(atom.name):
                        atom.name = "\x7f"
    return chain_names, nucleic_residues


def _fits(name: str) -> bool:
    """Whether ``gemmi.FlatStructure`` takes a name."""
    return len(name.encode()) <= _LONGEST


def _refuse_doubles(model: gemmi.Model, positions: FloatArray, chain_names: Mapping[str, str], path: str) -> None:
    """Refuse an atom that stands twice at one place, where its density would count twice."""
    order = np.lexsort(positions.T)
    at_one_place = np.all(np.diff(positions[order], axis=0) == 0, axis=1)
    if not at_one_place.any():
        return
    suspects = set(order[:-1][at_one_place].tolist()) | set(order[1:][at_one_place].tolist())
    seen = set()
    for number, site in enumerate(model.all()):
        if number in suspects:
            atom = chain_names[site.chain.name], str(site.residue.seqid), site.residue.name, site.atom.name
            row = (*atom, site.atom.altloc, *positions[number].tolist())
            if row in seen:
                chain, residue, _, name = atom
                raise InputError(
                    f"{path} has the atom {chain}:{residue}@{name} twice at one place; leave one of the two out."
                )
            seen.add(row)
