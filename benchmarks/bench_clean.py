"""How long does `dedupe clean` take, beside `wc -w` on the same file?

    python -m pytest benchmarks/bench_clean.py --benchmark-json=run.json && python benchmarks/record.py run.json

Whole commands, JSONL file to JSONL file, start-up included, on one core, in classes: news with nothing to
take out (English, Arabic, Chinese), captures in which every article has repeats and a TT, and the same with
the later copies altered. The output is compared with what the generator says is clean. The extra info holds
the ratio to `wc -w` (UTF-8 locale, best of as many runs), MB/s and the peak of memory. The last class is
plain `ftfy.fix_text` over the clean English file.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from commands import Done, count_words, run_dedupe

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from altered import lay_out_once, make_article, make_capture

N_BYTES = 60_000_000  # of each file
ROUNDS = 5


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
    words: list[float] = []
    done: list[Done] = []

    def once() -> None:
        words.append(count_words(path))
        done.append(run_dedupe("clean", source=path, out=out))

    benchmark.pedantic(once, rounds=ROUNDS)
    with out.open(encoding="utf-8") as file:
        right = [json.loads(line)["text"] == clean for line, clean in zip(file, wanted, strict=True)]
    assert sum(right) / len(right) >= (0.97 if name == "altered repeats" else 0.995)
    best = min(one.seconds for one in done)
    benchmark.extra_info.update(
        seconds=round(best, 3),
        ratio_to_wc=round(best / min(words), 3),
        peak_mb=round(max(one.peak_mb for one in done)),
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
