"""``deepres classify`` with a network whose answer is known: verdicts, files, tables, and every refusal."""

import csv
import html.parser
import json
import os

import numpy as np
import pytest
import small_maps
from emdb_headers import header, mmcif
from known_cryores import KnownNetwork, known_model
from refusals import assert_refused

from deepreslib.analysis.claims import VERDICTS
from deepreslib.commands import classify_one, main
from deepreslib.errors import InputError
from deepreslib.estimation import cryores, map_class
from deepreslib.estimation.map_class import MapClass
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, dilate, read_map, write_map

EDGE, SIZE = 48, small_maps.VOXEL
BASELINE = (6.0, 0.2)
"""Å, what the known network says of any map."""


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """CryoRes says 6.0 ± 0.2 Å of every map; the network for simulated maps 7.5 Å."""
    monkeypatch.setattr(cryores, "load_model", lambda path=None: known_model(KnownNetwork(BASELINE)))
    found = MapClass(7.5, 0.2, (0.01, 0.98, 0.01), 1)
    monkeypatch.setattr(map_class, "judge", lambda *_, **options: found)


@pytest.fixture(scope="module")
def data():
    density = small_maps.atoms()
    noise = [small_maps.reconstruction_noise(density.shape, seed) for seed in (1, 2)]
    halves = [density + 0.3 * each for each in noise]
    distance = np.linalg.norm(np.indices((EDGE,) * 3) - (EDGE - 1) / 2, axis=0)
    return {
        "map": (halves[0] + halves[1]) / 2,
        "half1": halves[0],
        "half2": halves[1],
        "mask": distance < 14,
        "simulated": small_maps.atoms(blur=2.5),
        "constant": np.ones((EDGE,) * 3),
        "noise": noise[0],
    }


@pytest.fixture
def files(tmp_path, data):
    for name, values in data.items():
        write_map(tmp_path / f"{name}.mrc", DensityMap(np.asarray(values, np.float32), (SIZE,) * 3))
    return tmp_path


def run(folder, *options):
    return main(["classify", *map(str, options), "--threads", "1", "-o", str(folder / "out")])


def report(folder):
    return json.loads((folder / "out" / "classify.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [
        (6.2, "consistent"),
        (5.0, "finer than the map supports"),
        (7.5, "coarser than the map supports"),
        (3.0, "impossible"),
    ],
)
def test_verdicts_of_one_map(files, capsys, claimed, verdict):
    assert run(files, files / "map.mrc", "--claimed", claimed) == 0
    (found,) = report(files)["maps"]
    printed = capsys.readouterr().out
    assert found["verdict"] == verdict
    assert found["meaning"] == VERDICTS[verdict]
    assert found["contradicted"] == (verdict != "consistent")
    assert found["estimate"] == {"value": 6.0, "deviation": 0.2, "scale": "FSC 0.143 as CryoRes expects it"}
    assert found["sentence"] in printed
    assert f"claimed {claimed:g} Å is {verdict}" in printed
    assert [line["number"] for line in found["evidence"]] == list(range(1, 11))
    assert {line["state"] for line in found["evidence"]} <= {"ok", "warning", "contradicts", "not applicable"}
    assert run(files, files / "map.mrc", "--claimed", claimed, "--strict") == (3 if found["contradicted"] else 0)


def test_files_of_one_map(files):
    assert run(files, files / "map.mrc", "--claimed", 6, "--borders", "6,8") == 0
    out = files / "out"
    names = {"summary.html", "classify.json", "verdicts.csv", "votes.mrc", "evidence.png", "probabilities.png"}
    assert {path.name for path in out.iterdir()} == names
    votes = read_map(out / "votes.mrc")
    assert votes.voxel_size == (SIZE,) * 3
    assert set(np.unique(votes.data)) <= {0, 1, 2, 3}
    content = report(files)
    (found,) = content["maps"]
    assert content["borders"] == [6, 8]
    assert np.count_nonzero(votes.data) == found["mask"]["voxels"]
    assert found["class"]["probabilities"]["high"] == pytest.approx(0.5, abs=0.01)
    assert content["confusion"] is None
    (row,) = csv.DictReader((out / "verdicts.csv").read_text().splitlines())
    assert (row["verdict"], row["claimed"], row["nyquist_limit"]) == ("consistent", "6.0", "ok")
    assert sorted(content["files"]) == sorted(names - {"classify.json"})


class Balance(html.parser.HTMLParser):
    """Reads a page and notes what is open, what it refers to, and scripts."""

    VOID = {"meta", "img", "br"}

    def __init__(self):
        super().__init__()
        self.open, self.links, self.tags = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_one_small_valid_file(files):
    assert run(files, files / "map.mrc", "--claimed", 6) == 0
    text = (files / "out" / "summary.html").read_text(encoding="utf-8")
    page = Balance()
    page.feed(text)
    assert page.open == []
    assert "script" not in page.tags
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert len(text.encode()) <= 2_000_000
    places = [text.index(part) for part in ("Consistent", "where the map ends", "Not checked", "<img")]
    assert places == sorted(places)


def test_half_maps_decide(files, data):
    halves = ["--half1", files / "half1.mrc", "--half2", files / "half2.mrc", "--mask", files / "mask.mrc"]
    assert run(files, *halves, "--claimed", 4.1) == 0
    (found,) = report(files)["maps"]
    assert found["decided_by"] == 3
    assert found["estimate"]["scale"] == "FSC 0.143 of the half maps"
    line = found["evidence"][2]
    assert set(line["fsc"]) == {"unmasked", "masked", "randomised", "corrected"}
    assert found["mask"]["path"].endswith("mask.mrc")
    assert found["evidence"][6]["state"] == "not applicable"
    scrambled = filters.randomise_phases(np.float32(data["map"]), (SIZE,) * 3, 9.0, np.random.default_rng(0))
    write_map(files / "other.mrc", DensityMap(scrambled, (SIZE,) * 3))
    assert run(files, files / "other.mrc", *halves, "--claimed", 5.5) == 0
    (found,) = report(files)["maps"]
    assert (found["verdict"], found["evidence"][2]["state"]) == ("consistent", "warning")
    assert "beyond 8.0 Å the map itself" in found["evidence"][2]["sentence"]


def test_half_maps_of_another_map_do_not_decide(files, data, capsys):
    for name in ("half1", "half2"):
        other = np.roll(data[name][:, ::-1].transpose(2, 0, 1), 9, axis=0)
        write_map(files / f"other_{name}.mrc", DensityMap(np.ascontiguousarray(other, np.float32), (SIZE,) * 3))
    halves = ["--half1", files / "other_half1.mrc", "--half2", files / "other_half2.mrc"]
    assert run(files, files / "map.mrc", *halves, "--mask", files / "mask.mrc", "--claimed", 6) == 0
    (found,) = report(files)["maps"]
    assert (found["verdict"], found["decided_by"]) == ("consistent", 4)
    assert "show something else than" in found["evidence"][2]["sentence"]
    assert "show something else than" in capsys.readouterr().err


def test_a_voxel_size_that_was_never_set_is_warned_about(files, data, capsys):
    write_map(files / "unset.mrc", DensityMap(np.asarray(data["map"], np.float32), (1.0,) * 3))
    assert run(files, files / "unset.mrc", "--claimed", 6) == 0
    assert "exactly 1 Å" not in capsys.readouterr().err
    assert run(files, files / "unset.mrc", "--claimed", 4) == 0
    assert "a voxel size of exactly 1 Å is what programs write that never set it" in capsys.readouterr().err


def test_a_model_outside_of_the_map_is_a_line_and_not_the_end(files):
    atom = "ATOM      1  CA  ALA A   1     999.000 999.000 999.000  1.00 20.00           C\n"
    (files / "far.pdb").write_text(atom + "END\n", encoding="utf-8")
    assert run(files, files / "map.mrc", "--claimed", 6, "--structure", files / "far.pdb") == 0
    (found,) = report(files)["maps"]
    assert found["evidence"][8]["state"] == "not applicable"
    assert "far lies outside of" in found["evidence"][8]["sentence"]


def test_of_a_map_without_noise_other_scales_are_told(files, capsys):
    assert run(files, files / "simulated.mrc", "--claimed", 6) == 0
    (found,) = report(files)["maps"]
    assert (found["verdict"], found["kind"]) == ("cannot tell", "smooth")
    assert found["estimates"]["gaussian"]["value"] == 7.5
    assert {"gaussian", "low_pass"} <= set(found["estimates"])
    assert found["class"]["name"] == "medium"
    assert found["class"]["scale"] == "Gaussian"
    assert "shows no noise around the molecule" in capsys.readouterr().out


def test_a_network_for_simulated_maps_can_be_asked_of_any_map(files, monkeypatch):
    asked = {}
    stored = known_model(preset="cnn3d")
    monkeypatch.setattr(map_class, "load_model", lambda path=None: stored)
    monkeypatch.setattr(
        map_class, "judge", lambda *_, **options: asked.update(options) or MapClass(None, None, (0.1, 0.2, 0.7), 1)
    )
    assert run(files, files / "map.mrc", "--claimed", 6, "--preset", "cnn3d", "--model", files / "net") == 0
    (found,) = report(files)["maps"]
    assert asked["network_path"] == str(files / "net")
    assert (found["class"]["name"], found["verdict"]) == ("low", "consistent")


def test_a_network_of_another_preset_is_refused(files, monkeypatch, capsys):
    monkeypatch.setattr(map_class, "load_model", lambda path=None: known_model(preset="dnn"))
    code = run(files, files / "map.mrc", "--preset", "cnn3d", "--model", files / "net")
    assert_refused(files, capsys, code, "of the preset dnn")


def test_a_doubtful_answer_decides_nothing(files, monkeypatch):
    monkeypatch.setattr(cryores, "load_model", lambda path=None: known_model(KnownNetwork((6.0, 3.0))))
    assert run(files, files / "map.mrc", "--claimed", 12, "--strict") == 0
    (found,) = report(files)["maps"]
    assert (found["verdict"], found["class"], found["decided_by"]) == ("cannot tell", None, None)
    assert found["status"].startswith("doubtful")


def test_claims_from_files(files):
    for name, text in (("emd.xml", header("6.1", spacing=1.9)), ("model.cif", mmcif("6.1"))):
        (files / name).write_text(text, encoding="utf-8")
        assert run(files, files / "map.mrc", "--claimed-from", files / name) == 0
        (found,) = report(files)["maps"]
        assert (found["claim"]["resolution"], found["verdict"]) == (6.1, "consistent")
    assert run(files, files / "map.mrc", "--claimed-from", files / "emd.xml") == 0
    first = report(files)["maps"][0]["evidence"][0]
    assert first["state"] == "warning"
    assert "1.9 Å" in first["sentence"]


def test_without_a_claim_there_is_a_class_and_no_verdict(files, capsys):
    assert run(files, files / "map.mrc", "--strict") == 0
    (found,) = report(files)["maps"]
    assert (found["verdict"], found["class"]["name"]) == (None, "medium")
    assert "map.mrc: 6.0 ± 0.2 Å" in capsys.readouterr().out


def test_a_map_has_the_name_that_it_is_given(files, capsys):
    assert run(files, files / "map.mrc", "--label", "my map", "--claimed", 6) == 0
    assert capsys.readouterr().out.startswith("my map: claimed 6 Å")
    (found,) = report(files)["maps"]
    assert (found["name"], found["map"]) == ("my map", str(files / "map.mrc"))
    assert found["local_resolution"] == sorted(found["local_resolution"])
    assert found["local_resolution"][0] >= 2 * SIZE


def test_size_is_printed_and_judged(files):
    assert run(files, files / "map.mrc", "--mask", files / "mask.mrc", "--mass", 1000) == 0
    line = report(files)["maps"][0]["evidence"][7]
    assert line["state"] == "warning"
    assert line["value"] == pytest.approx(
        0.81e-3 * np.count_nonzero(read_map(files / "mask.mrc").data) * SIZE**3, rel=1e-3
    )


def test_other_methods_are_asked(files):
    options = ["--mask", files / "mask.mrc", "--compare", "--claimed", 6]
    assert run(files, files / "map.mrc", *options) == 0
    (found,) = report(files)["maps"]
    assert set(found["evidence"][9]["medians"]) == {"CryoRes", "DeepRes", "MonoRes", "ResMap"}
    (row,) = csv.DictReader((files / "out" / "verdicts.csv").read_text().splitlines())
    assert {"median_cryores", "median_deepres", "median_monores", "median_resmap"} <= set(row)


@pytest.fixture
def twelve(files):
    """A table of twelve maps, of which one is broken."""
    lines = ["map,claimed,label"]
    for number in range(12):
        path = files / f"map{number}.mrc"
        os.link(files / "map.mrc", path)
        lines.append(f"{path.name},{(5, 6, 7.5)[number % 3]},sample {number}")
    os.unlink(files / "map7.mrc")
    (files / "map7.mrc").write_bytes((files / "map.mrc").read_bytes()[:5000])
    (files / "table.csv").write_text("\n".join(lines), encoding="utf-8")
    return files


def test_a_table_with_a_broken_map(twelve, capsys):
    assert run(twelve, "--table", twelve / "table.csv") == 0
    content = report(twelve)
    assert content["counts"] == {
        "consistent": 3,
        "finer than the map supports": 4,
        "coarser than the map supports": 4,
        "impossible": 0,
        "cannot tell": 0,
        "without a claim": 0,
        "not judged": 1,
    }
    broken = content["maps"][7]
    assert (broken["name"], broken["judged"], broken["verdict"]) == ("sample 7", False, None)
    assert "map7.mrc" in broken["reason"]
    rows = list(csv.DictReader((twelve / "out" / "verdicts.csv").read_text().splitlines()))
    assert [row["verdict"] for row in rows].count("not judged") == 1
    assert len(rows) == 12
    assert sum(map(sum, content["confusion"]["counts_claimed_by_found"])) == 11
    names = {path.name for path in (twelve / "out").iterdir()}
    assert {"confusion.png", "evidence.png", "probabilities.png", "summary.html"} <= names
    assert "votes.mrc" not in names
    page = (twelve / "out" / "summary.html").read_text(encoding="utf-8")
    assert len(page.encode()) <= 2_000_000
    assert "sample 7" in page
    printed = capsys.readouterr().out
    assert "sample 7: not judged: " in printed
    assert "12 maps: 3 consistent" in printed
    assert run(twelve, "--table", twelve / "table.csv", "--strict") == 3


REFUSALS = {
    "claim of 0": (["map.mrc", "--claimed", "0"], "above 0"),
    "negative claim": (["map.mrc", "--claimed", "-3"], "above 0"),
    "a word": (["map.mrc", "--claimed", "three"], "no number"),
    "nanometres": (["map.mrc", "--claimed", "0.32"], "did you mean 3.2?"),
    "several maps": (["map.mrc", "half1.mrc", "--claimed", "3"], "give a table by --table"),
    "no map": (["--claimed", "3"], "there is no map"),
    "two claims": (["map.mrc", "--claimed", "3", "--claimed-from", "emd.xml"], "give one of them"),
    "claim and table": (["--table", "table.csv", "--claimed", "3"], "put it into the table"),
    "a name for several maps": (["map.mrc", "half1.mrc", "--label", "x"], "--label belongs to one map"),
    "map and table": (["map.mrc", "--table", "table.csv"], "both given"),
    "table without a column": (["--table", "column.csv"], "no column claimed"),
    "table with a missing file": (["--table", "missing.csv"], "there is no file absent.mrc"),
    "table with two delimiters": (["--table", "delimiters.csv"], "commas and semicolons"),
    "no such table": (["--table", "absent.csv"], "there is no such file"),
    "XML without a resolution": (["map.mrc", "--claimed-from", "none.xml"], "holds no resolution"),
    "XML with two": (["map.mrc", "--claimed-from", "two.xml"], "holds 2 resolutions"),
    "XML with an entity": (["map.mrc", "--claimed-from", "entity.xml"], "defines an entity"),
    "mmCIF without a resolution": (["map.mrc", "--claimed-from", "none.cif"], "holds no _em_3d"),
    "mmCIF with two": (["map.mrc", "--claimed-from", "two.cif"], "holds 2 resolutions"),
    "half maps of another grid": (["--half1", "half1.mrc", "--half2", "small.mrc"], "shape"),
    "equal half maps": (["--half1", "half1.mrc", "--half2", "half1.mrc"], "one and the same"),
    "copied half maps": (["--half1", "half1.mrc", "--half2", "copy.mrc"], "same values"),
    "one half map": (["map.mrc", "--half1", "half1.mrc"], "give both"),
    "constant map": (["constant.mrc", "--claimed", "6"], "is constant"),
    "box under 30 Å": (["tiny.mrc", "--claimed", "6"], "too small"),
    "anisotropic voxels": (["anisotropic.mrc", "--claimed", "6"], "anisotropic"),
    "preset that is not shipped": (["map.mrc", "--preset", "cnn3d"], "does not come with the package"),
    "unknown preset": (["map.mrc", "--preset", "cnn2d"], "cnn3d"),
    "borders out of order": (["map.mrc", "--borders", "10,5"], "out of order"),
    "tolerance": (["map.mrc", "--tolerance", "-1"], "is no share"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_refusals(files, data, capsys, monkeypatch, what):
    monkeypatch.chdir(files)
    (files / "emd.xml").write_text(header("3.2"))
    (files / "none.xml").write_text(header())
    (files / "two.xml").write_text(header("3.2", "4"))
    (files / "entity.xml").write_text(header("&a;", before='<!DOCTYPE emd [<!ENTITY a "3.2">]>'))
    (files / "none.cif").write_text(mmcif())
    (files / "two.cif").write_text(mmcif("3.2", "4"))
    (files / "table.csv").write_text("map,claimed\nmap.mrc,3\n")
    (files / "column.csv").write_text("map,resolution\nmap.mrc,3\n")
    (files / "missing.csv").write_text("map,claimed\nabsent.mrc,3\n")
    (files / "delimiters.csv").write_text("map,claimed;label\nmap.mrc,3;a\n")
    half = read_map(files / "half1.mrc")
    write_map("copy.mrc", half)
    write_map("small.mrc", DensityMap(half.data[:40, :40, :40].copy(), half.voxel_size))
    write_map("tiny.mrc", DensityMap(half.data[18:30, 18:30, 18:30].copy(), half.voxel_size))
    write_map("anisotropic.mrc", DensityMap(half.data, (2.0, 2.0, 2.2)))
    arguments, words = REFUSALS[what]
    assert_refused(files, capsys, main(["classify", *arguments, "-o", "out"]), words)


def test_no_molecule_is_refused_for_one_map_and_a_line_of_a_table(files, capsys, monkeypatch):
    def nothing(*_, **__):
        raise InputError("noise.mrc shows no molecule that the network knows; give a map of protein or RNA.")

    monkeypatch.setattr(cryores, "estimate", nothing)
    assert_refused(files, capsys, run(files, files / "noise.mrc", "--claimed", 6), "no molecule")
    (files / "table.csv").write_text("map,claimed\nnoise.mrc,6\nmap.mrc,6\n")
    assert run(files, "--table", files / "table.csv") == 0
    assert "no molecule" in report(files)["maps"][0]["reason"]


def test_a_map_of_zeros_but_for_the_molecule_is_judged_with_a_warning(files, data, monkeypatch):
    monkeypatch.setattr(classify_one, "MASKED_FACTOR", 1.3)
    masked = np.where(dilate(data["mask"], 3), small_maps.noisy().data, 0)  # wide enough to hold some noise
    write_map(files / "masked.mrc", DensityMap(masked.astype(np.float32), (SIZE,) * 3))
    assert run(files, files / "masked.mrc", "--claimed", 6) == 0
    (found,) = report(files)["maps"]
    assert (found["kind"], found["evidence"][1]["state"]) == ("masked", "warning")
    assert found["estimate"]["deviation"] == pytest.approx(1.3 * 0.2, abs=1e-3)


def test_a_folder_that_cannot_be_written_is_refused(files, capsys):
    (files / "taken").write_text("")
    assert main(["classify", str(files / "map.mrc"), "-o", str(files / "taken" / "x")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
