"""Profiles of atoms thrown at random into a window, as Bot 2023 tested the networks: no map is simulated."""

import numpy as np
import scipy.fft

from deepreslib.enhancement import profiles
from deepreslib.networks.ilocscale_card import SHELLS
from deepreslib.training.ilocscale import validation
from deepreslib.training.ilocscale.examples import BOX_SD, NEIGHBOURS, LabelledWindows
from deepreslib.training.ilocscale.maps import MapRecipe
from deepreslib.training.ilocscale.program import Data


def log_profiles(count, rng):
    """Logarithms of the profiles of 200 to 1000 atoms with a B factor of 50 to 250 Å², and those at half of it."""
    found = np.empty((count, SHELLS), np.float32)
    for number in range(count):
        window = np.zeros((profiles.WINDOW,) * 3, np.float32)
        z, y, x = rng.integers(0, profiles.WINDOW, (3, rng.integers(200, 1001)))
        np.add.at(window, (z, y, x), 1)
        magnitudes = np.abs(scipy.fft.rfftn(window, norm="ortho"))
        found[number] = profiles.logarithm(profiles.profile(magnitudes.reshape(1, -1)[:, profiles._SORTED]))
    b_factors = rng.uniform(50, 250, (count, 1))
    fall = b_factors / 4 * profiles.FREQUENCY**2
    return (found - fall).astype(np.float32), (found - fall / 2).astype(np.float32)


def windows_of(given, wanted):
    """LabelledWindows with these profiles and nothing else."""
    count, shells = len(given), np.zeros((len(given), SHELLS), np.float32)
    voxels = np.zeros((count, len(NEIGHBOURS)), np.float16)
    rest = {name: np.ones(count, np.float32) for name in ("strength", "resolution")}
    rng = np.random.default_rng(0)
    filtered = rng.standard_normal((count, len(NEIGHBOURS), SHELLS)).astype(np.float16)
    return LabelledWindows(
        profiles=given - np.float32(np.log(BOX_SD)),
        given=given,
        given_known=np.ones((count, SHELLS), bool),
        known=np.ones((count, SHELLS), bool),
        target=wanted,
        power=shells + 1,
        common=shells + 0.5,
        filtered=filtered,
        density=filtered.sum(axis=2),
        within=voxels == 0,
        inside=np.ones(count, bool),
        maps=np.zeros(count, np.int32),
        usual=np.zeros((count, 2, SHELLS), np.float32),
        **rest,
    )


def data(training, unseen):
    """What a program is given, of pairs of profiles."""
    windows, others = windows_of(*training), windows_of(*unseen)
    return Data(MapRecipe(), 1, 1, windows, validation.Unseen(others, validation.best_single(windows)))
