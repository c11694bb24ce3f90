"""A scene made by hand, for the tests of what is trained on it."""

import numpy as np
import pytest

from deepreslib.training.cryores import examples
from deepreslib.training.cryores.scenes import Scene
from deepreslib.training.cryores.views import View


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(0)
    shape = (40, 44, 36)
    z, y, x = np.indices(shape)
    mask = (z - 20) ** 2 + (y - 22) ** 2 + (x - 18) ** 2 < 12**2
    local = np.where(mask, 4 + 0.1 * z, 0).astype(np.float32)
    data = (rng.standard_normal(shape) * (0.2 + mask)).astype(np.float32)
    view = View(data, 1.5, (0.0, 0.0, 0.0), local, mask, 4.5)
    part = (slice(4, 38), slice(0, 40), slice(3, 36))
    offset = (4 * 1.5, 0.0, 3 * 1.5)
    other = View(2 * data[part] + 1, 1.5, offset, local[part], mask[part], 4.5)
    return Scene(
        "ball", (view, other), {"subject": "ball", "experiment": "none", "views": [{"kind": "plain"}, {"kind": "crop"}]}
    )


@pytest.fixture
def one_scene(scene, monkeypatch):
    """Every structure gives this scene."""
    monkeypatch.setattr(examples.scenes, "make_scene", lambda path, recipe, seed: scene)
    monkeypatch.setattr(examples, "drawn_shares", lambda paths, *weights: [1 / len(paths)] * len(paths))
    return scene
