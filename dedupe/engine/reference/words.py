"""Words and their hashes: `words-1`.

Folded text (casefold(NFC(text))) is cut into words: a maximal run of letters, marks and numbers
(Unicode categories L, M, N); but a letter or number of a script written without spaces (SINGLE in
the tables) is a word by itself, with the marks that follow it. A word's hash is 64 bits over its
UTF-8 bytes, 16 of them a round.

The hash keeps apart all words of up to 8 bytes (each step of their one round can be undone) and is
not meant to withstand someone who knows it and wants a collision.
"""

from functools import lru_cache
from itertools import accumulate, chain

import regex

from dedupe.engine import unicode_tables as tables
from dedupe.engine.code_points import char_class
from dedupe.engine.reference.batch import Buffer, documents, output, put
from dedupe.engine.reference.unicode import decode, fold_text

WIDTH = 5  # words of a shingle
WIDTH_SINGLES = 8  # the same where most words are single code points

MASK64 = (1 << 64) - 1
SEED, LOW, HIGH, MIX = 0x9E3779B97F4A7C15, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3

_SINGLE = char_class(tables.WORD | tables.SINGLE)
_MARK = char_class(tables.MARK)
_OTHER = char_class(tables.WORD, lacks=tables.SINGLE)
_WORD = regex.compile(f"({_SINGLE}{_MARK}*)|{_OTHER}+")


def rotated(value: int, by: int) -> int:
    """64 bits turned left."""
    return (value << by | value >> 64 - by) & MASK64


@lru_cache(maxsize=1 << 16)
def word_hash(word: bytes) -> int:
    """The 64-bit hash of a word; zeros, which no word holds, fill its last 16 bytes."""
    value = SEED
    for start in range(0, len(word), 16):
        low, high = word[start : start + 8], word[start + 8 : start + 16]
        value = (value ^ int.from_bytes(low, "little")) * LOW & MASK64
        value = value + rotated(int.from_bytes(high, "little") * HIGH & MASK64, 32) & MASK64
        value ^= value >> 32
        value = value * MIX & MASK64
        value ^= value >> 29
    return value


def hashed_words(text: bytes) -> tuple[list[int], int]:
    """The hashes of a document's words in order, and how many words make a shingle of it."""
    n_singles = 0
    hashes = []
    for match in _WORD.finditer(fold_text(decode(text))):
        n_singles += match.start(1) >= 0
        hashes.append(word_hash(match[0].encode("utf-8", "surrogatepass")))
    return hashes, WIDTH_SINGLES if n_singles * 2 > len(hashes) else WIDTH


def most_words(docs: list[bytes]) -> int:
    """The most words that documents of these sizes can have; what outputs must have room for."""
    return sum((len(doc) + 1) // 2 for doc in docs)


def put_ragged(rows: list[list[int]], out: memoryview, out_offsets: memoryview) -> None:
    """uint64 rows one after the other, and their n + 1 int64 offsets."""
    put(out, "Q", chain.from_iterable(rows))
    put(out_offsets, "q", accumulate(map(len, rows), initial=0))


def word_hashes(text: Buffer, offsets: Buffer, out: Buffer, out_offsets: Buffer) -> None:
    """The uint64 hash of each word, in order, with n + 1 int64 offsets in words; `out` has room for
    (bytes + 1) / 2 of each document."""
    docs = documents(text, offsets)
    to = output(out, 8 * most_words(docs), "out")
    to_offsets = output(out_offsets, 8 * (len(docs) + 1), "out_offsets")
    put_ragged([hashed_words(doc)[0] for doc in docs], to, to_offsets)
