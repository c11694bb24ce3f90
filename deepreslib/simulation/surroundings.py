"""What surrounds a molecule in a map: solvent, which takes contrast away, and a belt of detergent or lipid."""

from dataclasses import dataclass

import numpy as np
import scipy.ndimage

from deepreslib.fourier import filters
from deepreslib.fourier.arrays import BoolArray, FloatArray


@dataclass(frozen=True)
class Solvent:
    """Solvent displaced by the atoms.

    Each atom displaces a Gaussian of solvent (Fraser, MacRae & Suzuki 1978), blurred as the atom itself is. As the form
    factors of all atoms are much alike, subtracting the displaced solvent is one radial filter of the molecule's
    density.

    Attributes:
        contrast: the solvent's density divided by the molecule's, 0 to 1; about 0.6 for vitreous ice and protein.
        b_factor: Å², of the displaced Gaussian; 86 for the 18 Å³ of an average heavy atom with its hydrogens.
    """

    contrast: float = 0.6
    b_factor: float = 90.0

    def weights(self, frequency: FloatArray) -> FloatArray:
        """The factors of the density's Fourier coefficients.

        Args:
            frequency: of the coefficients, 1/Å, any shape.

        Returns:
            float32 of ``frequency``'s shape.
        """
        return 1 - np.float32(self.contrast) * filters.b_factor_weights(frequency, self.b_factor)


@dataclass(frozen=True)
class Belt:
    """A belt of detergent or lipid around a membrane protein: a ring of elliptic section with a rim of head groups.

    Attributes:
        axis: 0, 1 or 2: the belt's axis is the molecule's longest, middle or shortest principal axis.
        place: position of the belt's plane along the axis, in units of the molecule's SD along it.
        width: Å, from the molecule to the belt's outer rim.
        height: Å, from rim to rim along the axis.
        rim: Å, thickness of the layer of head groups.
        heads: density of the head groups, in units of the molecule's contrast.
        core: density inside, in the same units.
        blur: Å, SD of the Gaussian that blurs the belt.
    """

    axis: int = 0
    place: float = 0.0
    width: float = 22.0
    height: float = 44.0
    rim: float = 8.0
    heads: float = 0.7
    core: float = 0.1
    blur: float = 4.0

    def density(self, molecule: BoolArray, voxel_size: float) -> FloatArray:
        """The belt's density, 0 inside the molecule but for the blur.

        Args:
            molecule: bool (z, y, x), not empty.
            voxel_size: Å, one number.

        Returns:
            float32 (z, y, x), in units of the molecule's contrast.
        """
        occupied = np.argwhere(molecule) * voxel_size
        centre = occupied.mean(0)
        values, axes = np.linalg.eigh(np.cov((occupied - centre).T))
        axis, molecule_sd = axes[:, 2 - self.axis], np.sqrt(values[2 - self.axis])
        grid = np.meshgrid(*(np.arange(n, dtype=np.float32) * voxel_size for n in molecule.shape), indexing="ij")
        components = ((place - middle) * a for place, middle, a in zip(grid, centre, axis, strict=True))
        along = sum(components) - self.place * molecule_sd
        outside = scipy.ndimage.distance_transform_edt(~molecule) * voxel_size
        in_core = _in_ellipse(outside, along, self.width - self.rim, self.height / 2 - self.rim)
        density = np.where(in_core, self.core, self.heads) * _in_ellipse(outside, along, self.width, self.height / 2)
        density[molecule] = 0
        return scipy.ndimage.gaussian_filter(density.astype(np.float32), self.blur / voxel_size, mode="nearest")


def _in_ellipse(across: FloatArray, along: FloatArray, half_width: float, half_height: float) -> BoolArray:
    return (across / half_width) ** 2 + (along / half_height) ** 2 < 1
