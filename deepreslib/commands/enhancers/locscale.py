"""``deepres enhance --method locscale``."""

from argparse import Namespace
from typing import TYPE_CHECKING

from deepreslib.commands.choices import Options
from deepreslib.commands.enhancers import Enhancer, EnhancerInputs, add_gains_arguments, add_mask_arguments, check_model
from deepreslib.commands.numbers import lower
from deepreslib.errors import InputError

if TYPE_CHECKING:
    from deepreslib.enhancement.enhanced import Enhanced

B_FACTORS = ("shifted", "own", "zero")
SWITCH = {"on": True, "off": False, None: None}


def add_arguments(options: Options) -> None:
    """Adds the method's options."""
    add_mask_arguments(options)
    options.add_argument(
        "--structure-b",
        type=lower,
        choices=B_FACTORS,
        help="B factors of the structure's atoms: shifted, those of the file less nearly the least of them (default); "
        "own, those of the file; zero",
    )
    options.add_argument(
        "--fsc-weight",
        type=lower,
        choices=[word for word in SWITCH if word],
        help="whether amplitudes are also weighted by what the FSC of the half maps within the window allows (default: "
        "on with half maps)",
    )
    options.add_argument(
        "--strict",
        action="store_true",
        help="LocScale alone, also where nothing is modelled (default: there the network's gains are used)",
    )
    add_gains_arguments(options)


def check(args: Namespace) -> None:
    """Refuses a weight without half maps, and a network that would not be used."""
    if args.fsc_weight == "on" and not args.half1:
        raise InputError("--fsc-weight on needs half maps; give them by --half1 and --half2, or leave it out.")
    if args.strict and args.model:
        raise InputError("--strict uses no network and --model names one; leave one of them out.")
    check_model(args)


def enhance(args: Namespace, inputs: EnhancerInputs) -> "tuple[Enhanced, str]":
    """Scales windows to the amplitudes of the structure's density."""
    from deepreslib.enhancement import locscale

    b_factors = args.structure_b or B_FACTORS[0]
    result = locscale.enhance(
        inputs.density_map,
        inputs.mask,
        inputs.resolution,
        inputs.needed_structure,
        half_maps=inputs.half_maps,
        structure_b=b_factors,
        fsc_weight=SWITCH[args.fsc_weight],
        strict=bool(args.strict),
        stride=4 if args.stride is None else args.stride,
        network_path=args.model,
        keep_outside=inputs.keep_outside,
        workers=inputs.workers,
        progress=True,
    )
    how = f"strict, B factors {b_factors}" if args.strict else f"B factors {b_factors}"
    return result, how


ENHANCER = Enhancer(
    "LocScale, local sharpening to the amplitudes of an atomic structure, and where nothing is modelled to what "
    "iLocScale finds (Jakobi et al. 2017, Bharadwaj et al. 2022)",
    enhance,
    add_arguments,
    check,
    endings=("_bfactor",),
    more="amplitudes come from the structure and phases from the map; --method ilocscale needs no structure",
    needs_structure=True,
    masks_by_structure=lambda args: bool(args.strict),
    uses_network=True,
)
