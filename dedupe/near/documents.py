"""Records -> the documents that are compared: their texts in columns, and where each can be read again.

A record is one document as a rule, and several where its text is a capture of several articles. What is
compared is the text after cleaning; where that differs from what was read, it is kept in a spool.
"""

from __future__ import annotations

import os
from _thread import allocate_lock
from array import array
from collections.abc import Sequence
from itertools import accumulate, pairwise

from dedupe.changes import Changes
from dedupe.document import Change
from dedupe.engine import Buffer, engine
from dedupe.engine import name as engine_name
from dedupe.read import OK, Batch
from dedupe.typed import TYPE_CHECKING
from dedupe.write import naming_temporary_files, open_temporary

if TYPE_CHECKING:
    from typing import BinaryIO, TypeAlias

PLAIN, JSON_STRING = range(2)  # kinds of place: UTF-8 as it stands, and the inside of a JSON string
Int64s: TypeAlias = "memoryview | array[int]"
PLACE = 4  # of a document: file descriptor, position, length, kind


class Spool:
    """Bytes put aside, to be read again by file descriptor and position; most runs put none."""

    def __init__(self) -> None:
        self.file: BinaryIO | None = None
        self.size = 0
        self.lock = allocate_lock()

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """What was put aside is gone."""
        if self.file:
            self.file.close()

    @property
    def fd(self) -> int:
        """Of the file, which is there from now on."""
        if self.file is None:
            self._make_file()
        assert self.file
        return self.file.fileno()

    def _make_file(self) -> None:
        with self.lock:  # several threads may be the first to ask
            self.file = self.file or open_temporary()

    def read(self, at: int, size: int) -> bytes:
        """Bytes that were put at a position."""
        pieces = []
        while size and (piece := os.pread(self.fd, size, at)):
            pieces.append(piece)
            at, size = at + len(piece), size - len(piece)
        return b"".join(pieces)

    def put(self, data: bytes | bytearray | memoryview) -> int:
        """Appends `data`; gives its position."""
        fd = self.fd
        with self.lock:
            at = self.size
            self.size += len(data)
        view, position = memoryview(data), at
        with naming_temporary_files():
            while view:
                n = os.pwrite(fd, view, position)
                view, position = view[n:], position + n
        return at


class Documents:
    """The documents of one batch.

    Document k is text[offsets[k]:offsets[k + 1]], of record records[k]; `places` has an int64 row
    (descriptor, position, length, kind) for each. Where records hold several, `spans[k]` is where
    document k lies in the clean text of its record.
    """

    def __init__(
        self,
        text: Buffer,
        offsets: Buffer,
        places: Buffer,
        records: Sequence[int],
        spans: Sequence[tuple[int, int]] | None = None,
    ) -> None:
        self.text, self.offsets, self.places, self.records, self.spans = text, offsets, places, records, spans

    def __len__(self) -> int:
        return len(self.records)


def put_documents(texts: Sequence[bytes], records: Sequence[int], spool: Spool) -> Documents:
    """Texts as documents that can be read again from the spool."""
    text, offsets, places = b"".join(texts), array("q", accumulate(map(len, texts), initial=0)), array("q")
    at = spool.put(text)
    for start, end in pairwise(offsets):
        places.extend((spool.fd, at + start, end - start, PLAIN))
    return Documents(text, offsets, places, records)


class Whole:
    """The texts of a batch's records, one a record, and where each can be read again."""

    def __init__(self, text: Buffer, offsets: Int64s, places: Int64s, records: Sequence[int]) -> None:
        self.text, self.offsets, self.places, self.records = text, offsets, places, records


def gather_documents(batch: Batch, changes: Changes | None, fd: int, at: int, spool: Spool, split: str) -> Documents:
    """The documents of a batch whose bytes can be read again from `fd`, from position `at`.

    `changes` are those of cleaning, `split` is auto, never or a regular expression.
    """
    changed = dict(changes.items()) if changes and len(changes) else {}
    whole = _gather_changed(batch, changed, fd, at, spool) if changed else _gather_untouched(batch, fd, at, spool)
    if batch.format == "markdown":
        return _without_front_matter(whole)
    if split == "never":
        return Documents(whole.text, whole.offsets, whole.places, whole.records)
    starts, owners = find_articles(whole, split)
    if len(owners) == len(whole.records):
        return Documents(whole.text, whole.offsets, whole.places, whole.records)
    return _split_documents(whole, starts, owners, spool)


def _without_front_matter(whole: Whole) -> Documents:
    """It goes with its document, and is not compared; no article begins within a document's code."""
    from dedupe.clean.markdown import front_matter_end

    text = bytes(whole.text)
    head = front_matter_end(text)
    if not head:
        return Documents(whole.text, whole.offsets, whole.places, whole.records)
    places = array("q", whole.places)
    places[1], places[2] = places[1] + head, places[2] - head
    return Documents(text[head:], array("q", [0, len(text) - head]), places, whole.records)


def _gather_untouched(batch: Batch, fd: int, at: int, spool: Spool) -> Whole:
    if batch.format == "jsonl":
        found = engine.texts(batch.offsets, batch.spans, batch.status, at, fd)
        return Whole(batch.text, *(memoryview(part).cast("q") for part in found))
    records = [i for i, status in enumerate(batch.status) if status == OK]
    ends = array("q", [batch.offsets[0], *(batch.offsets[i + 1] for i in records)])
    if batch.kind.is_plain:
        first = [at + batch.starts[i] for i in records]
    else:
        fd, base = spool.fd, spool.put(memoryview(batch.text))
        first = [base + end for end in ends[:-1]]
    places = array("q")
    for position, (start, end) in zip(first, pairwise(ends), strict=True):
        places.extend((fd, position, end - start, PLAIN))
    return Whole(batch.text, ends, places, records)


def _gather_changed(batch: Batch, changed: dict[int, Change], fd: int, at: int, spool: Spool) -> Whole:
    """Texts that are what they were, from where they were read; those that are not as they stand there, from the
    spool."""
    texts: list[bytes | memoryview] = []
    fresh: list[bytes | memoryview] = []
    put: list[int] = []  # which of the texts are in the spool
    offsets, places, records = array("q", [0]), array("q"), array("q")
    view, n_fresh = memoryview(batch.text), 0
    for i in range(len(batch)):
        change = changed.get(i)
        if change is None and batch.status[i] != OK:
            continue
        text = view[batch.offsets[i] : batch.offsets[i + 1]] if change is None else change.text()
        if change is None and batch.format == "jsonl":
            first, last = batch.spans[2 * i], batch.spans[2 * i + 1]
            places.extend((fd, at + first, last - first, JSON_STRING))
        elif change is None and batch.kind.is_plain:
            places.extend((fd, at + batch.starts[i], len(text), PLAIN))
        else:
            fresh.append(text)
            put.append(len(records))
            places.extend((spool.fd, n_fresh, len(text), PLAIN))
            n_fresh += len(text)
        texts.append(text)
        records.append(i)
        offsets.append(offsets[-1] + len(text))
    base = spool.put(b"".join(fresh))
    for k in put:
        places[PLACE * k + 1] += base
    return Whole(b"".join(texts), offsets, places, records)


def find_articles(whole: Whole, split: str) -> tuple[Int64s, Int64s]:
    """Where each article begins in the text, and then where the last one ends; and whose it is. An article goes
    with the blank lines behind it."""
    if split == "auto" and engine_name == "native":
        starts, owners = engine.articles(whole.text, whole.offsets)
        return memoryview(starts).cast("q"), memoryview(owners).cast("q")
    from dedupe.clean.lines import Lines
    from dedupe.split import split_articles

    begins, of = array("q"), array("q")
    for k, (start, end) in enumerate(pairwise(whole.offsets)):
        lines = Lines(bytes(memoryview(whole.text)[start:end]), b"")
        parts = split_articles(lines, range(len(lines)), split)
        begins.append(start)
        begins.extend(start + lines.start[part[0]] for part in parts[1:])
        of.extend([k] * max(1, len(parts)))
    begins.append(whole.offsets[-1])
    return begins, of


def _split_documents(whole: Whole, starts: Int64s, owners: Int64s, spool: Spool) -> Documents:
    """Articles as documents. Where a text is cut, what it was read from may hold it in escapes: then it goes into the
    spool as it is."""
    view = memoryview(whole.text)
    places, spans = array("q"), []
    owner = -1
    for k, (start, end) in enumerate(pairwise(starts)):
        if owners[k] != owner:
            owner = owners[k]
            first, last = whole.offsets[owner], whole.offsets[owner + 1]
            fd, position, size, kind = whole.places[PLACE * owner : PLACE * (owner + 1)]
            if kind == JSON_STRING and end < last:
                fd, position, kind = spool.fd, spool.put(view[first:last]), PLAIN
        if kind == PLAIN:
            position_here, size = position + start - first, end - start
        else:
            position_here = position
        places.extend((fd, position_here, size, kind))
        spans.append((start - first, end - first))
    return Documents(whole.text, starts, places, [whole.records[owner] for owner in owners], spans)
