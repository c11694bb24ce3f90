"""A view of a scene made by hand, for the tests of what is trained on it."""

import numpy as np
import pytest

from deepreslib.training.cryores import examples
from deepreslib.training.cryores.scenes import Scene, View


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(0)
    shape = (40, 44, 36)
    z, y, x = np.indices(shape)
    mask = (z - 20) ** 2 + (y - 22) ** 2 + (x - 18) ** 2 < 12**2
    local = np.where(mask, 4 + 0.1 * z, 0).astype(np.float32)
    data = (rng.standard_normal(shape) * (0.2 + mask)).astype(np.float32)
    return View(data, 1.5, (0.0, 0.0, 0.0), local, mask, 4.5)


@pytest.fixture
def one_scene(scene, monkeypatch):
    """Every structure gives a scene of this view."""
    monkeypatch.setattr(examples.scenes, "make_scene", lambda path, recipe, seed: Scene("ball", (scene,), {}))
    monkeypatch.setattr(examples, "drawn_shares", lambda paths, *weights: [1 / len(paths)] * len(paths))
    return scene
