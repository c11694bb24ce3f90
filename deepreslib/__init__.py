"""How good is a cryo-EM map, here? The science of scipion-em-deepres, without Scipion.

The functions that most work needs are at hand after ``import deepreslib``. They are loaded when they are first used, so
the import itself takes no time. Everything else is in the packages below: ``deepreslib.maps``, ``deepreslib.fourier``,
``deepreslib.simulation`` and so on.

    >>> import deepreslib
    >>> from deepreslib import demo
    >>> density_map = deepreslib.read_map(demo.MAP)
    >>> density_map.data.shape
    (88, 88, 88)
    >>> density_map.voxel_size
    (1.0, 1.0, 1.0)

Local resolution, here by DeepRes, in the voxels of a mask (leave the mask out, and one is made from the density):

    >>> result = deepreslib.estimate(density_map, demo.MASK, method="deepres")
    >>> result.resolution.shape, result.deviation.shape
    ((88, 88, 88), (88, 88, 88))
    >>> statistics = deepreslib.statistics(result.resolution[result.resolution > 0])
    >>> 3 < statistics["median"] < 7
    True

The demonstration map was simulated, so its true local resolution is known, and the two can be compared:

    >>> truth = deepreslib.read_map(demo.TRUTH)
    >>> comparison = deepreslib.compare({"truth": truth.data, "DeepRes": result.resolution})
    >>> comparison.agreements["DeepRes"].rmse < 0.6
    True
"""

import lazy_loader as lazy

from deepreslib.version import __version__

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
__all__ = [*__all__, "__version__"]
