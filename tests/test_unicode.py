"""Folding and the tables behind it, against the running Python and between the engines."""

import sys
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from batches import batch, texts, zeros
from hypothesis import given
from hypothesis import strategies as st

from dedupe.engine import code_points, make_tables, unicode_tables
from dedupe.engine.reference import unicode

pinned = pytest.mark.skipif(
    unicodedata.unidata_version != unicode_tables.VERSION, reason="another Unicode than the pinned one"
)


def fold(engine, docs):
    text, offsets = batch(docs)
    out, out_offsets = bytearray(3 * len(text)), zeros(len(offsets))
    engine.fold(text, offsets, out, out_offsets)
    return [bytes(out[start:end]).decode("utf-8", "surrogatepass") for start, end in pairwise(out_offsets)]


def expected(text):
    return unicodedata.normalize("NFC", text).casefold()


@pinned
def test_tables_are_up_to_date():
    folder = Path(make_tables.__file__).parent
    for name, text in make_tables.make_tables().items():
        assert (folder / name).read_text(encoding="ascii") == text, f"{name}: run make_tables again"


@pytest.mark.skipif(unicodedata.unidata_version == unicode_tables.VERSION, reason="the pinned Unicode")
def test_another_unicode_is_refused(capsys):
    assert make_tables.main() == 2
    assert "CPython 3.11" in capsys.readouterr().err


@pinned
@pytest.mark.parametrize("frame", ["{}", "a{}", "e{}\u0323\u0301", "\u0928{}\u09be"])
def test_every_code_point_folds_as_python_does(native, frame):
    docs = [frame.format(chr(code_point)) for code_point in range(sys.maxunicode + 1)]
    wrong = [doc for doc, got in zip(docs, fold(native, docs), strict=True) if got != expected(doc)]
    assert not wrong


def test_every_composing_pair_composes(native):
    pairs = [chr(first) + chr(second) for first, second in make_tables.composition_pairs()]
    jamo = [chr(first) + chr(second) for first in range(0x1100, 0x1113) for second in range(0x1161, 0x1176)]
    syllables = [chr(first) + chr(second) for first in range(0xAC00, 0xD7A4, 28) for second in range(0x11A7, 0x11C3)]
    docs = pairs + jamo + syllables
    assert fold(native, docs) == [expected(doc) for doc in docs]


@given(st.lists(texts, max_size=4))
def test_native_folds_as_the_reference(native, docs):
    from dedupe.engine import reference

    assert fold(native, docs) == fold(reference, docs)


@pinned
@given(texts)
def test_the_reference_folds_as_python(text):
    assert unicode.fold_text(text) == expected(text)


@given(
    st.binary(max_size=40)
    | st.lists(st.sampled_from([b"\xed\xa0\x80", b"\xf0\x9f", b"\xc3", b"\xa9", b"a"])).map(b"".join)
)
def test_unsound_utf8_folds_alike(native, doc):
    from dedupe.engine import reference

    assert fold(native, [doc, b"e", b"\xcc\x81", doc]) == fold(reference, [doc, b"e", b"\xcc\x81", doc])


def test_long_runs_of_marks_take_linear_time(native):
    marks = "\u0301\u0323\u0327\u0345\u0334" * 100_000
    [got] = fold(native, ["a" + marks])
    by_class = sorted(marks, key=unicodedata.combining)
    assert got[:50] == expected("a" + "".join(by_class))[:50]
    assert len(got) == len(marks)


def test_what_is_not_assigned_yet_stays_as_it_is(engine):
    # U+10940 (assigned in 17), U+A7CB (16, folds), U+1C89 (16, folds), U+0897 (16, a mark)
    doc = "A\U00010940\ua7cb\u1c89a\u0897\u0323\u0301"
    assert fold(engine, [doc]) == ["a\U00010940\ua7cb\u1c89a\u0897\u0323\u0301"]


@pytest.mark.parametrize(
    ("char", "has"),
    [
        ("a", {"WORD", "LETTER"}),
        ("漢", {"WORD", "LETTER", "SINGLE"}),
        ("\U00031350", {"WORD", "LETTER", "SINGLE", "UNASSIGNED"}),
        ("๓", {"WORD", "SINGLE", "DIGIT"}),
        ("\u0e31", {"WORD", "MARK"}),
        ("\u0301", {"WORD", "MARK", "NFC_SUSPECT", "NFC_JOINS"}),
        ("\u09dc", {"WORD", "LETTER", "NFC_SUSPECT"}),
        ("ß", {"WORD", "LETTER", "FOLD"}),
        ("\u3000", {"SPACE"}),
        ("\ufe0f", {"WORD", "MARK", "IGNORABLE"}),
        ("\u200b", {"IGNORABLE"}),
        ("\u0600", set()),
        ("」", {"QUOTE"}),
        ("′", {"QUOTE"}),
        ("−", {"DASH"}),
        ("\ud800", set()),
        ("\u0378", {"UNASSIGNED"}),
    ],
)
def test_properties(char, has):
    bits = code_points.properties(ord(char))
    assert {name for i, name in enumerate(make_tables.PROPERTIES) if bits >> i & 1} == has
