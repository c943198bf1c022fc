"""How long does `dedupe drop` take, beside `wc -w` on the same file, and what does it find?

    python -m pytest benchmarks/bench_drop.py --benchmark-json=run.json && python benchmarks/record.py run.json

Whole commands, JSONL file to JSONL file, start-up included: news of 10,000, 100,000 and 1,000,000 documents
(log-normal lengths, 30 % near copies of similarity 0.5 to 1, 5 % exact ones; corpora.py) on one thread and on
two, from a pipe, Arabic written in `\\u` escapes, and the corpora that break matchers. What is kept is checked: how
much it is, that nothing of it is dropped by a second run, and that threads and pipes change nothing. The extra info
has the ratio to `wc -w` (UTF-8 locale, best of as many runs, taken in turns), peak memory, and the share of documents
for which a bound was reached. DEDUPE_BENCH_DOCUMENTS=100000 leaves out what is larger.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import corpora
import pytest
from commands import DEDUPE, Done, count_words, run, run_dedupe

ROUNDS = 5  # for 100,000 documents; more of shorter ones, where the machine's noise is a larger part
LARGEST = int(os.environ.get("DEDUPE_BENCH_DOCUMENTS", 1_000_000))


class Corpus(NamedTuple):
    """A class of corpora.py, and the share of its documents that stays, at least and at most."""

    name: str
    n_docs: int
    kept: tuple[float, float]
    script: str = "english"
    threads: tuple[int, ...] = (1,)


CORPORA = {
    "news 10k": Corpus("news", 10_000, (0.7, 0.9), threads=(1, 2)),
    "news 100k": Corpus("news", 100_000, (0.7, 0.9), threads=(1, 2)),
    "news 1m": Corpus("news", 1_000_000, (0.7, 0.9), threads=(1, 2)),
    "arabic escaped": Corpus("news", 20_000, (0.7, 0.9), script="arabic"),
    "template 0.7": Corpus("template-70", 100_000, (1, 1)),
    "template 0.85": Corpus("template-85", 100_000, (0, 0.01)),
    "footer": Corpus("footer", 100_000, (0.99, 1)),
    "equal": Corpus("equal", 1_000_000, (0, 0.000_001)),
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corpora")


def written(folder: Path, name: str) -> Path:
    corpus = CORPORA[name]
    if corpus.n_docs > LARGEST:
        pytest.skip(f"over {LARGEST} documents")
    path = folder / f"{name}.jsonl"
    if not path.exists():
        for other in folder.iterdir():  # gigabytes: one at a time
            other.unlink()
        with path.open("w", buffering=1 << 22, encoding="utf-8") as file:  # in memory as if it had been read from disk
            for i, text in enumerate(corpora.texts(corpus.name, corpus.n_docs, script=corpus.script)):
                file.write(json.dumps({"id": i, "text": text}) + "\n")
    return path


@pytest.mark.parametrize(("name", "threads"), [(name, n) for name, corpus in CORPORA.items() for n in corpus.threads])
def test_drop(benchmark: Any, folder: Path, name: str, threads: int) -> None:
    path, corpus = written(folder, name), CORPORA[name]
    out, again = folder / "out", folder / "again"
    words: list[float] = []
    done: list[Done] = []

    def once() -> None:
        words.append(count_words(path))
        done.append(run_dedupe("drop", "--threads", str(threads), source=path, out=out))

    benchmark.pedantic(once, rounds=min(max(2, ROUNDS * 100_000 // corpus.n_docs), 4 * ROUNDS))
    stats = json.loads(run_dedupe("drop", "--stats", source=path, out=again).said)
    least, most = corpus.kept
    assert least <= stats["documents_kept"] / corpus.n_docs <= most
    assert out.read_bytes().count(b"\n") == stats["documents_kept"]
    if corpus.n_docs <= 100_000:
        run_dedupe("drop", "--threads", "2", source=out, out=again)
        assert again.read_bytes() == out.read_bytes()
    best = min(one.seconds for one in done)
    benchmark.extra_info.update(
        seconds=round(best, 3),
        ratio_to_wc=round(best / min(words), 3),
        mb_per_s=round(path.stat().st_size / best / 1e6),
        peak_mb=round(max(one.peak_mb for one in done)),
        documents=corpus.n_docs,
        kept=stats["documents_kept"],
        bounded=stats["bounded"],
    )


def test_drop_from_a_pipe(benchmark: Any, folder: Path) -> None:
    path, out, by_file = written(folder, "news 100k"), folder / "out", folder / "by file"
    files, pipes = [], []

    def once() -> None:
        files.append(run_dedupe("drop", "--threads", "1", source=path, out=by_file).seconds)
        out.unlink(missing_ok=True)
        with path.open("rb") as source, out.open("wb") as sink:
            cat = subprocess.Popen(["cat"], stdin=source, stdout=subprocess.PIPE)
            assert cat.stdout
            pipes.append(run([*DEDUPE, "drop", "--threads", "1"], stdin=cat.stdout, stdout=sink).seconds)
            cat.stdout.close()
            cat.wait()

    benchmark.pedantic(once, rounds=ROUNDS)
    assert out.read_bytes() == by_file.read_bytes()
    benchmark.extra_info.update(seconds=round(min(pipes), 3), ratio_to_file=round(min(pipes) / min(files), 3))
