"""The line calls of both engines: the same bytes, and what they promise of normal forms."""

from array import array
from types import ModuleType

import pytest
from batches import HARD, batch, texts
from hypothesis import given
from hypothesis import strategies as st

from dedupe.clean.tables import make_needles
from dedupe.engine import reference

LINES = st.lists(st.sampled_from(["A line that says something", "a  line “that” says something", "TT", "", "  ", "42"]))
DOCUMENTS = st.lists(st.one_of(texts, LINES.map("\n".join), LINES.map("\r\n".join)), max_size=6)
NEEDLES = make_needles([b"tt", b"# min read"], [b"a line", "続きを".encode()])


@given(DOCUMENTS)
def test_both_engines_say_the_same(native: ModuleType, documents: list[str]) -> None:
    text, offsets = batch(documents)
    assert native.scan(text, offsets, NEEDLES) == reference.scan(text, offsets, NEEDLES)
    assert native.count_lines(text, offsets) == reference.count_lines(text, offsets)
    for document in documents:
        data = document.encode("utf-8", "surrogatepass")
        assert native.line_table(data, NEEDLES) == reference.line_table(data, NEEDLES)
        for shape in (False, True):
            form = native.normal_form(data, shape)
            assert form == reference.normal_form(data, shape)
            assert native.shape_ends(form) == reference.shape_ends(form)
            assert native.line_key(form) == reference.line_key(form)


@given(st.text(alphabet=HARD, max_size=400))
def test_normal_form_is_a_fixpoint_but_for_what_dropping_joins(engine: ModuleType, line: str) -> None:
    once = engine.normal_form(line.encode("utf-8", "surrogatepass"))
    twice = engine.normal_form(once)
    assert engine.normal_form(twice) == engine.normal_form(engine.normal_form(twice))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Straße in Köln", "STRASSE IN KO\u0308LN"),
        ("İstanbul'da ışık", "istanbul’da IŞIK"),
        ("“Yes” — he said", "'yes' - he  said"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("no\u00a0break\u3000space ", " No break space"),
        ("and so on…", "and so on..."),
        ("責任編輯：王", "責任編輯:王"),
        ("《「A」》", "《『A』》"),
    ],
)
def test_copies_that_differ_in_form_only_have_one_form(engine: ModuleType, a: str, b: str) -> None:
    assert engine.normal_form(a.encode()) == engine.normal_form(b.encode())


@pytest.mark.parametrize(("a", "b"), [("2:0", "2:1"), ("he said", "she said"), ("١٢", "١٣"), ("resume", "resumé")])
def test_a_letter_or_a_number_makes_another_form(engine: ModuleType, a: str, b: str) -> None:
    assert engine.normal_form(a.encode()) != engine.normal_form(b.encode())


@pytest.mark.parametrize("digit", "7٣۵߉५๓９𝟗")
@pytest.mark.parametrize("around", ["", "a", "é", "п", "ا", "ि", "漢", "x" * 260, "é" * 250, "." * 500])
def test_what_is_known_of_lines(native: ModuleType, digit: str, around: str) -> None:
    for line in (around + digit, digit + around, around + "ا" + digit + around, around, around + ".)"):
        data = line.encode()
        assert native.line_table(data, NEEDLES) == reference.line_table(data, NEEDLES)


def test_beginnings_may_be_short(engine: ModuleType) -> None:
    needles = make_needles([b"x"], [b"ad", "続".encode()])
    text, offsets = batch(["Ad: a car", "Add a car", "続きを読む", "X", "Xi", "ad"])
    assert list(engine.scan(text, offsets, needles)) == [4, 0, 4, 4, 0, 4]


def test_line_endings(engine: ModuleType) -> None:
    table = memoryview(engine.line_table(b"a\nb\r\nc\rd\n\ne\r", b"")).cast("q").tolist()
    assert table[:5] == [0, 2, 5, 9, 10]
    assert table[5:10] == [1, 3, 8, 9, 12]
    assert table[10:15] == [2, 5, 9, 10, 12]


def test_scan_points_out_what_may_go(engine: ModuleType) -> None:
    documents = [
        "One line\nAnother",
        "One line\nx\none  LINE",
        "3 min read\nx",
        "A line of text\nno",
        "1:0\n1:0",
        "TT\n\ntt",
    ]
    text, offsets = batch(documents)
    assert list(engine.scan(text, offsets, NEEDLES)) == [0, 1, 4, 4, 0, 4]


def test_the_door(engine: ModuleType) -> None:
    with pytest.raises(ValueError, match="needles"):
        engine.scan(b"", array("q", [0]), b"x")
    with pytest.raises(ValueError, match="offsets"):
        engine.scan(b"ab", array("q", [0, 3]), b"")
    with pytest.raises(TypeError):
        engine.scan("text", array("q", [0]), b"")
    assert engine.scan(b"", array("q", [0]), b"") == b""
    assert engine.line_table(b"", b"") == b""


def test_blank_lines_hold_no_byte_that_a_look_for_gaps_takes_for_text(native: ModuleType) -> None:
    of_no_blank = {*range(0x21, 0x7F), *range(0xC3, 0xCC), *range(0xCE, 0xD8), *range(0xD9, 0xE0), *range(0xE4, 0xEF)}
    for character in map(chr, range(0x110000)):
        if of_no_blank & {*(data := character.encode("utf-8", "surrogatepass"))}:
            assert native.normal_form(data) != b"", character


@given(st.binary(max_size=600))
def test_both_engines_make_the_same_keys_of_long_lines(native: ModuleType, form: bytes) -> None:
    assert native.line_key(form) == reference.line_key(form)


def test_keys_tell_paragraphs_apart(native: ModuleType) -> None:
    """Two that differ in one byte, wherever it is, and two whose words stand in another order."""
    form = bytes(range(97, 123)) * 12
    others = [form[:i] + b"-" + form[i + 1 :] for i in range(len(form))]
    moved = [form[:i] + form[i + 8 : i + 16] + form[i : i + 8] + form[i + 16 :] for i in range(0, 280, 8)]
    keys = [native.line_key(other) for other in [form, *others, *moved]]
    assert len(set(keys)) == len(keys)
