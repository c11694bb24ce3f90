"""Half maps and a scene made by hand, for the tests of what is trained on them."""

from dataclasses import asdict

import numpy as np
import pytest

from deepreslib.estimation.result import Ends, LocalResolution
from deepreslib.networks.class_labels import HEADS
from deepreslib.simulation.finishes import Treatment
from deepreslib.simulation.quick_halves import QuickHalves
from deepreslib.training.cryores.scenes import Scene
from deepreslib.training.cryores.views import View
from deepreslib.training.cryores.wide_recipe import DrawnView
from deepreslib.training.voxelclass import labels

VOXEL = 1.5


@pytest.fixture(scope="session")
def ball():
    """A ball that is finer at the bottom: half maps with noise around it."""
    rng = np.random.default_rng(0)
    z, y, x = np.indices((40, 40, 40))
    mask = (z - 20) ** 2 + (y - 20) ** 2 + (x - 20) ** 2 < 12**2
    local = np.where(mask, 4 + 0.1 * z, 0).astype(np.float32)
    mean = (rng.standard_normal(mask.shape) * (0.2 + mask)).astype(np.float32)
    return QuickHalves(mean, VOXEL, (mean, mean), None, mask, local, 4.5, None, 0, None)


@pytest.fixture(scope="session")
def scene(ball):
    """Two views of the ball: as it is, and cut and masked."""
    part, offset = (slice(4, 38), slice(0, 40), slice(3, 36)), (4 * VOXEL, 0.0, 3 * VOXEL)
    views = (
        View(ball.mean, VOXEL, (0.0, 0.0, 0.0), ball.local_resolution, ball.mask, 4.5),
        View((ball.mean * ball.mask)[part], VOXEL, offset, ball.local_resolution[part], ball.mask[part], 4.5),
    )
    return Scene("ball", views, {"views": [drawn("plain"), drawn("masked")]}, ball)


def drawn(kind):
    """What ``Scene.settings`` says of a view to which nothing was done but what its kind says."""
    return {"kind": kind, **asdict(DrawnView(Treatment())), "afterwards": 0.0, "limit": 2 * VOXEL}


@pytest.fixture
def known_methods(monkeypatch):
    """MonoRes gives 4 Å and 0.1 Å more a section, ResMap gives 6 Å but nothing in the upper half."""

    def monores(density_map, mask, workers):
        sections = 4 + 0.1 * np.arange(len(mask), dtype=np.float32)[:, None, None]
        return LocalResolution(np.where(mask, sections, 0).astype(np.float32), ends=Ends(3.0, 18.0))

    def resmap(density_map, mask, workers):
        values = np.where(mask, np.float32(6), 0)
        values[20:][mask[20:]] = 10
        return LocalResolution(values, ends=Ends(3.3, 10.0))

    monkeypatch.setattr(labels, "_METHODS", dict(zip(HEADS, (monores, resmap), strict=True)))
