"""How long does `dedupe drop` take, beside `wc -w` on the same file, and what does it find?

    python -m pytest benchmarks/bench_drop.py --benchmark-columns=min,median --benchmark-json=record.json

Whole commands, JSONL file to JSONL file, start-up included: news of 10,000 and 100,000 documents (log-normal
lengths, 30 % near copies of similarity 0.5 to 1, 5 % exact ones; corpora.py) on one thread and on two, from a
pipe, Arabic written in `\\u` escapes, and the corpora that break matchers. What is kept is checked: how much it
is, and that nothing of it is dropped by a second run. The extra info has the ratio to `wc -w` (UTF-8 locale,
best of as many runs).
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import corpora
import pytest

ROUNDS = 3
DROP = [sys.executable, "-m", "dedupe", "drop"]
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}
# name: class of corpora.py, documents, more arguments, share of documents that stay
CLASSES: dict[str, tuple[str, int, dict[str, Any], tuple[float, float]]] = {
    "news 10k": ("news", 10_000, {}, (0.7, 0.9)),
    "news 100k": ("news", 100_000, {}, (0.7, 0.9)),
    "arabic escaped": ("news", 10_000, {"script": "arabic"}, (0.7, 0.9)),
    "template 0.7": ("template-70", 20_000, {}, (0.95, 1)),
    "template 0.85": ("template-85", 20_000, {}, (0, 0.1)),
    "footer": ("footer", 20_000, {}, (0.95, 1)),
    "equal": ("equal", 200_000, {}, (0, 0.001)),
}


@pytest.fixture(scope="session", params=CLASSES)
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    name, n_docs, options, _ = CLASSES[request.param]
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for i, text in enumerate(corpora.texts(name, n_docs, **options)):
            file.write(json.dumps({"id": i, "text": text}) + "\n")
    return request.param, path


def best_of(command: list[str], **options: Any) -> float:
    def once() -> float:
        start = time.perf_counter()
        subprocess.run(command, check=True, env=ENVIRONMENT, stderr=subprocess.DEVNULL, **options)
        return time.perf_counter() - start

    return min(once() for _ in range(ROUNDS))


@pytest.mark.parametrize("threads", [1, 2])
def test_drop(benchmark: Any, corpus: tuple[str, Path], threads: int, tmp_path: Path) -> None:
    name, path = corpus
    out, again = tmp_path / "out.jsonl", tmp_path / "again.jsonl"
    wc = best_of(["wc", "-w", str(path)], stdout=subprocess.DEVNULL)
    command = [*DROP, "--threads", str(threads), str(path), "-o", str(out)]
    benchmark.pedantic(lambda: subprocess.run(command, check=True, env=ENVIRONMENT), rounds=ROUNDS)
    subprocess.run([*DROP, str(out), "-o", str(again)], check=True, env=ENVIRONMENT)
    assert again.read_bytes() == out.read_bytes()
    n_docs, (least, most) = CLASSES[name][1], CLASSES[name][3]
    kept = out.read_bytes().count(b"\n")
    assert least <= kept / n_docs <= most
    best = benchmark.stats.stats.min
    benchmark.extra_info.update(
        ratio_to_wc=round(best / wc, 3), mb_per_s=round(path.stat().st_size / best / 1e6), kept=kept, documents=n_docs
    )


def test_drop_from_a_pipe(benchmark: Any, tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for i, text in enumerate(corpora.texts("news", 20_000)):
            file.write(json.dumps({"id": i, "text": text}) + "\n")
    out = tmp_path / "out.jsonl"
    command = [*DROP, "--threads", "1"]

    def piped() -> None:
        with path.open("rb") as source, out.open("wb") as sink:
            cat = subprocess.Popen(["cat"], stdin=source, stdout=subprocess.PIPE)
            subprocess.run(command, stdin=cat.stdout, stdout=sink, check=True, env=ENVIRONMENT)
            cat.wait()

    benchmark.pedantic(piped, rounds=ROUNDS)
    by_file = best_of([*command, str(path), "-o", str(tmp_path / "file.jsonl")])
    assert out.read_bytes() == (tmp_path / "file.jsonl").read_bytes()
    benchmark.extra_info.update(ratio_to_file=round(benchmark.stats.stats.min / by_file, 3))
