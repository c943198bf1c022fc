"""The engine's calls, as both engines have them; read for types only, never imported at run time.

Text is UTF-8 that may hold lone surrogates as three bytes (what 'surrogatepass' writes). `offsets`
are n + 1 ascending int64 values: document i is text[offsets[i]:offsets[i + 1]]. Results are bytes
that the caller casts, or go into the caller's buffers, named `..._out`. Buffers that do not fit are a
ValueError, other types a TypeError.
"""

from typing import Protocol

from dedupe.engine import Buffer


class Engine(Protocol):
    def scan(self, text: Buffer, offsets: Buffer, needles: Buffer) -> bytes:
        """One byte a document: 0 where no two lines are alike and none may be an artifact."""

    def line_table(self, document: Buffer, needles: Buffer) -> bytes:
        """int64 (9, lines): start, end, next, key, opening, closing, frame, width, flags."""

    def normal_form(self, line: Buffer, shape: bool = False) -> bytes:
        """The form in which lines are compared; with `shape`, runs of digits are `#`."""

    def shape_ends(self, shape: Buffer) -> list[int]:
        """Where in a shape the beginning that a rule names may end."""

    def line_key(self, form: Buffer) -> int:
        """64 bits of a normal form."""

    def articles(self, text: Buffer, offsets: Buffer) -> tuple[bytes, bytes]:
        """int64 starts of all articles, with the end of the last one, and the documents that they are of, by
        dedupe.split. The compiled engine alone has it."""

    def texts(self, offsets: Buffer, spans: Buffer, status: Buffer, at: int, fd: int) -> tuple[bytes, bytes, bytes]:
        """Of a block's records, those that have a text: offsets, places, and which records they are."""

    def select(self, block: Buffer, starts: Buffer, drops: Buffer) -> bytes:
        """The records of a block for which `drops` is 0."""

    def count_lines(self, text: Buffer, offsets: Buffer) -> int:
        """The lines of all documents, a last one without an ending included."""

    def edits(
        self,
        text: Buffer,
        offsets: Buffer,
        skips: Buffer,
        needles: Buffer,
        rules: Buffer,
        options: int,
        sources: Buffer = b"",
        /,
    ) -> bytes:
        """int64 (n, 4): document, start, end and rule of each span that goes, by dedupe.clean.decisions; of
        documents that `scan` marks and whose byte in `skips` is 0; `sources` has the number of each one's
        source as int32, -1 for none. The compiled engine alone has it."""

    def page_columns(
        self, document: Buffer, needles: Buffer, vocabulary: Buffer, heads: Buffer, firsts: Buffer
    ) -> bytes:
        """int32 (columns, lines): what is measured of the lines of a page dump, as page_columns.py names it; of HEAD
        and SECOND, which are made of scores, only what `heads` and `firsts` (int32 a line, or empty) allow."""

    def pages(
        self, text: Buffer, offsets: Buffer, needles: Buffer, vocabulary: Buffer, model: Buffer, options: int
    ) -> bytes:
        """int64 (n, 4): document, start, end and rule of each span of lines that is not the page's article."""

    def suspicious(self, text: Buffer, offsets: Buffer, entities: bool = False) -> bytes:
        """One byte a document: 1 where repairing one of its lines could change it."""

    def hold_memory(self) -> None:
        """Freed memory stays with the process: for one that runs a command, not for a library."""

    def read_lines(self, fd: int, before: bytes, n_bytes: int) -> tuple[bytearray, bytes]:
        """About n_bytes of whole lines from a file, behind `before`, and what was read beyond them."""

    def records(self, block: Buffer, field: Buffer) -> tuple[bytes, bytes, bytes, bytes, bytes]:
        """Where each JSONL record's text lies: starts, spans, text, offsets, status."""

    def rows(self, block: Buffer, dialect: Buffer, column: int, width: int) -> tuple[bytes, bytes, bytes, bytes, bytes]:
        """Where one column's text lies in each row of CSV: as `records`; a dialect is delimiter, quote, escape."""

    def rows_end(self, block: Buffer, dialect: Buffer) -> int:
        """Where the last row of a block ends that is whole, whatever follows."""

    def place(self, block: Buffer, spans: Buffer, rows: Buffer) -> bytes:
        """Rows of `edits`, with starts and ends moved from the records' texts to the block."""

    def raw_offsets(self, raw: Buffer, offsets: Buffer) -> bytes:
        """int64: for each offset into the decoded text of a JSON string, the offset into its raw content."""

    def kept_open(
        self,
        n_perm: int,
        bands: int,
        rows: int,
        threshold: float,
        per_bucket: int = 16,
        most_verified: int = 8,
        memory: int = 0,
        directory: str = "/tmp",
        /,
    ) -> object:
        """An empty table of kept documents; `memory` limits the process's, the table then lies in a file."""

    def digests(self, text: Buffer, offsets: Buffer, out: Buffer) -> None:
        """16 bytes of each document's bytes."""

    def sketch(self, text: Buffer, offsets: Buffer, n_perm: int, a: Buffer, b: Buffer, out: Buffer) -> None:
        """The signature of each document, a row of n_perm uint32."""

    def kept_match(
        self,
        kept: object,
        text: Buffer,
        offsets: Buffer,
        digests: Buffer,
        signatures: Buffer,
        places: Buffer,
        keepers_out: Buffer,
        shared_out: Buffer,
    ) -> int:
        """Each document's keeper (-1: it is kept) and shingle counts; how many were kept by a bound."""

    def kept_count(self, kept: object) -> int:
        """Documents kept; they are numbered in order, from 0."""

    def kept_expect(self, kept: object, n: int) -> None:
        """About how many documents will be kept in all; it changes the time that takes, and nothing else."""

    def kept_bytes(self, kept: object) -> int:
        """Bytes held for them."""

    def tally_open(self, sketch_bits: int = 22, most_entries: int = 1 << 18, /) -> object:
        """An empty tally of lines: two rows of 2^sketch_bits cells, and at most so many entries."""

    def tally_count(self, tally: object, text: Buffer, offsets: Buffer, sources: Buffer) -> None:
        """The first pass: counts the lines of documents whose source (int32) is not -1."""

    def tally_gather(
        self, tally: object, text: Buffer, offsets: Buffer, sources: Buffer, buckets: Buffer, frequent: Buffer
    ) -> bytes:
        """The second pass, with each document's stretch of time (a byte below 63), and for each source the number
        of documents (int32) that make a line frequent; one byte a document: how many lines of its own
        (not frequent) that read like headlines stand above the first that reads like none."""

    def tally_rows(self, tally: object) -> tuple[bytes, bytes, bytes, int]:
        """The entries as int64 rows (engine/native/tally.h), the sizes of their examples, these one after the
        other, and how many lines found no entry left."""
