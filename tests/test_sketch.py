"""Signatures and digests: between the engines, and against datasketch."""

import random
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from itertools import pairwise
from operator import xor

import numpy as np
import pytest
from batches import batch, texts, zeros
from datasketch import LeanMinHash, MinHash
from hypothesis import given
from hypothesis import strategies as st

from dedupe.engine import reference
from dedupe.engine.permutations import permutations
from dedupe.engine.reference.sketch import shingle_hashes
from dedupe.engine.reference.words import rotated, word_hash

A, B = permutations(128)


def sketch(engine, docs, n_perm=128):
    text, offsets = batch(docs)
    out = bytearray(4 * n_perm * len(docs))
    engine.sketch(text, offsets, n_perm, *permutations(n_perm), out)
    return np.frombuffer(out, np.uint32).reshape(len(docs), n_perm)


def digests(engine, docs):
    text, offsets = batch(docs)
    out = bytearray(16 * len(docs))
    engine.digests(text, offsets, out)
    return [bytes(out[i : i + 16]) for i in range(0, len(out), 16)]


def sample(n_docs, seed=3):
    rng = random.Random(seed)
    vocabulary = ["".join(rng.choices("abcdefgéßжعক漢", k=rng.randint(1, 9))) for _ in range(300)]
    return [" ".join(rng.choices(vocabulary, k=int(rng.lognormvariate(4, 1.5)))) for _ in range(n_docs)]


@given(st.lists(texts, max_size=4), st.sampled_from([1, 63, 64, 65, 128]))
def test_native_signatures_as_the_reference(native, docs, n_perm):
    assert np.array_equal(sketch(native, docs, n_perm), sketch(reference, docs, n_perm))


def test_a_signature_is_a_datasketch_minhash(engine):
    doc = "one two three four five six seven eight nine ten two three four five six"
    minhash = MinHash(num_perm=128, seed=1, scheme="affine32", hashfunc=lambda shingle: shingle >> 32)
    for shingle in shingle_hashes(doc.encode()):
        minhash.update(shingle)
    [row] = sketch(engine, [doc])
    assert LeanMinHash(seed=1, hashvalues=row, scheme="affine32") == LeanMinHash(minhash)


@pytest.mark.parametrize("n_perm", [1, 64, 128, 256])
def test_permutations_are_datasketchs(n_perm):
    expected = MinHash(num_perm=n_perm, seed=1, scheme="affine32").permutations
    assert [list(values) for values in permutations(n_perm)] == expected.tolist()


def test_shingles_are_five_words_or_eight_single_ones():
    def of(text, width):
        hashes = [word_hash(word.encode()) for word in text]
        rows = [hashes[first : first + width] for first in range(max(1, len(hashes) - width + 1))]
        return [reduce(xor, (rotated(value, 13 * i % 64) for i, value in enumerate(row))) for row in rows]

    assert shingle_hashes(b"a b c d e f") == of("abcdef", 5)
    assert shingle_hashes(b"a b c") == of("abc", 5)
    assert shingle_hashes("一二三四五六七八九".encode()) == of("一二三四五六七八九", 8)
    assert shingle_hashes("一二三abc".encode()) == of(["一", "二", "三", "abc"], 8)
    assert shingle_hashes("一 a 二 b c".encode()) == of(["一", "a", "二", "b", "c"], 5)
    assert shingle_hashes(b"...") == []


def test_a_document_without_words_has_the_empty_signature(engine):
    assert (sketch(engine, ["", " .\n"]) == 0xFFFFFFFF).all()


def test_no_document_is_an_empty_batch(engine):
    assert sketch(engine, []).shape == (0, 128)
    assert digests(engine, []) == []


def test_signatures_do_not_depend_on_batches_or_threads(native):
    docs = sample(200)
    whole = sketch(native, docs)
    assert np.array_equal(whole, np.concatenate([sketch(native, docs[i : i + 7]) for i in range(0, 200, 7)]))
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(lambda i: sketch(native, docs[i : i + 25]), range(0, 200, 25))
        assert np.array_equal(whole, np.concatenate(list(parts)))
    assert np.array_equal(sketch(reference, docs[:20]), whole[:20])


def test_the_estimate_is_unbiased(native):
    """The share of equal slots, over 300 pairs, lies within 4 standard errors of the similarity."""
    rng = random.Random(5)
    errors = []
    for _ in range(300):
        words = [f"w{rng.randrange(10**6)}" for _ in range(150)]
        other = list(words)
        for _ in range(4):
            other[rng.randrange(150)] = "changed"
        docs = [" ".join(words), " ".join(other)]
        one, two = (set(shingle_hashes(doc.encode())) for doc in docs)
        similarity = len(one & two) / len(one | two)
        rows = sketch(native, docs)
        errors.append(((rows[0] == rows[1]).mean() - similarity) / (similarity * (1 - similarity) / 128) ** 0.5)
    assert abs(np.mean(errors)) < 4 / 300**0.5
    assert 0.8 < np.std(errors) < 1.2


@given(st.lists(st.binary(max_size=70), max_size=5))
def test_native_digests_as_the_reference(native, docs):
    assert digests(native, docs) == digests(reference, docs)


def test_digests_tell_documents_apart(native):
    docs = [b"\0" * n for n in range(100)] + [b"a" * n + b"b" + b"a" * (99 - n) for n in range(100)]
    docs += [bytes(48 * [i]) for i in range(1, 200)]
    assert len(set(digests(native, docs))) == len(docs)
    flips = [
        int.from_bytes(one, "little") ^ int.from_bytes(two, "little")
        for one, two in pairwise(digests(native, [b"x" * 40 + bytes([i]) for i in range(256)]))
    ]
    assert 60 < np.mean([flip.bit_count() for flip in flips]) < 68


@pytest.mark.parametrize(
    ("offsets", "complaint"),
    [
        ([0, 9], "offsets must lie within the text"),
        ([-1, 3], "offsets must lie within the text"),
        ([0, 3, 2], "offsets must ascend"),
        ([], "offsets must hold n \\+ 1 int64 values"),
        (b"1234567", "offsets must hold n \\+ 1 int64 values"),
    ],
)
def test_bad_batches_are_refused(engine, offsets, complaint):
    if isinstance(offsets, list):
        _, offsets = b"", type(zeros(0))("q", offsets)
    for call in (
        lambda: engine.sketch(b"abc", offsets, 128, A, B, bytearray(4096)),
        lambda: engine.digests(b"abc", offsets, bytearray(4096)),
        lambda: engine.fold(b"abc", offsets, bytearray(4096), zeros(9)),
        lambda: engine.shingles(b"abc", offsets, bytearray(4096), zeros(9)),
        lambda: engine.word_hashes(b"abc", offsets, bytearray(4096), zeros(9)),
    ):
        with pytest.raises(ValueError, match=complaint):
            call()


def test_short_and_foreign_buffers_are_refused(engine):
    text, offsets = batch(["one two", "three"])
    with pytest.raises(ValueError, match="out must be an aligned buffer of at least 1024 bytes"):
        engine.sketch(text, offsets, 128, A, B, bytearray(1023))
    with pytest.raises(ValueError, match="a and b must hold n_perm"):
        engine.sketch(text, offsets, 128, A, B[:127], bytearray(1024))
    with pytest.raises(ValueError, match="a and b must hold n_perm"):
        engine.sketch(text, offsets, 0, A[:0], B[:0], bytearray(1024))
    with pytest.raises(ValueError, match="a must hold aligned values of 4 bytes"):
        engine.sketch(text, offsets, 128, b"12345", B, bytearray(1024))
    with pytest.raises(ValueError, match="out must be an aligned buffer of at least 32 bytes"):
        engine.digests(text, offsets, bytearray(31))
    with pytest.raises(ValueError, match="out_offsets must be"):
        engine.shingles(text, offsets, bytearray(64), zeros(2))
    with pytest.raises(BufferError):
        engine.digests(text, offsets, bytes(32))
    with pytest.raises(TypeError):
        engine.digests("text", offsets, bytearray(32))
