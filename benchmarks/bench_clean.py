"""How long does `dedupe clean` take, beside `wc -w` on the same file?

    python -m pytest benchmarks/bench_clean.py --benchmark-columns=min,median --benchmark-json=record.json

Whole commands, JSONL file to JSONL file, start-up included, on one core, in classes: news with nothing to
take out (English, Arabic, Chinese), captures in which every article has repeats and a TT, and the same with
the later copies altered. The output is compared with what the generator says is clean. The extra info holds
the ratio to `wc -w` (UTF-8 locale, best of as many runs), MB/s and the peak of memory. The last class is
plain `ftfy.fix_text` over the clean English file.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from altered import lay_out_once, make_article, make_capture

N_BYTES = 30_000_000  # of each file
ROUNDS = 5
CLEAN = [sys.executable, "-m", "dedupe", "clean"]


def make_clean(language: str) -> Iterator[tuple[str, str]]:
    rng = Random(language)
    while True:
        text = "\n".join(line.text for line in lay_out_once(rng, make_article(rng, language)))
        yield text, text


def make_captures(alter: bool) -> Iterator[tuple[str, str]]:
    number = 0
    while True:
        number += 1
        yield make_capture(number, alter=alter)


CLASSES: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "english": lambda: make_clean("en"),
    "arabic": lambda: make_clean("ar"),
    "chinese": lambda: make_clean("zh"),
    "repeats": lambda: make_captures(alter=False),
    "altered repeats": lambda: make_captures(alter=True),
}


def seconds_of(command: list[str], **options: Any) -> float:
    """The best of some runs of a whole command."""

    def once() -> float:
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
        return time.perf_counter() - start

    return min(once() for _ in range(ROUNDS))


@pytest.fixture(scope="session", params=CLASSES)
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, list[str]]:
    """The class's name, its file, and the clean texts."""
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    wanted, size = [], 0
    with path.open("w", encoding="utf-8") as file:
        for text, clean in CLASSES[request.param]():
            size += file.write(json.dumps({"id": len(wanted), "text": text}, ensure_ascii=False) + "\n")
            wanted.append(clean)
            if os.fstat(file.fileno()).st_size > N_BYTES:
                break
    return request.param, path, wanted


def test_clean(benchmark: Any, corpus: tuple[str, Path, list[str]], tmp_path: Path) -> None:
    name, path, wanted = corpus
    out = tmp_path / "out.jsonl"
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    wc = seconds_of(["wc", "-w", str(path)], env=environment)
    benchmark.pedantic(
        lambda: subprocess.run([*CLEAN, str(path), "-o", str(out)], check=True, env=environment), rounds=ROUNDS
    )
    with out.open(encoding="utf-8") as file:
        right = [json.loads(line)["text"] == clean for line, clean in zip(file, wanted, strict=True)]
    assert sum(right) / len(right) >= (0.97 if name == "altered repeats" else 0.995)
    best = benchmark.stats.stats.min
    benchmark.extra_info.update(
        ratio_to_wc=round(best / wc, 3),
        mb_per_s=round(path.stat().st_size / best / 1e6),
        documents=len(wanted),
        exact=round(sum(right) / len(right), 4),
    )


def test_plain_ftfy(benchmark: Any) -> None:
    import ftfy

    texts = [text for text, _ in zip((text for text, _ in make_clean("en")), range(200), strict=False)]
    benchmark.pedantic(lambda: [ftfy.fix_text(text) for text in texts], rounds=3)
    n_bytes = sum(len(text.encode()) for text in texts)
    benchmark.extra_info.update(mb_per_s=round(n_bytes / benchmark.stats.stats.min / 1e6, 1))
