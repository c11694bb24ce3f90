"""LocScale's definition, window by window, to compare with; small maps to try it on."""

import gemmi
import numpy as np
from scipy import ndimage

from deepreslib.enhancement.profiles import CENTRE, FREQUENCY, SHELL_NUMBERS, SHELLS, WINDOW


def centre_values(values, centres, gains):
    """The values at the centres of windows after their shells are multiplied by gains.

    Args:
        values: (z, y, x), a map of 1 Å, 0 beyond its faces.
        centres: (n, 3), voxels.
        gains: (n, 13).
    """
    padded = np.pad(values, CENTRE).astype(float)
    found = np.empty(len(centres))
    for number, (place, gain) in enumerate(zip(centres, gains, strict=True)):
        window = padded[tuple(slice(at, at + WINDOW) for at in place)]
        spectrum = np.fft.rfftn(window) * gain[np.minimum(SHELL_NUMBERS, SHELLS - 1)]
        found[number] = np.fft.irfftn(spectrum, window.shape)[CENTRE, CENTRE, CENTRE]
    return found


def molecule(edge=48, radius=14.0, blur=1.0, seed=0):
    """Atoms at random places of a ball, blurred more on one side, and the ball: float32 and bool (z, y, x)."""
    rng = np.random.default_rng(seed)
    places = np.indices((edge,) * 3) - edge // 2
    ball = np.linalg.norm(places, axis=0) < radius
    atoms = ((rng.random(ball.shape) < 0.05) & ball).astype(np.float32)
    sharp, smooth = (ndimage.gaussian_filter(atoms, width) for width in (blur, 1.6 * blur))
    weight = 1 / (1 + np.exp(-places[2] / 4))
    return (sharp * (1 - weight) + smooth * weight).astype(np.float32), ball


class FakeNetwork:
    """Gains that undo a B factor of so many Å² and are weaker where a window's fine shells are weak."""

    standard = "mask"

    def __init__(self, b_factor=60.0, by_window=0.3):
        self.b_factor, self.by_window = b_factor, by_window

    def describe(self):
        return {"name": "fake", "path": "nowhere", "sha256": "0"}

    def log_gains(self, log_profiles, usual, known, resolution=None):
        assert log_profiles.shape == (len(log_profiles), SHELLS)
        assert usual.shape == (2, SHELLS)
        fall = np.clip(log_profiles[:, 6:7] - log_profiles[:, 2:3], -3, 0)
        return (self.b_factor / 4 * FREQUENCY**2 * (1 + self.by_window * fall)).astype(np.float32)


def write_ball(path, radius=13.0, centre=(24.0, 24.0, 24.0), seed=0):
    """A PDB file of carbon atoms some 2.5 Å apart in a ball, chain A where x is below the centre's, else B; B 20 to 60.

    Args:
        path: of the file.
        radius: Å.
        centre: Å, x y z.
        seed: of the places.
    """
    rng = np.random.default_rng(seed)
    grid = np.arange(-radius, radius + 1, 2.5)
    places = np.stack(np.meshgrid(grid, grid, grid), axis=-1).reshape(-1, 3)
    places = places[np.linalg.norm(places, axis=1) < radius] + 0.5 * rng.standard_normal((1, 3))
    places += 0.7 * rng.standard_normal(places.shape)
    structure, model = gemmi.Structure(), gemmi.Model(1)
    for name, side in (("A", places[:, 0] < 0), ("B", places[:, 0] >= 0)):
        chain = gemmi.Chain(name)
        for number, place in enumerate(places[side], 1):
            residue, atom = gemmi.Residue(), gemmi.Atom()
            residue.name, residue.seqid = "ALA", gemmi.SeqId(str(number))
            atom.name, atom.element, atom.b_iso = "CA", gemmi.Element("C"), float(rng.uniform(20, 60))
            atom.pos = gemmi.Position(*(place + np.array(centre)))
            residue.add_atom(atom)
            chain.add_residue(residue)
        model.add_chain(chain)
    structure.add_model(model)
    structure.write_pdb(str(path))
    return str(path)
