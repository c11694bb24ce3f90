"""LocScale: the amplitudes of a map's windows scaled to those of an atomic model's density.

Sources: Jakobi, Wilmanns & Sachse 2017, eLife 6, e27131; Bharadwaj & Jakobi 2022, Faraday Discuss. 240, 168-183, for
LocScale 2, which shifts B factors and takes a network's amplitudes where nothing is modelled; Bot 2023 (thesis, TU
Delft), section 6.5, for the blend of both.

Scaling to a model's amplitudes lifts noise as if it were signal. With half maps each shell of a window is therefore
weighted by sqrt(2 FSC / (1 + FSC)) of the window. Other than in LocScale, the map is made flat before, as windows of
an unsharpened one leak: with the true model that won 0.03 to 0.1 in correlation with it.

Arrays are (z, y, x).
"""

import numpy as np
from scipy import ndimage

from deepreslib.analysis.annotation import placing_advice, resolution_at
from deepreslib.enhancement import ilocscale
from deepreslib.enhancement.enhanced import Enhanced
from deepreslib.enhancement.flattening import flattening
from deepreslib.enhancement.gain_guards import guarded
from deepreslib.enhancement.local_scaling import LocalScaling, check
from deepreslib.enhancement.profiles import COUNTS, SPACING, WINDOW, Windows, logarithm
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.fourier.fsc import truth_correlation
from deepreslib.maps import DensityMap, dilate
from deepreslib.simulation import model_map
from deepreslib.simulation.model_mask import ModelMask
from deepreslib.structures import AtomicStructure

STRUCTURE_B = ("shifted", "own", "zero")
"""Which B factors the atoms of a model get: their own less nearly the least of them, their own, or none."""

PERCENTILE, LEAST_B = 1.0, 10.0
"""``shifted`` takes the percentile of all B factors off each and adds the second number, Å²; none is less than that."""

LIMITS = (0.0, 500.0)
"""Å², of the B factors in a file."""

MODELLED = (0.4, 0.8)
"""Shares of a window's molecule that is modelled; below the first the network's gains are used, above the second those
of the model, and in between both. LocScale 2 has 0.05 and 0.3; but the profile of a model of which a third is there is
too weak, and the map beside the modelled part lost 0.015 in correlation with the truth."""

LEAST_INSIDE = 0.5
"""If a smaller share of the atoms lies in or near the mask, the model lies elsewhere."""

NEAR = 3.0
"""Å; so far beyond the mask an atom is near it, and so far beyond the model's mask the molecule counts as modelled, as
masks are often wider."""

LEAST_WEIGHT = 1e-3
FAINTEST = -7.0
"""Of a shell's gains, the least logarithm there is, counted from their median: where nothing is modelled."""


def enhance(
    density_map: DensityMap,
    mask: BoolArray,
    resolution: float,
    structure: AtomicStructure,
    *,
    half_maps: tuple[DensityMap, DensityMap] | None = None,
    structure_b: str = "shifted",
    fsc_weight: bool | None = None,
    strict: bool = False,
    stride: int = 4,
    network_path: str | None = None,
    flat: bool = True,
    keep_outside: bool = False,
    workers: int = -1,
    progress: bool = False,
) -> Enhanced:
    """Gives the windows of a map the amplitudes of a model.

    Args:
        density_map: the map, not sharpened.
        mask: bool, the molecule.
        resolution: Å, of the map.
        structure: the model, in the frame of the map's origin.
        half_maps: two half maps that are to be treated by the same gains; None for none.
        structure_b: one of ``STRUCTURE_B``.
        fsc_weight: whether each shell of a window is weighted by the half maps' FSC there; None for so if there are
            half maps.
        strict: the model's gains even where nothing is modelled, and no network.
        stride: Å from place to place; gains are interpolated between.
        network_path: folder of a trained network for what is not modelled; None for the shipped one.
        flat: whether the map is made flat before (see :mod:`deepreslib.enhancement.flattening`); LocScale itself does
            not, and the networks know flat maps alone.
        keep_outside: keep what surrounds the mask; if not, the map fades to 0 beyond the mask's soft edge.
        workers: threads, -1 for all.
        progress: show it on standard error.

    Returns:
        The map, in units of the model's density.

    Raises:
        InputError: see :func:`deepreslib.enhancement.local_scaling.check`; the model lies elsewhere; the FSC is wanted
            without half maps; or there is no such network, or it knows other maps.
    """
    sentences = check(density_map, mask, resolution, half_maps)
    check_place(structure, density_map, mask)
    weighted = half_maps is not None if fsc_weight is None else fsc_weight
    if weighted and half_maps is None:
        raise InputError("the weight of the FSC needs half maps; give --half1 and --half2.")
    report: dict[str, object] = {"structure_b": structure_b, "fsc_weight": weighted, "strict": strict}
    scaling = LocalScaling(
        density_map,
        mask,
        resolution,
        half_maps,
        before=flattening(density_map, mask, resolution, workers) if flat else None,
        stride=stride,
        keep_outside=keep_outside,
        workers=workers,
        progress=progress,
    )
    model = Model(structure, scaling)
    network: ilocscale.Gains | None = None
    share: FloatArray = np.ones(len(scaling.lattice.places), np.float32)
    if not strict:
        share = model.share()
        report["places_not_modelled"] = int(np.count_nonzero(share < MODELLED[1]))
        if report["places_not_modelled"]:
            network = ilocscale.load(network_path, "compact", "density" if weighted else "contrast")
            if (network.standard == "flat") != flat:
                raise InputError("the network for what is not modelled knows other maps; give another, or --strict.")
    profiles = scaling.profiles()
    log_gains = _model_gains(scaling, model, profiles, structure_b)
    if weighted:
        log_gains += np.log(np.maximum(truth_correlation(scaling.fsc()), LEAST_WEIGHT))
    log_gains = guarded(log_gains, profiles, scaling.known)
    if network is not None:
        report["model"] = network.describe()
        predicted = ilocscale.network_gains(scaling, network, profiles)
        log_gains = blended(log_gains, predicted, share, profiles)
    return scaling.scaled(log_gains, report, sentences)


def check_place(structure: AtomicStructure, density_map: DensityMap, mask: BoolArray) -> None:
    """Refuses a model that lies elsewhere than a map's molecule.

    Args:
        structure: in the frame of the map's origin.
        density_map: the map.
        mask: bool, its molecule.

    Raises:
        InputError: fewer than half of its atoms lie in or near the mask; an origin that would fit is named.
    """
    marked = density_map.like(mask)
    inside = np.isfinite(resolution_at(marked, structure.positions, NEAR))
    if inside.mean() < LEAST_INSIDE:
        raise InputError(
            f"the structure {structure.name} lies elsewhere than the molecule of {density_map.name}, only "
            f"{np.count_nonzero(inside)} of its {len(structure)} atoms lie in or near the mask; "
            f"{placing_advice(marked, structure.positions)}."
        )


def chosen_b_factors(own: FloatArray, structure_b: str) -> FloatArray:
    """The B factors that a model's atoms get.

    Args:
        own: (n,), Å², those of the file.
        structure_b: one of ``STRUCTURE_B``.

    Returns:
        (n,), Å².

    Raises:
        ValueError: for another word.
    """
    own = np.clip(own, *LIMITS)
    if structure_b == "shifted":
        return np.maximum(own - np.percentile(own, PERCENTILE), 0) + LEAST_B
    if structure_b == "own":
        return own
    if structure_b == "zero":
        return np.zeros_like(own)
    raise ValueError(f"structure_b is {structure_b!r} and not one of {', '.join(STRUCTURE_B)}")


class Model:
    """An atomic model on the grid of a map's windows."""

    def __init__(self, structure: AtomicStructure, scaling: LocalScaling) -> None:
        """Lays the model into the region.

        Args:
            structure: in the frame of the map's origin.
            scaling: the map.
        """
        self._structure, self._scaling = structure, scaling
        region, density_map = scaling.region, scaling.density_map
        places = []
        for axis, size, origin, coordinate in zip(
            region.axes, density_map.voxel_size, density_map.origin, structure.positions.T[::-1], strict=True
        ):
            places.append(((coordinate - origin) / size - axis.start) * axis.ratio - axis.shift)
        z_y_x = np.stack(places, axis=1)
        within = np.all((z_y_x > -0.5) & (z_y_x < np.array(region.windows_shape) - 0.5), axis=1)
        self._within, self._positions = within, np.ascontiguousarray(z_y_x[:, ::-1]) * SPACING

    def windows(self, structure_b: str) -> Windows:
        """The windows of the model's density.

        Args:
            structure_b: one of ``STRUCTURE_B``.
        """
        b_factors = chosen_b_factors(self._structure.b_factors, structure_b)
        shape = self._scaling.region.windows_shape
        density = model_map.density(self._structure, self._positions, shape, SPACING, b_factors, self._within)
        return Windows(density)

    def share(self) -> FloatArray:
        """The share of the molecule in each place's window that is modelled or near: float32 (places,), 0 to 1."""
        region, mask = self._scaling.region, self._scaling.mask
        numbers = []
        for axis in region.axes:
            number = np.rint((np.arange(axis.windows) + axis.shift) / axis.ratio).astype(int) + axis.start
            numbers.append(np.where((number >= 0) & (number < axis.count), number, axis.count))
        molecule = np.pad(mask, ((0, 1),) * 3)[np.ix_(*numbers)]
        modelled = ModelMask(self._structure, self._positions, self._within).on(region.windows_shape, SPACING)
        modelled = dilate(modelled, NEAR) & molecule
        all_of_it, part = (_in_windows(each)[tuple(self._scaling.lattice.places.T)] for each in (molecule, modelled))
        return np.divide(part, all_of_it, out=np.zeros_like(part), where=all_of_it > 0.5)


def _in_windows(mask: BoolArray) -> FloatArray:
    """How many voxels of a mask there are in the window around each voxel: float32 of its shape."""
    found = mask.astype(np.float32)
    for axis in range(3):
        found = ndimage.uniform_filter1d(found, WINDOW, axis, mode="constant") * np.float32(WINDOW)
    return found


def _model_gains(scaling: LocalScaling, model: Model, profiles: FloatArray, structure_b: str) -> FloatArray:
    """The logarithms of the gains that give windows the model's profile; none is fainter than ``FAINTEST``."""
    with scaling.timed("model"):
        of_model = scaling.profiles_of(model.windows(structure_b))
        log_gains = logarithm(of_model) - logarithm(profiles)
        inside = scaling.inside()
        usual = np.median(log_gains[inside] if inside.any() else log_gains, axis=0)
        return np.maximum(log_gains, usual + np.float32(FAINTEST)).astype(np.float32)


def blended(of_model: FloatArray, predicted: FloatArray, share: FloatArray, profiles: FloatArray) -> FloatArray:
    """The model's gains where the molecule is modelled, the network's where it is not.

    The network's gains make a map in other units, so they are multiplied by one number: the one that makes scaled
    windows as strong as the model's gains make them, as the median of the places that are modelled has it. Their means
    do not count, which hang on the solvent's level.

    Args:
        of_model: float32 (places, 13), logarithms.
        predicted: float32 (places, 13), the network's logarithms.
        share: float32 (places,), of the molecule in a window, that is modelled.
        profiles: float32 (places, 13), of the map's windows.

    Returns:
        float32 (places, 13), logarithms.
    """
    low, high = MODELLED
    compared = share >= high
    scale = 0.0
    if compared.any():
        strengths = [
            np.log(np.sum(np.square(np.exp(gains[compared, 1:]) * profiles[compared, 1:]) * COUNTS[1:], axis=1))
            for gains in (of_model, predicted)
        ]
        scale = 0.5 * float(np.median(strengths[0] - strengths[1]))
    weight = np.clip((share - low) / (high - low), 0, 1)[:, None]
    found: FloatArray = (weight * of_model + (1 - weight) * (predicted + scale)).astype(np.float32)
    return found
