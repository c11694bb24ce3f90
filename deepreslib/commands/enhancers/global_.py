"""``deepres enhance --method global``.

The underscore stands in the file's name alone, as ``global`` is a word of Python.
"""

from argparse import Namespace
from typing import TYPE_CHECKING

from deepreslib.commands.enhancers import Enhancer, EnhancerInputs, add_mask_arguments

if TYPE_CHECKING:
    from deepreslib.enhancement.enhanced import Enhanced


def enhance(args: Namespace, inputs: EnhancerInputs) -> "tuple[Enhanced, str]":
    """Sharpens by one B factor."""
    from deepreslib.enhancement import global_sharpening

    result = global_sharpening.enhance(
        inputs.density_map,
        inputs.mask,
        inputs.resolution,
        half_maps=inputs.half_maps,
        keep_outside=inputs.keep_outside,
        workers=inputs.workers,
    )
    return result, "one B factor by a Guinier fit"


ENHANCER = Enhancer(
    "one B factor for the whole map by a Guinier fit, weighted by the FSC of half maps and low-pass filtered at the "
    "resolution (Rosenthal & Henderson 2003)",
    enhance,
    add_mask_arguments,
    endings=("_bfactor",),
    more="the same B factor everywhere; --method ilocscale sharpens each part of the map as it needs",
)
