"""How fast does text become a signature, stage by stage, and beside other libraries?

    python -m pytest benchmarks/bench_sketch.py --benchmark-columns=min,median

A megabyte of seeded, news-like documents in each script: Zipf words from an alphabet's letters with the
script's usual word lengths, sentences, document lengths log-normal around 350 words (700 characters
in Chinese). One core; MB/s of UTF-8 stand in the extra info (--benchmark-json). The answer is
asserted: our rows against the reference engine's, and for every peer, how near its similarities of
500 altered copies come to the exact ones (root mean square; sqrt(J(1-J)/128) is about 0.035).
Peers get the same raw texts and do the same: lower-case, cut into words, 5-word shingles, 128 slots.
"""

import random
import re
from array import array
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from dedupe.engine import engine as native
from dedupe.engine import name, reference
from dedupe.engine.permutations import permutations

CORPUS_BYTES = 1_000_000
N_PERM = 128
# letters, least and most letters of a word, what stands between words, words of a document
SCRIPTS = {
    "english": ("etaoinshrdlucmfwypvbgkjqxz", 1, 9, " ", 350),
    "german": ("enisratdhulcgmobwfkzpvjyxqäöüß", 2, 11, " ", 350),
    "russian": ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф", 2, 10, " ", 350),
    "arabic": ("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", 2, 8, " ", 350),
    "hindi": ("कखगचजटडणतथदधनपफबभमयरलवशसहािीुूेैोौं्", 2, 8, " ", 350),
    "chinese": ("".join(map(chr, range(0x4E00, 0x4E00 + 3000))), 1, 1, "", 700),
}


def make_corpus(script: str, seed: int = 2024) -> list[str]:
    letters, least, most, space, n_words = SCRIPTS[script]
    rng = random.Random(seed)
    vocabulary = list(letters) if most == 1 else []
    while most > 1 and len(vocabulary) < 20_000:
        vocabulary.append("".join(rng.choices(letters, k=rng.randint(least, most))))
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    stop, comma = ("。", "，") if script == "chinese" else (". ", ", ")
    docs, size = [], 0
    while size < CORPUS_BYTES:
        n = max(1, int(rng.lognormvariate(np.log(n_words), 0.6)))
        pieces = []
        for i, word in enumerate(rng.choices(vocabulary, weights, k=n)):
            ends = rng.random()
            pieces.append(word.capitalize() if i % 17 == 0 else word)
            pieces.append(stop if ends < 0.05 else comma if ends < 0.1 else space)
        docs.append("".join(pieces))
        size += len(docs[-1].encode())
    return docs


CORPORA = {script: make_corpus(script) for script in SCRIPTS}


def as_batch(docs: list[str]) -> tuple[bytes, "array[int]"]:
    offsets = array("q", [0])
    utf8 = [doc.encode() for doc in docs]
    for doc in utf8:
        offsets.append(offsets[-1] + len(doc))
    return b"".join(utf8), offsets


def ours(docs: list[str], engine: Any = native) -> "np.ndarray[Any, Any]":
    text, offsets = as_batch(docs)
    out = bytearray(4 * N_PERM * len(docs))
    engine.sketch(text, offsets, N_PERM, *permutations(N_PERM), out)
    return np.frombuffer(out, np.uint32).reshape(len(docs), N_PERM)


WORD = re.compile(r"\w+")


def shingles(doc: str) -> list[str]:
    words = WORD.findall(doc.lower())
    return [" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))]


def with_datasketch(docs: list[str]) -> "np.ndarray[Any, Any]":
    from datasketch import MinHash

    xxhash = pytest.importorskip("xxhash")
    sets = [[shingle.encode() for shingle in shingles(doc)] for doc in docs]
    made = MinHash.bulk(sets, num_perm=N_PERM, scheme="affine32", hashfunc=xxhash.xxh32_intdigest)
    return np.array([minhash.hashvalues for minhash in made])


def with_rensa(docs: list[str]) -> "np.ndarray[Any, Any]":
    rensa = pytest.importorskip("rensa")
    made = rensa.RMinHash.digests_from_token_sets([shingles(doc) for doc in docs], N_PERM, 1)
    return np.array(made, dtype=np.uint64)


def with_gaoya(docs: list[str]) -> None:
    """Its index is all that gaoya gives: 32 bands of 4, the words and shingles cut by its own code."""
    minhash = pytest.importorskip("gaoya.minhash")
    index = minhash.MinHashStringIndex(32, 0.8, 32, 4, None, "word", True, (5, 5))
    for i, doc in enumerate(docs):
        index.insert_document(i, doc)


def error_of(sketch: Any, docs: list[str]) -> float:
    """Root mean square of estimated less exact similarity, over copies with some words changed."""
    rng = random.Random(1)
    errors = []
    for doc in docs[:500]:
        words = doc.split(" ")
        for _ in range(rng.randint(1, 1 + len(words) // 40)):
            words[rng.randrange(len(words))] = "changed"
        copy = " ".join(words)
        one, two = set(shingles(doc)), set(shingles(copy))
        errors.append((doc, copy, len(one & two) / len(one | two)))
    rows = sketch([doc for pair in errors for doc in pair[:2]])
    estimates = (rows[::2] == rows[1::2]).mean(axis=1)
    return float(np.sqrt(np.mean((estimates - [exact for *_, exact in errors]) ** 2)))


def note(benchmark: Any, n_bytes: int, **more: Any) -> None:
    benchmark.extra_info.update(mb_per_s=round(n_bytes / benchmark.stats.stats.min / 1e6), engine=name, **more)


@pytest.mark.parametrize("script", CORPORA)
def test_sketch(benchmark: Any, script: str) -> None:
    text, offsets = as_batch(CORPORA[script])
    out = bytearray(4 * N_PERM * (len(offsets) - 1))
    a, b = permutations(N_PERM)
    benchmark(native.sketch, text, offsets, N_PERM, a, b, out)
    expected = ours(CORPORA[script][:20], reference)
    assert bytes(out[: expected.nbytes]) == expected.tobytes()
    note(benchmark, len(text))


@pytest.mark.parametrize("script", CORPORA)
@pytest.mark.parametrize("stage", ["fold", "word_hashes", "shingles", "digests"])
def test_stage(benchmark: Any, script: str, stage: str) -> None:
    text, offsets = as_batch(CORPORA[script])
    out, ends = bytearray(8 * len(text)), array("q", bytes(8 * len(offsets)))
    call = getattr(native, stage)
    benchmark(call, text, offsets, *((out,) if stage == "digests" else (out, ends)))
    assert any(out)
    note(benchmark, len(text))


@pytest.mark.parametrize("script", ["english", "arabic"])
@pytest.mark.parametrize("peer", [ours, with_datasketch, with_rensa, with_gaoya], ids=lambda peer: peer.__name__)
def test_peers(benchmark: Any, script: str, peer: Any) -> None:
    docs = CORPORA[script]
    benchmark.pedantic(peer, args=(docs,), rounds=3, warmup_rounds=1 if peer is ours else 0)
    error = None if peer is with_gaoya else error_of(peer, docs)
    assert error is None or error < 0.05
    note(benchmark, len("".join(docs).encode()), rms_error=error and round(error, 4))


def test_similarities_of_verified_pairs(benchmark: Any) -> None:
    """Exact similarities of pairs of shingle sets, as verification asks for them."""
    text, offsets = as_batch(CORPORA["english"])
    room = sum((end - start + 1) // 2 for start, end in pairwise(offsets))
    sets, ends = array("Q", bytes(8 * room)), array("q", bytes(8 * len(offsets)))
    native.shingles(text, offsets, sets, ends)
    n_docs = len(offsets) - 1
    pairs = array("q", [i for one in range(n_docs) for i in (one, (one * 7 + 1) % n_docs)])
    out = array("d", bytes(8 * n_docs))
    benchmark(native.jaccard, sets, ends, pairs, out)
    for i in range(0, n_docs, 50):
        one, two = (set(sets[ends[doc] : ends[doc + 1]]) for doc in pairs[2 * i : 2 * i + 2])
        assert out[i] == len(one & two) / len(one | two)
    benchmark.extra_info["pairs_per_s"] = round(n_docs / benchmark.stats.stats.min)
