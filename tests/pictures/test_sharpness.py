"""Pictures of the oversharpening check: the numbers they show, the violins they choose, the voxels they colour."""

import numpy as np
import pytest

from deepreslib.analysis.distribution import EDGES, Distribution
from deepreslib.enhancement.b_factor import Recommendation
from deepreslib.errors import InputError
from deepreslib.pictures import overclaimed_figure, sharpness_curve_figure, sharpness_violin_figure
from deepreslib.pictures.sharpness import MOST_VIOLINS, SNR_COLOUR


def distribution(median, b_factor=None, seed=0):
    return Distribution.of(np.random.default_rng(seed).normal(median, 0.3, 5000), 20, b_factor)


def recommendation(outcome="coincide", b_factors=(0, -50, -70, -73, -75, -80, -100, -150, -200), best=-75):
    claims = tuple(distribution(5 + b / 50, b, n) for n, b in enumerate(b_factors))
    return Recommendation(best, outcome, 20, distribution(3.5), claims, 5000)


def lines_of(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def test_the_curve_goes_through_what_was_found():
    search = recommendation()
    (axes,) = sharpness_curve_figure(search, "localfsc", "title").axes
    lines = lines_of(axes)
    np.testing.assert_array_equal(lines["DeepRes"].get_xdata(), [claims.b_factor for claims in search.deepres])
    np.testing.assert_array_equal(lines["DeepRes"].get_ydata(), [claims.percentile for claims in search.deepres])
    assert set(lines["local FSC of the unsharpened map"].get_ydata()) == {search.snr.percentile}
    assert set(lines["recommended: −75 Å²"].get_xdata()) == {-75}
    assert axes.xaxis_inverted()
    assert axes.get_ylabel() == "20 % percentile of the local resolution (Å)"


def test_the_curve_says_when_nothing_fits():
    (axes,) = sharpness_curve_figure(recommendation("coarser", best=-200), "monores").axes
    assert "no B factor fits; nearest: −200 Å²" in lines_of(axes)
    assert "MonoRes of the unsharpened map" in lines_of(axes)


def test_violins_are_as_wide_as_there_are_voxels():
    snr, claimed = distribution(3.5), distribution(4.5, -50)
    (axes,) = sharpness_violin_figure(snr, [claimed], "localfsc", 20, -50).axes
    names = [tick.get_text() for tick in axes.get_xticklabels()]
    assert names == [f"local FSC\n{snr.percentile:.2f} Å", f"−50 Å²\n{claimed.percentile:.2f} Å"]
    for place, resolutions, violin in zip((0, 1), (snr, claimed), axes.collections, strict=True):
        vertices = violin.get_paths()[0].vertices
        widest = vertices[np.argmax(vertices[:, 0])]
        assert widest[0] == pytest.approx(place + 0.44)
        assert abs(widest[1] - EDGES[np.argmax(resolutions.voxels)]) < 0.25
    line = next(line for line in axes.get_lines() if len(set(line.get_ydata())) == 1 and line.get_color() == SNR_COLOUR)
    assert line.get_ydata()[0] == snr.percentile
    low, high = axes.get_ylim()
    assert low < 3
    assert 5 < high < 7


@pytest.mark.parametrize("step", [5, 10, 50])
def test_of_many_violins_the_ends_and_the_chosen_one_are_kept(step):
    b_factors = sorted({*range(0, -201, -step), -77}, reverse=True)
    search = recommendation(b_factors=b_factors, best=-77)
    (axes,) = sharpness_violin_figure(search.snr, search.deepres, "localfsc", 20, -77).axes
    names = [tick.get_text().partition("\n")[0] for tick in axes.get_xticklabels()][1:]
    assert names[0] == "0 Å²"
    assert names[-1] == "−200 Å²"
    assert "−77 Å²" in names
    assert len(names) == min(MOST_VIOLINS, len(b_factors))
    assert len(set(names)) == len(names)


def test_one_map_of_unknown_b_factor_is_called_deepres():
    (axes,) = sharpness_violin_figure(distribution(4), [distribution(3)], "monores", 20).axes
    assert [tick.get_text().partition("\n")[0] for tick in axes.get_xticklabels()] == ["MonoRes", "DeepRes"]
    with pytest.raises(InputError, match="no distribution"):
        sharpness_violin_figure(distribution(4), [], "monores", 20)


def test_only_overclaimed_voxels_are_coloured():
    density = np.random.default_rng(0).standard_normal((12, 14, 16)).astype(np.float32)
    excess = np.zeros(density.shape, np.float32)
    excess[6, 3:9, 4:10] = 0.8
    figure = overclaimed_figure(density, excess, (1.0, 1.0, 1.0), numbers=[6])
    panel, key = figure.axes
    coloured = panel.images[-1].get_array()[..., 3] > 0
    np.testing.assert_array_equal(coloured, excess[6] > 0)
    assert key.get_ylabel() == "DeepRes finer than the SNR allows by (Å)"
    assert key.get_ylim() == (0, 0.8)
    assert np.ptp(panel.get_xlim()) == 16
    assert np.ptp(panel.get_ylim()) == 14
    with pytest.raises(InputError, match="nothing to show"):
        overclaimed_figure(density, 0 * excess, (1.0, 1.0, 1.0))


def test_few_overclaimed_voxels_are_shown_with_their_surroundings():
    density = np.random.default_rng(0).standard_normal((80, 80, 80)).astype(np.float32)
    excess = np.zeros(density.shape, np.float32)
    excess[40, 38:40, 40] = 0.5
    panel = overclaimed_figure(density, excess, (2.0, 2.0, 2.0), numbers=[40]).axes[0]
    assert np.ptp(panel.get_xlim()) == pytest.approx(60, abs=3)
    assert np.ptp(panel.get_ylim()) == pytest.approx(60, abs=3)
    assert panel.get_xlim()[0] < 80 < panel.get_xlim()[1]
