"""Words: what is one, and the hash of it; the compiled engine against the reference."""

import random
from itertools import pairwise

import pytest
from batches import HARD, batch, texts, zeros
from hypothesis import given
from hypothesis import strategies as st

from dedupe.engine import reference
from dedupe.engine.reference import words
from dedupe.engine.reference.unicode import fold_text


def word_hashes(engine, docs):
    text, offsets = batch(docs)
    room = sum((end - start + 1) // 2 for start, end in pairwise(offsets))
    out, ends = zeros(room), zeros(len(offsets))
    engine.word_hashes(text, offsets, out, ends)
    hashes = memoryview(out).cast("B").cast("Q").tolist()
    return [hashes[start:end] for start, end in pairwise(ends)]


def cut(text):
    return [match[0] for match in words._WORD.finditer(fold_text(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't STOP, 3.14 e-mails!", ["don", "t", "stop", "3", "14", "e", "mails"]),
        ("Straße İstanbul", ["strasse", "i\u0307stanbul"]),
        ("漢字とカナー", ["漢", "字", "と", "カ", "ナ", "ー"]),
        ("ABC漢d", ["abc", "漢", "d"]),
        ("\u0301a漢\u0301\u0301b\u0301", ["\u0301a", "漢\u0301\u0301", "b\u0301"]),
        ("กำ๓", ["ก", "\u0e33", "๓"]),
        ("مُدَرِّس ٣٣", ["م\u064fد\u064eر\u0650\u0651س", "٣٣"]),
        ("co\u00adop\u200ber", ["co", "op", "er"]),
        ("x\ud800y\ufffdz\U0003ffff\u0378", ["x", "y", "z"]),
        ("\U00031350\U0002fffd", ["\U00031350", "\U0002fffd"]),
        (" \0\r\n—", []),
    ],
)
def test_what_a_word_is(engine, text, expected):
    assert cut(text) == expected
    assert word_hashes(engine, [text]) == [[words.word_hash(word.encode()) for word in expected]]


@given(st.lists(texts, max_size=4))
def test_native_words_as_the_reference(native, docs):
    assert word_hashes(native, docs) == word_hashes(reference, docs)


@given(st.lists(st.binary(max_size=60), max_size=3))
def test_unsound_utf8_is_cut_alike(native, docs):
    assert word_hashes(native, docs) == word_hashes(reference, docs)


@given(st.integers(0, 140), st.sampled_from(["é", "漢", "Ж", "\u0301", "\xe2", " "]), st.integers(0, 140))
def test_every_place_in_a_block_is_alike(native, before, char, after):
    docs = ["a1 B" * 40, "ab" * before + char + "c d" * after]
    assert word_hashes(native, docs) == word_hashes(reference, docs)


@pytest.mark.parametrize(
    "piece",
    ["x y", "Ab0", "ß", "漢", "漢 a", "ก\u0e31", "\u0323", "a\u0301\u0323", "", b"\x80", b"\xc3"],
    ids=ascii,
)
def test_documents_of_many_chunks_are_cut_alike(native, piece):
    """Chunks of 64 KiB must not show: words that fill several, marks over an end, no ASCII at all."""
    if not piece:
        doc = "".join(random.Random(1).choices(HARD, k=60_000)).encode("utf-8", "surrogatepass")
    else:
        utf8 = piece if isinstance(piece, bytes) else piece.encode()
        doc = b"start " + utf8 * (140_000 // len(utf8)) + b" end"
    assert word_hashes(native, [doc]) == word_hashes(reference, [doc])


@pytest.mark.parametrize("size", [2, 3, 8, 9, 16, 17, 40])
def test_a_changed_bit_changes_half_of_the_hash(size):
    rng = random.Random(7)
    n = 1000
    turned = [0] * 64
    for _ in range(n):
        word = rng.randbytes(size)
        place = rng.randrange(8 * size)
        other = (int.from_bytes(word, "little") ^ 1 << place).to_bytes(size, "little")
        changed = words.word_hash(word) ^ words.word_hash(other)
        turned = [count + (changed >> bit & 1) for bit, count in enumerate(turned)]
    assert all(0.4 < count / n < 0.6 for count in turned)


def test_short_words_never_collide():
    short = [bytes([a, b]) for a in range(1, 256) for b in range(1, 256)] + [bytes([a]) for a in range(1, 256)]
    assert len({words.word_hash(word) for word in short}) == len(short)
