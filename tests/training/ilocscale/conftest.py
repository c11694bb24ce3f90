"""Small maps and windows made by hand, for the tests of what is trained on them."""

import numpy as np
import pytest

from deepreslib.training.ilocscale import examples
from deepreslib.training.ilocscale.maps import TrainingMap


@pytest.fixture(scope="session")
def ball_map():
    """A ball of noise as the model, and a map of it blurred, with noise and an offset of 3."""
    return _make_ball(0)


def _make_ball(seed, limit=2.0):
    rng = np.random.default_rng(seed)
    z, y, x = np.indices((40, 40, 40))
    mask = (z - 20) ** 2 + (y - 20) ** 2 + (x - 20) ** 2 < 12**2
    model = (mask * (1 + rng.standard_normal(mask.shape))).astype(np.float32)
    noise = rng.normal(0, 0.3, mask.shape).astype(np.float32)
    data = 5 * (model + np.roll(model, 1, 0) + np.roll(model, 1, 1)) / 3 + noise + 3
    return TrainingMap(data.astype(np.float32), mask, model, 2 * model, 3.0, limit)


class Unchanged:
    """A filter that changes nothing."""

    def __init__(self, *_, **__):
        pass

    def of(self, density_map):
        return density_map.data


@pytest.fixture(scope="session")
def windows(ball_map):
    """The windows of the ball, which was not made flat."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "flattening", Unchanged)
        return examples.from_map(ball_map, np.random.default_rng(1))


@pytest.fixture
def as_it_is(monkeypatch):
    """Maps are not made flat."""
    monkeypatch.setattr(examples, "flattening", Unchanged)


@pytest.fixture(scope="session")
def make_ball():
    """A function of a seed that makes such a map."""
    return _make_ball
