"""The maps that ``deepres classify`` is asked about, with their claims; refused before any work if they cannot be."""

import math
from argparse import Namespace
from dataclasses import dataclass

from deepreslib.analysis.claim_files import method_note, read_claim, read_table
from deepreslib.analysis.claims import Claim, Rule
from deepreslib.commands.folder import short_names
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import Triple
from deepreslib.networks.mapclass_card import BORDERS

SHIPPED = "compact"
"""The preset of the network for simulated maps that comes with the package."""

PRESETS = (SHIPPED, "dnn", "cnn3d")


@dataclass(frozen=True)
class Case:
    """A map and what is claimed of it.

    Attributes:
        name: what it is called in results.
        map: path; None if half maps alone are given.
        claim: None if nothing is claimed.
        half1: path of a half map, or None.
        half2: path of the other, or None.
        mask: path, or None.
        mask_threshold: the mask is where the density is above it; None likewise.
        structure: path of a model, or None.
        voxel_size: Å, which wins over the header's; None likewise.
        origin: Å (z, y, x), likewise.
        mass: kDa, of the sample; None if not given.
        notes: sentences about the claim to warn of.
    """

    name: str
    map: str | None
    claim: Claim | None = None
    half1: str | None = None
    half2: str | None = None
    mask: str | None = None
    mask_threshold: float | None = None
    structure: str | None = None
    voxel_size: float | None = None
    origin: Triple | None = None
    mass: float | None = None
    notes: tuple[str, ...] = ()

    def arguments(self, threads: int | None) -> Namespace:
        """What ``commands.inputs`` takes.

        Args:
            threads: processor cores, None for all.
        """
        names = ("map", "half1", "half2", "mask", "mask_threshold", "voxel_size", "origin")
        return Namespace(threads=threads, **{name: getattr(self, name) for name in names})


@dataclass(frozen=True)
class Question:
    """What is asked of every map.

    Attributes:
        rule: when a claim is contradicted.
        borders: Å, of the classes.
        compare: whether other methods are asked too.
        preset: of the network for simulated maps, if the user chose one.
        model: folder of that network; None for the shipped one.
        cryores_model: folder of CryoRes' network; None for the shipped one.
        threads: processor cores, None for all.
    """

    rule: Rule
    borders: tuple[float, float] = BORDERS
    compare: bool = False
    preset: str | None = None
    model: str | None = None
    cryores_model: str | None = None
    threads: int | None = None

    @property
    def wants_map_class(self) -> bool:
        """Whether the user asks what the network for simulated maps says of a map of whatever kind."""
        return self.preset is not None or self.model is not None

    @property
    def workers(self) -> int:
        """Threads, -1 for all."""
        return self.threads or -1


def question(args: Namespace) -> Question:
    """What is asked of every map.

    Args:
        args: of the command.

    Raises:
        InputError: options contradict each other.
    """
    first, second = args.borders
    if not first < second:
        raise InputError(f"--borders {first:g},{second:g} are out of order; give the finer one first, such as 5,10.")
    if args.preset not in (None, SHIPPED) and not args.model:
        raise InputError(f"--preset {args.preset} does not come with the package; train one, and give it by --model.")
    return Question(
        Rule(args.tolerance, args.sigmas),
        (first, second),
        args.compare,
        args.preset,
        args.model,
        args.cryores_model,
        args.threads,
    )


def cases(args: Namespace) -> list[Case]:
    """The maps, with what is claimed of each.

    Args:
        args: of the command.

    Raises:
        InputError: there is no map, or several with one claim; options contradict each other; or a file of claims
            cannot be used.
    """
    if args.table:
        return _of_table(args)
    given = list(args.map)
    if len(given) > 1:
        for option in ("claimed", "claimed_from", "label", "half1", "half2", "mask", "structure", "mass"):
            if getattr(args, option) is not None:
                name = f"--{option.replace('_', '-')}"
                raise InputError(f"{name} belongs to one map and {len(given)} are given; give a table by --table.")
        names = short_names(given)
        return [
            Case(name, path, mask_threshold=args.mask_threshold, voxel_size=args.voxel_size, origin=args.origin)
            for name, path in zip(names, given, strict=True)
        ]
    if args.claimed is not None and args.claimed_from:
        raise InputError("--claimed and --claimed-from both say what is claimed; give one of them.")
    if not given and not (args.half1 or args.half2):
        raise InputError("there is no map; give one, half maps by --half1 and --half2, or a table by --table.")
    if bool(args.half1) != bool(args.half2):
        raise InputError(f"{args.half1 or args.half2} is one half map; give both, --half1 and --half2.")
    claim = read_claim(args.claimed_from) if args.claimed_from else None
    if args.claimed is not None:
        claim = Claim(args.claimed)
    note = method_note(claim) if claim else ""
    path = given[0] if given else None
    fields = ("half1", "half2", "mask", "mask_threshold", "structure", "voxel_size", "origin", "mass")
    known = {name: getattr(args, name) for name in fields}
    return [Case(args.label or path or args.half1, path, claim, **known, notes=(note,) if note else ())]


_IN_TABLE = {
    "claimed": "put it into the table, in the column claimed",
    "claimed_from": "put its resolution into the table, in the column claimed",
    "mask_threshold": "name a mask of each map in the table, in the column mask",
    **{
        name: f"put it into the table, in the column {name}"
        for name in ("label", "half1", "half2", "mask", "structure", "mass")
    },
}
"""Option that belongs to one map → what to do instead beside ``--table``."""


def _of_table(args: Namespace) -> list[Case]:
    """The cases of ``--table``."""
    for option, mend in _IN_TABLE.items():
        if getattr(args, option) is not None:
            name = f"--{option.replace('_', '-')}"
            raise InputError(f"{name} belongs to one map and --table names several; {mend}.")
    if args.map:
        raise InputError(f"{args.map[0]} and --table are both given; put the map into the table, or leave that out.")
    rows = read_table(args.table)
    names = [row.label or name for row, name in zip(rows, short_names([row.files["map"] for row in rows]), strict=True)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{args.table} calls two maps {twice!r}; give them different labels.")
    return [
        Case(
            name,
            row.files["map"],
            row.claim,
            row.files.get("half1"),
            row.files.get("half2"),
            row.files.get("mask"),
            structure=row.files.get("structure"),
            voxel_size=row.voxel_size or args.voxel_size,
            origin=args.origin,
            mass=row.mass,
        )
        for name, row in zip(names, rows, strict=True)
    ]


def volume(voxels: int, voxel_size: Triple) -> float:
    """The volume of so many voxels, Å³.

    Args:
        voxels: their number.
        voxel_size: Å (z, y, x).
    """
    return voxels * math.prod(voxel_size)
