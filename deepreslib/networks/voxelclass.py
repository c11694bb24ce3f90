"""Networks for the class of each voxel by name: ten classes of local resolution (Avramov et al. 2019, section 3.3).

The class of a resolution is that of its bin, closed on the right: 0 is up to 2 Å, 1 is (2, 3] Å, ..., 8 is (9, 10] Å,
9 is coarser than 10 Å. Of the published networks class 0 is the background too.

Presets ``unet`` and ``unet-text`` take cubes of 16³ voxels at the map's own voxel size, float32, cut out of a map that
was scaled to 0 … 1 as a whole and multiplied by its mask: (batch, 16, 16, 16, 1). They predict probabilities:
(batch, 16, 16, 16, 10). ``unet`` has the filters of the released script, which double within a level on the way down;
``unet-text`` those of the paper's text, equal within a level.

Preset ``compact``, ours, takes CryoRes' inputs and predicts probabilities too (``networks.voxelclass_compact``).
"""

from collections.abc import Sequence
from typing import Any, TypedDict

import keras
from keras import layers

from deepreslib.networks.quiet import quiet
from deepreslib.networks.tensors import KerasModel, Tensor
from deepreslib.networks.voxelclass_card import CLASSES, COMPACT, CUBE
from deepreslib.networks.voxelclass_compact import CompactConfig, compact


class _Preset(TypedDict):
    description: str
    config: dict[str, Any]


_FILTERS = [64, 128, 256, 512, 1024]

PRESETS: dict[str, _Preset] = {
    COMPACT: {
        "description": "CryoRes' trunk at each place, and ten classes in order by MonoRes and by ResMap",
        "config": {"summary": [192, 128], "trunk": [256, 256], "heads": 128, "dropout": 0.1},
    },
    "unet": {
        "description": "3D U-Net of four levels, filters doubled within a level (Avramov et al. 2019, released script)",
        "config": {"filters": _FILTERS, "doubled": True, "dropout": 0.5},
    },
    "unet-text": {
        "description": "3D U-Net of four levels, filters equal within a level (Avramov et al. 2019, text)",
        "config": {"filters": _FILTERS, "doubled": False, "dropout": 0.5},
    },
}
"""Each preset's description, and its configuration: arguments of ``unet``, or the fields of ``CompactConfig``. The
model card repeats the configuration."""


@quiet()
def build(preset: str, **changes: Any) -> KerasModel:
    """The untrained Keras model of a preset.

    Args:
        preset: a name among ``PRESETS``.
        **changes: of the preset's configuration, such as ``filters=[2, 4, 8, 16, 32]``.

    Returns:
        The Keras model; its weights are random.
    """
    config = {**PRESETS[preset]["config"], **changes}
    return compact(CompactConfig(**config)) if preset == COMPACT else unet(**config)


def unet(filters: Sequence[int], doubled: bool, dropout: float) -> KerasModel:
    """The 3D U-Net of Avramov et al. 2019.

    Args:
        filters: of the levels, from the finest to the root.
        doubled: whether the second convolution of a level on the way down has the filters of the next level.
        dropout: share of channels that training drops after each level's second convolution on the way down, and after
            the root's.

    Returns:
        The Keras model; with the paper's filters it has 127,895,498 weights doubled, and 90,293,258 otherwise.
    """
    cube = layers.Input((CUBE, CUBE, CUBE, 1), name="cube")
    values, kept = cube, []
    for level, width in enumerate(filters[:-1]):
        values = _convolution(values, width, f"down_{level}_1")
        values = _convolution(values, filters[level + 1] if doubled else width, f"down_{level}_2")
        values = layers.SpatialDropout3D(dropout, name=f"dropout_{level}")(values)
        kept.append(values)
        values = layers.MaxPooling3D(2, name=f"pool_{level}")(values)
    for number in (1, 2):
        values = _convolution(values, filters[-1], f"root_{number}")
    values = layers.SpatialDropout3D(dropout, name="dropout_root")(values)
    for level in reversed(range(len(kept))):
        values = layers.UpSampling3D(2, name=f"upsample_{level}")(values)
        values = _convolution(values, filters[level], f"up_{level}_0", kernel=2)
        values = layers.Concatenate(name=f"join_{level}")([kept[level], values])
        for number in (1, 2):
            values = _convolution(values, filters[level], f"up_{level}_{number}")
    output = layers.Conv3D(CLASSES, 1, activation="softmax", kernel_initializer="he_normal", name="classes")(values)
    return keras.Model(cube, output, name="voxelclass_unet")


def _convolution(values: Tensor, filters: int, name: str, kernel: int = 3) -> Tensor:
    return layers.Conv3D(filters, kernel, padding="same", activation="relu", kernel_initializer="he_normal", name=name)(
        values
    )
