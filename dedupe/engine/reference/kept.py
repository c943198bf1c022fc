"""A table of kept documents, in which documents are looked up as they come.

A document goes if a document kept before it has the same bytes, or is among its candidates and at or
above the threshold by the exact Jaccard similarity of their shingle sets; else it is kept and gets the
next number. So nothing chains, and the order of documents alone decides. Banding: Leskovec, Rajaraman
and Ullman, Mining of Massive Datasets, 3.4.

The work on a document is bounded: of each bucket the newest `per_bucket` are candidates; those whose
estimated similarity lies more than 3 standard deviations below the threshold are not verified, and of
the others only the `most_verified` of the highest estimate. A document that is kept although a bound
left candidates out is counted. The bounds bite where thousands of kept documents share a template. In
20,000 documents of one template, 0.7 similar in pairs, a tenth of them altered copies (0.8 to 1) of
earlier ones, 16 and 8 found 1,700 of the 1,703 that 1,000 and 4,000 found, in a 180th of the time; at
0.77 and 0.8 to 0.9, 752 of 757. News of a million documents meet a bound three times.

Cost: that of sets in Python; memory: 2 KB and more for a document.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dedupe.engine.reference.batch import Buffer, documents, numbers, output, put
from dedupe.engine.reference.jsonl import text_of
from dedupe.engine.reference.sketch import shingle_hashes
from dedupe.engine.reference.words import MASK64

PLAIN, JSON_STRING = 0, 1
MOST_PERM, MOST_CANDIDATES = 1 << 15, 1 << 24
MOST_FILES, MOST_BYTES, MOST_POSITION = 1 << 24, 1 << 40, 1 << 62
EMPTY = 0xFFFFFFFF  # in each slot of the signature of a document without words


class Place(NamedTuple):
    """Where a document's text can be read again: UTF-8, or what stands between a JSON string's quotes."""

    file: int
    position: int
    n_bytes: int
    kind: int

    def fault(self, doc: bytes) -> str | None:
        """What makes it no place of this document."""
        if not (0 <= self.file < MOST_FILES and 0 <= self.position < MOST_POSITION and 0 <= self.n_bytes < MOST_BYTES):
            return "places must hold a file descriptor, a position and a length each"
        if self.kind not in (PLAIN, JSON_STRING):
            return "places must be of kind 0 or 1"
        if self.n_bytes < len(doc) or (self.kind == PLAIN and self.n_bytes > len(doc)):
            return "places must be as long as their documents"
        return None

    def read(self) -> bytes:
        """The text that stands there; OSError where it cannot be read any more."""
        raw = b""
        while len(raw) < self.n_bytes:
            more = os.pread(self.file, self.n_bytes - len(raw), self.position + len(raw))
            end = self.position + self.n_bytes
            if not more:
                raise OSError(f"file descriptor {self.file} ends before byte {end}; was it cut while it was read?")
            raw += more
        if self.kind == PLAIN:
            return raw
        try:
            return text_of(raw)
        except ValueError:
            raise OSError(
                f"file descriptor {self.file} has no JSON string at bytes {self.position} to "
                f"{self.position + self.n_bytes}; was it changed while it was read?"
            ) from None


class Arrival(NamedTuple):
    """A document to be decided."""

    text: bytes
    digest: bytes
    signature: Sequence[int]
    place: Place


class Decision(NamedTuple):
    """Its keeper's number, -1 where it is kept; the shingles that both have, and that either has (both
    -1 where all bytes are equal, both 0 where it is kept); whether candidates were left out."""

    keeper: int
    shared: tuple[int, int]
    is_bounded: bool = False


@dataclass
class Kept:
    """What kept_open gives."""

    n_perm: int
    n_bands: int
    band_rows: int
    threshold: float
    per_bucket: int
    most_verified: int
    records: list[tuple[Place, bytes, list[int]]] = field(default_factory=list)
    """Of each kept document: its place, its digest, and the lower 16 bits of its signature's values, for
    the upper ones are nearly all zeros. Unequal values are taken for equal once in 2^16."""
    buckets: defaultdict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    """By table (0 that of the digests, then one a band) and hash: kept documents, ascending."""

    def decide(self, arrival: Arrival) -> Decision:
        """Looks a document up, and keeps it if nothing is like it."""
        newest, is_over = self._newest(0, int.from_bytes(arrival.digest[:4], "little"))
        for number in newest:
            place, digest, _ = self.records[number]
            if digest == arrival.digest and place.read() == arrival.text:
                return Decision(number, (-1, -1))

        has_words = set(arrival.signature) != {EMPTY}
        if has_words:
            candidates, left_out = self._candidates(arrival.signature)
            is_over = is_over or left_out
            own = set(shingle_hashes(arrival.text)) if candidates else set()
            for number in candidates:
                other = set(shingle_hashes(self.records[number][0].read()))
                shared, either = len(own & other), len(own | other)
                if either and shared / either >= self.threshold:
                    return Decision(number, (shared, either))

        self._keep(arrival, has_words)
        return Decision(-1, (0, 0), is_over)

    def _newest(self, table: int, hash: int) -> tuple[list[int], bool]:
        """The bucket's newest documents, and whether it has more."""
        bucket = self.buckets.get((table, hash), [])
        return bucket[-self.per_bucket :], len(bucket) > self.per_bucket

    def _candidates(self, signature: Sequence[int]) -> tuple[list[int], bool]:
        """The numbers to verify, ascending, and whether a bound left some out."""
        found: set[int] = set()
        is_over = False
        for band, hash in enumerate(self._band_hashes(signature)):
            newest, has_more = self._newest(1 + band, hash)
            found.update(newest)
            is_over = is_over or has_more
        equal = {number: self._count_equal(number, signature) for number in found}
        likely = sorted(number for number in found if not self._is_below(equal[number]))
        if len(likely) > self.most_verified:
            is_over = True
            likely = sorted(sorted(likely, key=lambda number: -equal[number])[: self.most_verified])
        return likely, is_over

    def _band_hashes(self, signature: Sequence[int]) -> Iterator[int]:
        """32 bits of each band's values; those of two bands that differ agree once in 2^32.

        Multilinear: Lemire and Kaser, Strongly universal string hashing is fast, 2014."""
        *keys, last = (_splitmix(i) for i in range(self.band_rows + 1))
        for start in range(0, self.n_bands * self.band_rows, self.band_rows):
            values = signature[start : start + self.band_rows]
            yield (last + sum(key * value for key, value in zip(keys, values, strict=True)) & MASK64) >> 32

    def _count_equal(self, number: int, signature: Sequence[int]) -> int:
        return sum(a == b & 0xFFFF for a, b in zip(self.records[number][2], signature, strict=True))

    def _is_below(self, n_equal: int) -> bool:
        """Does the estimate lie more than 3 standard deviations below the threshold?"""
        expected = self.n_perm * self.threshold
        below = expected - n_equal
        return below > 0 and below * below > 9 * (expected * (1 - self.threshold))

    def _keep(self, arrival: Arrival, has_words: bool) -> None:
        number = len(self.records)
        self.records.append((arrival.place, arrival.digest, [value & 0xFFFF for value in arrival.signature]))
        self.buckets[0, int.from_bytes(arrival.digest[:4], "little")].append(number)
        if has_words:
            for band, hash in enumerate(self._band_hashes(arrival.signature)):
                self.buckets[1 + band, hash].append(number)


def kept_open(
    n_perm: int,
    bands: int,
    rows: int,
    threshold: float,
    per_bucket: int = 16,
    most_verified: int = 8,
    memory: int = 0,
    directory: str | bytes | os.PathLike[str] = "/tmp",
    /,
) -> Kept:
    """An empty table; `memory` and `directory` are for the compiled engine.

    `bands` times `rows` values of a signature of `n_perm` say what a document's candidates are.
    """
    if not 1 <= n_perm <= MOST_PERM:
        raise ValueError(f"n_perm must lie between 1 and {MOST_PERM}")
    if bands < 1 or rows < 1 or bands * rows > n_perm:
        raise ValueError("bands and rows must be at least 1, and bands * rows at most n_perm")
    if not 0 < threshold <= 1:
        raise ValueError("threshold must lie above 0 and not above 1")
    if per_bucket < 1 or bands * per_bucket > MOST_CANDIDATES:
        raise ValueError("per_bucket must be at least 1, and bands * per_bucket at most 2^24")
    if most_verified < 1:
        raise ValueError("most_verified must be at least 1")
    if memory < 0:
        raise ValueError("memory must be 0, for no limit, or a number of bytes")
    return Kept(n_perm, bands, rows, threshold, per_bucket, most_verified)


def kept_match(
    kept: Kept,
    text: Buffer,
    offsets: Buffer,
    digests: Buffer,
    signatures: Buffer,
    places: Buffer,
    keepers_out: Buffer,
    shared_out: Buffer,
) -> int:
    """Decides each document of a batch in turn; gives how many were kept with candidates left out.

    `digests`, `signatures` and `places` (int64: file descriptor, position, length, kind) are rows, one a
    document. Out: int64 a document, and two of them, as in Decision. After an OSError the documents
    before the one that could not be compared are decided.
    """
    _check(kept)
    docs = documents(text, offsets)
    all_digests = bytes(_exactly(digests, 16 * len(docs), "digests"))
    all_values = numbers(_exactly(signatures, 4 * kept.n_perm * len(docs), "signatures"), "I", "signatures")
    all_places = numbers(_exactly(places, 32 * len(docs), "places"), "q", "places")
    to_keepers = output(keepers_out, 8 * len(docs), "keepers_out")
    to_shared = output(shared_out, 16 * len(docs), "shared_out")
    arrivals = [
        Arrival(
            doc,
            all_digests[16 * i : 16 * (i + 1)],
            all_values[kept.n_perm * i : kept.n_perm * (i + 1)],
            Place(*all_places[4 * i : 4 * (i + 1)]),
        )
        for i, doc in enumerate(docs)
    ]
    for arrival in arrivals:
        fault = arrival.place.fault(arrival.text)
        if fault:
            raise ValueError(fault)
    n_bounded = 0
    for i, arrival in enumerate(arrivals):
        decision = kept.decide(arrival)
        put(to_keepers[8 * i :], "q", [decision.keeper])
        put(to_shared[16 * i :], "q", decision.shared)
        n_bounded += decision.is_bounded
    return n_bounded


def kept_count(kept: Kept) -> int:
    """How many documents were kept."""
    _check(kept)
    return len(kept.records)


def kept_bytes(kept: Kept) -> int:
    """Bytes held for them; of the compiled engine's table, and here a rough guess."""
    _check(kept)
    return len(kept.records) * (64 * kept.n_perm + 200 * kept.n_bands)


def kept_expect(kept: Kept, n: int) -> None:
    """About how many documents will be kept in all; it changes the time that takes, and nothing else."""
    _check(kept)


def _splitmix(i: int) -> int:
    value = (i + 1) * 0x9E3779B97F4A7C15 & MASK64
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & MASK64
    value = (value ^ value >> 27) * 0x94D049BB133111EB & MASK64
    return value ^ value >> 31


def _check(kept: Kept) -> None:
    if not isinstance(kept, Kept):
        raise TypeError("kept must be what kept_open gave")


def _exactly(buffer: Buffer, n_bytes: int, name: str) -> memoryview:
    view = memoryview(buffer).cast("B")
    if len(view) != n_bytes:
        raise ValueError(f"{name} must be an aligned buffer of {n_bytes} bytes")
    return view
