"""Atomic structures: reading, rotation, regions; values attached to their atoms and residues."""

from deepreslib.structures.attributes import AtomSites, Attribute, Residue, read_atom_sites, write_defattr, write_mmcif
from deepreslib.structures.reading import AtomicStructure, random_rotation, read_structure, region_labels

__all__ = [
    "AtomSites",
    "AtomicStructure",
    "Attribute",
    "Residue",
    "random_rotation",
    "read_atom_sites",
    "read_structure",
    "region_labels",
    "write_defattr",
    "write_mmcif",
]
