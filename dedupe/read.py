"""Sources -> batches of records, in bounded memory.

A source is a file or a stream; `.gz .zst .xz .bz2` are unpacked by suffix. A batch is a block of
whole records as they were read (`raw`), beside the text of those records in columns for the engine
(`text`, `offsets`). `raw` is what leaves again: a record is only ever changed by splices into its
own bytes, so whatever nobody touches, in a record too, leaves as it came.

JSONL: a record is a line. Text: a record is what lies between two places where an article surely
begins, or the whole file where nothing of the kind is found. Markdown: a record is the whole file.
"""

import io
import os
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from dedupe.clean.lines import ARTIFACT, Lines
from dedupe.document import Splice
from dedupe.engine import Buffer, engine
from dedupe.errors import InputError
from dedupe.options import ReadOptions
from dedupe.repair import decode_bytes
from dedupe.split import split_articles
from dedupe.unpack import MAGIC_BYTES, SUFFIXES, open_unpacked, read_some, unpacking_command

BLOCK_BYTES = 1 << 20  # what stays in the second-level cache from stage to stage
BOM = b"\xef\xbb\xbf"
MARK = "mark"  # the format of a byte-order mark, which is passed on and never looked into
FORMATS = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
OK, BLANK, NOT_JSON, NOT_OBJECT, NO_FIELD, NOT_STRING, NOT_UTF8 = range(7)  # the engine's, and one more
BROKEN = frozenset([NOT_JSON, NOT_OBJECT, NOT_UTF8])


@dataclass(frozen=True, slots=True)
class Source:
    """A named stream of bytes, unpacked, and what its records are."""

    name: str
    stream: BinaryIO
    format: str
    first: bytes  # what was read to tell the format


class Batch:
    """Whole records as they were read, and their text in columns.

    `raw[starts[i]:starts[i + 1]]` is record i, `text[offsets[i]:offsets[i + 1]]` its text (UTF-8), empty
    where `status[i]` is not 0. `at` is the offset of `raw` in the source, `line` the number of its
    first line.
    """

    __slots__ = (
        "at",
        "format",
        "line",
        "offsets",
        "options",
        "raw",
        "spans",
        "start_offsets",
        "starts",
        "status",
        "text",
    )

    def __init__(self, raw: bytes | bytearray, at: int, line: int, format: str, options: ReadOptions) -> None:
        self.raw, self.at, self.line, self.format = raw, at, line, format
        self.options = options
        self.starts: Sequence[int]
        self.offsets: Buffer
        if format == "jsonl":
            starts, spans, text, offsets, self.status = engine.records(raw, options.field.encode())
            self.start_offsets: Buffer = starts
            self.starts = memoryview(starts).cast("q")
            self.spans = memoryview(spans).cast("q")
            self.text: Buffer = text
            self.offsets = memoryview(offsets).cast("q")
        else:
            self.status = bytes([BLANK if format == MARK else OK if _is_utf8(raw) else NOT_UTF8])
            self.text = raw if self.status[0] == OK else b""
            self.starts = self.start_offsets = array("q", [0, len(raw)])
            self.offsets = array("q", [0, len(self.text)])

    def __len__(self) -> int:
        return len(self.status)

    def record(self, i: int) -> bytes:
        return bytes(self.raw[self.starts[i] : self.starts[i + 1]])

    def document(self, i: int) -> bytes:
        return bytes(memoryview(self.text)[self.offsets[i] : self.offsets[i + 1]])

    def line_of(self, i: int) -> int:
        """The number of the line that record i begins on."""
        return self.line + (i if self.format == "jsonl" else 0)

    def id_of(self, i: int) -> object:
        """What record i calls itself (any JSON value), or None."""
        return self.fields(i).get(self.options.id_field)

    def place(self, i: int, splices: Sequence[Splice]) -> list[Splice]:
        """Splices into the text of record i as splices into the bytes of `raw`."""
        if self.format != "jsonl":
            return list(splices)
        first, last = self.spans[2 * i], self.spans[2 * i + 1]
        content = bytes(self.raw[first:last])
        offsets = array("q", [offset for splice in splices for offset in splice[:2]])
        places = memoryview(engine.raw_offsets(content, offsets)).cast("q")
        ascii_only = content.isascii()
        return [
            Splice(first + start, first + end, json_escape(put, ascii_only), rule)
            for (start, end), (_, _, put, rule) in zip(
                zip(places[::2], places[1::2], strict=True), splices, strict=True
            )
        ]

    def fields(self, i: int) -> dict[str, Any]:
        """All fields of record i; none where it is no JSON object."""
        if self.format != "jsonl":
            return {}
        import json

        try:
            values = json.loads(self.record(i).decode())
        except ValueError:
            return {}
        return values if isinstance(values, dict) else {}

    def count_lines(self) -> int:
        """The lines that its bytes have."""
        return len(self) if self.format == "jsonl" else self.raw.count(b"\n")

    def broken(self) -> list[int]:
        """The records that cannot be read."""
        if not self.status.strip(bytes([OK, BLANK, NO_FIELD, NOT_STRING])):
            return []
        return [i for i, status in enumerate(self.status) if status in BROKEN]

    def textless(self) -> int:
        """How many sound records have no text: not the field, or no string in it."""
        return self.status.count(NO_FIELD) + self.status.count(NOT_STRING)

    def rescue(self, i: int) -> "Batch | None":
        """Record i decoded by the rule for bytes that are not UTF-8, as a batch of one; else None."""
        record = self.record(i)
        if _is_utf8(record):
            return None
        lines = record.splitlines(keepends=True) if self.format != "jsonl" else [record]
        sound = b"".join(x if _is_utf8(x) else decode_bytes(x).encode("utf-8", "surrogatepass") for x in lines)
        rescued = Batch(sound, self.at + self.starts[i], self.line_of(i), self.format, self.options)
        return rescued if len(rescued) == 1 and rescued.status[0] == OK else None

    def fault(self, i: int) -> str | None:
        """What is wrong with record i, in words; None where nothing is."""
        status = self.status[i]
        if status not in BROKEN:
            return None
        if status == NOT_JSON:
            return _why_not_json(self.record(i))
        return "is JSON, but not an object" if status == NOT_OBJECT else "is not UTF-8"


def json_escape(text: bytes, ascii_only: bool) -> bytes:
    """UTF-8 as the inside of a JSON string; in ASCII where its neighbours are."""
    if not text:
        return b""
    import json

    inside = json.dumps(text.decode("utf-8", "surrogatepass"), ensure_ascii=ascii_only)[1:-1]
    return escape_line_ends(inside).encode("utf-8", "surrogatepass")


def escape_line_ends(inside: str) -> str:
    """JSON without the characters that it may hold as they are, and that many a reader ends lines at."""
    if inside.isascii():
        return inside
    return inside.replace("\x85", "\\u0085").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _is_utf8(data: bytes | bytearray) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _why_not_json(record: bytes) -> str:
    import json

    try:
        json.loads(record.decode())
    except UnicodeDecodeError:
        return "is not UTF-8"
    except json.JSONDecodeError as error:
        return f"is not JSON ({error.msg} at column {error.colno})"
    except (ValueError, RecursionError) as error:
        return f"is not JSON ({error})"
    return "is not JSON (nested too deeply)"


def open_source(name: str, options: ReadOptions, aside: str | None = None) -> Source:
    """Opens a file, or stdin for `-`; InputError says what is wrong with it and what to do.

    `aside` is where the source was put, if it was.
    """
    path = Path(aside or name)
    if name != "-" and os.path.isdir(name):
        raise InputError(f"{name}: is a directory; name its files, for example {name}/*.jsonl")
    stream: BinaryIO | None = None
    try:
        stream = open_unpacked(aside or name)
        first = _read_first(stream)
        if first.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise InputError(f"{name}: is UTF-16; convert it first: iconv -f utf-16 -t utf-8")
        if command := unpacking_command(first):
            raise InputError(f"{name}: is packed, and not named so; unpack it first: {command}")
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}; check the name and its rights") from None
    except ValueError as error:  # a NUL in the name
        raise InputError(f"{name}: cannot be read: {error}") from None
    except InputError:
        if stream and name != "-":
            stream.close()
        raise
    return Source("-" if name == "-" else name, stream, options.format or guess_format(path, first), first)


def _read_first(stream: BinaryIO) -> bytes:
    """The beginning of a stream, at least as much as tells what it is: a pipe may give it byte by byte."""
    first = data = read_some(stream, BLOCK_BYTES)
    while data and (len(first) < MAGIC_BYTES or first.isspace()) and len(first) < BLOCK_BYTES:
        data = read_some(stream, BLOCK_BYTES)
        first += data
    return first


def guess_format(path: Path, first: bytes) -> str:
    """By suffix, else by the first byte that is not white space: `{` begins JSONL."""
    suffix = path.with_suffix("").suffix if path.suffix in SUFFIXES else path.suffix
    by_suffix = FORMATS.get(suffix.lower())
    if by_suffix:
        return by_suffix
    return "jsonl" if first.removeprefix(BOM).lstrip()[:1] == b"{" else "text"


class Block(NamedTuple):
    """Whole records as they were read, from byte `at` of the source."""

    raw: bytes | bytearray
    at: int
    format: str
    fd: int = -1
    """Where the same bytes can be read again, from `position`; -1: nowhere."""
    position: int = 0


def read_blocks(source: Source, split: str = "auto", needles: bytes | None = b"") -> Iterator[Block]:
    """The source's records, a block at a time; memory holds a few blocks, or one record if that is longer.

    Text is cut where an article surely begins: a line that one of `needles` may take out is no sure
    beginning; without needles to go by (None), text is one record. Raises InputError where the source breaks off.
    """
    at = 0
    is_plain = source.format == "jsonl" and isinstance(source.stream, io.FileIO)
    blocks: Iterator[bytes | bytearray] = _lines_of_file(source) if is_plain else _blocks(source, split, needles)
    for raw in blocks:
        if at == 0 and raw.startswith(BOM):
            yield Block(BOM, 0, MARK)
            at, raw = len(BOM), raw[len(BOM) :]
        if raw:
            yield Block(raw, at, source.format)
        at += len(raw)


def _lines_of_file(source: Source) -> Iterator[bytearray]:
    """A file's or a pipe's lines, read by the engine, which copies nothing."""
    fd, rest = source.stream.fileno(), source.first
    while True:
        try:
            lines, rest = engine.read_lines(fd, rest, BLOCK_BYTES)
        except OSError as error:
            raise _broken_off(source, error) from None
        if not lines:
            return
        yield lines


def _broken_off(source: Source, error: Exception) -> InputError:
    return InputError(f"{source.name}: breaks off: {error}; is the file whole?")


def _blocks(source: Source, split: str, needles: bytes | None) -> Iterator[bytes]:
    find_cut = _after_last_line if source.format == "jsonl" else _nowhere
    if source.format == "text" and split == "auto" and needles is not None:

        def find_cut(data: bytes) -> int:
            return _before_last_article(data, needles)

    waiting: list[bytes] = []
    data = source.first
    while data:
        joined = waiting[-1] + data if waiting else data  # a cut may lie across two reads
        cut = find_cut(joined)
        if cut:
            yield b"".join([*waiting[:-1], joined[:cut]])
            waiting = [joined[cut:]]
        elif waiting and len(waiting[-1]) < BLOCK_BYTES:
            waiting[-1] = joined
        else:
            waiting.append(data)
        try:
            data = read_some(source.stream, BLOCK_BYTES)
        except OSError as error:
            raise _broken_off(source, error) from None
    rest = b"".join(waiting)
    if rest:
        yield rest


def _after_last_line(data: bytes) -> int:
    return data.rfind(b"\n") + 1


GAP_LINES = 4  # the line before the gap, and the blank ones
GAPS = (b"\n\n\n\n", b"\n\r\n\r\n\r\n")  # a line's end and three blank lines, as almost all have them
MAX_CUTS = 64  # gaps that are looked at, from the last one back
WINDOW_BYTES = 4096  # behind a gap, for a headline, a blank line and the beginning of another


def _before_last_article(data: bytes, needles: bytes) -> int:
    """The last place where an article begins whatever stands before and behind, and whose first line stays
    whatever is cleaned: not all such places are found, and none other."""
    stop = len(data)
    for _ in range(MAX_CUTS):
        at, gap = max((data.rfind(gap, 0, stop), gap) for gap in GAPS)
        if at < 0:
            return 0
        cut = at + len(gap)
        behind = data[cut : cut + WINDOW_BYTES]
        window = Lines(b"x" + gap + behind[: behind.rfind(b"\n") + 1] + b"x", needles)
        parts = split_articles(window, range(len(window)), "auto")
        if len(parts) > 1 and parts[1][0] == GAP_LINES and not window.flags[GAP_LINES] & ARTIFACT:
            return cut
        stop = at + len(gap) - 1
    return 0


def _nowhere(data: bytes) -> int:
    return 0
