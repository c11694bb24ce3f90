"""Training examples of the class of each voxel: those of CryoRes with what MonoRes and ResMap say at their places.

On one core an example of two views takes about five seconds, most of which ResMap takes. Examples are made once and
kept in files of their own, by any number of processes.
"""

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from deepreslib.files import PathLike, sweep, write_aside
from deepreslib.fourier.arrays import FloatArray, IntArray
from deepreslib.training.cryores import examples as cryores_examples
from deepreslib.training.cryores import scenes
from deepreslib.training.cryores.examples import COMPLEX_WEIGHT, NUCLEIC_WEIGHT, Examples
from deepreslib.training.cryores.kinds import SUBJECTS, Mixture
from deepreslib.training.cryores.wide_recipe import WideRecipe
from deepreslib.training.example_files import make_each
from deepreslib.training.structures import drawn_shares
from deepreslib.training.voxelclass import labels

LARGEST_BOX = 96
"""Voxels, of the half maps; ResMap's time grows with the voxels of the molecule."""

LEFT_OUT = ("filament", "layer", "crystal", "coarse filament", "large box", "huge box")
"""Subjects of CryoRes' scenes that are not drawn: molecules without end, around which hardly any noise is to compare
with, and boxes that are larger than ``LARGEST_BOX``."""


@dataclass(frozen=True)
class ModerateMixture(Mixture):
    """Kinds of CryoRes' scenes in boxes of moderate size, with solvent around the molecule; see ``Mixture``."""

    subjects: dict[str, float] = field(
        default_factory=lambda: {name: kind.share for name, kind in SUBJECTS.items() if name not in LEFT_OUT}
    )

    def draw_scene(self, rng: np.random.Generator) -> tuple[str, str, WideRecipe]:
        """The subject and the experiment of a scene, and its recipe; see ``Mixture``."""
        subject, experiment, recipe = super().draw_scene(rng)
        low, high = recipe.box
        box = min(low, LARGEST_BOX), min(high, LARGEST_BOX)
        return subject, experiment, replace(recipe, box=box, largest_box=min(recipe.largest_box, LARGEST_BOX))


@dataclass(frozen=True, eq=False)
class LabelledExamples:
    """Examples, one along the first axis of each array.

    Attributes:
        inputs: what CryoRes is shown of them.
        resolution: float32 (examples, 2, places, labels), Å, as each of ``HEADS`` has it; 0 where a method assigns
            nothing.
    """

    inputs: Examples
    resolution: FloatArray

    def __len__(self) -> int:
        return len(self.inputs)

    def first(self, count: int) -> "LabelledExamples":
        """The first so many of them."""
        return self.chosen(np.arange(min(count, len(self))))

    def chosen(self, numbers: IntArray) -> "LabelledExamples":
        """Those of some numbers."""
        parts = {part.name: getattr(self.inputs, part.name)[numbers] for part in fields(Examples)}
        return LabelledExamples(Examples(**parts), self.resolution[numbers])


def from_scene(scene: scenes.Scene, rng: np.random.Generator) -> LabelledExamples:
    """The example of a scene.

    Args:
        scene: of a mixture.
        rng: draws the places.

    Returns:
        ``LabelledExamples`` of one example.
    """
    assert scene.halves is not None, "a scene of a mixture has its half maps"
    example, positions = cryores_examples.with_positions(scene, rng)
    resolution = [
        labels.at_positions(
            labels.of_view(scene.halves, drawn), scene.halves.voxel_size, positions[number], drawn["limit"],
            view.voxel_size,
        )
        for number, (view, drawn) in enumerate(zip(scene.views, scene.settings["views"], strict=True))
    ]  # fmt: skip
    return LabelledExamples(example, np.stack([resolution[0], resolution[-1]])[None])


def make(paths: Sequence[str], recipe: Mixture, seed: int, count: int, folder: PathLike, workers: int = 0) -> list[str]:
    """Makes the first examples of a seed; those whose files are there already are kept.

    Args:
        paths: structure files, in an order that is always the same.
        recipe: how scenes are drawn.
        seed: example i depends on it and on i alone.
        count: number of examples.
        folder: made if it is not there.
        workers: processes; 0 makes the examples in this one.

    Returns:
        The files of the examples.
    """
    os.makedirs(folder, exist_ok=True)
    sweep([folder])
    targets = [_target(folder, seed, number) for number in range(count)]
    missing = [number for number, target in enumerate(targets) if not os.path.exists(target)]
    shares = drawn_shares(paths, COMPLEX_WEIGHT, NUCLEIC_WEIGHT) if missing else None
    make_each(functools.partial(_make_one, paths, shares, recipe, seed, folder), missing, workers)
    return targets


def _make_one(
    paths: Sequence[str], shares: FloatArray | None, recipe: Mixture, seed: int, folder: PathLike, number: int
) -> None:
    rng = np.random.default_rng([seed, number, 0])
    path = paths[rng.choice(len(paths), p=shares)]
    example = from_scene(scenes.make_scene(path, recipe, [seed, number, 1]), rng)
    with write_aside(_target(folder, seed, number)) as temporary:
        np.savez(temporary, resolution=example.resolution, **example.inputs.__dict__)


def _target(folder: PathLike, seed: int, number: int) -> str:
    return os.path.join(folder, f"labelled_{seed}_{number:06d}.npz")


def load(paths: Sequence[str]) -> LabelledExamples:
    """The ``LabelledExamples`` in files.

    Args:
        paths: the files, at least one.

    Returns:
        All examples, in order.
    """
    inputs, resolution = [], []
    for path in paths:
        with np.load(path) as stored:
            arrays = dict(stored)
        resolution.append(arrays.pop("resolution"))
        inputs.append(Examples(**arrays))
    return LabelledExamples(cryores_examples.join(inputs), np.concatenate(resolution))
