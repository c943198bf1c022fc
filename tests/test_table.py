"""CSV by the engine: fields and values as Python's csv has them, in both engines, on anything."""

import csv
import io
import random
from array import array
from itertools import pairwise
from types import ModuleType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.engine import reference

COMMA, TAB, ESCAPED, BARE = b',"\0', b'\t"\0', b';"\\', b"\t\0\0"
DIALECTS = [COMMA, TAB, b"|'\0", ESCAPED, BARE]
OK, BLANK, NOT_UTF8, WIDTH, UNCLOSED, STRAY = 0, 1, 6, 7, 8, 9


def python_rows(block: str, dialect: bytes, strict: bool) -> list[list[str]]:
    delimiter, quote, escape = (chr(mark) if mark else None for mark in dialect)
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    options = {"delimiter": delimiter, "quotechar": quote, "escapechar": escape, "quoting": quoting, "strict": strict}
    return list(csv.reader(io.StringIO(block, newline=""), **options))


def scan(engine: ModuleType, block: bytes, dialect: bytes, column: int, width: int) -> list[tuple[bytes, bytes, int]]:
    """Each row: its bytes, the column's text, its status."""
    starts, _, text, offsets, status = engine.rows(block, dialect, column, width)
    rows = [block[a:b] for a, b in pairwise(memoryview(starts).cast("q"))]
    texts = [bytes(text[a:b]) for a, b in pairwise(memoryview(offsets).cast("q"))]
    return list(zip(rows, texts, status, strict=True))


def check(engine: ModuleType, block: str, dialect: bytes) -> None:
    """What csv accepts comes out with csv's values, column by column; what it refuses is marked."""
    # With an escaped line end in its last row, csv wants a file to end with another.
    block += "\n" if dialect[2] else ""
    data = block.encode()
    try:
        expected = python_rows(block, dialect, strict=True)
    except csv.Error:
        expected = None
    rows = scan(engine, data, dialect, 0, 1)
    assert b"".join(row for row, _, _ in rows) == data
    assert (expected is None) == any(status in (UNCLOSED, STRAY) for _, _, status in rows)
    if expected is None:
        for row, _, status in rows:
            try:
                list(python_rows(row.decode(), dialect, strict=True))
            except csv.Error:
                assert status in (UNCLOSED, STRAY)
            else:
                assert status not in (UNCLOSED, STRAY)
        return
    assert [status == BLANK for _, _, status in rows] == [not row for row in expected]
    for width in {len(row) for row in expected if row}:
        for column in range(width):
            for values, (_, text, status) in zip(expected, scan(engine, data, dialect, column, width), strict=True):
                assert status == (BLANK if not values else OK if len(values) == width else WIDTH)
                assert text.decode() == (values[column] if status == OK else "")


BLOCKS = st.text(st.sampled_from('ab,;\t|""\'\\\n\r é中😀'), max_size=40)


@settings(max_examples=400)
@given(BLOCKS, st.sampled_from(DIALECTS))
@example('a,"b ""c""\r\nd",e\r\n1,2,3', COMMA)
@example('"a"b,c\n', COMMA)
@example("a\\", ESCAPED)
@example("a\\\n", ESCAPED)
@example('"a\\"b";c\n', ESCAPED)
@example("a\r\rb", COMMA)
def test_rows_are_those_of_csv(engine: ModuleType, block: str, dialect: bytes) -> None:
    check(engine, block, dialect)


@pytest.mark.parametrize("seed", range(8))
def test_what_csv_writes_is_read(engine: ModuleType, seed: int) -> None:
    rng = random.Random(seed)
    pieces = ["word ", '"', ",", "\n", "\r\n", "é", "中文", "\t", ";", "\\", "x" * 70, ""]
    rows = [["".join(rng.choices(pieces, k=rng.randrange(9))) for _ in range(3)] for _ in range(40)]
    for dialect, options in ((COMMA, {}), (TAB, {"delimiter": "\t", "lineterminator": "\n"})):
        out = io.StringIO(newline="")
        csv.writer(out, quoting=rng.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), **options).writerows(rows)
        for column in range(3):
            scanned = scan(engine, out.getvalue().encode(), dialect, column, 3)
            assert [(text.decode(), status) for _, text, status in scanned] == [(row[column], OK) for row in rows]


ANY = st.binary(max_size=60) | BLOCKS.map(str.encode)


@settings(max_examples=400)
@given(ANY, st.sampled_from(DIALECTS), st.integers(0, 3), st.integers(0, 3))
def test_engines_agree(native: ModuleType, block: bytes, dialect: bytes, column: int, more: int) -> None:
    width = column + more + 1
    mine = native.rows(block, dialect, column, width)
    assert [*map(bytes, mine)] == [*map(bytes, reference.rows(block, dialect, column, width))]
    assert native.rows_end(block, dialect) == reference.rows_end(block, dialect)


@given(ANY, st.sampled_from(DIALECTS))
def test_rows_end_is_an_end_whatever_follows(engine: ModuleType, block: bytes, dialect: bytes) -> None:
    end = engine.rows_end(block, dialect)
    starts = memoryview(engine.rows(block, dialect, 0, 1)[0]).cast("q").tolist()
    assert end in starts
    for more in (b"", b"\n", b'"', b",", b"\r\n", b"x"):
        assert end in memoryview(engine.rows(block + more, dialect, 0, 1)[0]).cast("q").tolist()


@given(ANY, st.sampled_from(DIALECTS))
def test_the_span_of_a_field_is_its_raw_content(engine: ModuleType, block: bytes, dialect: bytes) -> None:
    starts, spans, text, offsets, status = engine.rows(block, dialect, 0, 1)
    ends, places = memoryview(offsets).cast("q"), memoryview(spans).cast("q")
    quote, escape = dialect[1:2], dialect[2:3]
    for i, (first, _) in enumerate(pairwise(memoryview(starts).cast("q"))):
        if status[i] != OK:
            assert tuple(places[2 * i : 2 * i + 2]) == (0, 0)
            continue
        raw = block[places[2 * i] : places[2 * i + 1]]
        if places[2 * i] > first:
            assert block[places[2 * i] - 1 : places[2 * i]] == quote
            raw = raw if escape != b"\0" else raw.replace(quote * 2, quote)
        if escape == b"\0":
            assert raw == text[ends[i] : ends[i + 1]]


def test_doors_are_checked(engine: ModuleType) -> None:
    for dialect, column, width in ((b",", 0, 1), (b"\0\0\0", 0, 1), (COMMA, 1, 1), (COMMA, -1, 1), (COMMA, 0, 0)):
        with pytest.raises(ValueError, match="dialect"):
            engine.rows(b"a", dialect, column, width)
    with pytest.raises(ValueError, match="dialect"):
        engine.rows_end(b"a", b"")
    with pytest.raises(TypeError):
        engine.rows("a", COMMA, 0, 1)
    assert [*map(bytes, engine.rows(bytearray(), COMMA, 0, 1))] == [bytes(8), b"", b"", bytes(8), b""]
    assert engine.rows(array("B", b"a"), COMMA, 0, 1)[2] == b"a"


def test_not_utf8_is_told_row_by_row(engine: ModuleType) -> None:
    assert [status for _, _, status in scan(engine, b"a,b\n\xff,b\na\n", COMMA, 0, 2)] == [OK, NOT_UTF8, WIDTH]
