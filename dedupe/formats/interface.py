"""What a format and a source in it offer; read for types only, never imported at run time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from dedupe.changes import Changes
from dedupe.document import Splice
from dedupe.engine import Buffer
from dedupe.formats import Columns
from dedupe.read import Batch, Block, Source
from dedupe.sink import Sink


class Format(Protocol):
    """One format, with what there is to know of a source in it."""

    is_plain: bool
    """A text stands in a record as it is, from its first byte on."""

    @property
    def name(self) -> str: ...

    def scan(self, raw: bytes | bytearray) -> Columns:
        """The records of a block of whole ones."""

    def place_rows(self, batch: Batch, rows: Buffer) -> Buffer | None:
        """Rows of the engine's `edits` as rows into the block; None where each has to be placed by `edit`."""

    def edit(self, batch: Batch, i: int, splices: Sequence[Splice]) -> list[Splice] | bytes:
        """Splices into the text of record i as splices into the block, or the whole record anew where they
        cannot be that."""

    def fields(self, batch: Batch, i: int) -> Mapping[str, Any]:
        """All fields of record i; none where it has none."""

    def line_of(self, batch: Batch, i: int) -> int:
        """The number of the line that record i begins on."""

    def count_lines(self, batch: Batch) -> int:
        """The lines that a batch's bytes have, as `line_of` counts them."""

    def fault(self, status: int, record: bytes) -> str:
        """What is wrong with a record, in words."""

    @property
    def alone(self) -> "Format":
        """The format of the bytes of one record."""

    def write(self, sink: Sink, batch: Batch, changes: Changes, output: bytes) -> None:
        """What a batch has become goes out; `output` are its bytes."""

    def audit(self, changes: Changes) -> Mapping[str, Any]:
        """What `restore` has to know of a batch beside its edits."""


class Layout(Protocol):
    """What has to be known of a source to read it in its format: dialect and columns, or a schema."""

    def read(self, source: Source, block_bytes: int) -> Iterator[Block]:
        """The source's records, a block at a time."""

    def wrap(self, sink: Sink) -> Sink:
        """The sink for what comes of the source."""

    def joins(self, other: object) -> bool:
        """Whether the source can stand behind another one in one output."""
