"""Columns of texts -> for each document its keeper: the drop stage where texts are in memory, in columns.

A column is UTF-8 text and n + 1 int64 offsets, as the engine takes it; several are one corpus, so that a table
in chunks needs no copy in one piece. Texts go into a temporary file, from which those that decide something are
read again. Memory: 500 bytes a document that stays, 16 a document, beside the columns themselves.
"""

from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np

from dedupe.engine import Buffer
from dedupe.near.documents import PLAIN, Documents, Spool
from dedupe.near.drop import Collector
from dedupe.near.keep import Policy, parse_policy
from dedupe.near.match import Matcher, sketch_documents
from dedupe.options import DropOptions

PIECE_DOCUMENTS = 4096  # that are sketched at a time: 2 MB of signatures

Int64s: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"
Float64s: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.float64]]"


class Column(NamedTuple):
    """Document i is text[offsets[i]:offsets[i + 1]], in UTF-8."""

    text: Buffer
    offsets: Buffer


class Keepers(NamedTuple):
    """For each document its keeper's number, -1 where it stays (int64), and their exact similarity, NaN where
    it stays (float64)."""

    keepers: Int64s
    similarities: Float64s


def find_keepers(columns: Iterable[Column], options: DropOptions | None = None) -> Keepers:
    """Decides which documents of a corpus stay. They are numbered from 0 through all columns.

    Takes the policies first, last and longest; ValueError for others, since a column has no fields.
    """
    options = options or DropOptions()
    policy = parse_policy(options.keep)
    if policy.field:
        raise ValueError(f"keep {options.keep!r}: columns have no fields; sort the table by it, and keep the first")
    matcher, spool = Matcher(options), Spool()
    keepers, shared = array("q"), array("q")
    collector = Collector(matcher)
    with spool:
        pieces = _pieces(columns, spool)
        if not policy.decides_at_once:
            for documents in pieces:
                collector.add(documents, _keys(policy, len(collector.keys), documents))
            decided = collector.decide()
            return _keepers(*(np.frombuffer(x, np.int64) for x in (decided.keepers, decided.numbers, decided.shared)))
        for documents in pieces:
            verdicts = matcher.match(documents, sketch_documents(documents.text, documents.offsets))
            keepers.extend(verdicts.keepers)
            shared.extend(verdicts.shared)
    ours = np.frombuffer(keepers, np.int64)
    return _keepers(ours, np.flatnonzero(ours < 0), np.frombuffer(shared, np.int64))


def _pieces(columns: Iterable[Column], spool: Spool) -> Iterator[Documents]:
    """The documents of columns, a few thousand at a time, their texts put aside."""
    for column in columns:
        text, bounds = memoryview(column.text).cast("B"), np.frombuffer(column.offsets, np.int64)
        if not len(bounds) or bounds[0] < 0 or bounds[-1] > len(text) or (bounds[1:] < bounds[:-1]).any():
            raise ValueError("offsets must be n + 1 ascending int64 values that lie within the text")
        first, last = int(bounds[0]), int(bounds[-1])
        shift = spool.put(text[first:last]) - first
        for start in range(0, len(bounds) - 1, PIECE_DOCUMENTS):
            piece = bounds[start : start + PIECE_DOCUMENTS + 1]
            n = len(piece) - 1
            places = np.empty((n, 4), np.int64)
            places[:, 0], places[:, 1], places[:, 2], places[:, 3] = spool.fd, piece[:-1] + shift, np.diff(piece), PLAIN
            yield Documents(text, piece.data, places.data, range(n))


def _keys(policy: Policy, first: int, documents: Documents) -> list[tuple[int, float]]:
    sizes = np.diff(np.frombuffer(documents.offsets, np.int64)).tolist()
    return [policy.key({}, number, size) or (0, number) for number, size in enumerate(sizes, first)]


def _keepers(keepers: Int64s, numbers: Int64s, shared: Int64s) -> Keepers:
    """Keepers by their numbers among all documents, of which `numbers` are those of the documents that stay."""
    goes = keepers >= 0
    found = np.full(len(keepers), -1, np.int64)
    found[goes] = numbers[keepers[goes]]
    similarities = np.full(len(keepers), np.nan)
    similarities[goes] = shared[::2][goes] / shared[1::2][goes]  # of an exact copy -1 / -1
    return Keepers(found, similarities)
