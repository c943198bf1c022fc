"""Sources -> batches of records, in bounded memory.

A source is a file or a stream; `.gz .zst .xz .bz2` are unpacked by suffix. A batch is a block of
whole records as they were read (`raw`), beside the text of those records in columns for the engine
(`text`, `offsets`). `raw` is what leaves again: a record is only ever changed by splices into its
own bytes, so whatever nobody touches, in a record too, leaves as it came. What a record is, and where
its text lies, its format knows (dedupe/formats/).
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence

from dedupe.document import Splice, apply_splices
from dedupe.engine import Buffer, engine
from dedupe.errors import InputError, cannot_be_read
from dedupe.formats import (
    BLANK,
    BOM,
    BROKEN,
    MARK,
    NO_FIELD,
    NOT_STRING,
    OK,
    SUFFIXES,
    TABLES,
    UNBROKEN,
    is_utf8,
    make_format,
    suffix_of,
)
from dedupe.options import ReadOptions
from dedupe.typed import TYPE_CHECKING
from dedupe.unpack import MAGIC_BYTES, open_unpacked, read_some, unpacking_command

if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from dedupe.formats.interface import Format, Layout

__all__ = ["BLANK", "BLOCK_BYTES", "MARK", "NOT_STRING", "OK", "Batch", "Block", "Source", "open_source", "read_blocks"]

BLOCK_BYTES = 1 << 20  # what stays in the second-level cache from stage to stage
FIRST_BYTES = 1 << 14  # of a file as it is, to know what it holds; the engine reads the rest, without copies
PARQUET = b"PAR1"


class Source:
    """A named stream of bytes, unpacked, and what its records are. `first` was read to tell the format, `layout` is
    what there is to know of a table, or of a Parquet file."""

    def __init__(self, name: str, stream: BinaryIO, format: str, first: bytes, layout: Layout | None = None) -> None:
        self.name, self.stream, self.format, self.first, self.layout = name, stream, format, first, layout


class Batch:
    """Whole records as they were read, and their text in columns.

    `raw[starts[i]:starts[i + 1]]` is record i, `text[offsets[i]:offsets[i + 1]]` its text (UTF-8), empty
    where `status[i]` is not 0. `at` is the offset of `raw` in the source, `line` the number of its
    first line.
    """

    __slots__ = (
        "at",
        "format",
        "kind",
        "line",
        "lines",
        "offsets",
        "options",
        "raw",
        "spans",
        "start_offsets",
        "starts",
        "status",
        "text",
    )

    def __init__(self, raw: bytes | bytearray, at: int, line: int, format: str | Format, options: ReadOptions) -> None:
        self.raw, self.at, self.line, self.options = raw, at, line, options
        self.lines: Sequence[int] | None = None
        """Of each record, lines before it in `raw`, where a format has counted them."""
        self.kind = make_format(format, options) if isinstance(format, str) else format
        self.format = self.kind.name
        starts, spans, self.text, offsets, self.status = self.kind.scan(raw)
        self.start_offsets: Buffer = starts
        self.starts: Sequence[int] = memoryview(starts).cast("B").cast("q")
        self.spans: memoryview[int] = memoryview(spans).cast("B").cast("q")
        self.offsets: Buffer = memoryview(offsets).cast("B").cast("q")

    def __len__(self) -> int:
        return len(self.status)

    def record(self, i: int) -> bytes:
        return bytes(self.raw[self.starts[i] : self.starts[i + 1]])

    def document(self, i: int) -> bytes:
        return bytes(memoryview(self.text)[self.offsets[i] : self.offsets[i + 1]])

    def line_of(self, i: int) -> int:
        """The number of the line that record i begins on."""
        return self.kind.line_of(self, i)

    def id_of(self, i: int) -> object:
        """What record i calls itself (any JSON value), or None."""
        return self.fields(i).get(self.options.id_field)

    def edit(self, i: int, splices: Sequence[Splice]) -> tuple[bytes, list[Splice] | None]:
        """Record i with splices into its text made; and these as splices into `raw`, None where the record had
        to be written anew."""
        placed = self.kind.edit(self, i, splices)
        if isinstance(placed, bytes):
            return placed, None
        first = self.starts[i]
        return apply_splices(
            self.record(i), [Splice(a - first, b - first, put, rule) for a, b, put, rule in placed]
        ), placed

    def fields(self, i: int) -> Mapping[str, Any]:
        """All fields of record i; none where it has none."""
        return self.kind.fields(self, i)

    def count_lines(self) -> int:
        """The lines that its bytes have."""
        return self.kind.count_lines(self)

    def broken(self) -> list[int]:
        """The records that cannot be read."""
        if not self.status.strip(UNBROKEN):
            return []
        return [i for i, status in enumerate(self.status) if status in BROKEN]

    def textless(self) -> int:
        """How many sound records have no text: not the field, or no string in it."""
        return self.status.count(NO_FIELD) + self.status.count(NOT_STRING)

    def rescue(self, i: int) -> Batch | None:
        """Record i decoded by the rule for bytes that are not UTF-8, as a batch of one; else None."""
        record = self.record(i)
        if is_utf8(record):
            return None
        from dedupe.repair import decode_bytes

        lines = record.splitlines(keepends=True) if self.kind.alone.is_plain else [record]
        sound = b"".join(x if is_utf8(x) else decode_bytes(x).encode("utf-8", "surrogatepass") for x in lines)
        rescued = Batch(sound, self.at + self.starts[i], self.line_of(i), self.kind.alone, self.options)
        return rescued if len(rescued) == 1 and rescued.status[0] == OK else None

    def fault(self, i: int) -> str | None:
        """What is wrong with record i, in words; None where nothing is."""
        status = self.status[i]
        return self.kind.fault(status, self.record(i)) if status in BROKEN else None


def open_source(name: str, options: ReadOptions, aside: str | None = None) -> Source:
    """Opens a file, or stdin for `-`; InputError says what is wrong with it and what to do.

    `aside` is where the source was put, if it was.
    """
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
        raise InputError(f"{name}: {cannot_be_read(error)}") from None
    except ValueError as error:  # a NUL in the name
        raise InputError(f"{name}: cannot be read: {error}") from None
    except InputError:
        if stream and name != "-":
            stream.close()
        raise
    format = options.format or guess_format(aside or name, first)
    try:
        if format == "parquet":
            from dedupe.formats.parquet import ParquetLayout

            return Source(name, stream, format, first, ParquetLayout(name, stream, first, options.field))
        if format in TABLES:
            from dedupe.formats.table import open_table

            return open_table(name, stream, first, format, options)
    except InputError:
        if name != "-":
            stream.close()
        raise
    return Source(name, stream, format, first)


def _read_first(stream: BinaryIO) -> bytes:
    """The beginning of a stream, at least as much as tells what it is: a pipe may give it byte by byte."""
    size = FIRST_BYTES if isinstance(stream, io.FileIO) else BLOCK_BYTES
    first = data = read_some(stream, size)
    while data and (len(first) < MAGIC_BYTES or first.isspace()) and len(first) < BLOCK_BYTES:
        data = read_some(stream, size)
        first += data
    return first


def guess_format(name: str, first: bytes) -> str:
    """By suffix, else by the first byte that is not white space: `{` begins JSONL."""
    by_suffix = SUFFIXES.get(suffix_of(name))
    if by_suffix:
        return by_suffix
    if first.startswith(PARQUET):
        return "parquet"
    return "jsonl" if first.removeprefix(BOM).lstrip()[:1] == b"{" else "text"


class Block:
    """Whole records as they were read, from byte `at` of the source."""

    __slots__ = ("at", "fd", "format", "position", "raw")

    def __init__(self, raw: bytes | bytearray, at: int, format: str | Format) -> None:
        self.raw, self.at, self.format = raw, at, format
        self.fd, self.position = -1, 0
        """Where the same bytes can be read again; -1: nowhere."""


def read_blocks(source: Source, split: str = "auto", needles: bytes | None = b"") -> Iterator[Block]:
    """The source's records, a block at a time; memory holds a few blocks, or one record if that is longer.

    Text is cut where an article surely begins: a line that one of `needles` may take out is no sure
    beginning; without needles to go by (None), text is one record. Raises InputError where the source breaks off.
    """
    if source.layout:
        yield from source.layout.read(source, BLOCK_BYTES)
        return
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
            raise broken_off(source.name, error) from None
        if not lines:
            return
        yield lines


def broken_off(name: str, error: Exception) -> InputError:
    """The error of a source whose end cannot be reached."""
    return InputError(f"{name}: breaks off: {error}; is the file whole?")


def _blocks(source: Source, split: str, needles: bytes | None) -> Iterator[bytes]:
    find_cut = _after_last_line if source.format == "jsonl" else _nowhere
    if source.format == "text" and split == "auto" and needles is not None:
        from dedupe.formats.text import before_last_article

        def find_cut(data: bytes) -> int:
            return before_last_article(data, needles)

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
            raise broken_off(source.name, error) from None
    rest = b"".join(waiting)
    if rest:
        yield rest


def _after_last_line(data: bytes) -> int:
    return data.rfind(b"\n") + 1


def _nowhere(data: bytes) -> int:
    return 0
