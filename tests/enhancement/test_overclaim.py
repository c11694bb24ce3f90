"""Where DeepRes claims too much: counted by hand, with and without a predicted SD."""

import numpy as np
import pytest

from deepreslib.enhancement.overclaim import overclaim
from deepreslib.estimation import LocalResolution, deepres

SHAPE = (4, 5, 6)
MASK = np.indices(SHAPE)[0] > 0  # 90 voxels


@pytest.fixture
def claims(monkeypatch):
    """Makes DeepRes claim a resolution with a SD."""

    def prepare(resolution, deviation):
        report = {"range": {"name": "low"}, "model": {"name": "a network", "path": "", "sha256": "0"}}
        result = LocalResolution(np.where(MASK, resolution, 0), deviation, report=report)
        monkeypatch.setattr(deepres, "estimate", lambda *_, **__: result)

    return prepare


def compare():
    return overclaim(None, MASK, np.where(MASK, np.float32(4), 0), 20)


@pytest.mark.parametrize("planes", [1, 2, 3])
def test_voxels_count_that_are_finer_by_more_than_the_sd(claims, planes):
    z = np.indices(SHAPE)[0]
    claims(np.where(z <= planes, 3.0, 3.9).astype(np.float32), np.where(MASK, np.float32(0.3), 0))
    found = compare()
    assert found.finer == 1
    assert found.overclaimed == pytest.approx(planes / 3)
    np.testing.assert_allclose(found.excess, np.where(MASK & (z <= planes), 1, 0))
    assert f"by more than the uncertainty in {100 * planes / 3:.0f} %" in found.sentence()


def test_networks_without_a_sd_have_a_fixed_tolerance(claims):
    tolerance = np.hypot(0.4, 0.1 * 4)
    claims(np.float32(4 - tolerance + 0.01), None)
    assert compare().overclaimed == 0
    claims(np.float32(4 - tolerance - 0.01), None)
    assert compare().overclaimed == 1


def test_a_confident_network_is_not_surer_than_the_snr(claims):
    claims(np.float32(3.65), np.full(SHAPE, np.float32(0.01)))
    assert compare().overclaimed == 0
    claims(np.float32(3.55), np.full(SHAPE, np.float32(0.01)))
    assert compare().overclaimed == 1


def test_coarser_is_no_claim_and_outside_the_mask_there_is_nothing(claims):
    claims(np.float32(5), np.where(MASK, np.float32(0.3), 0))
    found = compare()
    assert (found.finer, found.overclaimed) == (0, 0)
    assert not found.excess.any()
    report = found.as_dict()
    assert report["snr"]["percentile"] == 4
    assert report["deepres"]["percentile"] == 5
    assert sum(report["deepres"]["voxels"]) == MASK.sum()
