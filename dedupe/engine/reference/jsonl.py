"""Where the text of each JSONL record lies, its escapes resolved: what ../native/jsonl.c says fast.

In comes a block of whole lines and a field's name, out go flat arrays. `json` is the law: a line is
refused exactly when `json.loads(line.decode())` refuses it, and a text is the value that it gives.
`json` leaves two limits to the interpreter, so they are fixed here, lest a corpus be sound on one
machine and broken on the next: MAX_INT_DIGITS is CPython's default (sys.int_info), and MAX_DEPTH
half of its recursion limit of 1000, which CPython 3.11 counts `json`'s nesting against together with
its callers' frames. A scanner of tokens adds what `json` does not tell: where the text lies.
Cost: every line is decoded once by `json` and read twice by a regular expression.
"""

import json
import re
from array import array
from typing import Any, NamedTuple

Buffer = bytes | bytearray | memoryview

MAX_DEPTH = 512
MAX_INT_DIGITS = 4300

FOUND, BLANK, BROKEN, NOT_AN_OBJECT, NO_FIELD, NOT_A_STRING = range(6)

LINE = re.compile(rb"[^\n]*\n|[^\n]+")
TOKEN = re.compile(rb'"((?:[^"\\]++|\\.)*+)"?|[{}\[\]:,]')  # a string without end goes to the end
CHARACTER = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # two escapes, one code point
    rb"|\\u[0-9a-fA-F]{4}|\\."
    rb"|[\x00-\x7f]|[\xc2-\xf4][\x80-\xbf]+"
)


class Record(NamedTuple):
    """What one line holds: a span in the line and its text, both empty unless status is FOUND."""

    status: int
    span: tuple[int, int] = (0, 0)
    text: bytes = b""


def records(block: Buffer, field: Buffer) -> tuple[bytes, bytes, bytearray, bytes, bytes]:
    """Find the field's text in every line of a block: (starts, spans, text, offsets, status).

    For n lines, blank ones included: `starts`, int64 n + 1, where lines begin in the block;
    `spans`, int64 2n, from where to where the raw string lies in it, its quotes left out; `text`,
    all texts as UTF-8 (a lone surrogate as its three bytes), and `offsets`, int64 n + 1, into it;
    `status`, one byte a line: 0 text found, 1 blank, 2 not JSON, 3 not an object, 4 no such field,
    5 the field is no string. Where it is not 0 the span is 0, 0 and the text empty. Of keys that
    stand twice the last counts.
    """
    whole, name = bytes(memoryview(block).cast("B")), bytes(memoryview(field).cast("B"))
    starts, spans, offsets = array("q", [0]), array("q"), array("q", [0])
    text, status = bytearray(), bytearray()
    for line in LINE.findall(whole):
        record = read_record(line, name)
        status.append(record.status)
        spans.extend(starts[-1] + place if record.status == FOUND else 0 for place in record.span)
        text += record.text
        offsets.append(len(text))
        starts.append(starts[-1] + len(line))
    return starts.tobytes(), spans.tobytes(), text, offsets.tobytes(), bytes(status)


def raw_offsets(raw: Buffer, text_offsets: Buffer) -> bytes:
    """Map offsets in a record's text to offsets in the raw string that it came from.

    `raw` is what stands between the quotes, `text_offsets` ascending int64, each the start of a code
    point or the end of the text; so are the results. A code point that is written as an escape (or
    as two) begins at its first backslash. ValueError if any of that does not hold.
    """
    content = bytes(memoryview(raw).cast("B"))
    wanted = memoryview(text_offsets).cast("B")
    if len(wanted) % 8:
        raise ValueError("text_offsets must hold int64 values")
    try:
        decode(b'"' + content + b'"')
    except ValueError:
        raise ValueError("raw must be what stands between the quotes of a JSON string") from None

    raw_of = {}
    text_size = 0
    for character in CHARACTER.finditer(content):
        raw_of[text_size] = character.start()
        text_size += len(text_of(character[0]))
    raw_of[text_size] = len(content)

    found, last = array("q"), 0
    for offset in wanted.cast("q"):
        if offset < last or offset not in raw_of:
            raise ValueError("text_offsets must ascend, each at the start of a code point of the text or at its end")
        found.append(raw_of[offset])
        last = offset
    return found.tobytes()


def read_record(line: bytes, field: bytes) -> Record:
    """Read one line; the span is relative to it."""
    if not line.strip(b" \t\r\n"):
        return Record(BLANK)
    try:
        if measure_depth(line) > MAX_DEPTH:
            return Record(BROKEN)
        value = decode(line)
    except ValueError:
        return Record(BROKEN)
    if not isinstance(value, dict):
        return Record(NOT_AN_OBJECT)
    by_name = {encode(name): content for name, content in value.items()}
    if field not in by_name:
        return Record(NO_FIELD)
    if not isinstance(by_name[field], str):
        return Record(NOT_A_STRING)
    return Record(FOUND, find_span(line, field), encode(by_name[field]))


def check_int(digits: str) -> int:
    """Stand in for int(): a huge number is refused, not computed; the value is of no interest."""
    if len(digits.lstrip("-")) > MAX_INT_DIGITS:
        raise ValueError(f"an integer of more than {MAX_INT_DIGITS} digits")
    return 0


DECODER = json.JSONDecoder(parse_int=check_int)


def decode(line: bytes) -> Any:
    """What json.loads gives for the line; ValueError where it refuses it."""
    return DECODER.decode(line.decode())


def text_of(raw: bytes) -> bytes:
    """The UTF-8 text of a raw string that json accepts."""
    return encode(decode(b'"' + raw + b'"'))


def encode(string: str) -> bytes:
    """UTF-8, in which a lone surrogate takes its three bytes."""
    return string.encode("utf-8", "surrogatepass")


def measure_depth(line: bytes) -> int:
    """How deep arrays and objects nest: never less than json would descend into the line."""
    depth = deepest = 0
    for token in TOKEN.finditer(line):
        if token[0] in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in b"}]":
            depth -= 1
    return deepest


def find_span(line: bytes, field: bytes) -> tuple[int, int]:
    """Where the string of the last such field of the object lies in the line, without its quotes."""
    span = (0, 0)
    depth = 0
    key = b""
    before = b""
    for token in TOKEN.finditer(line):
        if token[0] in b"{[":
            depth += 1
        elif token[0] in b"}]":
            depth -= 1
        elif depth == 1 and token[1] is not None:
            if before == b":" and key == field:
                span = token.span(1)
            elif before != b":":
                key = text_of(token[1])
        before = token[0]
    return span


def place(block: Buffer, spans: Buffer, rows: Buffer) -> bytes:
    """Edits of the texts that `records` found as edits of the block: rows of int64 (record, start, end,
    rule), in order, whose starts and ends move from the text to the block."""
    whole, places = bytes(memoryview(block).cast("B")), memoryview(spans).cast("B")
    flat = memoryview(rows).cast("B")
    if len(flat) % 32 or len(places) % 16:
        raise ValueError("rows must hold four int64 values each, spans two")
    bounds, values = places.cast("q"), array("q", flat.tobytes())
    for at in range(0, len(values), 4):
        if not 0 <= values[at] < len(bounds) // 2:
            raise ValueError("rows must name records of the block")
        start, end = bounds[2 * values[at]], bounds[2 * values[at] + 1]
        if not 0 <= start <= end <= len(whole):
            raise ValueError("spans must lie within the block")
        for i, raw in enumerate(
            memoryview(raw_offsets(whole[start:end], values[at + 1 : at + 3].tobytes())).cast("q"), 1
        ):
            values[at + i] = start + raw
    return values.tobytes()
