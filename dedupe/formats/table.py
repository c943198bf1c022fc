"""CSV and TSV: a record is a row, its text one column of it; the first row, the header, names the columns.

A dialect is a delimiter, a quote and an escape: the first of a few in which the first rows (64 KB) have the column
that was asked for, and the fewest broken ones among them. Rows end as Python's `csv` ends them, and a row is
broken where it refuses it, or where it has not as many fields as the header.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, BinaryIO

from dedupe.document import Splice, apply_splices
from dedupe.engine import Buffer, engine
from dedupe.errors import InputError
from dedupe.formats import BOM, BROKEN, MARK, NOT_UTF8, OK, STRAY, UNCLOSED, ByteFormat, Columns
from dedupe.options import ReadOptions
from dedupe.unpack import read_some

if TYPE_CHECKING:
    from dedupe.read import Batch, Block, Source
    from dedupe.sink import Sink

SAMPLE_BYTES = 1 << 16
DELIMITERS = {"csv": ",;\t|", "tsv": "\t"}
APOSTROPHES = b"'\0"  # which must be seen to begin a field: in texts they are everywhere
QUOTINGS = (b'"\0', b'"\\', APOSTROPHES)  # quote and escape, the likeliest first
BARE = b"\0\0"  # neither: what TSV often is


@dataclass(frozen=True)
class Table(ByteFormat):
    """What the first rows of a source tell of all of them."""

    name: str
    dialect: bytes
    columns: tuple[str, ...]
    column: int
    header: bytes

    @property
    def quote(self) -> bytes:
        return self.dialect[1:2].strip(b"\0")

    @property
    def escape(self) -> bytes:
        return self.dialect[2:3].strip(b"\0")

    def scan(self, raw: bytes | bytearray) -> Columns:
        return Columns(*engine.rows(raw, self.dialect, self.column, len(self.columns)))

    def place_rows(self, batch: "Batch", rows: Buffer) -> None:
        return None

    def edit(self, batch: "Batch", i: int, splices: Sequence[Splice]) -> list[Splice] | bytes:
        """Within quotes, any text can be put. A field without them may need them then."""
        first, last = batch.spans[2 * i], batch.spans[2 * i + 1]
        start = batch.starts[i]
        is_quoted = bool(self.quote) and first > start and batch.raw[first - 1 : first] == self.quote
        content = bytes(batch.raw[first:last])
        places = self._raw_offsets(content, is_quoted, [offset for splice in splices for offset in splice[:2]])
        placed = [
            Splice(first + places[2 * k], first + places[2 * k + 1], self._escape(put, is_quoted), rule)
            for k, (_, _, put, rule) in enumerate(splices)
        ]
        if is_quoted:
            return placed
        record = batch.record(i)
        output = apply_splices(record, [Splice(a - start, b - start, put, rule) for a, b, put, rule in placed])
        text = apply_splices(batch.document(i), splices)
        if self._reads(output, text):
            return placed
        quoted = self.quote + self._escape(text, True) + self.quote
        output = record[: first - start] + quoted + record[last - start :]
        return output if self.quote and self._reads(output, text) else record

    def _reads(self, record: bytes, text: bytes) -> bool:
        """Whether a record is one, and has this text."""
        columns = self.scan(record)
        return columns.status == bytes([OK]) and bytes(columns.text) == text

    def _raw_offsets(self, content: bytes, is_quoted: bool, offsets: Sequence[int]) -> list[int]:
        """Offsets in the text of a field as offsets in its content, where some characters are written as two."""
        marks = self.escape + (self.quote if is_quoted else b"")
        if not any(mark in content for mark in marks):
            return list(offsets)
        pattern = b"|".join(re.escape(bytes([mark])) for mark in marks)
        pairs = re.finditer(b"(?:%b)." % pattern, content, re.DOTALL)
        before = [pair.start() - k for k, pair in enumerate(pairs)]
        return [offset + bisect_left(before, offset) for offset in offsets]

    def _escape(self, text: bytes, is_quoted: bool) -> bytes:
        if self.escape:
            for mark in (self.escape, self.quote, *((self.dialect[:1],) if not is_quoted else ())):
                text = text.replace(mark, self.escape + mark)
            return text
        return text.replace(self.quote, self.quote * 2) if is_quoted else text

    def fields(self, batch: "Batch", i: int) -> dict[str, Any]:
        return dict(zip(self.columns, self._values(batch.record(i)), strict=False))

    def _values(self, record: bytes) -> list[str]:
        return read_row(record, self.dialect)

    def line_of(self, batch: "Batch", i: int) -> int:
        if batch.lines is None:
            counts = (batch.raw.count(b"\n", a, b) for a, b in pairwise(batch.starts))
            batch.lines = list(accumulate(counts, initial=0))
        return batch.line + batch.lines[i]

    def fault(self, status: int, record: bytes) -> str:
        if status == UNCLOSED:
            return "has a quote that is not closed"
        if status == STRAY:
            return "has text behind a closing quote"
        if status == NOT_UTF8:
            return "is not UTF-8"
        return f"has {len(self._values(record))} fields, and the header {len(self.columns)}"

    def read(self, source: "Source", block_bytes: int) -> "Iterator[Block]":
        """Byte-order mark and header, which are passed on, and then whole rows."""
        return _read_rows(source, self, block_bytes)

    def wrap(self, sink: "Sink") -> "Sink":
        return sink

    def joins(self, other: object) -> bool:
        return isinstance(other, Table) and (self.dialect, self.columns) == (other.dialect, other.columns)


def read_row(row: bytes, dialect: bytes) -> list[str]:
    """The values of one row that the engine has found to be one."""
    import csv
    import io

    quote, escape = (mark if mark != "\0" else None for mark in dialect[1:].decode("latin-1"))
    limit = csv.field_size_limit(max(len(row), csv.field_size_limit()))  # it is everybody's in this process
    rows = csv.reader(
        io.StringIO(row.decode("utf-8", "surrogateescape"), newline=""),
        delimiter=chr(dialect[0]),
        quotechar=quote,
        escapechar=escape,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    try:
        return next(rows, [])
    finally:
        csv.field_size_limit(limit)


def open_table(name: str, stream: BinaryIO, first: bytes, format: str, options: ReadOptions) -> "Source":
    """A source whose dialect and columns are known; InputError where the column that is asked for is none."""
    from dedupe.read import Source

    size, is_over = SAMPLE_BYTES, not first
    while True:  # however much a pipe gives at a time, the same bytes decide
        while len(first) < size and not is_over:
            more = read_some(stream, SAMPLE_BYTES)
            first, is_over = first + more, not more
        sample = first[:size].removeprefix(BOM)
        is_whole = is_over and len(first) <= size
        if is_whole or engine.rows_end(sample, b',"\0'):
            break
        size *= 2
    if not sample:
        return Source(name, stream, "text", first)  # nothing at all has no header either
    return Source(name, stream, format, first, _sniff(name, sample, is_whole, format, options))


def _first_rows(data: bytes, dialect: bytes) -> bytes:
    return data[: engine.rows_end(data, dialect)]


def _sniff(name: str, data: bytes, is_whole: bool, format: str, options: ReadOptions) -> Table:
    delimiters = options.delimiter or DELIMITERS[format]
    found: list[tuple[bool, int, Table]] = []
    for delimiter in delimiters.encode():
        for quoting in (*QUOTINGS, *((BARE,) if chr(delimiter) in "\t|" else ())):
            if delimiter in quoting:
                continue
            dialect = bytes([delimiter]) + quoting
            rows = data if is_whole else _first_rows(data, dialect)
            if not rows or (
                quoting == APOSTROPHES and not any(mark + b"'" in b"\n" + rows for mark in (b"\n", dialect[:1]))
            ):
                continue
            starts = memoryview(engine.rows(rows, dialect, 0, 1)[0]).cast("q")
            columns = tuple(read_row(rows[: starts[1]], dialect))
            if quoting == BARE and len(columns) == 1 and format == "csv":
                continue  # of one column nobody can tell that its quotes are none
            column = len(columns) - 1 - columns[::-1].index(options.field) if options.field in columns else -1
            status = engine.rows(rows, dialect, max(column, 0), max(len(columns), 1))[4]
            n_broken = sum(mark in BROKEN and mark != NOT_UTF8 for mark in status)
            found.append((column < 0, n_broken, Table(format, dialect, columns, column, rows[: starts[1]])))
    if not found:
        raise InputError(f"{name}: has no first row that ends; is it {format.upper()}, and its quotes closed?")
    missing, _, table = min(found, key=lambda x: x[:2])
    if missing:
        table = max((table for _, _, table in found), key=lambda table: len(table.columns))
        known = ", ".join(table.columns)
        raise InputError(f"{name}:1: has no column {options.field!r} but {known}; --field names the one with the text")
    return table


def _read_rows(source: "Source", table: Table, block_bytes: int) -> "Iterator[Block]":
    from dedupe.read import Block, broken_off

    data, at = bytearray(source.first), 0
    for mark in (BOM, table.header):
        if data.startswith(mark):
            yield Block(mark, at, MARK)
            at += len(mark)
            del data[: len(mark)]
    wanted = 0  # bytes without which it is no use to look for the end of a row once more
    while True:
        cut = engine.rows_end(data, table.dialect) if len(data) >= wanted else 0
        if cut:
            yield Block(data[:cut], at, table)
            at += cut
            del data[:cut]
            wanted = 0
        elif len(data) >= wanted:
            wanted = 2 * len(data)
        try:
            more = read_some(source.stream, block_bytes)
        except OSError as error:
            raise broken_off(source.name, error) from None
        if not more:
            break
        data += more
    if data:
        yield Block(data, at, table)
