"""The bytes of MRC files: modes, byte orders, compression, sloppy headers, damage."""

import bz2
import gzip
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mrc_files import MODES, SHAPE, assert_map_refused, mrc_bytes, values
from mrcfile.dtypes import HEADER_DTYPE
from properties import quick, shapes, thorough

from deepreslib.errors import InputError
from deepreslib.maps import read_map
from deepreslib.maps.mrc import open_stream, read_data, read_header


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("mode", MODES)
def test_modes_and_byte_orders(file, mode, order):
    data = values(dtype=MODES[mode])
    density = read_map(file(mrc_bytes(data, order)))
    assert density.data.dtype == np.float32
    assert density.data.dtype.isnative
    assert density.data.flags.c_contiguous
    np.testing.assert_array_equal(density.data, data)
    assert density.voxel_size == (2.0, 2.0, 2.0)
    assert density.origin == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("signed", [-128, 127])
def test_mode_0_is_signed(file, signed):
    data = np.full(SHAPE, signed, "i1")
    data[0, 0, 0] = 0
    assert read_map(file(mrc_bytes(data))).data[1, 1, 1] == signed


def test_compression_is_known_by_content_not_by_name(file):
    np.testing.assert_array_equal(read_map(file(gzip.compress(mrc_bytes(values())), "map.mrc")).data, values())
    np.testing.assert_array_equal(read_map(file(mrc_bytes(values()), "map.mrc.gz")).data, values())


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress])
def test_a_stream_gives_the_bytes_that_were_compressed(file, compress):
    with open_stream(file(compress(b"some bytes of a map"))) as stream:
        assert stream.read() == b"some bytes of a map"


@pytest.mark.parametrize("order", "<>")
def test_the_header_is_read_before_the_data(file, order):
    path = file(mrc_bytes(values(dtype="i2"), order, nsymbt=24))
    with open_stream(path) as stream:
        header = read_header(stream, path)
        assert [int(header[name]) for name in ("nz", "ny", "nx", "mode", "nsymbt")] == [*SHAPE, 1, 24]
        data, notes = read_data(stream, header, path)
    np.testing.assert_array_equal(data, values())
    assert notes == ()


@pytest.mark.parametrize(
    "fields", [{"nx": 0}, {"ny": 2**15}, {"nz": 2**27}, {"mode": 5, "map": b""}, {"mode": -1}], ids=str
)
def test_numbers_that_make_no_sense_are_no_header(file, fields):
    header = np.frombuffer(mrc_bytes(values())[:1024], HEADER_DTYPE)[0].copy()
    for name, value in fields.items():
        header[name] = value
    path = file(header.tobytes())
    with open_stream(path) as stream, pytest.raises(InputError, match=r"map\.mrc is not an MRC or CCP4 map"):
        read_header(stream, path)


def test_extended_header_is_skipped(file):
    np.testing.assert_array_equal(read_map(file(mrc_bytes(values(), nsymbt=160))).data, values())


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("stamp", [(0, 0, 0, 0), (0x44, 0x44, 0, 0), (0x11, 0x11, 0, 0)])
@pytest.mark.parametrize("identifier", [b"MAP ", b"", b"junk"])
def test_sloppy_stamp_and_identifier_are_forgiven(file, order, stamp, identifier):
    density = read_map(file(mrc_bytes(values(), order, machst=stamp, map=identifier)))
    np.testing.assert_array_equal(density.data, values())


def test_bytes_after_the_data_are_forgiven(file):
    density = read_map(file(mrc_bytes(values()) + b"more"))
    np.testing.assert_array_equal(density.data, values())
    assert density.notes == ()


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress])
def test_whole_sections_after_the_data_are_said(file, compress):
    content = bytearray(mrc_bytes(values()))
    content[8:12] = np.array([SHAPE[0] - 2], "<i4").tobytes()
    path = file(compress(bytes(content)))
    density = read_map(path)
    np.testing.assert_array_equal(density.data, values()[:-2])
    assert density.notes == (f"{path} holds 336 bytes after the map that its header describes; they were ignored.",)


@pytest.mark.parametrize(
    "content", [b"short", b"ATOM  12345 " * 500, bytes(4096), np.random.default_rng(0).bytes(5000)]
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_other_files_are_refused(file, content, compress):
    assert_map_refused(file(compress(content)), "is not an MRC or CCP4 map")


def test_plausible_numbers_without_identifier_need_the_right_size(file):
    assert_map_refused(file(mrc_bytes(values(), map=b"") + b"?"), "is not an MRC or CCP4 map")
    assert_map_refused(file(mrc_bytes(values(), map=b"")[:-1]), "is not an MRC or CCP4 map")


@pytest.mark.parametrize("size", [1024, 1100, -1])
def test_truncated_file_is_refused(file, size):
    assert_map_refused(file(mrc_bytes(values())[:size]), "is truncated", "of 840 bytes")


def test_truncated_extended_header_is_refused(file):
    assert_map_refused(file(mrc_bytes(values(), nsymbt=2000)[:1500]), "is truncated")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_truncated_and_compressed_is_refused(file, compress):
    noise = np.random.default_rng(0).normal(size=(20, 20, 20)).astype("f4")
    assert_map_refused(file(compress(mrc_bytes(noise))[:20000]), "is truncated")
    assert_map_refused(file(compress(mrc_bytes(noise)[:-10])), "is truncated")


def noise_bytes():
    """A file that hardly shrinks when it is compressed."""
    return mrc_bytes(np.random.default_rng(0).normal(size=(20, 20, 20)).astype("f4"))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_damaged_compression_is_refused(file, compress):
    content = bytearray(compress(noise_bytes()))
    content[5000:5100] = bytes(100)
    assert_map_refused(file(bytes(content)), "damaged")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_a_flipped_bit_in_a_compressed_file_is_refused_or_harmless(file, compress):
    whole = noise_bytes()
    content = compress(whole)
    expected = read_map(file(whole)).data
    rng = np.random.default_rng(5)
    refused = 0
    for _ in range(60):
        broken = bytearray(content)
        broken[int(rng.integers(len(broken)))] ^= 1 << int(rng.integers(8))
        path = file(bytes(broken), "flipped.mrc.gz")
        try:
            np.testing.assert_array_equal(read_map(path).data, expected)
        except InputError:
            refused += 1
    assert refused >= 58


@pytest.mark.parametrize("cut", [1, 4, 8, 12])
def test_a_check_sum_cut_off_is_refused(file, cut):
    assert_map_refused(file(gzip.compress(noise_bytes())[:-cut]), "truncated or damaged")
    assert_map_refused(file(bz2.compress(noise_bytes())[:-cut]), "truncated or damaged")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_several_members_are_read_on_and_all_are_checked(file, compress):
    whole = noise_bytes()
    members = [compress(whole[:700]), compress(whole[700:9000]), compress(whole[9000:]), compress(b"more")]
    np.testing.assert_array_equal(read_map(file(b"".join(members))).data, read_map(file(whole, "whole.mrc")).data)
    for damaged in (1, 2):
        broken = [bytearray(member) for member in members]
        broken[damaged][-6] ^= 4  # in the check sum
        assert_map_refused(file(b"".join(broken)), "truncated")
    assert_map_refused(file(b"".join(members[:2])), "is truncated")


@pytest.mark.parametrize("rest", [b"garbage after the end", bytes(100)])
@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_what_follows_the_compressed_data_is_ignored(file, compress, rest):
    whole = noise_bytes()
    np.testing.assert_array_equal(read_map(file(compress(whole) + rest)).data, read_map(file(whole, "whole.mrc")).data)


def test_a_small_compressed_file_cannot_hold_a_huge_map(file):
    content = bytearray(mrc_bytes(values()))
    content[:12] = np.array([30000, 30000, 30000], "<i4").tobytes()
    assert_map_refused(file(gzip.compress(bytes(content))), "is truncated")


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress])
@pytest.mark.parametrize("promised", [160, 1, 2**31 - 1, -1, -(2**31)])
def test_an_extended_header_that_is_not_there_is_not_skipped(file, order, compress, promised):
    content = bytearray(mrc_bytes(values(), order))
    content[92:96] = np.array([promised], order + "i4").tobytes()
    path = file(compress(bytes(content)))
    density = read_map(path)
    np.testing.assert_array_equal(density.data, values())
    (note,) = density.notes
    assert str(path) in note
    assert str(promised) in note
    assert_map_refused(file(compress(bytes(content[:-1]))), "truncated" if promised > 0 else "NSYMBT")
    if promised != 1:  # then the byte more is the extended header
        assert_map_refused(file(compress(bytes(content) + b"?")), "truncated" if promised > 0 else "NSYMBT")


def imod_bytes(data, flags, order="<", **fields):
    """A file of IMOD: its stamp and flags in bytes 152 to 159."""
    content = bytearray(mrc_bytes(data, order, **fields))
    content[152:160] = np.array([1146047817, flags], order + "i4").tobytes()
    return bytes(content)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("flags", [0, 2, 4])
def test_bytes_of_imod_are_unsigned(file, order, flags):
    data = np.arange(0, 256, dtype="u1")[:210].reshape(SHAPE)
    np.testing.assert_array_equal(read_map(file(imod_bytes(data.view("i1"), flags, order))).data, data)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("flags", [1, 7])
def test_signed_bytes_of_imod_had_128_subtracted(file, order, flags):
    data = np.arange(210).reshape(SHAPE)
    stored = (data - 128).astype("i1")
    np.testing.assert_array_equal(read_map(file(imod_bytes(stored, flags, order))).data, data)


def test_signed_bytes_from_0_up_are_as_they_are(file):
    np.testing.assert_array_equal(read_map(file(imod_bytes(values(dtype="i1"), 1))).data, values())


def test_the_stamp_of_imod_matters_for_bytes_alone(file):
    np.testing.assert_array_equal(read_map(file(imod_bytes(values() - 50, 0))).data, values() - 50)


def test_half_bytes_are_refused(file):
    assert_map_refused(file(imod_bytes(values(dtype="i1"), 16)), "packed in half bytes", "mode 2")


def test_a_highest_density_above_127_means_unsigned_bytes(file):
    data = np.full(SHAPE, 255, "u1")
    data[0] = 0
    np.testing.assert_array_equal(read_map(file(mrc_bytes(data.view("i1"), dmin=0, dmax=255))).data, data)
    np.testing.assert_array_equal(read_map(file(mrc_bytes(data.view("i1"), dmin=-1, dmax=0))).data, data.view("i1"))


@pytest.mark.parametrize(("mode", "words"), [(3, "complex"), (4, "complex"), (101, "mode 101"), (7, "mode 7")])
def test_unsupported_modes_are_refused(file, mode, words):
    assert_map_refused(file(mrc_bytes(values(), mode=mode)), words)


def test_reading_needs_one_copy_of_the_map(file):
    data = np.random.default_rng(0).normal(size=(64, 64, 64)).astype("f4")
    path = file(mrc_bytes(data, ">"))
    del data
    tracemalloc.start()
    read = read_map(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * read.data.nbytes


@quick
@given(
    shape=shapes(2, 7),
    mode=st.sampled_from(sorted(MODES)),
    order=st.sampled_from("<>"),
    axis_order=st.permutations((1, 2, 3)),
    extended=st.integers(0, 200),
    compress=st.sampled_from([bytes, gzip.compress, bz2.compress]),
)
def test_any_file_is_read_as_it_was_written(tmp_path_factory, shape, mode, order, axis_order, extended, compress):
    zyx = values(shape, MODES[mode])
    in_file = zyx.transpose([3 - axis for axis in axis_order[::-1]])
    path = tmp_path_factory.mktemp("maps") / "map.mrc"
    path.write_bytes(compress(mrc_bytes(in_file, order, (1.0, 2.0, 3.0), axis_order=axis_order, nsymbt=extended)))
    density = read_map(path)
    np.testing.assert_array_equal(density.data, zyx)
    assert density.voxel_size == (3.0, 2.0, 1.0)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One file, written again for each example."""
    return tmp_path_factory.mktemp("fuzz") / "map.mrc"


def assert_map_or_one_sentence(path):
    """What is read is a map of finite numbers; what is not is refused in one sentence."""
    sentence = ""
    try:
        density = read_map(path)
    except InputError as error:
        sentence = str(error)
    if sentence:
        assert "\n" not in sentence
        assert str(path) in sentence
        return
    assert density.data.dtype == np.float32
    assert np.isfinite(density.data).all()
    assert all(0.05 <= size <= 50 for size in density.voxel_size)
    assert np.isfinite(density.origin).all()


numbers = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(lambda number: np.array([number], "<i4").tobytes()),
    st.sampled_from([0, 1, -1, 2, 3, 4, 6, 12, 101, 401, 2**15, 2**31 - 1]).map(
        lambda n: np.array([n], "<i4").tobytes()
    ),
    st.floats(width=32).map(lambda number: np.array([number], "<f4").tobytes()),
    st.binary(min_size=4, max_size=4),
)


@thorough
@given(
    changes=st.lists(st.tuples(st.integers(0, 255), numbers), min_size=1, max_size=4),
    mode=st.sampled_from(sorted(MODES)),
    end=st.one_of(st.none(), st.integers(0, 1100), st.integers(-20, -1)),
    compress=st.sampled_from([bytes, gzip.compress, bz2.compress]),
)
def test_any_header_gives_a_map_or_one_sentence(place, changes, mode, end, compress):
    content = bytearray(mrc_bytes(values(dtype=MODES[mode])))
    for word, number in changes:
        content[4 * word : 4 * word + 4] = number
    place.write_bytes(compress(bytes(content[:end])))
    assert_map_or_one_sentence(place)


@thorough
@given(
    flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 7)), max_size=3),
    end=st.one_of(st.none(), st.integers(0, 2000), st.integers(-30, -1)),
    rest=st.binary(max_size=30),
    compress=st.sampled_from([gzip.compress, bz2.compress]),
)
def test_any_damage_to_a_compressed_file_gives_a_map_or_one_sentence(place, flips, end, rest, compress):
    content = bytearray(compress(mrc_bytes(values())))
    for position, bit in flips:
        content[position % len(content)] ^= 1 << bit
    place.write_bytes(bytes(content[:end]) + rest)
    assert_map_or_one_sentence(place)


@thorough
@given(start=st.sampled_from([b"", b"\x1f\x8b\x08", b"\x1f\x8b", b"BZh9", b"BZh"]), content=st.binary(max_size=3000))
def test_any_bytes_give_a_map_or_one_sentence(place, start, content):
    place.write_bytes(start + content)
    assert_map_or_one_sentence(place)
