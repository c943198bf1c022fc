"""`dedupe drop`: what goes, what stays, what is said of it, and that it can all be undone."""

import gzip
import io
import json
import os
import random
import subprocess
from pathlib import Path
from unittest import mock

import pytest
from command import COMMAND, Memory, run
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import CAPTURE, jsonl

import dedupe
from dedupe import DropOptions, drop_duplicates, read
from dedupe.errors import InputError
from dedupe.near.drop import Dropper
from dedupe.options import ReadOptions
from dedupe.pipeline import Flow
from dedupe.read import Source
from dedupe.report import Report
from dedupe.write import NullSink

WORDS = ("river", "bridge", "mayor", "winter", "ferry", "library", "council", "garden", "market", "harbour", "school")


def story(seed: int, n_words: int = 200) -> str:
    rng = random.Random(seed)
    return " ".join(f"{rng.choice(WORDS)}{rng.randrange(50)}" for _ in range(n_words))


def changed(text: str, n_words: int, seed: int = 0) -> str:
    words, rng = text.split(), random.Random(seed)
    for at in rng.sample(range(len(words)), n_words):
        words[at] = f"changed{rng.randrange(10**6)}"
    return " ".join(words)


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.casefold().split()
    return set(pairwise5(words)) or {tuple(words)}


def pairwise5(words: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(words[i:] for i in range(5)), strict=False))


def similarity(a: str, b: str) -> float:
    x, y = shingles(a), shingles(b)
    return len(x & y) / len(x | y)


A, B = story(1), story(2)
NEAR = changed(A, 2)  # at most ten shingles of 196 differ
FAR = changed(A, 30)
CORPUS = [A, B, NEAR, FAR, A, story(3)]


def ids(out: bytes) -> list[int]:
    return [json.loads(line)["id"] for line in out.splitlines()]


def test_exact_and_near_copies_go() -> None:
    assert similarity(A, NEAR) > 0.8 > similarity(A, FAR)
    done = run("drop", stdin=jsonl(*CORPUS))
    assert done.code == 0
    assert ids(done.out) == [0, 1, 3, 5]
    assert done.err == (
        "dedupe: dropped 2 of 6 documents, 1 of them exact copies; at 0.8 built for a recall of 0.9855 (18 x 7 bands)\n"
    )


def test_what_stays_is_untouched_and_nothing_more_goes() -> None:
    data = jsonl(*CORPUS).replace(b'"id": 3', b'"id":3 , "x" : NaN')
    out = run("drop", stdin=data).out
    assert set(out.splitlines()) <= set(data.splitlines())
    assert run("drop", stdin=out).out == out


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        ("first", [0, 1, 3, 5]),
        ("last", [1, 3, 4, 5]),
        ("longest", [1, 2, 3, 5]),
        ("newest:date", [1, 2, 3, 5]),
        ("oldest:date", [1, 3, 4, 5]),
        ("largest:score", [0, 1, 3, 5]),
        ("prefer:source=ap,dpa", [1, 3, 4, 5]),
    ],
)
@pytest.mark.parametrize("piped", [True, False])
def test_policies(tmp_path: Path, policy: str, kept: list[int], piped: bool) -> None:
    fields = [
        {"date": "2024-05-01", "score": 9, "source": "x"},
        {},
        {"date": "2024-06-01", "score": 1, "source": "dpa"},
        {},
        {"date": "2024-04-01", "score": 2, "source": "ap"},
        {},
    ]
    data = "".join(json.dumps({"id": i, "text": text, **fields[i]}) + "\n" for i, text in enumerate(CORPUS)).encode()
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    done = run("drop", "--keep", policy, "-", stdin=data) if piped else run("drop", "--keep", policy, path)
    assert ids(done.out) == kept
    if ":" in policy:
        assert "3 documents do not say what --keep asks for; they order last" in done.err


def test_removed_records_and_their_reasons(tmp_path: Path) -> None:
    audit, removed = tmp_path / "audit.jsonl", tmp_path / "removed.jsonl"
    data = jsonl(*CORPUS)
    done = run("drop", "--audit", audit, "--removed", removed, stdin=data)
    assert ids(removed.read_bytes()) == [2, 4]
    entries = [entry for entry in map(json.loads, audit.read_text().splitlines()) if "keeper" in entry]
    assert [(entry["id"], entry["rule"], entry["keeper"]["id"]) for entry in entries] == [
        (2, "drop.near", 0),
        (4, "drop.exact", 0),
    ]
    assert entries[0]["similarity"] == similarity(A, NEAR)
    assert entries[1]["similarity"] == 1.0
    assert run("restore", audit, stdin=done.out).out == data


@pytest.mark.parametrize("policy", ["first", "last", "longest"])
@pytest.mark.parametrize("command", [["drop"], []])
def test_a_drop_can_be_undone(tmp_path: Path, policy: str, command: list[str]) -> None:
    """Cleaned, dropped, captures that lose an article, records that are no JSON: all comes back."""
    audit = tmp_path / "audit.jsonl"
    glued = f"{CAPTURE}\n\n\nAnother headline of the day\n\n{A}\n\n\n\nA third headline of it\n\n{B}"
    data = (
        jsonl(CAPTURE, A, glued, CAPTURE + "\n", NEAR, "", "")
        + b"broken\n\n"
        + b'{"text": "caf\xe9 '
        + A.encode()
        + b'"}\n'
    )
    done = run(*command, "--keep", policy, "--audit", audit, stdin=data)
    assert len(done.out) < len(data)
    assert run("restore", audit, stdin=done.out).out == data


def test_a_capture_loses_the_articles_that_are_known() -> None:
    first, second = f"The first headline\n\n{A}", f"The second headline\n\n{B}"
    glued = f"{story(9)}\n\n\n\n{first}"
    out = run("drop", stdin=jsonl(first, glued, f"{first}\n\n\n\n{second}", f"{first}\n\n\n\n{second}\n")).out
    texts = [json.loads(line)["text"] for line in out.splitlines()]
    assert texts == [first, f"{story(9)}\n\n\n\n", second]


def test_text_files_lose_articles_too(tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    text = f"The first headline\n\n{A}\n\n\n\nThe second headline\n\n{B}\n\n\n\nThe first headline\n\n{A}\n".encode()
    done = run("drop", "--audit", audit, stdin=text)
    assert done.out == text[: text.rindex(b"The first headline")]
    assert run("restore", audit, stdin=done.out).out == text


def test_what_is_compared_is_the_clean_text() -> None:
    """A shared head and foot make no duplicates, and different ones hide none."""
    head = "By Ana Ruiz\n\nAdvertisement\n\n"
    texts = [A, head + A, "Share this article\nFacebook\nTwitter\nWhatsApp\n\n" + A]
    texts = [f"{text[:-1]}.\n\n{B}" for text in texts]
    assert len(run("drop", "--threshold", "1", stdin=jsonl(*texts)).out.splitlines()) == 3
    assert len(run("--threshold", "0.97", stdin=jsonl(*texts)).out.splitlines()) == 1


def test_annotate_marks_and_drops_nothing(tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    data = jsonl(*CORPUS)
    done = run("drop", "--annotate", "--audit", audit, stdin=data)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["duplicate_of"] for row in rows] == [None, None, 0, None, 0, None]
    assert [row["cluster"] for row in rows] == [0, 1, 0, 3, 0, 5]
    assert rows[4]["similarity"] == 1.0
    assert [row["text"] for row in rows] == CORPUS
    assert run("restore", audit, stdin=done.out).out == data


def test_several_sources_are_one_corpus(tmp_path: Path) -> None:
    a, b, c = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz", tmp_path / "c.jsonl"
    a.write_bytes(jsonl(A, B))
    b.write_bytes(gzip.compress(jsonl(NEAR, story(5))))
    c.write_bytes(jsonl(story(5), story(6)))
    out = run("drop", a, b, c).out
    assert [json.loads(line)["text"] for line in out.splitlines()] == [A, B, story(5), story(6)]
    assert run("drop", "-", b, c, stdin=a.read_bytes()).out == out
    assert run("drop", "--in-place", a, b, c).code == 0
    assert gzip.decompress(b.read_bytes()) + c.read_bytes() == b"".join(out.splitlines(keepends=True)[2:])


@pytest.mark.parametrize(
    "texts", [[""], ["", ""], ["one"] * 3, ["one two", "two one"], ["漢字", "漢字"], ["!", "?"], ["٣", "3"]]
)
def test_short_documents(texts: list[str]) -> None:
    out = run("drop", stdin=jsonl(*texts)).out
    assert [json.loads(line)["text"] for line in out.splitlines()] == list(dict.fromkeys(texts))


@pytest.mark.parametrize("n_words", [50, 500, 5000])
def test_one_word_changed_or_inserted_is_always_found(n_words: int) -> None:
    for seed in range(10):
        text = story(seed, n_words)
        inserted = text.replace(" ", " inserted ", 1)
        threshold = 0.95 * (n_words - 14) / (n_words + 6)
        for other in (changed(text, 1, seed), inserted):
            assert drop_duplicates([text, other], DropOptions(threshold=threshold)).kept == [0]


SENTENCES = [story(seed, 12) for seed in range(6)]
TEXTS = st.lists(st.lists(st.sampled_from(SENTENCES), max_size=6).map(" ".join), max_size=12)


@given(TEXTS, st.sampled_from(["first", "last", "longest"]))
def test_nothing_goes_without_a_keeper_and_nothing_chains(texts: list[str], policy: str) -> None:
    """With one value a band, every pair that shares a shingle is all but surely a candidate: the brute force."""
    options = DropOptions(threshold=0.5, recall=0.9999, keep=policy)
    result = drop_duplicates(texts, options)
    order = sorted(
        range(len(texts)), key={"first": int, "last": int.__neg__, "longest": lambda i: -len(texts[i])}[policy]
    )
    kept: list[int] = []
    for i in order:
        keeper = next((k for k in kept if texts[k] == texts[i]), None)
        if keeper is None and texts[i]:
            keeper = next((k for k in kept if texts[k] and similarity(texts[k], texts[i]) >= 0.5), None)
        if keeper is None:
            kept.append(i)
    assert result.kept == sorted(kept)
    for removal in result.removals:
        assert removal.keeper in kept
        assert (
            removal.similarity == pytest.approx(similarity(texts[removal.document], texts[removal.keeper]))
            or not texts[removal.document]
        )


@settings(max_examples=15)
@given(TEXTS, st.integers(1, 400))
def test_threads_and_blocks_change_nothing(texts: list[str], block: int) -> None:

    def dropped(threads: int) -> bytes:
        dropper, sink = Dropper(DropOptions(threshold=0.5), "id", names=False), Memory()
        flow = Flow(ReadOptions(format="jsonl"), Report(shows_progress=False), None, dropper, threads=threads)
        stream = io.BytesIO(jsonl(*texts))
        flow.run_source(read.Source("-", stream, "jsonl", stream.read(read.BLOCK_BYTES)), sink)
        dropper.close()
        return sink.getvalue()

    whole = dropped(1)
    assert dropped(3) == whole
    with mock.patch.object(read, "BLOCK_BYTES", block):
        assert dropped(1) == dropped(2) == whole


@pytest.mark.parametrize(
    "args",
    [
        ["--threshold", "0"],
        ["--threshold", "1.5"],
        ["--recall", "1"],
        ["--keep", "best"],
        ["--memory", "much"],
        ["--threads", "-1"],
    ],
)
def test_wrong_options(args: list[str]) -> None:
    done = run("drop", *args)
    assert (done.code, done.out) == (2, b"")
    assert "Traceback" not in done.err


def test_a_memory_limit_changes_nothing() -> None:
    data = jsonl(*(changed(story(i % 40), i % 7, i) for i in range(400)))
    assert run("drop", "--memory", "1K", stdin=data).out == run("drop", stdin=data).out


def test_datasketch_takes_our_signatures() -> None:
    from datasketch import MinHashLSH

    signatures = dedupe.sketch([A, NEAR, B, ""])
    assert signatures.shape == (4, 128)
    minhashes = dedupe.to_datasketch(signatures)
    assert minhashes[0].jaccard(minhashes[1]) == pytest.approx(similarity(A, NEAR), abs=0.15)
    index = MinHashLSH(threshold=0.8, num_perm=128, params=(18, 7))
    for name, minhash in zip("ABC", (minhashes[0], minhashes[2], minhashes[3]), strict=True):
        index.insert(name, minhash)
    assert index.query(minhashes[1]) == ["A"]
    assert (dedupe.from_datasketch(minhashes) == signatures).all()


@pytest.mark.parametrize("keep", ["first", "last"])
def test_threads_agree_on_what_was_put_aside(tmp_path: Path, keep: str) -> None:
    """Blocks whose texts change in cleaning are put aside by several threads, each of which may be the first."""
    rng = random.Random(7)
    words = [f"w{i}" for i in range(50_000)]
    head = "Same Headline Here\n\n" * 2
    lines = [json.dumps({"id": i, "text": head + " ".join(rng.choices(words, k=600)) + "."}) for i in range(900)]
    source = tmp_path / "corpus.jsonl"
    source.write_text("".join(f"{line}\n" for line in [*lines, *lines, *lines]))
    for _ in range(5):
        done = run("--keep", keep, "--threads", "5", source)
        assert done[0] == 0
        assert done[1].count(b"\n") == len(lines)


TOLD = ["the bridge across the river opens again", "a museum of lost luggage finds its owners", "rain in the hills"]


def records(*rows: dict[str, object]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def told(n: int, **fields: object) -> dict[str, object]:
    return {"text": TOLD[n], **fields}


@pytest.mark.parametrize("keep", ["first", "last", "longest"])
def test_a_file_that_is_named_twice_is_decided_on_once(tmp_path: Path, keep: str) -> None:
    data = records(told(0), told(1))
    one, other = tmp_path / "a.jsonl", tmp_path / "z.jsonl"
    one.write_bytes(data)
    other.write_bytes(records(told(2)))
    assert run("drop", "--in-place", "--keep", keep, one, other, f"{tmp_path}/./a.jsonl").code == 0
    assert (one.read_bytes(), other.read_bytes()) == (data, records(told(2)))


def test_verdicts_are_for_their_own_source_though_another_is_left_out(tmp_path: Path) -> None:
    twice, stories = records(told(2), told(2)), records(told(0), told(1))
    one, other = tmp_path / "b.jsonl", tmp_path / "c.jsonl"
    one.write_bytes(twice)
    other.write_bytes(stories)
    with one.open("ab") as out:
        command = [*COMMAND, "drop", "--keep", "last", str(one), str(other)]
        assert subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=False).returncode == 2
    assert one.read_bytes() == twice + stories


def pass_over(dropper: Dropper, path: Path) -> None:
    flow = Flow(ReadOptions(), Report(shows_progress=False), None, dropper)
    with path.open("rb", buffering=0) as stream:
        flow.run_source(Source(str(path), stream, "jsonl", stream.read(10)), NullSink())


def test_a_file_that_changes_between_two_readings_is_named(tmp_path: Path) -> None:
    dropper = Dropper(DropOptions(keep="last"), "id", names=False)
    path = tmp_path / "a.jsonl"
    path.write_bytes(records(told(0), told(0), told(1)))
    pass_over(dropper, path)
    dropper.decide()
    path.write_bytes(records(told(1), told(0), told(0), told(2)))
    with pytest.raises(InputError, match=r"a\.jsonl: has changed between the two times it was read"):
        pass_over(dropper, path)
    dropper.close()


def test_a_file_that_is_cut_while_it_is_compared_is_named(tmp_path: Path) -> None:
    dropper = Dropper(DropOptions(), "id", names=False)
    path, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for name in (path, other):
        name.write_bytes(records(told(0)))
    pass_over(dropper, path)
    os.truncate(path, 5)
    with pytest.raises(InputError, match=r"a\.jsonl ends before byte"):
        pass_over(dropper, other)
    dropper.close()


def test_lines_of_dropped_records_are_taken_out() -> None:
    done = run("drop", "--stats", stdin=records({"text": "one two\nthree"}, {"text": "one two\nthree"}))
    stats = json.loads(done.err.splitlines()[-1])
    assert (stats["lines_in"], stats["lines_out"], stats["lines_taken_out"]) == (4, 2, 2)


def test_each_article_of_a_capture_names_its_keeper(tmp_path: Path) -> None:
    a, b = ("Bridge Opens Again\n\n" + TOLD[0] * 9, "Luggage Finds Owners\n\n" + TOLD[1] * 9)
    audit = tmp_path / "audit"
    run("drop", "--audit", audit, stdin=records({"text": a}, {"text": b}, {"text": f"{a}\n\n\n\n{b}"}))
    entry = next(e for e in map(json.loads, audit.read_text().splitlines()) if e.get("rule", "").startswith("drop."))
    assert [article["keeper"]["record"] for article in entry["articles"]] == [1, 2]


def test_marks_of_an_earlier_run_give_way() -> None:
    looks_marked = {"text": 'x, "duplicate_of": 1, "similarity": 1, "cluster": 1'}
    done = run("drop", "--annotate", "--stats", stdin=records(told(0, id=None), told(0, id=None), looks_marked))
    first, second, third = map(json.loads, done.out.splitlines())
    assert (first["cluster"], second["cluster"], second["duplicate_of"]) == (1, 1, 1)
    assert third["text"] == looks_marked["text"]
    assert json.loads(done.err.splitlines()[-1])["exact"] == 1
    assert run("drop", "--annotate", stdin=done.out).out == done.out


def test_marks_name_the_source_where_there_are_several(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_bytes(records(told(0)))
    done = run("drop", "--annotate", "a.jsonl", "b.jsonl", cwd=tmp_path)
    assert [json.loads(line)["cluster"] for line in done.out.splitlines()] == ["a.jsonl:1", "a.jsonl:1"]


def test_a_short_document_behind_a_long_one_comes_to_an_end(tmp_path: Path) -> None:
    """What only the other document has may be more than the table was begun for; room from before is not its room."""

    def words(n: int, name: str) -> list[str]:
        return [f"{name}{i}" for i in range(n)]

    long, short = words(60_000, "a"), words(4000, "c")
    documents = [long[:30_000] + words(60_000, "x"), long, short, short[:1000]]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": " ".join(document)}) + "\n" for document in documents))
    command = [*COMMAND, "drop", "--threshold", "0.2", "a.jsonl"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=True)
    assert done.stdout.count(b"\n") == 2
