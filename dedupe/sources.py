"""Where a document comes from: its record's field `source`, else the host of its `url`.

A field of the user's choice takes the place of both. A value with `://` in it is a URL, and the source
its host, without `www.`. A field that holds no string names no source.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dedupe.engine import engine
from dedupe.read import OK, Batch

FIELDS = ("source", "url")  # the first that a record has


def find_sources(batch: Batch, by: str = "", default: str = "") -> list[str]:
    """The source of each record of a batch; `default` where it names none."""
    found = [""] * len(batch)
    for field in _fields(by) if batch.format == "jsonl" else ():
        if not all(found):
            _, _, text, offsets, status = engine.records(batch.raw, field.encode("utf-8", "surrogatepass"))
            ends = memoryview(offsets).cast("q")
            for i, name in enumerate(found):
                if not name and status[i] == OK:
                    value = bytes(memoryview(text)[ends[i] : ends[i + 1]])
                    found[i] = _name(value.decode("utf-8", "surrogatepass"))
    return [name or default for name in found]


def source_of(document: str | Mapping[str, Any], by: str = "") -> str:
    """The source that one document names, or an empty string."""
    if isinstance(document, str):
        return ""
    values = (document.get(field) for field in _fields(by))
    return next((name for value in values if isinstance(value, str) and (name := _name(value))), "")


def _fields(by: str) -> Sequence[str]:
    return (by,) if by else FIELDS


def _name(value: str) -> str:
    scheme, mark, rest = value.partition("://")
    if not mark or not scheme.isalnum():
        return value.strip()
    for end in "/?#":
        rest = rest.partition(end)[0]
    host = rest.rpartition("@")[2].lower()
    port = host.rpartition(":")
    host = port[0] if port[1] and port[2].isdigit() else host
    return host.removeprefix("www.")
