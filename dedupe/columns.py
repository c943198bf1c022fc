"""For Python programs that hold texts in columns: one call of the engine for a column, and columns back.

A column is UTF-8 text and n + 1 int64 offsets: document i is text[offsets[i]:offsets[i + 1]]. That is what an
Arrow array of type large_utf8 holds, so its buffers go in as they are, slices too. Nothing here looks at
documents one by one but at those that change; dedupe/adapters/ brings the columns of several libraries here.
"""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from dedupe.clean.cleaner import Cleaner
from dedupe.document import Edits, apply_splices
from dedupe.engine import Buffer, engine
from dedupe.near.columns import Column, Int64s, Keepers
from dedupe.near.columns import find_keepers as find_keepers_in
from dedupe.options import CleanOptions, DropOptions

Bools: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.bool_]]"


def clean_column(text: Buffer, offsets: Buffer, options: CleanOptions | None = None) -> tuple[Buffer, Buffer]:
    """Cleans a column of documents: UTF-8 text and n + 1 int64 offsets.

    Gives both of the clean documents, from offset 0 on; or the very objects that it was given where nothing
    changes. Raises RulesError as clean_text does, ValueError and TypeError for buffers that do not fit.

    >>> from array import array
    >>> bytes(clean_column("Old news.über".encode(), array("q", [0, 9, 14]))[0]).decode()
    'Old news.über'
    """
    edits = Cleaner(options).find_edits(text, offsets)
    if not edits.rows and not edits.by_hand:
        return text, offsets
    bounds = np.frombuffer(offsets, np.int64)
    by_hand = {
        i: apply_splices(bytes(memoryview(text)[bounds[i] : bounds[i + 1]]), splices)
        for i, splices in edits.by_hand.items()
    }
    return _put_together(text, bounds, edits, by_hand), _new_bounds(bounds, edits, by_hand).data


def _rows(edits: Edits) -> "np.ndarray[tuple[int, int], np.dtype[np.int64]]":
    return np.frombuffer(edits.rows, np.int64).reshape(-1, 4)


def _put_together(text: Buffer, bounds: Int64s, edits: Edits, by_hand: Mapping[int, bytes]) -> Buffer:
    """The text without the spans of the edits; documents by hand are replaced as a whole."""
    rows = _rows(edits)
    spans = rows[:, 1:3] + bounds[rows[:, 0], None]
    pieces: list[Buffer] = []
    position, row = int(bounds[0]), 0
    for i, clean in sorted(by_hand.items()):
        to_row = int(np.searchsorted(rows[:, 0], i))
        pieces += [_without(text, position, spans[row:to_row], int(bounds[i])), clean]
        position, row = int(bounds[i + 1]), to_row
    pieces.append(_without(text, position, spans[row:], int(bounds[-1])))
    return b"".join(pieces) if len(pieces) > 1 else pieces[0]


def _without(text: Buffer, start: int, spans: Int64s, end: int) -> Buffer:
    """text[start:end] without spans of it."""
    if not len(spans):
        return memoryview(text)[start:end]
    bounds = np.concatenate(([start], spans.ravel(), [end]))
    return engine.select(text, bounds.data, b"\0\1" * len(spans) + b"\0")


def _new_bounds(bounds: Int64s, edits: Edits, by_hand: Mapping[int, bytes]) -> Int64s:
    rows = _rows(edits)
    sizes = np.diff(bounds)
    np.subtract.at(sizes, rows[:, 0], rows[:, 2] - rows[:, 1])
    for i, clean in by_hand.items():
        sizes[i] = len(clean)
    return np.concatenate(([0], np.cumsum(sizes)))


def find_keepers(text: Buffer, offsets: Buffer, options: DropOptions | None = None) -> Keepers:
    """Decides which documents of a column stay, and says why the others go: for each document its keeper's
    number, -1 where it stays (int64), and their exact similarity, NaN where it stays (float64).

    ValueError for a policy other than first, last and longest, since a column has no fields.

    >>> from array import array
    >>> find_keepers(b"one storyanotherone story", array("q", [0, 9, 16, 25])).keepers.tolist()
    [-1, -1, 0]
    """
    return find_keepers_in([Column(text, offsets)], options)


def keep_mask(text: Buffer, offsets: Buffer, options: DropOptions | None = None) -> Bools:
    """Which documents of a column stay, a bool for each; raises as find_keepers does.

    >>> from array import array
    >>> keep_mask(b"one storyanotherone story", array("q", [0, 9, 16, 25])).tolist()
    [True, True, False]
    """
    return find_keepers(text, offsets, options).keepers < 0
