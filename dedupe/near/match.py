"""Documents in, verdicts out: which of them are copies of one that stays.

Documents are taken in the order of the policy. One goes if an earlier one that stays is its exact copy, or
has at least the threshold's similarity: the exact Jaccard of their shingle sets, computed for candidates
that share a band of their MinHash signatures (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of
Massive Datasets, 3.4). Nothing chains, and the keeper named is the first that was verified. Cost: linear in
the bytes, and for each document a bounded number of candidates.
"""

from __future__ import annotations

import sys
from array import array
from itertools import compress

from dedupe.changes import EXACT, NEAR
from dedupe.engine import Buffer, engine
from dedupe.engine.permutations import permutations
from dedupe.near.bands import Bands, choose_bands
from dedupe.near.documents import Documents
from dedupe.options import DropOptions
from dedupe.typed import NamedTuple
from dedupe.write import temporary_folder

SIGN_BYTE = 7 if sys.byteorder == "little" else 0  # of an int64
NO_SIGN = bytes(byte < 0x80 for byte in range(256))
N_PERM = 128
DIGEST_BYTES = 16
PER_BUCKET = 32  # candidates of one band, the newest ones
MOST_VERIFIED = 64  # candidates of one document that are compared shingle by shingle, the likeliest ones


class Verdicts:
    """For each document the number of its keeper, or -1 where it stays, and the shingles that the two share
    and have in all (-1, -1 for an exact copy)."""

    def __init__(self, keepers: array[int], shared: array[int]) -> None:
        self.keepers, self.shared = keepers, shared

    def gone(self) -> list[int]:
        """The documents that go: those whose keeper's number has no sign, which bytes tell faster than numbers."""
        signs = bytes(memoryview(self.keepers).cast("B")[SIGN_BYTE::8])
        return list(compress(range(len(signs)), signs.translate(NO_SIGN)))

    def similarity(self, k: int) -> float:
        shared, union = self.shared[2 * k], self.shared[2 * k + 1]
        return shared / union if union else 1.0

    def is_exact(self, k: int) -> bool:
        return self.shared[2 * k] < 0

    def rule(self, k: int) -> str:
        return EXACT if self.is_exact(k) else NEAR


class Sketches(NamedTuple):
    """Digests (16 bytes) and signatures (n_perm uint32) of documents, one after the other."""

    digests: Buffer
    signatures: Buffer


def sketch_documents(text: Buffer, offsets: Buffer, n_perm: int = N_PERM) -> Sketches:
    """Safe to call from several threads."""
    n = len(memoryview(offsets).cast("B")) // 8 - 1
    a, b = permutations(n_perm)
    digests, signatures = bytearray(DIGEST_BYTES * n), bytearray(4 * n_perm * n)
    engine.digests(text, offsets, digests)
    engine.sketch(text, offsets, n_perm, a, b, signatures)
    return Sketches(digests, signatures)


class Matcher:
    """The table of documents that stay, and who they are."""

    def __init__(self, options: DropOptions) -> None:
        self.bands: Bands = choose_bands(options.threshold, options.recall, N_PERM)
        bands, rows = self.bands.n_bands, self.bands.band_rows
        directory = temporary_folder() if options.memory else ""
        self.kept = engine.kept_open(
            N_PERM, bands, rows, options.threshold, PER_BUCKET, MOST_VERIFIED, options.memory, directory
        )
        self.is_bounded = options.memory > 0
        self.n_bounded = 0
        self.numbers = array("q")  # of the documents that stay: their places in the input, where somebody asks

    def expect(self, n_kept: int) -> None:
        """About how many documents will stay in all, where memory is not a matter."""
        if not self.is_bounded:
            engine.kept_expect(self.kept, n_kept)

    def match(self, documents: Documents, sketches: Sketches) -> Verdicts:
        """Looks a batch up, and adds to the table what stays."""
        n = len(documents)
        keepers, shared = array("q", bytes(8 * n)), array("q", bytes(16 * n))
        self.n_bounded += engine.kept_match(
            self.kept, documents.text, documents.offsets, sketches.digests, sketches.signatures, documents.places,
            keepers, shared,
        )  # fmt: skip
        return Verdicts(keepers, shared)
