"""How fast are lines counted, and how long does `dedupe learn` take?

    python -m pytest benchmarks/bench_learn.py --benchmark-columns=min,median --benchmark-json=record.json

Pages of tests/sites.py, by language. `counting` times the engine's two passes over text that is in memory, on one
core, and checks that the masthead's line stands on every page of its site; the extra info holds MB/s of each pass.
`command` times `dedupe learn` over a JSONL file, start-up and near-duplicates included, and checks precision and
recall of what it learned by line.
"""

import json
import subprocess
import sys
import time
from array import array
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from sites import Page, Site

from dedupe.clean.cleaner import Cleaner
from dedupe.engine import engine
from dedupe.learn.file import read_learned
from dedupe.options import CleanOptions

LANGUAGES = ["english", "german", "turkish", "russian", "arabic", "chinese"]  # in the order of tests/vocabulary.toml
N_PAGES = 300  # of one site; repeated until there are
N_BYTES = 20_000_000
ROUNDS = 3


def pages_of(language: str) -> list[Page]:
    return Site("benchmark", LANGUAGES.index(language)).make_pages(N_PAGES, wire_copies=N_PAGES // 10)


@pytest.mark.parametrize("language", LANGUAGES)
def test_counting(benchmark: Any, language: str) -> None:
    pages = pages_of(language)
    texts = [page.text.encode() for page in pages]
    texts *= max(1, N_BYTES // sum(map(len, texts)))
    text, offsets = b"".join(texts), array("q", [0])
    for one in texts:
        offsets.append(offsets[-1] + len(one))
    sources, stretches, frequent = array("i", bytes(4 * len(texts))), bytes(len(texts)), array("i", [len(texts) // 2])
    seconds = [float("inf"), float("inf")]

    def both() -> object:
        tally = engine.tally_open()
        start = time.process_time()
        engine.tally_count(tally, text, offsets, sources)
        middle = time.process_time()
        engine.tally_gather(tally, text, offsets, sources, stretches, frequent)
        seconds[0] = min(seconds[0], middle - start)
        seconds[1] = min(seconds[1], time.process_time() - middle)
        return tally

    rows = memoryview(engine.tally_rows(benchmark.pedantic(both, rounds=ROUNDS))[0]).cast("q")
    assert max(rows[1::12]) == len(texts)  # the masthead
    benchmark.extra_info.update(
        {
            name: round(len(text) / 1e6 / spent)
            for name, spent in zip(("count MB/s", "gather MB/s"), seconds, strict=True)
        }
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_command(benchmark: Any, tmp_path: Path, language: str) -> None:
    pages, path, rules = pages_of(language), tmp_path / "pages.jsonl", tmp_path / "rules.toml"
    rows = ({"source": page.source, "date": page.date, "text": page.text} for page in pages)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    command = [sys.executable, "-m", "dedupe", "learn", str(path), "-o", str(rules)]
    benchmark.pedantic(lambda: subprocess.run(command, check=True, stderr=subprocess.DEVNULL), rounds=ROUNDS)
    cleaner = Cleaner(CleanOptions(rules=(str(rules),), no_rule=("repeat", "captions")))
    wrong = right = missed = 0
    for page in pages:
        gone = {text for splice in cleaner.clean_document(page.text.encode(), page.source)
                for text in page.text.encode()[splice.start : splice.end].decode().split("\n") if text}  # fmt: skip
        planted = {line.text for line in page.lines if line.is_boilerplate}
        wrong, right, missed = wrong + len(gone - planted), right + len(gone & planted), missed + len(planted - gone)
    assert right / (right + wrong) >= 0.99
    assert right / (right + missed) >= 0.99
    benchmark.extra_info.update({"MB": path.stat().st_size / 1e6, "rules": len(read_learned(rules).rules)})
