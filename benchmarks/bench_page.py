"""How fast is `dedupe clean --page` on one core?

    python -m pytest benchmarks/bench_page.py --benchmark-columns=min,median --benchmark-json=record.json

Pages made by a seeded generator: the articles of tests/altered.py below a menu and above teasers and a footer, in
English, Arabic and Chinese. Two questions: the engine's call alone, and the whole stage on one batch, to rest.
Each checks that no more than few pages lose a paragraph or keep a line of the menu.
"""

import sys
from array import array
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from altered import lay_out_once, make_article

from dedupe.clean.cleaner import Cleaner
from dedupe.clean.page.shipped import read_model
from dedupe.document import apply_splices
from dedupe.engine import engine
from dedupe.options import CleanOptions

N_BYTES = 4_000_000
ROUNDS = 5
MENU = ["Menu", "Search", "News", "Politics", "Business", "Sport", "Culture", "Weather", "Travel", "Science", "Opinion"]
FOOT = ["Share", "Most read", "Comments", "Newsletter", "Contact us", "Privacy policy", "Terms of use", "Cookies"]
RIGHT = 0.9  # of the pages, at least: all prose and nothing of the menu


def make_pages(language: str) -> list[tuple[str, list[str]]]:
    """Pages and the paragraphs that must stay."""
    rng, pages, size = Random(language), [], 0
    while size < N_BYTES:
        article = [line.text for line in lay_out_once(rng, make_article(rng, language)) if line.text.strip()]
        around = rng.sample(MENU, 10) * 3
        page = "\n".join([*around, *article, *rng.sample(FOOT, 6), *around, "© 2024"])
        prose = [line for line in article[1:] if len(line.encode()) > 200]
        pages.append((page, prose))
        size += len(page.encode())
    return pages


@pytest.fixture(scope="session", params=["en", "ar", "zh"])
def corpus(request: pytest.FixtureRequest) -> tuple[list[str], list[list[str]], bytes, Any]:
    pages, prose = zip(*make_pages(request.param), strict=True)
    texts = [page.encode() for page in pages]
    return pages, prose, b"".join(texts), array("q", accumulate(map(len, texts), initial=0))


def test_engine(benchmark: Any, corpus: Any) -> None:
    _, _, text, offsets = corpus
    needles = Cleaner().tables.needles
    arguments = (text, offsets, needles, *read_model(), 1 + (0x1F << 8))
    rows = benchmark.pedantic(lambda: engine.pages(*arguments), rounds=ROUNDS)
    pages_marked = set(memoryview(rows).cast("q")[::4].tolist())
    assert len(pages_marked) == len(offsets) - 1
    benchmark.extra_info.update(mb_per_s=round(len(text) / benchmark.stats.stats.min / 1e6, 1))


def test_stage(benchmark: Any, corpus: Any) -> None:
    pages, prose, text, offsets = corpus
    cleaner = Cleaner(CleanOptions(page=True))
    found = benchmark.pedantic(lambda: cleaner.find_edits(text, offsets).splices(), rounds=ROUNDS)
    right = 0
    for i, page in enumerate(pages):
        lines = apply_splices(page.encode(), found.get(i, [])).decode().split("\n")
        right += set(prose[i]) <= set(lines) and not set(MENU) & set(lines)
    assert right >= RIGHT * len(pages)
    benchmark.extra_info.update(
        mb_per_s=round(len(text) / benchmark.stats.stats.min / 1e6, 1), right=round(right / len(pages), 3)
    )
