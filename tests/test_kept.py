"""The table of kept documents: between the engines, and against tables too simple to be wrong."""

import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import weakref
from array import array
from itertools import pairwise

import pytest
from batches import batch, texts, zeros
from hypothesis import given
from hypothesis import strategies as st

from dedupe.engine import load_engine, reference
from dedupe.engine.permutations import permutations
from dedupe.engine.reference.sketch import shingle_hashes

PLAIN, JSON_STRING = 0, 1
NO_FILE = 999_999
SENTENCES = [
    "The council decided on Monday to keep the old bridge open.",
    'Engineers had asked for it to be closed, "because" of its piers.\n',
    "One more winter, the mayor said, costs less than a new one.",
    "قال رئيس البلدية إن الجسر القديم سيبقى مفتوحا هذا الشتاء.",
    "市議会は月曜日に古い橋をもう一冬開けておくことを決めた。",
    "Straße, ﬁne, e\u0301, \U0001f600 and \ud800 alone",
    "word",
    "...\t!",
    "",
]
documents = st.one_of(
    st.lists(st.sampled_from(SENTENCES), max_size=8).map(" ".join),
    st.lists(st.sampled_from(SENTENCES[:4]), min_size=12, max_size=12).map(" ".join),
    texts,
)
FASTEST = load_engine()[1]


def utf8(doc):
    """As JSON gives it: two surrogates that make a pair are one code point."""
    return (
        doc.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass").encode("utf-8", "surrogatepass")
    )


class Corpus:
    """Documents, what the engine knows of them, and a file where they can be read again."""

    def __init__(self, docs, n_perm=128, kind=PLAIN, ascii_only=True):
        self.docs = [utf8(doc) for doc in docs]
        self.n_perm = n_perm
        text, offsets = batch(self.docs)
        self.digests, self.signatures = bytearray(16 * len(docs)), bytearray(4 * n_perm * len(docs))
        FASTEST.digests(text, offsets, self.digests)
        FASTEST.sketch(text, offsets, n_perm, *permutations(n_perm), self.signatures)
        self.file = tempfile.TemporaryFile()
        weakref.finalize(self, self.file.close)
        self.places = array("q")
        for doc in self.docs:
            raw = doc
            if kind == JSON_STRING:
                string = json.dumps(doc.decode("utf-8", "surrogatepass"), ensure_ascii=ascii_only)
                raw = string[1:-1].encode("utf-8", "backslashreplace")
            self.file.write(b'{"text": "')
            self.places.extend((self.file.fileno(), self.file.tell(), len(raw), kind))
            self.file.write(raw + b'"}\n')
        self.file.flush()

    def columns(self, start, end):
        return (
            *batch(self.docs[start:end]),
            self.digests[16 * start : 16 * end],
            self.signatures[4 * self.n_perm * start : 4 * self.n_perm * end],
            self.places[4 * start : 4 * end],
        )

    def match(self, engine, kept, cuts=()):
        """What kept_match gives, batch by batch: (keeper, shared, either) a document, and the count."""
        rows, n_bounded = [], 0
        for start, end in pairwise(sorted({0, *(cut for cut in cuts if cut < len(self.docs)), len(self.docs)})):
            keepers, shared = zeros(end - start), zeros(2 * (end - start))
            n_bounded += engine.kept_match(kept, *self.columns(start, end), keepers, shared)
            rows += zip(keepers, shared[::2], shared[1::2], strict=True)
        assert engine.kept_count(kept) == sum(keeper < 0 for keeper, _, _ in rows)
        return rows, n_bounded


def decide(docs, threshold, are_candidates, per_bucket=None):
    """The rule in a few lines: what became of each document, by brute force."""
    rows, kept = [], []
    sets = [frozenset(shingle_hashes(utf8(doc))) for doc in docs]
    for i, doc in enumerate(docs):
        same = [n for n, j in enumerate(kept) if utf8(docs[j]) == utf8(doc)]
        near = [
            n
            for n, j in enumerate(kept)
            if sets[i] | sets[j]
            and len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold
            and are_candidates(i, j)
        ]
        if same:
            rows.append((same[0], -1, -1))
        elif near:
            other = sets[kept[near[0]]]
            rows.append((near[0], len(sets[i] & other), len(sets[i] | other)))
        else:
            rows.append((-1, 0, 0))
            kept.append(i)
    return rows


def altered(rng, words, n_changes):
    words = list(words)
    for place in rng.sample(range(len(words)), n_changes):
        words[place] = f"new{rng.randrange(10**9)}"
    return words


def news(seed, n_docs, n_words=60, share=0.5):
    """Documents of random words, a share of them altered copies of earlier ones, 1 in 20 an exact copy."""
    rng = random.Random(seed)
    rows = []
    for _ in range(n_docs):
        if rows and rng.random() < 0.05:
            rows.append(rng.choice(rows))
        elif rows and rng.random() < share:
            rows.append(altered(rng, rng.choice(rows), rng.randrange(n_words // 8)))
        else:
            rows.append([f"w{rng.randrange(10**6)}" for _ in range(n_words)])
    return [" ".join(row) for row in rows]


@given(
    st.lists(documents, max_size=14),
    st.sets(st.integers(1, 13)),
    st.sampled_from([(16, 8, 2, 0.5), (16, 16, 1, 0.3), (128, 18, 7, 0.8), (8, 1, 8, 1.0)]),
    st.sampled_from([(1, 1), (2, 1), (1, 64), (3, 2), (32, 64)]),
    st.sampled_from([(PLAIN, True), (JSON_STRING, True), (JSON_STRING, False)]),
)
def test_native_as_the_reference(native, docs, cuts, shape, bounds, storage):
    corpus = Corpus(docs, shape[0], *storage)
    expected = corpus.match(reference, reference.kept_open(*shape, *bounds))
    assert corpus.match(native, native.kept_open(*shape, *bounds), cuts) == expected


@given(st.lists(documents, max_size=12), st.sampled_from([0.1, 0.5, 0.8, 1.0]))
def test_all_pairs_are_candidates_of_a_table_with_bands_of_one(engine, docs, threshold):
    """At 128 bands of one value every pair at 0.5 is a candidate but for 1 in 2^128."""
    corpus = Corpus(docs)
    rows, n_bounded = corpus.match(engine, engine.kept_open(128, 128, 1, threshold, 64))
    assert n_bounded == 0
    if threshold >= 0.5:
        estimate_allows = spread_allows(corpus, threshold)
        assert rows == decide(docs, threshold, estimate_allows)


def spread_allows(corpus, threshold):
    """Is the estimate no more than 3 standard deviations below the threshold?"""
    rows = memoryview(corpus.signatures).cast("I")
    n = corpus.n_perm
    low = [[value & 0xFFFF for value in rows[n * i : n * (i + 1)]] for i in range(len(corpus.docs))]
    least = n * threshold - 3 * (n * threshold * (1 - threshold)) ** 0.5

    def allows(i, j):
        return sum(a == b for a, b in zip(low[i], low[j], strict=True)) >= least - 1e-9

    return allows


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("bands", "rows"), [(18, 7), (21, 6), (4, 20)])
def test_the_table_is_the_rule_where_a_band_agrees(engine, seed, bands, rows):
    docs = news(seed, 150)
    corpus = Corpus(docs)
    values = memoryview(corpus.signatures).cast("I").tolist()
    signatures = [values[128 * i : 128 * (i + 1)] for i in range(len(docs))]
    estimate_allows = spread_allows(corpus, 0.8)

    def are_candidates(i, j):
        one, other = signatures[i], signatures[j]
        spans = (slice(band * rows, (band + 1) * rows) for band in range(bands))
        return any(one[span] == other[span] for span in spans) and estimate_allows(i, j)

    decided = corpus.match(engine, engine.kept_open(128, bands, rows, 0.8, 200, 200), cuts=[40, 41, 90])
    assert decided == (decide(docs, 0.8, are_candidates), 0)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_vanishes_and_nothing_chains(native, seed):
    """Every removed document has a kept one at or above the threshold, whatever the bounds."""
    docs = news(seed, 3000, n_words=30, share=0.8)
    corpus = Corpus(docs)
    rows, _ = corpus.match(native, native.kept_open(128, 18, 7, 0.8, 2, 3), range(0, 3000, 170))
    kept = [i for i, (keeper, _, _) in enumerate(rows) if keeper < 0]
    for i, (keeper, n_shared, n_either) in enumerate(rows):
        if keeper < 0:
            continue
        assert kept[keeper] < i
        if n_shared < 0:
            assert docs[kept[keeper]] == docs[i]
            continue
        one, other = (set(shingle_hashes(docs[j].encode())) for j in (i, kept[keeper]))
        assert (n_shared, n_either) == (len(one & other), len(one | other))
        assert n_shared / n_either >= 0.8


def test_exactly_at_the_threshold_goes(engine):
    """20 of 24 shingles of 5 words are left when the last word of 26 changes: 21 of 23."""
    words = [f"w{i}" for i in range(26)]
    docs = [" ".join(words), " ".join([*words[:25], "other"])]
    corpus = Corpus(docs)
    at = 21 / 23
    assert corpus.match(engine, engine.kept_open(128, 128, 1, at))[0][1] == (0, 21, 23)
    above = engine.kept_open(128, 128, 1, at + 2**-52)
    assert corpus.match(engine, above)[0][1] == (-1, 0, 0)


def test_a_keeper_is_the_first_that_reaches(engine):
    words = [f"w{i}" for i in range(200)]
    rng = random.Random(1)
    firsts = [" ".join(altered(rng, words, 8)) for _ in range(3)]
    docs = [*firsts, " ".join(words)]
    corpus = Corpus(docs)
    rows, _ = corpus.match(engine, engine.kept_open(128, 128, 1, 0.6))
    assert [keeper for keeper, _, _ in rows] == [-1, -1, -1, 0]


def test_documents_without_words_are_duplicates_of_their_bytes_alone(engine):
    docs = ["", "...", "", "!", "...", " ", "one", "One"]
    corpus = Corpus(docs)
    rows, _ = corpus.match(engine, engine.kept_open(128, 18, 7, 0.8))
    same = [(-1, 0, 0), (-1, 0, 0), (0, -1, -1), (-1, 0, 0), (1, -1, -1), (-1, 0, 0), (-1, 0, 0), (4, 1, 1)]
    assert rows == same


@given(st.lists(documents, min_size=1, max_size=8), st.sampled_from([PLAIN, JSON_STRING]), st.booleans())
def test_copies_go_wherever_they_are_read_again(engine, docs, kind, ascii_only):
    corpus = Corpus(docs + docs, kind=kind, ascii_only=ascii_only)
    for cuts in ([], [len(docs)]):
        rows, _ = corpus.match(engine, engine.kept_open(128, 18, 7, 0.8), cuts)
        assert all(keeper >= 0 for keeper, _, _ in rows[len(docs) :])


def template(n_docs, n_shared, n_own):
    """Documents of one template: so many words of it, then as many of their own."""
    shared = [f"t{i}" for i in range(n_shared)]
    return [" ".join(shared + [f"d{i}x{j}" for j in range(n_own)]) for i in range(n_docs)]


def test_bounds_leave_candidates_out_and_say_so(engine):
    docs = template(60, 100, 25)  # similarity 96 / 146
    docs.append(docs[3][:-1])  # the fourth again, but for its last word
    corpus = Corpus(docs)
    loose, n_bounded = corpus.match(engine, engine.kept_open(128, 64, 2, 0.8, 100, 100))
    assert [keeper for keeper, _, _ in loose] == [-1] * 60 + [3]
    assert n_bounded == 0
    _, by_bucket = corpus.match(engine, engine.kept_open(128, 64, 2, 0.8, 4, 100))
    assert by_bucket == 60 - 5
    rows, by_verified = corpus.match(engine, engine.kept_open(128, 64, 2, 0.7, 100, 1))
    assert 0 < by_verified < 60
    assert rows[60][0] == 3, "the highest estimate is verified"


def test_full_buckets_hold_their_newest(engine):
    docs = template(40, 40, 8)
    corpus = Corpus([*docs, docs[39] + " end"])
    rows, _ = corpus.match(engine, engine.kept_open(128, 16, 1, 0.8, 3, 64))
    assert rows[40][0] == 39


def test_a_long_document_is_compared_whole(native):
    """Over several chunks, and more shingles than a table begins with."""
    rng = random.Random(9)
    words = [f"w{rng.randrange(10**6)}" for _ in range(60_000)]
    docs = [" ".join(words), " ".join(altered(rng, words, 900)), "short one", " ".join(words[:30_000])]
    corpus = Corpus(docs)
    rows, _ = corpus.match(native, native.kept_open(128, 18, 7, 0.8), [1])
    sets = [set(shingle_hashes(doc.encode())) for doc in docs[:2]]
    assert rows == [(-1, 0, 0), (0, len(sets[0] & sets[1]), len(sets[0] | sets[1])), (-1, 0, 0), (-1, 0, 0)]


def test_a_huge_document_is_compared_in_parts(native):
    """All shingles differ, so that the counts are known: a changed word takes 5 with it."""
    n, changed = 2_200_000, range(100, 2_200_000, 200)
    words = [f"w{i}" for i in range(n)]
    docs = [" ".join(words)]
    for i in changed:
        words[i] = f"x{i}"
    docs.append(" ".join(words))
    corpus = Corpus(docs)
    rows, _ = corpus.match(native, native.kept_open(128, 18, 7, 0.8), [1])
    n_shared = n - 4 - 5 * len(changed)
    assert rows == [(-1, 0, 0), (0, n_shared, 2 * (n - 4) - n_shared)]


@pytest.mark.parametrize("first", [0, 0xFFFFF000])
def test_tables_whose_ends_are_crowded_grow(native, first):
    """Digests made so that all of them belong to one end of their table."""
    n = 2000
    docs = [b"%d" % i for i in range(n)]
    digests = b"".join((first + i // 2).to_bytes(4, "little") + i.to_bytes(12, "little") for i in range(n))
    values = random.Random(8).randbytes(512 * n)
    places = array("q", [value for doc in docs for value in (NO_FILE, 0, len(doc), PLAIN)])
    kept = native.kept_open(128, 18, 7, 0.8)
    columns = (*batch(docs), digests, values, places)
    assert native.kept_match(kept, *columns, zeros(n), zeros(2 * n)) == 0
    assert native.kept_count(kept) == n
    for i in range(0, n, 7):  # each is found again
        one = (*batch([docs[i]]), digests[16 * i : 16 * (i + 1)], values[512 * i : 512 * (i + 1)])
        with pytest.raises(OSError, match="Bad file descriptor"):
            native.kept_match(kept, *one, places[4 * i : 4 * (i + 1)], zeros(1), zeros(2))


def test_no_document_is_an_empty_batch(engine):
    kept = engine.kept_open(128, 18, 7, 0.8)
    assert engine.kept_match(kept, b"", zeros(1), b"", b"", b"", zeros(0), zeros(0)) == 0
    assert engine.kept_count(kept) == 0


def test_texts_that_are_gone_are_named(engine):
    docs = ["one two three four five six seven", "one two three four five six seven", "other " * 9]

    def fails(change, complaint, kind=PLAIN):
        corpus = Corpus(docs, kind=kind)
        kept = engine.kept_open(128, 18, 7, 0.8)
        keepers, shared = zeros(3), zeros(6)
        engine.kept_match(kept, *corpus.columns(0, 1), keepers, shared)
        change(corpus)
        with pytest.raises(OSError, match=complaint):
            engine.kept_match(kept, *corpus.columns(1, 2), keepers, shared)
        assert engine.kept_match(kept, *corpus.columns(2, 3), keepers, shared) == 0
        assert keepers[0] == -1
        assert engine.kept_count(kept) == 2

    fails(lambda corpus: corpus.file.truncate(15), "ends before byte 43; was it cut while it was read")
    fails(lambda corpus: os.pwrite(corpus.file.fileno(), b'"', 20), "has no JSON string at bytes 10 to 43", JSON_STRING)
    closed = []
    fails(lambda corpus: closed.append(corpus.file.close()), "Bad file descriptor")
    assert closed


def test_bad_tables_are_refused(engine):
    good = [128, 18, 7, 0.8, 32, 64, 0]
    for place, value, complaint in [
        (0, 0, "n_perm must lie between"),
        (0, 40_000, "n_perm must lie between"),
        (1, 0, "bands and rows must be at least 1"),
        (2, -1, "bands and rows must be at least 1"),
        (2, 8, "bands and rows must be at least 1"),
        (3, 0.0, "threshold must lie above 0"),
        (3, 1.1, "threshold must lie above 0"),
        (3, float("nan"), "threshold must lie above 0"),
        (4, 0, "per_bucket must be at least 1"),
        (4, 1 << 30, "per_bucket must be at least 1"),
        (5, 0, "most_verified must be at least 1"),
        (6, -1, "memory must be 0"),
    ]:
        bad = list(good)
        bad[place] = value
        with pytest.raises(ValueError, match=complaint):
            engine.kept_open(*bad)
    with pytest.raises(TypeError):
        engine.kept_open(128, 18, 7)


def test_bad_batches_are_refused(engine):
    corpus = Corpus(["one two three", "four"])
    kept = engine.kept_open(128, 18, 7, 0.8)

    def refused(error, complaint, **changes):
        names = ["text", "offsets", "digests", "signatures", "places"]
        columns = dict(zip(names, corpus.columns(0, 2), strict=True), keepers=zeros(2), shared=zeros(4))
        with pytest.raises(error, match=complaint):
            engine.kept_match(kept, *(columns | changes).values())
        assert engine.kept_count(kept) == 0

    def places(place, value):
        changed = corpus.places[:]
        changed[place] = value
        return changed

    refused(ValueError, "offsets must ascend", offsets=array("q", [0, 5, 3]))
    refused(ValueError, "digests must be an aligned buffer of 32 bytes", digests=bytes(31))
    refused(ValueError, "signatures must be an aligned buffer of 1024 bytes", signatures=bytes(1028))
    refused(ValueError, "places must be an aligned buffer of 64 bytes", places=zeros(7))
    refused(ValueError, "keepers_out must be", keepers=zeros(1))
    refused(ValueError, "shared_out must be", shared=zeros(3))
    refused(BufferError, "not writable", keepers=bytes(16))
    refused(TypeError, "bytes-like", text="text")
    refused(ValueError, "a file descriptor, a position", places=places(4, -1))
    refused(ValueError, "a file descriptor, a position", places=places(0, 1 << 24))
    refused(ValueError, "a file descriptor, a position", places=places(5, -1))
    refused(ValueError, "a file descriptor, a position", places=places(5, 1 << 62))
    refused(ValueError, "a file descriptor, a position", places=places(6, -1))
    refused(ValueError, "of kind 0 or 1", places=places(7, 2))
    refused(ValueError, "as long as their documents", places=places(6, 5))
    refused(ValueError, "as long as their documents", places=places(2, 12))
    with pytest.raises(TypeError, match="kept must be what kept_open gave"):
        engine.kept_match(object(), *corpus.columns(0, 2), zeros(2), zeros(4))
    with pytest.raises(TypeError):
        engine.kept_count(None)


def test_a_table_is_one_threads_at_a_time(native):
    """Who comes while a call is under way is turned away, and nothing is decided twice."""
    docs = [" ".join(f"w{i}x{j}" for j in range(5_000)) for i in range(40)]
    corpus = Corpus(docs + [doc + " end" for doc in docs])
    kept = native.kept_open(128, 18, 7, 0.8)
    refused = []

    def match():
        try:
            native.kept_match(kept, *corpus.columns(0, 80), zeros(80), zeros(160))
        except RuntimeError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=match) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(refused) <= {"kept is in use by another thread"}
    assert native.kept_count(kept) == 40


def synthetic(rng, n_docs, n_perm=128):
    """Documents of one word each with signatures out of thin air, so that tables grow fast."""
    docs = [b"%d" % rng.getrandbits(60) for _ in range(n_docs)]
    text, offsets = batch(docs)
    digests = bytearray(16 * n_docs)
    FASTEST.digests(text, offsets, digests)
    places = array("q", [value for doc in docs for value in (NO_FILE, 0, len(doc), PLAIN)])
    return text, offsets, digests, rng.randbytes(4 * n_perm * n_docs), places


@pytest.mark.measures
def test_a_kept_document_costs_at_most_600_bytes(native):
    rng = random.Random(4)
    kept = native.kept_open(128, 18, 7, 0.8)
    n = 0
    for step in range(60):
        native.kept_match(kept, *synthetic(rng, 1000), zeros(1000), zeros(2000))
        n += 1000
        if step > 5:
            assert 400 * n < native.kept_bytes(kept) < 600 * n
    assert native.kept_count(kept) == n


def test_tables_are_found_in_again_after_growing(native):
    rng = random.Random(5)
    kept = native.kept_open(128, 18, 7, 0.8)
    batches = [synthetic(rng, n) for n in (1, 300, 500, 2000, 5000)]
    for columns in batches:
        n = len(columns[1]) - 1
        native.kept_match(kept, *columns, zeros(n), zeros(2 * n))
    assert native.kept_count(kept) == 7801
    place = array("q", [NO_FILE, 0, 7, PLAIN])
    for _, offsets, _, signatures, _ in batches:
        for i in range(0, len(offsets) - 1, 97):
            row = signatures[512 * i : 512 * (i + 1)]
            with pytest.raises(OSError, match="Bad file descriptor"):  # for it is found, and read
                native.kept_match(kept, *batch(["changed"]), bytes(16), row, place, zeros(1), zeros(2))


MEMORY_SCRIPT = """
import random, re, sys
from array import array
from dedupe.engine import _native as native

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) >> 10

rng = random.Random(6)
kept = native.kept_open(128, 18, 7, 0.8, 32, 64, int(sys.argv[1]) << 20, sys.argv[2])
offsets, places = array("q", range(1001)), array("q", [0, 0, 1, 0] * 1000)
keepers, shared = array("q", bytes(8000)), array("q", bytes(16000))
before = peak()
for _ in range(100):
    native.kept_match(kept, bytes(1000), offsets, rng.randbytes(16000), rng.randbytes(512000), places, keepers, shared)
print(before, peak(), native.kept_bytes(kept) >> 20)
"""


@pytest.mark.measures
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the memory is the system's to tell")
def test_a_limit_of_memory_holds(native, tmp_path):
    def run(limit):
        command = [sys.executable, "-W", "ignore", "-c", MEMORY_SCRIPT, str(limit), str(tmp_path)]
        return map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())

    before, peak, held = run(0)
    assert peak > before + held - 8
    limit = before + 16
    before, peak, held = run(limit)
    assert held > 40
    assert peak < limit + 16
    assert not list(tmp_path.iterdir())


def test_a_limit_of_memory_changes_nothing(native, tmp_path):
    corpus = Corpus(news(7, 1500, 40))
    free = corpus.match(native, native.kept_open(128, 18, 7, 0.8), range(0, 1500, 100))
    kept = native.kept_open(128, 18, 7, 0.8, 32, 64, 1, str(tmp_path))
    assert corpus.match(native, kept, range(0, 1500, 100)) == free
    del kept
    gc.collect()
    with pytest.raises(OSError, match="absent"):
        native.kept_open(128, 18, 7, 0.8, 32, 64, 1, str(tmp_path / "absent"))


@pytest.mark.parametrize("expected", [0, 1, 700, 3_000, 2**32 - 1, 2**40, -1])
def test_what_is_expected_changes_nothing(native, expected):
    docs = news(6, 3_000, n_words=12)
    corpus, rows = Corpus(docs), []
    for kept in (native.kept_open(128, 18, 7, 0.8), native.kept_open(128, 18, 7, 0.8)):
        if rows:
            native.kept_expect(kept, expected)
        keepers, shared = zeros(len(docs)), zeros(2 * len(docs))
        native.kept_match(kept, *corpus.columns(0, len(docs)), keepers, shared)
        rows.append((keepers, shared, native.kept_count(kept)))
    assert rows[0] == rows[1]
    assert rows[0][2] < len(docs)
