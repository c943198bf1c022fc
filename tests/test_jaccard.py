"""Shingle sets and their exact similarity, against sets in Python."""

from array import array
from itertools import combinations, pairwise

import pytest
from batches import batch, texts, zeros
from hypothesis import given
from hypothesis import strategies as st

from dedupe.engine import reference
from dedupe.engine.reference.sketch import shingle_hashes


def shingle_sets(engine, docs):
    text, offsets = batch(docs)
    sets = zeros(sum((end - start + 1) // 2 for start, end in pairwise(offsets)))
    ends = zeros(len(offsets))
    engine.shingles(text, offsets, sets, ends)
    keys = memoryview(sets).cast("B").cast("Q")
    return keys[: ends[-1]], ends


def jaccard(engine, keys, ends, pairs):
    out = array("d", bytes(8 * len(pairs)))
    engine.jaccard(keys, ends, array("q", [i for pair in pairs for i in pair]), out)
    return out.tolist()


@given(st.lists(texts, max_size=4))
def test_native_sets_as_the_reference(native, docs):
    got, ends = shingle_sets(native, docs)
    expected, expected_ends = shingle_sets(reference, docs)
    assert got.tolist() == expected.tolist()
    assert ends == expected_ends


@pytest.mark.parametrize("n_words", [0, 1, 4, 5, 6, 400, 20_000])
@pytest.mark.parametrize("n_different", [1, 3, 10**6])
def test_sets_are_sorted_and_hold_each_shingle_once(native, n_words, n_different):
    doc = " ".join(f"w{i * i % n_different}" for i in range(n_words))
    keys, _ = shingle_sets(native, [doc])
    assert keys.tolist() == sorted(set(shingle_hashes(doc.encode())))


@given(st.lists(st.text("ab ", max_size=40), min_size=1, max_size=5))
def test_similarity_is_that_of_the_sets(engine, docs):
    keys, ends = shingle_sets(engine, docs)
    sets = [set(shingle_hashes(doc.encode())) for doc in docs]
    pairs = [(i, i) for i in range(len(docs))] + list(combinations(range(len(docs)), 2))
    expected = [len(sets[i] & sets[j]) / len(sets[i] | sets[j]) if sets[i] | sets[j] else 0.0 for i, j in pairs]
    assert jaccard(engine, keys, ends, pairs) == expected


def test_no_pairs(engine):
    assert jaccard(engine, b"", zeros(1), []) == []


def test_bad_sets_and_pairs_are_refused(engine):
    keys, ends, out = array("Q", [1, 2, 3]), array("q", [0, 2, 3]), zeros(1)
    with pytest.raises(ValueError, match="pairs must name sets"):
        engine.jaccard(keys, ends, array("q", [0, 2]), out)
    with pytest.raises(ValueError, match="pairs must name sets"):
        engine.jaccard(keys, ends, array("q", [-1, 0]), out)
    with pytest.raises(ValueError, match="pairs must hold two int64 values each"):
        engine.jaccard(keys, ends, array("q", [0]), out)
    with pytest.raises(ValueError, match="sets must hold aligned uint64 values"):
        engine.jaccard(keys, array("q", [0, 4]), array("q", [0, 0]), out)
    with pytest.raises(ValueError, match="out must be"):
        engine.jaccard(keys, ends, array("q", [0, 1, 1, 0]), out)
