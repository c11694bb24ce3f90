"""The method that is chosen, and the reason."""

import pytest
from small_maps import atoms, density_map, noisy, reconstruction_noise

from deepreslib import demo, estimate
from deepreslib.errors import InputError
from deepreslib.estimation.automatic import choose
from deepreslib.maps import read_map


def test_half_maps_are_compared():
    assert choose(noisy(), has_halves=True) == choose(density_map(atoms()), has_halves=True)
    assert choose(noisy(), has_halves=True).method == "localfsc"


def test_a_reconstruction_goes_to_cryores_and_a_simulated_map_to_deepres():
    noise, smooth = (choose(noisy(level), has_halves=False) for level in (0.3, 1e-3))
    assert (noise.method, smooth.method) == ("cryores", "deepres")
    assert "shows the noise" in noise.reason
    assert "shows no noise" in smooth.reason
    assert choose(read_map(demo.MAP), has_halves=False).method == "deepres"


def test_by_name_chooses_too_and_says_so():
    density = atoms()
    halves = [density_map(density + 0.4 * reconstruction_noise(density.shape, seed)) for seed in (1, 2)]
    result = estimate(halves, density > 1)
    assert result.report["method"] == "localfsc"
    assert result.report["chosen"] == "auto: half maps were given"
    assert "chosen" not in estimate(halves, density > 1, method="localfsc").report


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"range_name": "low"}, 'range_name belongs to deepres; give method="deepres".'),
        ({"p_value": 0.1}, 'p_value belongs to resmap; give method="resmap".'),
        ({"step": 1}, 'step belongs to monores, resmap; give method="monores" or another of these.'),
        ({"colour": 1}, "colour is an option of no method; leave it out."),
    ],
)
def test_by_name_refuses_options_without_a_method(options, words):
    with pytest.raises(InputError) as refusal:
        estimate(noisy(), **options)
    assert str(refusal.value) == words


def test_by_name_refuses_inverted_maps_and_half_maps():
    turned = density_map(-noisy().data)
    halves = [density_map(-atoms() - 0.3 * reconstruction_noise((48,) * 3, seed)) for seed in (1, 2)]
    for subject in (turned, halves):
        for method in ("monores", "resmap", "deepres"):
            with pytest.raises(InputError, match="inverted contrast"):
                estimate(subject, method=method)
