"""JSONL: a record is a line, its text the string in one field of the object that stands there."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from dedupe.document import Splice
from dedupe.engine import Buffer, engine
from dedupe.formats import NOT_JSON, NOT_OBJECT, ByteFormat, Columns
from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from dedupe.read import Batch


class Jsonl(ByteFormat):
    """Lines of JSON; `field` has the text."""

    name = "jsonl"

    def __init__(self, field: str) -> None:
        self.field = field.encode()

    def scan(self, raw: bytes | bytearray) -> Columns:
        return Columns(*engine.records(raw, self.field))

    def place_rows(self, batch: Batch, rows: Buffer) -> Buffer:
        return engine.place(batch.raw, batch.spans, rows)

    def edit(self, batch: Batch, i: int, splices: Sequence[Splice]) -> list[Splice]:
        first, last = batch.spans[2 * i], batch.spans[2 * i + 1]
        content = bytes(batch.raw[first:last])
        offsets = array("q", [offset for splice in splices for offset in splice[:2]])
        places = memoryview(engine.raw_offsets(content, offsets)).cast("q")
        ascii_only = content.isascii()
        return [
            Splice(first + start, first + end, json_escape(put, ascii_only), rule)
            for (start, end), (_, _, put, rule) in zip(
                zip(places[::2], places[1::2], strict=True), splices, strict=True
            )
        ]

    def fields(self, batch: Batch, i: int) -> dict[str, Any]:
        import json

        try:
            values = json.loads(batch.record(i).decode())
        except ValueError:
            return {}
        return values if isinstance(values, dict) else {}

    def line_of(self, batch: Batch, i: int) -> int:
        return batch.line + i

    def count_lines(self, batch: Batch) -> int:
        return len(batch)

    def fault(self, status: int, record: bytes) -> str:
        if status == NOT_JSON:
            return _why_not_json(record)
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
