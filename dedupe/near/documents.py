"""Records -> the documents that are compared: their texts in columns, and where each can be read again.

A record is one document as a rule, and several where its text is a capture of several articles. What is
compared is the text after cleaning; where that differs from what was read, it is kept in a spool.
"""

import os
import threading
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile

from dedupe.changes import Changes
from dedupe.clean.lines import Lines
from dedupe.clean.markdown import front_matter_end
from dedupe.engine import Buffer, engine
from dedupe.read import OK, Batch
from dedupe.split import split_articles
from dedupe.write import naming_temporary_files

PLAIN = 0  # kind of place: UTF-8 as it stands; 1 is the inside of a JSON string


class Spool:
    """Bytes put aside, to be read again by file descriptor and position."""

    def __init__(self) -> None:
        with naming_temporary_files():
            self.file = TemporaryFile(prefix="dedupe-")
        self.fd = self.file.fileno()
        self.size = 0
        self.lock = threading.Lock()

    def put(self, data: bytes | bytearray | memoryview) -> int:
        """Appends `data`; gives its position."""
        with self.lock:
            at = self.size
            self.size += len(data)
        view, position = memoryview(data), at
        with naming_temporary_files():
            while view:
                n = os.pwrite(self.fd, view, position)
                view, position = view[n:], position + n
        return at


@dataclass(slots=True)
class Documents:
    """The documents of one batch.

    Document k is text[offsets[k]:offsets[k + 1]], of record records[k]; `places` has an int64 row
    (descriptor, position, length, kind) for each. Where records hold several, `spans[k]` is where
    document k lies in the clean text of its record.
    """

    text: Buffer
    offsets: Buffer
    places: Buffer
    records: Sequence[int]
    spans: Sequence[tuple[int, int]] | None = None

    def __len__(self) -> int:
        return len(self.records)


def gather_documents(batch: Batch, changes: Changes | None, fd: int, at: int, spool: Spool, split: str) -> Documents:
    """The documents of a batch whose bytes can be read again from `fd`, from position `at`.

    `changes` are those of cleaning, `split` is auto, never or a regular expression.
    """
    changed = dict(changes.items()) if changes and len(changes) else {}
    is_markdown = batch.format == "markdown"
    split = "never" if is_markdown else split  # no article begins within its code
    gaps = engine.gaps(batch.text, batch.offsets) if split == "auto" else bytes(len(batch))
    if batch.format == "jsonl" and not changed and not any(gaps) and split in ("auto", "never"):
        found = engine.texts(batch.offsets, batch.spans, batch.status, at, fd)
        return Documents(batch.text, found[0], found[1], memoryview(found[2]).cast("q"))
    texts: list[bytes] = []
    places, records = array("q"), array("q")
    spans: list[tuple[int, int]] = []
    for i in range(len(batch)):
        change = changed.get(i)
        if batch.status[i] != OK and change is None:
            continue
        text = change.text() if change else batch.document(i)
        parts = [(0, len(text))]
        if change or gaps[i] or split not in ("auto", "never"):
            parts = find_articles(text, split)
        if change or (batch.format == "jsonl" and len(parts) > 1):
            position, file = spool.put(text), spool.fd
        elif batch.format == "jsonl":
            first, last = batch.spans[2 * i], batch.spans[2 * i + 1]
            places.extend((fd, at + first, last - first, 1))
            texts.append(text)
            records.append(i)
            spans.append((0, len(text)))
            continue
        else:
            position, file = at + batch.starts[i], fd
        head = front_matter_end(text) if is_markdown else 0  # goes with its document, and is not compared
        for start, end in parts:
            texts.append(text[start + head : end])
            places.extend((file, position + start + head, end - start - head, PLAIN))
            records.append(i)
            spans.append((start, end))
    offsets = array("q", [0])
    for text in texts:
        offsets.append(offsets[-1] + len(text))
    return Documents(b"".join(texts), offsets, places, records, spans)


def find_articles(text: bytes, split: str) -> list[tuple[int, int]]:
    """Where the articles of a text lie; an article goes with the blank lines behind it."""
    lines = Lines(text, b"")
    parts = split_articles(lines, range(len(lines)), split)
    if len(parts) < 2:
        return [(0, len(text))]
    return [(lines.start[part[0]], lines.next[part[-1]]) for part in parts]
