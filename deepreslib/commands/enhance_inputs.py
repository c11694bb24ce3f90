"""What ``deepres enhance`` needs beside its map: the structure, the mask and the resolution, given or found."""

import math
from argparse import Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from deepreslib import memory
from deepreslib.analysis import map_kind
from deepreslib.commands import inputs
from deepreslib.commands.inputs import GivenMaps
from deepreslib.enhancement.local_scaling import check_detail, check_windows
from deepreslib.enhancement.locscale import check_place
from deepreslib.errors import InputError
from deepreslib.estimation.reliability import RELIABLE
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.fourier.fsc import CUTOFF, ShellCorrelation
from deepreslib.maps import DensityMap, checks, confidence, masks, own_symmetry, scaling
from deepreslib.structures import AtomicStructure, read_structure

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution

FDR_LOW_PASS, LEAST_WAVE = 5.0, 3.0
"""A confidence mask is that of the map filtered to so many Å, or so many voxels; or to its resolution, if that is
given and coarser."""

MASK_BYTES = 40
"""Memory that a structure's molecular mask takes for each voxel of the map."""

STANDS_OUT = 1.0
"""SDs of a map above its mean; density that is higher at most atoms shows that a structure lies where it belongs."""

RESOLUTION_MEND = "give it by --resolution, or half maps by --half1 and --half2"


@dataclass
class Found:
    """Where a map is enhanced, and up to which resolution.

    Attributes:
        mask: bool (z, y, x).
        mask_report: what the report holds about it.
        resolution: Å.
        source: where the resolution comes from.
        fsc: of the half maps within the mask; None if there are none.
    """

    mask: BoolArray
    mask_report: dict[str, Any]
    resolution: float
    source: str
    fsc: ShellCorrelation | None = None


def check_map(given: GivenMaps, resolution: float | None) -> None:
    """Refuses a map that cannot be enhanced.

    Args:
        given: the map.
        resolution: Å, by the user; None if it is to be found.

    Raises:
        InputError: the box is smaller than a window, its voxels are too large, its contrast is inverted, or the
            resolution is finer than twice the voxel size, or coarser than a window.
    """
    density_map = given.density_map
    check_windows(density_map)
    map_kind.refuse_inverted(density_map)
    if resolution is not None:
        check_detail(density_map, resolution)


def read_placed_structure(path: str, density_map: DensityMap) -> AtomicStructure:
    """The structure of ``--structure``, which must lie where the map's molecule does.

    Args:
        path: of a PDB or mmCIF file.
        density_map: the map.

    Returns:
        The structure.

    Raises:
        InputError: the file cannot be used, or the structure lies elsewhere; the origin that would fit is named.
    """
    structure = read_structure(path)
    try:
        molecule = masks.automatic_mask(density_map)[0]
    except InputError:  # nothing stands out, so no place in the box is wrong
        molecule = np.ones(density_map.data.shape, bool)
    try:
        check_place(structure, density_map, molecule)
    except InputError:
        if not _lies_on_density(structure, density_map):
            raise
    return structure


def _lies_on_density(structure: AtomicStructure, density_map: DensityMap) -> bool:
    """Whether most atoms lie where density stands out; a map without solvent has no mask that would tell."""
    mean, deviation = scaling.mean_and_sd(density_map.data)
    places = (structure.positions - np.array(density_map.origin)[::-1])[:, ::-1] / np.array(density_map.voxel_size)
    values = ndimage.map_coordinates(density_map.data, places.T, order=1, mode="constant", cval=mean)
    return bool(np.median(values) > mean + STANDS_OUT * deviation)


def structure_mask(structure: AtomicStructure, density_map: DensityMap) -> BoolArray:
    """The molecular mask of a structure on the map's grid, bool (z, y, x).

    Args:
        structure: placed in the map.
        density_map: the map.

    Raises:
        InputError: there is too little memory.
    """
    from deepreslib.simulation.model_mask import VOXEL_SIZE, ModelMask

    memory.check(MASK_BYTES * density_map.data.size, f"the mask of {structure.name}")
    voxel_size = float(np.mean(density_map.voxel_size))
    positions: FloatArray = structure.positions - np.array(density_map.origin)[::-1]
    return ModelMask(structure, positions, voxel_size=max(VOXEL_SIZE, voxel_size)).on(
        density_map.data.shape, voxel_size
    )


def find(args: Namespace, given: GivenMaps, structure: AtomicStructure | None, masks_by_structure: bool) -> Found:
    """The mask and the resolution.

    The mask is the one that is given, or found as an option says; else CryoRes' if it runs, as there is nothing else
    that tells the resolution, and is reliable; else one made from the density. The resolution is the one that is given;
    else where the FSC of the half maps within the mask falls to 0.143; else CryoRes'.

    Args:
        args: of the command.
        given: the maps; they may get further warnings.
        structure: or None.
        masks_by_structure: whether the structure says what is molecule; if not, its mask is added to the other.

    Returns:
        What was found.

    Raises:
        InputError: nothing is found.
    """
    density_map = given.density_map
    mask, report = _wanted_mask(args, given, structure if masks_by_structure else None)
    by_cryores = args.resolution is None and given.half_maps is None
    answer = _ask_cryores(density_map, mask, args.threads, given.warnings) if by_cryores else None
    if mask is None:
        mask, report = _found_mask(args, given, answer)
        if structure is not None:
            mask = mask | structure_mask(structure, density_map)
            report |= {"source": f"{report['source']} and structure", "structure": args.structure}
    report["voxels"] = int(mask.sum())
    if report["source"] != "file":
        given.warnings += checks.mask_size_warnings(mask, density_map.voxel_size, "the mask")
    curve = inputs.fsc_within(given, mask, args.threads)
    finest = 2 * max(density_map.voxel_size)
    if args.resolution is not None:
        resolution, source = args.resolution, "given"
    elif curve is not None:
        resolution, source = max(_resolution_of(curve, given), finest), f"FSC {CUTOFF:g} of the half maps"
    else:
        assert answer, "without half maps CryoRes was asked"
        whole = answer.global_resolution
        assert whole, "CryoRes always estimates it"
        resolution, source = max(whole.value, finest), f"CryoRes, ± {whole.deviation:.1f} Å"
    return Found(mask, report, float(resolution), source, curve)


def _wanted_mask(
    args: Namespace, given: GivenMaps, structure: AtomicStructure | None
) -> tuple[BoolArray | None, dict[str, Any]]:
    """The mask that an option names, and what the report holds about it; None if there is none."""
    report: dict[str, Any] = {"source": "", "path": None, "threshold": None}
    if args.mask or args.mask_threshold is not None:
        return inputs.read_mask(args, given)
    if args.fdr is not None:
        low_pass = max(FDR_LOW_PASS, args.resolution or 0, LEAST_WAVE * max(given.density_map.voxel_size))
        found = confidence.confidence_mask(given.density_map, given.half_maps, args.fdr, low_pass)
        if not found.mask.any():
            raise InputError(
                f"--fdr {args.fdr:g} finds nothing in {given.density_map.name} that is more than noise; give a greater "
                "rate, or a mask by --mask."
            )
        numbers = {
            "fdr": args.fdr,
            "low_pass": round(low_pass, 3),
            "noise": {"mean": found.level, "sd": found.deviation},
        }
        return found.mask, report | {"source": "fdr", "threshold": found.threshold} | numbers
    if structure is not None:
        mask = structure_mask(structure, given.density_map)
        return mask, report | {"source": "structure", "structure": args.structure}
    return None, report


def _found_mask(
    args: Namespace, given: GivenMaps, answer: "LocalResolution | None"
) -> tuple[BoolArray, dict[str, Any]]:
    """CryoRes' mask, with the map's own symmetry, if it ran and may be relied on, else one made from the density."""
    if answer is None or (answer.status or RELIABLE) != RELIABLE:
        return inputs.read_mask(args, given)
    assert answer.mask is not None, "CryoRes always finds it"
    mask = own_symmetry.with_own_symmetry(answer.mask, given.density_map)
    return mask, {"source": "cryores", "path": None, "threshold": None}


def _ask_cryores(
    density_map: DensityMap, mask: BoolArray | None, threads: int | None, warnings: list[str]
) -> "LocalResolution":
    """What CryoRes says of a single map; its doubts become a warning."""
    from deepreslib.estimation import cryores

    why = f"the resolution of {density_map.name} is needed, and CryoRes cannot tell it"
    kind = map_kind.map_kind(density_map)
    if not kind.suits_cryores:
        raise InputError(f"{why}: {kind.reason}; {RESOLUTION_MEND}.")
    try:
        result = cryores.estimate(density_map, mask, workers=threads or -1, progress=True)
    except InputError as error:
        raise InputError(f"{why} ({str(error).rstrip('.')}); {RESOLUTION_MEND}.") from error
    status = result.status or ""
    if status.startswith("outside"):
        raise InputError(f"{why} ({status}); {RESOLUTION_MEND}.")
    if status.startswith("doubtful"):
        warnings.append(f"the resolution that CryoRes tells is {status}; {RESOLUTION_MEND}.")
    return result


def _resolution_of(curve: ShellCorrelation, given: GivenMaps) -> float:
    """Where the FSC of the half maps falls to 0.143, Å."""
    resolution = curve.resolution()
    if math.isinf(resolution):
        assert given.half_maps, "the curve is that of half maps"
        names = " and ".join(half.name for half in given.half_maps)
        raise InputError(
            f"the half maps {names} have nothing in common within the mask: their FSC is below {CUTOFF:g} from the "
            "beginning; give the half maps of one refinement, another mask, or --resolution."
        )
    if not curve.falls_below():
        given.warnings.append(
            f"the FSC of the half maps never falls to {CUTOFF:g}, so the resolution is taken to be {resolution:.2f} Å, "
            "twice the voxel size; if you know a better one, give it by --resolution."
        )
    return resolution
