"""The structures that a network is trained on: which files, and how often each is drawn."""

import os
from collections.abc import Sequence

import numpy as np

from deepreslib.errors import InputError
from deepreslib.files import PathLike
from deepreslib.fourier.arrays import FloatArray
from deepreslib.structures import read_structure

LEAST_NUCLEIC = 0.1
"""A structure holds nucleic acid if more than this share of its atoms belongs to nucleotides."""


def drawn_shares(paths: Sequence[str], complex_weight: float, nucleic_weight: float) -> FloatArray:
    """How often each structure is drawn for training; nucleic acid, which is rare, may be drawn more often.

    Args:
        paths: structure files.
        complex_weight: of a structure with more than ``LEAST_NUCLEIC`` of its atoms in nucleotides, relative to a
            protein.
        nucleic_weight: of nucleic acid alone, with less than ``LEAST_NUCLEIC`` of anything else, relative to a protein.

    Returns:
        float64 (n,), of sum 1.
    """
    weights = np.ones(len(paths))
    for number, path in enumerate(paths):
        share = read_structure(path).nucleic.mean()
        if share > LEAST_NUCLEIC:
            weights[number] = nucleic_weight if share > 1 - LEAST_NUCLEIC else complex_weight
    return weights / weights.sum()


def find_structures(folder: PathLike) -> list[str]:
    """The structure files in a folder.

    Args:
        folder: with files .pdb, .ent, .cif, .mmcif, or these with .gz added.

    Returns:
        Their paths, sorted.

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
