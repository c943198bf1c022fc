"""Where the text of each row of a CSV or TSV block lies, its quotes resolved: what ../native/table.c says fast.

In comes a block of whole rows and a dialect, three bytes: delimiter, quote, escape (0: there is none). Python's
`csv` in strict mode is the law, with `newline=""`: a row ends at CR, LF or CR LF outside of quotes, a quote is one
only where a field begins with it, two quotes within are one, and an escape makes the next character plain. Where
`csv` gives up, a row is marked and the next one read: text behind a closing quote belongs to its field, a quote
that nothing closes goes to the block's end.
"""

from array import array
from typing import NamedTuple

Buffer = bytes | bytearray | memoryview

FOUND, BLANK, NOT_UTF8, WIDTH, UNCLOSED, STRAY = 0, 1, 6, 7, 8, 9
LINE_ENDS = b"\r\n"


class Dialect(NamedTuple):
    """What parts fields, what encloses them, and what makes the next character plain; empty: nothing does."""

    delimiter: bytes
    quote: bytes
    escape: bytes


class Field(NamedTuple):
    """Where the raw content of a field lies, its quotes left out, and its value."""

    start: int
    end: int
    value: bytes


class Row(NamedTuple):
    fields: list[Field]
    next: int
    status: int


def rows(block: Buffer, dialect: Buffer, column: int, width: int) -> tuple[bytes, bytes, bytearray, bytes, bytes]:
    """The text of a column in every row of a block: (starts, spans, text, offsets, status), as `records` gives
    them. Of status, 6 is a row that is not UTF-8, 7 one that has not `width` fields, 8 one with a quote that is
    not closed or an escape of nothing, 9 one with text behind a closing quote."""
    marks = read_dialect(dialect)
    if not 0 <= column < width:
        raise ValueError("a dialect has three bytes, the first not 0, and a column is one of width")
    whole = bytes(memoryview(block).cast("B"))
    starts, spans, offsets = array("q", [0]), array("q"), array("q", [0])
    text, states = bytearray(), bytearray()
    while starts[-1] < len(whole):
        row = read_row(whole, starts[-1], marks)
        status = row.status
        if status == FOUND and len(row.fields) != width:
            status = WIDTH
        if status == FOUND and not is_utf8(whole[starts[-1] : row.next]):
            status = NOT_UTF8
        if status == FOUND:
            field = row.fields[column]
            spans.extend((field.start, field.end))
            text += field.value
        else:
            spans.extend((0, 0))
        states.append(status)
        starts.append(row.next)
        offsets.append(len(text))
    return starts.tobytes(), spans.tobytes(), text, offsets.tobytes(), bytes(states)


def rows_end(block: Buffer, dialect: Buffer) -> int:
    """Where the last row ends that is whole whatever follows the block."""
    marks, whole = read_dialect(dialect), bytes(memoryview(block).cast("B"))
    at = end = 0
    while at < len(whole):
        row = read_row(whole, at, marks)
        at = row.next
        # An LF may follow a CR, and belongs to it.
        if at < len(whole) or (row.status != UNCLOSED and whole.endswith(b"\n")):
            end = at
    return end


def read_dialect(dialect: Buffer) -> Dialect:
    values = bytes(memoryview(dialect).cast("B"))
    if len(values) != 3 or not values[0]:
        raise ValueError("a dialect has three bytes, the first not 0")
    return Dialect(*(bytes([value]) if value else b"" for value in values))


def read_row(data: bytes, at: int, dialect: Dialect) -> Row:
    """The row that begins at `at`; its status does not look at how many fields there are."""
    if data[at : at + 1] in (b"\r", b"\n"):
        return Row([], after_line_end(data, at), BLANK)
    fields: list[Field] = []
    is_open = is_stray = False
    while True:
        start, value, is_quoted = at, b"", False
        if dialect.quote and data.startswith(dialect.quote, at):
            is_quoted = True
            start = at + 1
            value, at, is_closed = read_quoted(data, start, dialect)
            end, is_open = at, is_open or not is_closed
            at += is_closed
        more, stop, breaks_off = read_plain(data, at, dialect)
        is_open = is_open or breaks_off
        if stop > at or not is_quoted:
            is_stray, end = is_stray or is_quoted, stop
        fields.append(Field(start, end, value + more))
        at = stop
        if at == len(data) or data[at] in LINE_ENDS:
            status = UNCLOSED if is_open else STRAY if is_stray else FOUND
            return Row(fields, after_line_end(data, at), status)
        at += 1


def read_quoted(data: bytes, at: int, dialect: Dialect) -> tuple[bytes, int, bool]:
    """From behind an opening quote: the value, where the closing quote is, and whether there is one."""
    value = bytearray()
    while at < len(data):
        mark = data[at : at + 1]
        if mark == dialect.escape:
            if at + 2 >= len(data):
                return bytes(value), len(data), False
            at += 1
        elif mark == dialect.quote:
            if data[at + 1 : at + 2] != dialect.quote:
                return bytes(value), at, True
            at += 1
        value += data[at : at + 1]
        at += 1
    return bytes(value), len(data), False


def read_plain(data: bytes, at: int, dialect: Dialect) -> tuple[bytes, int, bool]:
    """What is not quoted, up to what ends the field; where that is, and whether an escape is for nothing."""
    value = bytearray()
    is_open = False
    while at < len(data) and data[at] not in LINE_ENDS and data[at : at + 1] != dialect.delimiter:
        if data[at : at + 1] == dialect.escape:
            at += 1
            is_open = is_open or at >= len(data) or (at + 1 == len(data) and data[at] in LINE_ENDS)
        value += data[at : at + 1]
        at += 1
    return bytes(value), min(at, len(data)), is_open


def after_line_end(data: bytes, at: int) -> int:
    return min(len(data), at + (2 if data.startswith(b"\r\n", at) else 1))


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
