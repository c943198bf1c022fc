"""Where a document comes from: its record's field `source`, else the host of its `url`.

A field of the user's choice takes the place of both. What `url` holds and any value with `://` in it is a URL, and
the source its host, without `www.`: a path alone (`/news/1`) names none. Nor does what is no string.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dedupe.engine import engine
from dedupe.read import NOT_STRING, OK, Batch
from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

FIELDS = ("source", "url")  # the first that a record has


def find_sources(batch: Batch, by: str = "", default: str = "") -> list[str]:
    """The source of each record of a batch; `default` where it names none."""
    found = [""] * len(batch)
    for field in _fields(by):
        if not all(found):
            values = find_values(batch, field)
            found = [name or _name(value, field) for name, value in zip(found, values, strict=True)]
    return [name or default for name in found]


def find_values(batch: Batch, field: str) -> list[Any]:
    """What each record of a batch has in a field, a string as a rule; None where it has none."""
    if batch.format != "jsonl":
        return [batch.fields(i).get(field) for i in range(len(batch))]
    _, _, text, offsets, status = engine.records(batch.raw, field.encode("utf-8", "surrogatepass"))
    ends, view = memoryview(offsets).cast("q"), memoryview(text)
    return [
        bytes(view[ends[i] : ends[i + 1]]).decode("utf-8", "surrogatepass")
        if status[i] == OK
        else batch.fields(i).get(field)
        if status[i] == NOT_STRING
        else None
        for i in range(len(batch))
    ]


def source_of(document: str | Mapping[str, Any], by: str = "") -> str:
    """The source that one document names, or an empty string."""
    if isinstance(document, str):
        return ""
    return next((name for field in _fields(by) if (name := _name(document.get(field), field))), "")


def _fields(by: str) -> Sequence[str]:
    return (by,) if by else FIELDS


def _name(value: object, field: str) -> str:
    if not isinstance(value, str):
        return ""
    value = value.strip()
    scheme, mark, rest = value.partition("://")
    if not mark or not scheme.isalnum():
        if field != "url":
            return value
        rest = value.removeprefix("//")
    for end in "/?#":
        rest = rest.partition(end)[0]
    host = rest.rpartition("@")[2].lower()
    port = host.rpartition(":")
    host = port[0] if port[1] and port[2].isdigit() else host
    return host.removeprefix("www.")
