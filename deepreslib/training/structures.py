"""The structures that a network is trained on: which files, and how often each is drawn."""

import os

import numpy as np

from deepreslib.errors import InputError
from deepreslib.structures import read_structure

LEAST_NUCLEIC = 0.1
"""Share of a structure's atoms from which nucleic acid counts."""


def drawn_shares(paths, complex_weight, nucleic_weight):
    """How often each structure is drawn for training: nucleic acid, of which there is little, more often than protein.

    Args:
        paths: structure files.
        complex_weight: of a structure with more than ``LEAST_NUCLEIC`` of its atoms in nucleotides, relative to a
            protein.
        nucleic_weight: of nucleic acid alone, with less than ``LEAST_NUCLEIC`` of anything else.

    Returns:
        (n,) float64, sum 1.
    """
    weights = np.ones(len(paths))
    for number, path in enumerate(paths):
        share = read_structure(path).nucleic.mean()
        if share > LEAST_NUCLEIC:
            weights[number] = nucleic_weight if share > 1 - LEAST_NUCLEIC else complex_weight
    return weights / weights.sum()


def find_structures(folder):
    """Paths of the structure files (.pdb, .ent, .cif, .mmcif, .gz of them) in a folder, sorted.

    Raises:
        InputError: the folder is missing or holds none.
    """
    if not os.path.isdir(folder):
        raise InputError(f"{folder}: there is no such folder; give a folder of PDB or mmCIF files.")
    endings = (".pdb", ".ent", ".cif", ".mmcif")
    names = [n for n in sorted(os.listdir(folder)) if n.removesuffix(".gz").endswith(endings)]
    if not names:
        raise InputError(f"{folder}: no PDB or mmCIF file in it; give a folder of structures.")
    return [os.path.join(folder, name) for name in names]
