"""Which maps are warned about, by which method: the demonstration, experimental maps, references, simulated maps."""

import pytest

from deepreslib import demo, estimate
from deepreslib.commands import main
from deepreslib.errors import InputError
from deepreslib.maps import read_map

pytestmark = pytest.mark.endurance

END, UNSUITED, PATCHES = "could give to this map", "learnt from reconstructions with their noise", "separate patches"
STRANGE, COARSE = "unlike those that CryoRes learnt from", "may be coarser than 25 Å"

EXPECTED = {
    ("demo", "cryores"): {UNSUITED},
    ("demo", "resmap"): {END},  # a quarter at the finest tested; the parts have 3, 5 and 7 Å
    ("betagal", "deepres"): {END},
    ("betagal", "resmap"): {END},  # voxels of 3.54 Å
    ("emd_1883", "cryores"): {STRANGE, COARSE},
    ("emd_1883", "deepres"): {END},
    ("emd_1883", "monores"): {END},
    ("emd_1883", "resmap"): {END},
    ("emd_4413_crop", "deepres"): {PATCHES},
    ("emd_4413_crop", "monores"): {PATCHES, END},
    ("emd_4413_crop", "resmap"): {PATCHES, END},
    ("emd_5170", "cryores"): {STRANGE},
    ("emd_5170", "deepres"): {END},
    ("simulated 4", "cryores"): {UNSUITED},
    ("simulated 4", "resmap"): {END},  # no noise to compare with
    ("simulated 7", "cryores"): {UNSUITED, STRANGE},
    ("simulated 7", "resmap"): {END},
}
"""Warned about; no other pair of map and method is."""

MASKED = ("emd_2513_segment", "emd_5137_chain", "emd_6770_chain")
NOISELESS = (*MASKED, "simulated 4", "simulated 7")
"""Maps without noise in the solvent, so that methods which compare with it may refuse them."""

EXPERIMENTAL = ("emd_1883", "emd_4413_crop", "emd_5168", "emd_5170", "emd_6824", *MASKED)
REFERENCES = ("2gaf", "4qln", "1kc6")


def read(name, shared_data, folder):
    if name == "demo":
        return read_map(demo.MAP)
    if name == "betagal":
        return read_map(shared_data / "maps" / "betagal.mrc")
    if name in REFERENCES:
        return [read_map(shared_data / "reference" / name / f"half{number}.mrc.gz") for number in (1, 2)]
    if name.startswith("simulated"):
        structure = str(shared_data / "structures" / "test" / "1dix.pdb.gz")
        assert main(["simulate", structure, "--resolution", name.split()[1], "-o", str(folder / "map.mrc")]) == 0
        return read_map(folder / "map.mrc")
    return read_map(shared_data / "maps" / "experimental" / f"{name}.mrc.gz")


@pytest.mark.parametrize("method", ["cryores", "deepres", "monores", "resmap", "localfsc"])
@pytest.mark.parametrize("name", ["demo", "betagal", *EXPERIMENTAL, *REFERENCES, "simulated 4", "simulated 7"])
def test_only_these_are_warned_about(name, method, shared_data, tmp_path):
    if method == "localfsc" and name not in REFERENCES:
        pytest.skip("one map has no FSC")
    try:
        found = estimate(read(name, shared_data, tmp_path), method=method).warnings
    except InputError as error:
        if name in NOISELESS and method in ("monores", "resmap") and "noise" in str(error):
            return
        raise
    expected = EXPECTED.get((name, method), set())
    assert len(found) == len(expected), found
    for words in expected:
        assert any(words in sentence for sentence in found), (words, found)
