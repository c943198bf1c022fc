"""What a source's records are: one file a format, behind the interface that Batch uses.

A format knows where records begin in bytes, where the text of each lies, and how a span of that text is replaced
by splices into the record's own bytes. It knows nothing of cleaning, dropping and writing.
"""

from __future__ import annotations

from collections.abc import Mapping

from dedupe.engine import Buffer
from dedupe.options import ReadOptions
from dedupe.typed import TYPE_CHECKING, NamedTuple, cast
from dedupe.unpack import SUFFIXES as PACKINGS
from dedupe.unpack import split_suffix

if TYPE_CHECKING:
    from typing import Any

    from dedupe.changes import Changes
    from dedupe.formats.interface import Format
    from dedupe.read import Batch
    from dedupe.sink import Sink

SUFFIXES = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
TABLES = ("csv", "tsv")
BOM = b"\xef\xbb\xbf"  # a byte-order mark in UTF-8
MARK = "mark"  # a byte-order mark or a header, which is passed on and never looked into

# Of a record: the engine's, and more.
OK, BLANK, NOT_JSON, NOT_OBJECT, NO_FIELD, NOT_STRING, NOT_UTF8, WIDTH, UNCLOSED, STRAY = range(10)
BROKEN = frozenset([NOT_JSON, NOT_OBJECT, NOT_UTF8, WIDTH, UNCLOSED, STRAY])
UNBROKEN = bytes([OK, BLANK, NO_FIELD, NOT_STRING])


class Columns(NamedTuple):
    """Of n records: int64 n + 1 `starts` in the raw bytes, int64 2n `spans` of their texts there, the `text` with
    n + 1 `offsets`, and a `status` byte each."""

    starts: Buffer
    spans: Buffer
    text: Buffer
    offsets: Buffer
    status: bytes


class ByteFormat:
    """What formats share whose records are the bytes of a file, one behind the other."""

    is_plain = False

    def count_lines(self, batch: Batch) -> int:
        return batch.raw.count(b"\n")

    @property
    def alone(self) -> Format:
        return cast("Format", self)

    def write(self, sink: Sink, batch: Batch, changes: Changes, output: bytes) -> None:
        sink.write(output)

    def audit(self, changes: Changes) -> Mapping[str, Any]:
        return {}


def make_format(name: str, options: ReadOptions) -> Format:
    """The format of this name; tables and Parquet are made where their source is opened."""
    if name == "jsonl":
        from dedupe.formats.jsonl import Jsonl

        return Jsonl(options.field)
    from dedupe.formats.text import Mark, Markdown, Text

    return Mark() if name == MARK else Markdown() if name == "markdown" else Text()


def suffix_of(name: str) -> str:
    """The suffix that tells a file's format, that of its packing left out."""
    rest, suffix = split_suffix(name)
    return (split_suffix(rest)[1] if suffix in PACKINGS else suffix).lower()


def is_utf8(data: bytes | bytearray) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
