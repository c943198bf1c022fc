"""The engine's calls, as both engines have them; read for types only, never imported at run time.

Text is UTF-8 that may hold lone surrogates as three bytes (what 'surrogatepass' writes). `offsets`
are n + 1 ascending int64 values: document i is text[offsets[i]:offsets[i + 1]]. Results are bytes
that the caller casts. Buffers that do not fit are a ValueError, other types a TypeError.
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

    def count_lines(self, text: Buffer, offsets: Buffer) -> int:
        """The lines of all documents, a last one without an ending included."""

    def edits(
        self, text: Buffer, offsets: Buffer, skips: Buffer, needles: Buffer, rules: Buffer, options: int
    ) -> bytes:
        """int64 (n, 4): document, start, end and rule of each span that goes, by dedupe.clean.decisions; of
        documents that `scan` marks and whose byte in `skips` is 0. The compiled engine alone has it."""

    def suspicious(self, text: Buffer, offsets: Buffer, entities: bool = False) -> bytes:
        """One byte a document: 1 where repairing one of its lines could change it."""

    def records(self, block: Buffer, field: Buffer) -> tuple[bytes, bytes, bytes, bytes, bytes]:
        """Where each JSONL record's text lies: starts, spans, text, offsets, status."""

    def place(self, block: Buffer, spans: Buffer, rows: Buffer) -> bytes:
        """Rows of `edits`, with starts and ends moved from the records' texts to the block."""

    def raw_offsets(self, raw: Buffer, offsets: Buffer) -> bytes:
        """int64: for each offset into the decoded text of a JSON string, the offset into its raw content."""
