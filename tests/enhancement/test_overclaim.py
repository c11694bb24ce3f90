"""The verdict: counted by hand, with and without a predicted SD."""

import numpy as np
import pytest

from deepreslib.enhancement import oversharpening
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


def check():
    return oversharpening.check(None, MASK, np.where(MASK, np.float32(4), 0), 20)


@pytest.mark.parametrize(("planes", "verdict"), [(1, False), (2, True), (3, True)])
def test_more_than_half_of_the_voxels_must_be_finer_by_more_than_the_sd(claims, planes, verdict):
    z = np.indices(SHAPE)[0]
    claims(np.where(z <= planes, 3.0, 3.9).astype(np.float32), np.where(MASK, np.float32(0.3), 0))
    found = check()
    assert found.finer == 1
    assert found.overclaimed == pytest.approx(planes / 3)
    assert found.oversharpened == verdict
    np.testing.assert_allclose(found.excess, np.where(MASK & (z <= planes), 1, 0))
    assert found.sentence().endswith(": oversharpened") == verdict
    assert f"in {100 * planes / 3:.0f} %" in found.sentence()


def test_networks_without_a_sd_have_a_fixed_tolerance(claims):
    tolerance = np.hypot(0.4, 0.1 * 4)
    claims(np.float32(4 - tolerance + 0.01), None)
    assert check().overclaimed == 0
    claims(np.float32(4 - tolerance - 0.01), None)
    assert check().overclaimed == 1


def test_a_confident_network_is_not_surer_than_the_snr(claims):
    claims(np.float32(3.65), np.full(SHAPE, np.float32(0.01)))
    assert check().overclaimed == 0
    claims(np.float32(3.55), np.full(SHAPE, np.float32(0.01)))
    assert check().overclaimed == 1


def test_coarser_is_no_claim_and_outside_the_mask_there_is_nothing(claims):
    claims(np.float32(5), np.where(MASK, np.float32(0.3), 0))
    found = check()
    assert (found.finer, found.overclaimed, found.oversharpened) == (0, 0, False)
    assert not found.excess.any()
    report = found.as_dict()
    assert report["snr"]["percentile"] == 4
    assert report["deepres"]["percentile"] == 5
    assert sum(report["deepres"]["voxels"]) == MASK.sum()
