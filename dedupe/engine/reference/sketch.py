"""Shingles, their sorted sets, and signatures.

A shingle is WIDTH words in a row (WIDTH_SINGLES where most words are single code points), or all
words of a document that has fewer; its hash is the words' hashes, each turned left by TURN bits a
place, added without carry. Where the word hashes are even and independent, any two different
shingles agree in all 64 bits once in 2^60 (cyclic polynomials less a few bits are pairwise
independent: Lemire and Kaser, Recursive n-gram hashing is pairwise independent, at best, 2010).

The upper 32 bits feed the signature, which is datasketch's: `affine32`, seed 1.
"""

from functools import reduce
from operator import xor

import numpy as np
from datasketch import MinHash

from dedupe.engine.reference.batch import Buffer, documents, numbers, output
from dedupe.engine.reference.words import hashed_words, most_words, put_ragged, rotated

TURN = 13


def shingle_hashes(text: bytes) -> list[int]:
    """The shingles of a document, in order, with repeats."""
    hashes, width = hashed_words(text)
    if not hashes:
        return []
    width = min(width, len(hashes))
    return [
        reduce(xor, (rotated(hashes[first + place], TURN * place % 64) for place in range(width)))
        for first in range(len(hashes) - width + 1)
    ]


def shingles(text: Buffer, offsets: Buffer, out: Buffer, out_offsets: Buffer) -> None:
    """The sorted uint64 shingle set of each document, with n + 1 int64 offsets in shingles; `out` has
    room for (bytes + 1) / 2 of each document."""
    docs = documents(text, offsets)
    to = output(out, 8 * most_words(docs), "out")
    to_offsets = output(out_offsets, 8 * (len(docs) + 1), "out_offsets")
    put_ragged([sorted(set(shingle_hashes(doc))) for doc in docs], to, to_offsets)


def sketch(text: Buffer, offsets: Buffer, n_perm: int, a: Buffer, b: Buffer, out: Buffer) -> None:
    """The signature of each document, a row of n_perm uint32; a and b are datasketch's permutations.

    Of a document without words it is all ones, datasketch's empty MinHash."""
    docs = documents(text, offsets)
    drawn = [numbers(a, "I", "a"), numbers(b, "I", "b")]
    if n_perm < 1 or [len(values) for values in drawn] != [n_perm, n_perm]:
        raise ValueError("a and b must hold n_perm uint32 values, at least one")
    permutations = np.array(drawn, dtype=np.uint32)
    to = output(out, 4 * n_perm * len(docs), "out")
    for i, doc in enumerate(docs):
        minhash = MinHash(n_perm, permutations=permutations, scheme="affine32", hashfunc=int)
        upper = {shingle >> 32 for shingle in shingle_hashes(doc)}
        if upper:
            minhash.update_batch(sorted(upper))
        to[4 * n_perm * i : 4 * n_perm * (i + 1)] = minhash.hashvalues.astype(np.uint32).tobytes()
