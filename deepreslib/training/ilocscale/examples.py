"""Training examples of the networks for local sharpening: the windows of a map, with what is true of them, in files.

On one core the 400 windows of a map take about two seconds, most of which the simulation takes. Maps are made once and
kept in files of their own, by any number of processes.
"""

import functools
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import scipy.fft
import scipy.ndimage

from deepreslib.analysis.map_end import spectrum_and_end
from deepreslib.enhancement import profiles
from deepreslib.enhancement.flattening import flattening
from deepreslib.enhancement.gain_guards import known_shells
from deepreslib.enhancement.ilocscale import mean_and_spread
from deepreslib.enhancement.profiles import CENTRE, SHELL_NUMBERS, SHELLS, WINDOW, Windows
from deepreslib.files import PathLike, sweep, write_aside
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray
from deepreslib.maps import DensityMap
from deepreslib.training.cryores.examples import COMPLEX_WEIGHT, NUCLEIC_WEIGHT
from deepreslib.training.example_files import make_each
from deepreslib.training.ilocscale.maps import VOXEL_SIZE, MapRecipe, TrainingMap, make_map
from deepreslib.training.structures import drawn_shares

INSIDE, BEYOND = 300, 100
"""Windows of a map: so many with their centre in the molecule's mask, and so many beyond it."""

REACH = 15.0
"""Å; the centres of those beyond are at most so far from the mask."""

RESOLUTION_ERROR = 0.04
"""SD, as a share, of the errors of the resolutions by which maps are made flat: users' are not exact."""

NEIGHBOURS: IntArray = np.array(
    [(0, 0, 0)]
    + [(z, y, x) for z in (-2, 0, 2) for y in (-2, 0, 2) for x in (-2, 0, 2) if abs(z) + abs(y) + abs(x) == 2]
    + [(z, y, x) for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)]
)
"""The voxels around a window's centre at which the map is filtered, (15, 3): those within 2 Å that are not next to each
other, as a map changes little from one voxel to the next."""

FAINTEST = 0.05
"""A window whose model is weaker than this share of the mean window in the mask counts as one of that strength."""

BOX_SD = 0.1
"""SD of a map over its box as the published networks take it."""

_MARGIN = CENTRE + 2
_PATCH = 2 * _MARGIN + 1


@dataclass(frozen=True, eq=False)
class LabelledWindows:
    """Windows, one along the first axis of each array.

    The map was made flat before (``enhancement.flattening``); magnitudes are in units of its SD in the mask.

    Attributes:
        profiles: float32 (n, 13), logarithm of the flat map's profile.
        known: bool (n, 13), shells of which voxels and filters have left something in it.
        target: float32 (n, 13), logarithm of the profile of the model with shifted B factors, in its own units.
        power: float32 (n, 13), the map's power in each shell, divided by the model's in all; the model is at rest.
        common: float32 (n, 13), the power that both have in common, divided likewise.
        strength: float32 (n,), the model's power in all shells, divided by the mean in the mask.
        filtered: float16 (n, 15, 13), each shell of the map at ``NEIGHBOURS``; they add up to the map.
        density: float16 (n, 15), the model at rest there, less its mean in the mask.
        within: bool (n, 15), whether they are in the mask.
        inside: bool (n,), whether the centre is in the mask.
        given: float32 (n, 13), logarithm of the profile of the map as it was given, its SD over the box ``BOX_SD``.
        given_known: bool (n, 13), the same as ``known`` of that map.
        resolution: float32 (n,), Å, of the half maps.
        maps: int32 (n,), number of the map.
        usual: float32 (n, 2, 13), mean and SD of ``profiles`` over the windows of the map that lie in its mask.
    """

    profiles: FloatArray
    known: BoolArray
    target: FloatArray
    power: FloatArray
    common: FloatArray
    strength: FloatArray
    filtered: FloatArray
    density: FloatArray
    within: BoolArray
    inside: BoolArray
    given: FloatArray
    given_known: BoolArray
    resolution: FloatArray
    maps: IntArray
    usual: FloatArray

    def __len__(self) -> int:
        return len(self.profiles)

    def chosen(self, numbers: IntArray | BoolArray) -> "LabelledWindows":
        """Those of some numbers."""
        return LabelledWindows(**{part.name: getattr(self, part.name)[numbers] for part in fields(self)})


_STORED = tuple(part.name for part in fields(LabelledWindows) if part.name not in ("maps", "usual"))
"""What files hold; the rest follows from it."""


@functools.lru_cache(maxsize=1)
def shell_kernels() -> FloatArray:
    """What a map is filtered by at ``NEIGHBOURS``: float32 (29³, 15 × 13), to be multiplied by patches of 29³ voxels.

    Column (neighbour, shell) holds the inverse transform of the shell's indicator on the window's grid, centred on the
    neighbour. The last shell has the corners too, so that all shells add up to the map.
    """
    number = np.minimum(SHELL_NUMBERS, SHELLS - 1)
    kernels = np.zeros((_PATCH, _PATCH, _PATCH, len(NEIGHBOURS), SHELLS), np.float32)
    for shell in range(SHELLS):
        plain = scipy.fft.irfftn((number == shell).astype(float), (WINDOW,) * 3)
        centred = scipy.fft.fftshift(plain)
        for place, (z, y, x) in enumerate(NEIGHBOURS + 2):
            kernels[z : z + WINDOW, y : y + WINDOW, x : x + WINDOW, place, shell] = centred
    return kernels.reshape(_PATCH**3, -1)


def from_map(made: TrainingMap, rng: np.random.Generator, number: int = 0) -> LabelledWindows:
    """The windows of a map.

    Args:
        made: the map.
        rng: draws the windows.
        number: of the map.

    Returns:
        ``INSIDE`` + ``BEYOND`` windows, those in the mask first.
    """
    mask = made.mask
    distance = scipy.ndimage.distance_transform_edt(~mask)
    inside = _drawn(mask, INSIDE, rng)
    beyond = _drawn((distance > 0) & (distance <= REACH), BEYOND, rng)
    centres = np.concatenate([inside, beyond])
    model_mean, model_sd = float(made.at_rest[mask].mean()), float(made.at_rest[mask].std())
    given = DensityMap(made.data, (VOXEL_SIZE,) * 3)
    resolution = max(made.resolution * math.exp(rng.normal(0, RESOLUTION_ERROR)), 2 * VOXEL_SIZE)
    flat = given.like(flattening(given, mask, resolution, workers=1).of(given))
    sd = float(np.maximum(flat.data[mask].std(), np.finfo(np.float32).tiny))

    data = ((flat.data - np.median(flat.data[~mask])) / sd).astype(np.float32)
    unit = BOX_SD / float(made.data.std())
    as_given = Windows(made.data * np.float32(unit), unit * float(np.median(made.data[~mask])))
    seen = Windows(data)
    spectra = seen.spectra(centres)
    at_rest = Windows(made.at_rest / np.float32(model_sd)).spectra(centres)
    model_power = profiles.power(at_rest).sum(axis=1)
    usual = model_power[: len(inside)].mean()
    total = np.maximum(model_power, FAINTEST * usual)[:, None]

    patches = np.lib.stride_tricks.sliding_window_view(np.pad(data, _MARGIN), (_PATCH,) * 3)[tuple(centres.T)]
    filtered = patches.reshape(len(centres), -1) @ shell_kernels()
    places = centres[:, None] + NEIGHBOURS
    on_map = np.all((places >= 0) & (places < mask.shape), axis=2)
    z, y, x = np.clip(places, 0, np.array(mask.shape) - 1).transpose(2, 0, 1)

    def of_all(values: Any) -> Any:
        return np.broadcast_to(values, (len(centres), *np.shape(values))).copy()

    log_profiles = profiles.logarithm(profiles.profile(spectra))
    return LabelledWindows(
        profiles=log_profiles,
        known=of_all(_known(flat)),
        target=profiles.logarithm(Windows(made.shifted).profiles(centres)),
        power=(profiles.power(spectra) / total).astype(np.float32),
        common=(profiles.cross_power(at_rest, spectra) / total).astype(np.float32),
        strength=(model_power / usual).astype(np.float32),
        filtered=filtered.reshape(len(centres), len(NEIGHBOURS), SHELLS).astype(np.float16),
        density=((made.at_rest[z, y, x] - model_mean) / model_sd).astype(np.float16),
        within=mask[z, y, x] & on_map,
        inside=np.arange(len(centres)) < len(inside),
        given=profiles.logarithm(as_given.profiles(centres)),
        given_known=of_all(known_shells(made.limit / VOXEL_SIZE)),
        resolution=of_all(np.float32(made.resolution)),
        maps=np.full(len(centres), number, np.int32),
        usual=of_all(mean_and_spread(log_profiles[: len(inside)])),
    )


def make(
    paths: Sequence[str], recipe: MapRecipe, seed: int, count: int, folder: PathLike, workers: int = 0
) -> list[str]:
    """Makes the windows of the first maps of a seed; those whose files are there already are kept.

    Args:
        paths: structure files, in an order that is always the same.
        recipe: how maps are drawn.
        seed: map i depends on it and on i alone.
        count: number of maps.
        folder: made if it is not there.
        workers: processes; 0 makes them in this one.

    Returns:
        The files, one a map.
    """
    os.makedirs(folder, exist_ok=True)
    sweep([folder])
    targets = [_target(folder, seed, number) for number in range(count)]
    missing = [number for number, target in enumerate(targets) if not os.path.exists(target)]
    shares = drawn_shares(paths, COMPLEX_WEIGHT, NUCLEIC_WEIGHT) if missing else None
    make_each(functools.partial(_make_one, paths, shares, recipe, seed, folder), missing, workers)
    return targets


def load(paths: Sequence[str]) -> LabelledWindows:
    """The windows in files.

    Args:
        paths: the files, at least one.

    Returns:
        All windows, numbered by their map's place in ``paths``.
    """
    parts: dict[str, list[Any]] = {name: [] for name in (*_STORED, "maps", "usual")}
    for number, path in enumerate(paths):
        with np.load(path) as stored:
            found = {name: stored[name] for name in _STORED}
        usual = mean_and_spread(found["profiles"][found["inside"]])
        found["maps"] = np.full(len(found["profiles"]), number, np.int32)
        found["usual"] = np.broadcast_to(usual, (len(found["profiles"]), *usual.shape))
        for name, arrays in parts.items():
            arrays.append(found[name])
    return LabelledWindows(**{name: np.concatenate(arrays) for name, arrays in parts.items()})


def _make_one(
    paths: Sequence[str], shares: FloatArray | None, recipe: MapRecipe, seed: int, folder: PathLike, number: int
) -> None:
    path = paths[np.random.default_rng([seed, number, 0]).choice(len(paths), p=shares)]
    found = from_map(make_map(path, recipe, [seed, number, 1]), np.random.default_rng([seed, number, 2]), number)
    with write_aside(_target(folder, seed, number)) as temporary:
        np.savez_compressed(temporary, **{name: getattr(found, name) for name in _STORED})


def _known(density_map: DensityMap) -> BoolArray:
    """The shells of which voxels and filters have left something, as it is found when a map is sharpened."""
    end = spectrum_and_end(density_map, workers=1)[1]
    return known_shells(end.resolution / VOXEL_SIZE if end.is_filtered else 2.0)


def _drawn(region: BoolArray, count: int, rng: np.random.Generator) -> IntArray:
    """Voxels of a region drawn at random, int (count, 3); some more than once if it has fewer."""
    voxels = np.flatnonzero(region)
    chosen = rng.choice(voxels, count, replace=len(voxels) < count)
    return np.stack(np.unravel_index(chosen, region.shape), axis=1)


def _target(folder: PathLike, seed: int, number: int) -> str:
    return os.path.join(folder, f"windows_{seed}_{number:06d}.npz")
