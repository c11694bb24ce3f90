"""A small structure of our own for the notebooks and figures: a bundle of alpha helices of alanine."""

import os

import gemmi
import numpy as np

RESIDUES_A_TURN = 3.6
RISE = 1.5
"""Å a residue, along the helix."""

DISTANCE = 9.5
"""Å between the axes of neighbouring helices."""

ATOMS = {
    "N": (1.55, -28.0, -0.90),
    "CA": (2.28, 0.0, 0.0),
    "C": (1.66, 26.5, 1.10),
    "O": (2.00, 23.0, 2.30),
    "CB": (3.30, -18.5, 0.68),
}
"""Atom → distance from the axis (Å), angle around it (degrees) and height (Å), relative to its C-alpha."""


def write_helix_bundle(path: str | os.PathLike[str], helices: int = 4, residues: int = 24, shuffled: int = 0) -> str:
    """Write a bundle of parallel helices, one chain each, as a PDB file.

    Args:
        path: where to.
        helices: how many, at most 9; they stand on a square grid.
        residues: of each.
        shuffled: a seed that turns and shifts the helices, so that bundles differ; 0 for none.

    Returns:
        The path.
    """
    rng = np.random.default_rng(shuffled)
    structure, model = gemmi.Structure(), gemmi.Model(1)
    side = int(np.ceil(np.sqrt(helices)))
    for number in range(helices):
        turn, lift = rng.uniform(0, 360), rng.uniform(-6, 6) if shuffled else 0.0
        centre = DISTANCE * np.array([number % side, number // side])
        model.add_chain(_helix("ABCDEFGHI"[number], centre, turn, lift, residues))
    structure.add_model(model)
    structure.setup_entities()
    structure.write_pdb(str(path))
    return str(path)


def _helix(name: str, centre: np.ndarray, turn: float, lift: float, residues: int) -> gemmi.Chain:
    chain = gemmi.Chain(name)
    for number in range(residues):
        residue = gemmi.Residue()
        residue.name, residue.seqid, residue.het_flag = "ALA", gemmi.SeqId(str(number + 1)), "A"
        for atom_name, (radius, angle, height) in ATOMS.items():
            atom, at = gemmi.Atom(), np.radians(turn + angle + number * 360 / RESIDUES_A_TURN)
            atom.name, atom.element, atom.b_iso = atom_name, gemmi.Element(atom_name[0]), 20.0
            x, y = centre + radius * np.array([np.cos(at), np.sin(at)])
            atom.pos = gemmi.Position(x, y, lift + RISE * number + height)
            residue.add_atom(atom)
        chain.add_residue(residue)
    return chain
