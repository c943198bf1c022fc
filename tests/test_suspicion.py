"""The scan of both engines: a necessary condition of repair, with whatever ftfy is installed."""

import re
from array import array
from itertools import product
from types import ModuleType

import pytest
from batches import batch
from breakages import NASTY, SENTENCES, broken_lines, broken_texts, read_cases
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.engine import make_suspicion, reference
from dedupe.engine.suspicion_table import FTFY_RULES
from dedupe.options import RepairOptions
from dedupe.repair import repair_line

PLAIN, ENTITIES = RepairOptions(), RepairOptions(unescape_html=True)


def split_lines(document: str) -> list[str]:
    return document.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def test_tables_are_those_of_the_installed_ftfy() -> None:
    if make_suspicion.source_digest() != FTFY_RULES:
        pytest.skip("another ftfy: the tests of necessity below speak for it")
    for path, text in make_suspicion.render().items():
        assert path.read_text() == text, f"{path} is stale: run python -m dedupe.engine.make_suspicion"


@pytest.mark.parametrize("name", ["mojibake", "characters", "sound", "known", "entities"])
def test_cases(engine: ModuleType, name: str) -> None:
    for case in read_cases(name):
        text, offsets = batch([case["text"]])
        if repair_line(case["text"], PLAIN) != case["text"]:
            assert engine.suspicious(text, offsets) == b"\x01", case["label"]
        if repair_line(case["text"], ENTITIES) != case["text"]:
            assert engine.suspicious(text, offsets, True) == b"\x01", case["label"]
        if name == "sound" and "&" not in case["text"]:
            assert engine.suspicious(text, offsets, True) == b"\x00", case["label"]


@given(st.lists(broken_texts, min_size=1, max_size=8), st.booleans())
def test_no_line_that_changes_is_missed(engine: ModuleType, documents: list[str], entities: bool) -> None:
    text, offsets = batch(documents)
    options = ENTITIES if entities else PLAIN
    for document, flag in zip(documents, engine.suspicious(text, offsets, entities), strict=True):
        if not flag:
            for line in split_lines(document):
                assert repair_line(line, options) == line


@given(st.lists(broken_texts, max_size=8), st.booleans())
@example(["ГўВЂВ😀a", "œ😀", "œ\n", "Ã \n", "\nÃ ", "a\rÂ ", "a\x85Ã ", "\u3000À€", "é”中"], False)
def test_both_engines_say_the_same(native: ModuleType, documents: list[str], entities: bool) -> None:
    text, offsets = batch(documents)
    assert native.suspicious(text, offsets, entities) == reference.suspicious(text, offsets, entities)


def test_both_engines_on_all_short_rows_of_nasty_characters(native: ModuleType) -> None:
    text, offsets = batch([a + b + c for a, b, c in product(["", "a", " ", "é", "В", "ˆ"], NASTY, NASTY)])
    assert native.suspicious(text, offsets) == reference.suspicious(text, offsets)


def test_both_engines_on_every_character_that_is_named(native: ModuleType) -> None:
    rest = [chr(c) for c in range(0x110000) if c < 0x3100 or 0xD700 < c < 0x10010]
    text, offsets = batch([a + c + b for a, b, c in product(["", "À"], ["", "”"], rest)])
    assert native.suspicious(text, offsets) == reference.suspicious(text, offsets)


@given(broken_lines, st.integers(0, 200), st.integers(0, 200), st.sampled_from(["a", " ", "م", "中", "с", "\n"]))
@settings(max_examples=300)
def test_wherever_it_stands(native: ModuleType, line: str, before: int, after: int, filler: str) -> None:
    """Vectors skip stretches of text; nothing at their edges is lost."""
    text, offsets = batch([filler * before + line + filler * after])
    assert native.suspicious(text, offsets) == reference.suspicious(text, offsets)


@given(
    st.lists(st.sampled_from([*SENTENCES, "Ã©", "œ", "Â ", "\x1b"]), max_size=6),
    st.sampled_from(["\n", "\r", "\r\n"]),
)
def test_a_document_is_suspicious_if_a_line_is(engine: ModuleType, lines: list[str], end: str) -> None:
    text, offsets = batch([end.join(lines)])
    one_by_one, each = batch([*lines, ""])
    assert engine.suspicious(text, offsets) == bytes([max(engine.suspicious(one_by_one, each))])


def test_spans_are_kept_apart(engine: ModuleType) -> None:
    whole = "dÃ©".encode()
    assert engine.suspicious(whole, array("q", [0, 3, 5])) == b"\0\0"
    assert engine.suspicious(whole, array("q", [0, 5])) == b"\x01"
    assert engine.suspicious(whole, array("q", [3, 3])) == b"\0"
    assert engine.suspicious(b"", array("q", [0])) == b""


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_survived(native: ModuleType, raw: bytes, entities: bool) -> None:
    assert len(native.suspicious(raw, array("q", [0, len(raw) // 2, len(raw)]), entities)) == 2


def test_wrong_calls(engine: ModuleType, native: ModuleType) -> None:
    with pytest.raises(TypeError):
        engine.suspicious("text", array("q", [0, 4]))
    with pytest.raises(ValueError, match="ascend"):
        native.suspicious(b"text", array("q", [0, 4, 2]))


@pytest.mark.parametrize(
    ("pattern", "message"), [("a*", "part of a pattern"), ("[\U0001f600]", "tables end"), ("(?i)a", "flags")]
)
def test_patterns_that_the_tables_cannot_say_are_refused(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_suspicion.read_rows(pattern, re.compile(pattern).flags)
