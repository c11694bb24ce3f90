"""Claims from headers of EMDB, mmCIF files and tables; what cannot be read is refused by name."""

import gzip
import re

import pytest
from emdb_headers import header, mmcif

from deepreslib.analysis.claim_files import method_note, read_claim, read_table
from deepreslib.errors import InputError


@pytest.fixture
def write(tmp_path):
    def written(text, name="claim.xml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_a_header_of_emdb(write):
    path = write(header("3.2"))
    claim = read_claim(path)
    assert (claim.resolution, claim.cutoff, claim.method) == (3.2, 0.143, "FSC 0.143 CUT-OFF")
    assert (claim.voxel_size, claim.level, claim.source) == (1.06, 0.028, str(path))


def test_a_compressed_header_with_a_namespace_and_one_number_twice(tmp_path):
    text = header("3.2", "3.2").replace("<emd ", '<emd xmlns="http://pdbe.example/emdb" ')
    path = tmp_path / "emd.xml.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert read_claim(path).resolution == 3.2


@pytest.mark.parametrize(
    ("method", "cutoff"),
    [
        ("FSC 0.143 CUT-OFF", 0.143),
        ("FSC 0.5 CUT-OFF", 0.5),
        ("FSC 0.33 CUT-OFF", 0.33),
        ("FSC 0,5", 0.5),
        ("FSC 0,143, within a mask", 0.143),
        ("FSC 1/2 BIT", 0.143),
        ("", 0.143),
    ],
)
def test_the_cutoff_is_read_from_the_method(write, method, cutoff):
    assert read_claim(write(header("3.2", method=method))).cutoff == cutoff


@pytest.mark.parametrize(
    "method", ["FSC 1/2 BIT CUT-OFF", "FSC 3 SIGMA CUT-OFF", "DIFFRACTION PATTERN/LAYERLINES", "FSC 0.9", "OTHER"]
)
def test_a_method_that_names_no_known_cutoff_is_warned_of(write, method):
    claim = read_claim(write(header("3.2", method=method)))
    assert claim.cutoff == 0.143
    told = f"its resolution was read off by {method!r}; it is compared as if by an FSC of 0.143."
    assert method_note(claim) == f"{claim.source}: {told}"


@pytest.mark.parametrize("method", ["FSC 0.143 CUT-OFF", "FSC 0.333 CUT-OFF", "FSC 0,5", "FSC 0.14", ""])
def test_a_known_cutoff_is_not_warned_of(write, method):
    assert method_note(read_claim(write(header("3.2", method=method)))) == ""


def test_a_cutoff_that_is_taken_for_another_is_warned_of(write):
    assert method_note(read_claim(write(header("3.2", method="FSC 0.25 CUT-OFF")))).endswith("by an FSC of 0.33.")


def test_one_number_in_two_ways_of_writing_is_one(write):
    assert read_claim(write(header("4.0", "4.00", "4"))).resolution == 4.0
    assert read_claim(write(mmcif("4.0", "4.00"))).resolution == 4.0


OLD = '<emdEntry accessCode="1234" version="1.9.6"><processing/></emdEntry>'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OLD, "is an old EMDB header (version 1.9.6); download version 3"),
        (header("3_2"), "is '3_2' and no number"),
        (header(), "holds no resolution"),
        (header("3.2", "4.1"), "holds 2 resolutions"),
        (header("0.32"), "did you mean 3.2"),
        (header("fine"), "no number"),
        (header("3.2")[:400], "is cut or no XML"),
        ("<html><p>404</p></html>", "no header of EMDB"),
        (header("3.2", before='<!DOCTYPE emd [<!ENTITY a "3.2">]>'), "defines an entity"),
        (header("&a;", before='<!DOCTYPE emd [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), "defines an entity"),
        (header("3.2").replace('units="Å">3.2', 'units="nm">3.2'), "in nm"),
        (mmcif(), "holds no _em_3d_reconstruction.resolution"),
        (mmcif("3.2", "4.1"), "holds 2 resolutions"),
        (mmcif("?"), "holds no _em_3d_reconstruction.resolution"),
        ("some words", "neither a header"),
    ],
)
def test_files_without_one_claim_are_refused(write, text, words):
    with pytest.raises(InputError, match=re.escape(words)) as error:
        read_claim(write(text))
    assert "claim.xml" in str(error.value)
    assert "\n" not in str(error.value)


def test_nothing_outside_the_header_is_read(write, tmp_path):
    outside = tmp_path / "outside.dtd"
    outside.write_text('<!ENTITY a "9.9">', encoding="utf-8")
    claim = read_claim(write(header("3.2", before=f'<!DOCTYPE emd SYSTEM "file://{outside}">')))
    assert claim.resolution == 3.2


def test_mmcif(write):
    claim = read_claim(write(mmcif("2.9", method="FSC 0.5 CUT-OFF"), "model.cif"))
    assert (claim.resolution, claim.cutoff, claim.voxel_size) == (2.9, 0.5, None)
    assert read_claim(write(mmcif("2.9", "?"), "model.cif")).resolution == 2.9


def test_a_missing_file_is_named():
    with pytest.raises(InputError, match=r"absent\.xml: there is no such file; give the path of a header of EMDB"):
        read_claim("absent.xml")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table(write, tmp_path, delimiter):
    for name in ("one.mrc", "two.mrc", "half1.mrc", "half2.mrc"):
        (tmp_path / name).touch()
    text = (
        "\ufeffMap,claimed,voxel_size,half1,half2,label\none.mrc,3.2,1.06,half1.mrc,half2.mrc,\n\ntwo.mrc,,,,,second\n"
    )
    one, two = read_table(write(text.replace(",", delimiter), "table.csv"))
    assert (one.claim.resolution, one.voxel_size, one.number) == (3.2, 1.06, 2)
    assert one.files == {
        name: str(tmp_path / f"{name}.mrc").replace("/map", "/one") for name in ("map", "half1", "half2")
    }
    assert (two.claim, two.voxel_size, two.label) == (None, None, "second")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("map,resolution\none.mrc,3\n", "no column claimed"),
        ("volume\none.mrc\n", "no column map and none claimed"),
        (
            "map,claimed,pixel\none.mrc,3,1\n",
            "has a column 'pixel', which is none of map, .*; rename it or leave it out",
        ),
        ("map,,claimed\none.mrc,,3\n", "its column 2 has no name; name it"),
        ("map,claimed,\none.mrc,3,4\n", "line 2: it has 3 fields and the table 2 columns"),
        ("map,claimed\none.mrc,3_2\n", "line 2: the claimed resolution is '3_2'"),
        ("map,claimed,voxel_size\none.mrc,3,1_0\n", "the voxel size is '1_0'"),
        ("map,claimed,mass\none.mrc,3,-5\n", "line 2: the mass is '-5'; give it in kDa"),
        ("# maps\n\n# of May\n", "is empty; give a table"),
        ("map,claimed,claimed\none.mrc,3,3\n", "a column twice"),
        ("map,claimed;label\none.mrc,3;a\n", "commas and semicolons"),
        ("map,claimed\none.mrc;3,2\nabsent.mrc,3\n", "there is no file one.mrc;3"),
        ("map;claimed\none.mrc;3;2\n", "3 fields and the table 2 columns"),
        ("map,claimed\nabsent.mrc,3\n", "line 2: there is no file absent.mrc"),
        ("map,claimed,mask\none.mrc,3,absent.mrc\n", "line 2: there is no file absent.mrc"),
        ("map,claimed\none.mrc,three\n", "line 2: the claimed resolution is 'three'"),
        ("map,claimed\none.mrc,0.32\n", "line 2: .* did you mean 3.2"),
        ("map,claimed\n,3\n", "no map is named"),
        ("map,claimed,voxel_size\none.mrc,3,big\n", "the voxel size is 'big'"),
        ("map,claimed,half1\none.mrc,3,one.mrc\n", "names one half map"),
        ("map,claimed\n", "and no map"),
        (" \n", "is empty"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(write, tmp_path, text, words):
    (tmp_path / "one.mrc").touch()
    with pytest.raises(InputError, match=words) as error:
        read_table(write(text, "table.csv"))
    assert "table.csv" in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "map,claimed,mass,,\none.mrc,3,150,,\none.mrc,4,,\n,,,,\n",
        "sep=;\n# of May, 2 maps\n \t \nmap;claimed;mass\n# the first\none.mrc;3;150\n  \n\n one.mrc;4\n",
        'map\tclaimed\tmass\none.mrc\t3\t150\none.mrc\t4\t\t\t\n"sep=\t"\n',
    ],
)
def test_what_spreadsheets_and_people_add_is_passed_over(write, tmp_path, text):
    (tmp_path / "one.mrc").touch()
    one, two = read_table(write(text, "table.csv"))
    assert (one.claim.resolution, one.mass, two.claim.resolution, two.mass) == (3, 150, 4, None)
    assert text.split("\n")[two.number - 1].strip().startswith("one.mrc")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("read", [read_table, read_claim])
def test_a_text_in_utf_16_is_called_so(tmp_path, encoding, read):
    path = tmp_path / "claims"
    path.write_bytes(header("3.2").encode(encoding))
    with pytest.raises(InputError, match=r"claims is a text in UTF-16; save it as UTF-8\."):
        read(path)


def test_a_map_is_no_text_in_utf_16(tmp_path):
    path = tmp_path / "map.mrc"
    path.write_bytes(b"\x30\0\0\0" * 300)
    with pytest.raises(InputError, match="not a table"):
        read_table(path)


def test_maps_may_lie_elsewhere_and_other_files_may_not(write):
    (row,) = read_table(write("map,claimed\nabsent.mrc,3\n", "table.csv"), maps_elsewhere=True)
    assert row.files["map"].endswith("absent.mrc")
    with pytest.raises(InputError, match=r"there is no file absent\.mrc"):
        read_table(write("map,claimed,mask\none.mrc,3,absent.mrc\n", "table.csv"), maps_elsewhere=True)
