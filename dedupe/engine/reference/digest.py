"""128 bits of a document's bytes, for exact duplicates.

Two chains of folded 64 x 64 bit products, each over all of a short text. Of a long one, whole blocks of 64
bytes go into eight lanes first, and these through the chains in their place. Not cryptographic: who knows the
constants can make two texts collide.
"""

from dedupe.engine.reference.batch import Buffer, documents, output
from dedupe.engine.reference.words import MASK64, rotated

LANES = 8
BLOCK = 8 * LANES

KEYS = (
    0xA0761D6478BD642F,
    0xE7037ED1A0B428DB,
    0x8EBC6AF09C88C6E3,
    0x589965CC75374CC3,
    0x1D8E4E27C47D124F,
    0xEB44ACCAB455D165,
)


def _folded_product(one: int, other: int) -> int:
    product = one * other
    return (product ^ product >> 64) & MASK64


def _mixed(value: int) -> int:
    value = (value ^ value >> 32) * KEYS[4] & MASK64
    value = (value ^ value >> 29) * KEYS[5] & MASK64
    return value ^ value >> 32


def _fill_lanes(text: bytes) -> bytes:
    """What whole blocks come to; a shorter text has none, and no lanes."""
    if not text:
        return b""
    lanes = [KEYS[0] + lane & MASK64 for lane in range(LANES)]
    for start in range(0, len(text), 8):
        lane = start // 8 % LANES
        value = int.from_bytes(text[start : start + 8], "little")
        lanes[lane] = rotated(lanes[lane] + value * KEYS[4] & MASK64, 31) * KEYS[5] & MASK64
    return b"".join(lane.to_bytes(8, "little") for lane in lanes)


def digest(text: bytes) -> bytes:
    """16 bytes; the last piece of 16 is filled with zeros, and the length begins both chains."""
    one, other = len(text), ~len(text) & MASK64
    whole = len(text) // BLOCK * BLOCK
    text = _fill_lanes(text[:whole]) + text[whole:]
    for start in range(0, len(text), 16):
        low = int.from_bytes(text[start : start + 8], "little")
        high = int.from_bytes(text[start + 8 : start + 16], "little")
        one = _folded_product(one ^ low ^ KEYS[0], high ^ KEYS[1]) + low & MASK64
        other = _folded_product(other ^ high ^ KEYS[2], low ^ KEYS[3]) + high & MASK64
    one = one + _mixed(other) & MASK64
    other = other + _mixed(one) & MASK64
    return one.to_bytes(8, "little") + other.to_bytes(8, "little")


def digests(text: Buffer, offsets: Buffer, out: Buffer) -> None:
    """16 bytes for each document's bytes."""
    docs = documents(text, offsets)
    to = output(out, 16 * len(docs), "out")
    to[: 16 * len(docs)] = b"".join(map(digest, docs))
