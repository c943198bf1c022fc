"""The nouns that flow between the stages: what was taken out, and what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dedupe.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any


class Edit(NamedTuple):
    """A span of a document replaced, with its rule.

    `text[start:end] == took` becomes `put`. Offsets count characters of the document's original
    text; edits ascend and do not overlap, so applying them from the last to the first gives the
    clean text, and putting `took` back gives the original.
    """

    start: int
    end: int
    put: str
    took: str
    rule: str


class Cleaned(NamedTuple):
    """A document after cleaning.

    >>> Cleaned("news", ()).text
    'news'
    """

    text: str
    edits: Sequence[Edit]


class Removal(NamedTuple):
    """A document that goes: its number, its keeper's, and their exact similarity."""

    document: int
    keeper: int
    similarity: float


class Splice(NamedTuple):
    """An edit as the stages pass it on: byte offsets into UTF-8, nothing decoded yet."""

    start: int
    end: int
    put: bytes
    rule: str


class Edits(NamedTuple):
    """What is taken out of the documents of a batch: int64 rows (document, start, end, number of the rule)
    in order, spans of UTF-8 that go; and, for documents decided by hand, splices."""

    rows: bytes
    names: Sequence[str]
    by_hand: Mapping[int, list[Splice]]

    def splices(self) -> dict[int, list[Splice]]:
        """All as splices, by document; documents that stay as they are are not in it."""
        splices: dict[int, list[Splice]] = {}
        values = iter(memoryview(self.rows).cast("q").tolist())
        for i, start, end, rule in zip(values, values, values, values, strict=True):
            splices.setdefault(i, []).append(Splice(start, end, b"", self.names[rule]))
        return {**splices, **self.by_hand}


class Change(NamedTuple):
    """What becomes of one record.

    `edits` lead from its text (`document`) to the clean text; `splices` do the same to the bytes that
    were read, one for each edit. Where the bytes were not UTF-8, or the record was marked, one splice
    replaces the record as a whole (`is_whole`).
    """

    output: bytes
    document: bytes
    edits: Sequence[Splice]
    splices: Sequence[Splice]
    is_whole: bool = False
    notes: Mapping[int, Mapping[str, Any]] = {}
    """What more there is to say of an edit, by its number: the keeper of an article that was dropped."""

    def text(self) -> bytes:
        """The clean text."""
        return apply_splices(self.document, self.edits)

    def took(self, edit: Splice) -> bytes:
        """The text that one of `edits` takes."""
        return self.document[edit.start : edit.end]


def encode(text: str) -> bytes:
    """A text as the stages see it: UTF-8, and what UTF-8 cannot hold as if it could. Raises TypeError."""
    if not isinstance(text, str):
        hint = "; decode it first" if isinstance(text, bytes | bytearray | memoryview) else ""
        raise TypeError(f"a text must be a str, not {type(text).__name__}{hint}")
    return text.encode("utf-8", "surrogatepass")


def apply_splices(data: bytes | bytearray, splices: Sequence[Splice]) -> bytes:
    """`data` with each span replaced; the splices ascend and do not overlap."""
    pieces, position = [], 0
    for start, end, put, _ in splices:
        pieces.append(data[position:start])
        if put:
            pieces.append(put)
        position = end
    pieces.append(data[position:])
    return b"".join(pieces)


def compose_splices(first: Sequence[Splice], second: Sequence[Splice]) -> list[Splice]:
    """Splices that do what `first` and, to its result, `second` do.

    A span of `second` that takes what `first` has put takes what stood there before. It must take all
    of it: spans of `second` begin and end outside of what `first` has put.
    """
    composed: list[Splice] = []
    waiting = list(reversed(first))
    shift = 0  # of the text between the two, against the original
    for start, end, put, rule in second:
        while waiting and waiting[-1].start + shift + len(waiting[-1].put) <= start:
            shift += _growth(waiting[-1])
            composed.append(waiting.pop())
        begin = start - shift
        while waiting and waiting[-1].start + shift < end:
            shift += _growth(waiting.pop())
        composed.append(Splice(begin, end - shift, put, rule))
    return composed + waiting[::-1]


def _growth(splice: Splice) -> int:
    return len(splice.put) - (splice.end - splice.start)
