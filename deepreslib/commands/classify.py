"""``deepres classify``: whether a map bears its claimed resolution out, with the evidence for it."""

import os
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from deepreslib.analysis.claims import VERDICTS, Rule, checked_claim
from deepreslib.commands import arguments, machine, messages
from deepreslib.commands.classify_cases import PRESETS, SHIPPED, Case, cases, question
from deepreslib.commands.folder import in_folder
from deepreslib.commands.numbers import FINITE, Number, Numbers, density_name, file_name, folder_name, lower
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.networks.mapclass_card import BORDERS
from deepreslib.networks.store import CARD_FILE

if TYPE_CHECKING:
    from deepreslib.commands.classify_one import Judged, NotJudged

REPORT, TABLE, VOTES, PAGE = "classify.json", "verdicts.csv", "votes.mrc", "summary.html"
EVIDENCE, PROBABILITIES, CONFUSION = "evidence.png", "probabilities.png", "confusion.png"
OUTPUTS = (TABLE, VOTES, EVIDENCE, PROBABILITIES, CONFUSION, PAGE, REPORT)

CONTRADICTED = 3
"""Exit code of ``--strict`` if a claim is contradicted, or one of several maps could not be judged."""

_EPILOG = (
    "The verdicts are: "
    + "; ".join(f"{name} ({meaning})" for name, meaning in VERDICTS.items())
    + ". How well CryoRes' uncertainty fits was measured on simulated half maps."
)


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "map",
        nargs="*",
        type=density_name,
        metavar="MAP",
        help="density map (.mrc, .map, .ccp4, also .gz and .bz2); several if nothing is claimed of them",
    )
    what = parser.add_argument_group("the claim")
    what.add_argument("--claimed", type=_claimed, metavar="A", help="the claimed resolution, Å")
    what.add_argument(
        "--claimed-from",
        type=file_name,
        metavar="FILE",
        help="read it from a header of EMDB (XML, version 3) or an mmCIF file",
    )
    what.add_argument(
        "--table",
        type=file_name,
        metavar="CSV",
        help="many maps: a table with the columns map, claimed and, if you like, voxel_size, half1, half2, mask, "
        "structure, mass, label",
    )
    more = parser.add_argument_group("what else is known")
    more.add_argument("--label", metavar="NAME", help="what to call the map (default: its file)")
    more.add_argument("--half1", type=density_name, metavar="HALF", help="the first half map; half maps decide")
    more.add_argument("--half2", type=density_name, metavar="HALF", help="the second one")
    mask = more.add_mutually_exclusive_group()
    mask.add_argument("--mask", type=file_name, metavar="MASK", help="mask on the map's grid (default: CryoRes' own)")
    mask.add_argument("--mask-threshold", type=FINITE, metavar="T", help="the mask is where the density is above T")
    more.add_argument(
        "--structure", type=file_name, metavar="MODEL", help="PDB or mmCIF fitted into the map, to check the voxel size"
    )
    more.add_argument("--mass", type=Number(0.1, 1e6, "kDa"), metavar="KDA", help="of the sample, to check the size")
    rule = Rule()
    how = parser.add_argument_group("how it is judged")
    how.add_argument(
        "--tolerance",
        type=_share,
        default=rule.tolerance,
        metavar="T",
        help=f"by how much of itself a claim may be off: {rule.tolerance:g} or {100 * rule.tolerance:g}%% (default)",
    )
    how.add_argument(
        "--sigmas",
        type=Number(0, 10),
        default=rule.sigmas,
        metavar="S",
        help=f"and by how many predicted SDs (default: {rule.sigmas:g}); it must be off by more than both",
    )
    how.add_argument(
        "--borders",
        type=Numbers(Number(0.5, 100, "Å"), "A,A", (2, 2), "5,10"),
        default=BORDERS,
        metavar="A,A",
        help="between the classes high, medium and low, Å (default: 5,10)",
    )
    how.add_argument("--compare", action="store_true", help="ask DeepRes, MonoRes, ResMap and local FSC too")
    how.add_argument(
        "--strict",
        action="store_true",
        help=f"exit with code {CONTRADICTED} if a claim is contradicted, or a map of a table could not be judged",
    )
    how.add_argument(
        "--preset",
        type=lower,
        choices=PRESETS,
        help=f"network for maps without noise, asked of any map if given; {SHIPPED} comes with the package",
    )
    how.add_argument("--model", type=file_name, metavar="FOLDER", help="folder of that network")
    how.add_argument("--cryores-model", type=file_name, metavar="FOLDER", help="CryoRes network to use")
    arguments.add_grid_arguments(parser)
    arguments.add_machine_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=folder_name,
        required=True,
        metavar="DIR",
        help=f"folder for {PAGE}, {REPORT}, {TABLE}, {VOTES} (of a map given by itself, not by a table) and the "
        "pictures; made if missing",
    )


def paths(args: Namespace) -> Paths:
    """The files that are read and written; a table is read for it."""
    args.cases = cases(args)
    args.question = question(args)
    for option, folder in (("--model", args.model), ("--cryores-model", args.cryores_model)):
        if folder and os.path.isdir(folder) and not os.path.exists(os.path.join(folder, CARD_FILE)):
            raise InputError(f"{option} {folder} holds no network; give a folder written by 'deepres train'.")
    given = [args.table, args.claimed_from]
    for case in args.cases:
        given += [case.map, case.half1, case.half2, case.mask, case.structure]
    outputs = in_folder(args.output, OUTPUTS)
    return Paths(given, outputs, outputs[-1], makes_folders=True, folders=[args.model, args.cryores_model])


def run(args: Namespace) -> int:
    """Judges the maps, prints a sentence for each, writes report, table, pictures and page.

    Returns:
        The exit code: 0, or ``CONTRADICTED`` if ``--strict`` was given and a claim is contradicted, or one of
        several maps could not be judged.
    """
    started = time.monotonic()
    machine.choose(args.threads, args.gpu)
    from deepreslib.commands import classify_outputs
    from deepreslib.commands.classify_one import Judged, judge_case
    from deepreslib.estimation import cryores

    cryores.load_model(args.question.cryores_model)  # a network that cannot be used is no fault of a map
    if args.question.wants_map_class:
        _check_preset(args)
    is_table = len(args.cases) > 1 or bool(args.table)
    results: list[Judged | NotJudged] = []
    for case in args.cases:
        result = judge_case(case, args.question) if not is_table else _judged_or_not(case, args)
        print(messages.one_line(result.sentence()), flush=True)
        if isinstance(result, Judged):
            result.warnings[:0] = case.notes
            named = result.warnings if not is_table else [f"{result.name}: {text}" for text in result.warnings]
            messages.print_warnings(named)
            if is_table:  # a map is not kept longer than its turn
                result.votes = result.density_map = None
        results.append(result)
    judged = [each for each in results if isinstance(each, Judged)]
    if len(results) > 1:
        print(classify_outputs.counts_line(results))
    classify_outputs.write(args.output, results, args.question, args.command_line, time.monotonic() - started)
    is_good = len(judged) == len(results) and not any(each.verdict.is_contradiction for each in judged)
    return CONTRADICTED if args.strict and not is_good else 0


def _check_preset(args: Namespace) -> None:
    """Refuses a folder that holds no network for simulated maps, or one of another preset."""
    from deepreslib.estimation import map_class

    preset = map_class.load_model(args.model).preset
    if args.preset not in (None, preset):
        raise InputError(
            f"{args.model} holds a network of the preset {preset}; give --preset {preset}, or leave it out."
        )


def _judged_or_not(case: Case, args: Namespace) -> "Judged | NotJudged":
    """Judges a map of a table; what is wrong with it is a line of the table."""
    from deepreslib.commands.classify_one import NotJudged, judge_case

    try:
        return judge_case(case, args.question, progress=False)
    except InputError as error:
        return NotJudged(case, str(error))
    except MemoryError:
        return NotJudged(case, "there is not enough memory for this map; crop or bin it.")


def _claimed(text: str) -> float:
    """The type of ``--claimed``."""
    try:
        return checked_claim(text)
    except InputError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from error


def _share(text: str) -> float:
    """A share, as 0.1 or 10%."""
    words = text.strip()
    try:
        number = float(words.rstrip("% ")) / (100 if words.endswith("%") else 1)
    except ValueError:
        number = -1.0
    if "_" in words or not 0 <= number < 1:
        raise ArgumentTypeError(f"{text!r} is no share; give one such as 0.1 or 10%")
    return number
