"""Plain text: a record is what lies between two places where an article surely begins, or the whole file where
nothing of the kind is found."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from dedupe.clean.lines import ARTIFACT, Lines
from dedupe.document import Splice
from dedupe.engine import Buffer
from dedupe.formats import BLANK, MARK, NOT_UTF8, OK, ByteFormat, Columns, is_utf8
from dedupe.split import split_articles
from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from dedupe.read import Batch


class Text(ByteFormat):
    """A block is one record, and its own text."""

    name = "text"
    is_plain = True

    def scan(self, raw: bytes | bytearray) -> Columns:
        status = self.status(raw)
        text = raw if status == OK else b""
        ends = array("q", [0, len(text)])
        return Columns(array("q", [0, len(raw)]), ends, text, ends, bytes([status]))

    def status(self, raw: bytes | bytearray) -> int:
        return OK if is_utf8(raw) else NOT_UTF8

    def place_rows(self, batch: Batch, rows: Buffer) -> Buffer:
        return rows

    def edit(self, batch: Batch, i: int, splices: Sequence[Splice]) -> list[Splice]:
        return list(splices)

    def fields(self, batch: Batch, i: int) -> dict[str, Any]:
        return {}

    def line_of(self, batch: Batch, i: int) -> int:
        return batch.line

    def fault(self, status: int, record: bytes) -> str:
        return "is not UTF-8"


class Markdown(Text):
    """A file is one record, whatever stands in it."""

    name = "markdown"


class Mark(Text):
    """What is passed on, and never looked into."""

    name = MARK

    def status(self, raw: bytes | bytearray) -> int:
        return BLANK


GAP_LINES = 4  # the line before the gap, and the blank ones
GAPS = (b"\n\n\n\n", b"\n\r\n\r\n\r\n")  # a line's end and three blank lines, as almost all have them
MAX_CUTS = 64  # gaps that are looked at, from the last one back
WINDOW_BYTES = 4096  # behind a gap, for a headline, a blank line and the beginning of another


def before_last_article(data: bytes, needles: bytes) -> int:
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
