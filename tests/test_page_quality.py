"""How well `clean --page` does on real pages: floors, which rise and never silently fall.

The shipped scorecards were fitted on these pages, so this tells of a change for the worse, not of how well pages
never seen are done; that is what benchmarks/fit_page.py measures.
"""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from dedupe import clean_documents
from dedupe.options import CleanOptions

FLOORS = {"scrapinghub": 0.958, "fundus": 0.950}
EMPTY_AT_MOST = {"scrapinghub": 2, "fundus": 0}  # all have an article; two stand in an index and in a calendar
WORD = re.compile(r"\w+")


def grams(text: str) -> Counter[tuple[str, ...]]:
    words = WORD.findall(text)
    return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3)))


def f1(pairs: list[tuple[str, str]]) -> float:
    """Of 4-grams, every page alike, as the public article-extraction-benchmark has it."""
    true = false = missed = 0.0
    for have, want in ((grams(have), grams(want)) for have, want in pairs):
        t, f, m = (sum(x.values()) for x in (have & want, have - want, want - have))
        true, false, missed = true + t / (t + f + m), false + f / (t + f + m), missed + m / (t + f + m)
    return 2 * true / (2 * true + false + missed)


@pytest.mark.parametrize("name", FLOORS)
def test_real_pages(shared_data: Path, name: str) -> None:
    with (shared_data / "pages" / f"{name}.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts = [row["html_text"] for row in rows]
    bodies = list(clean_documents(texts, CleanOptions(page=True, headline=False)))
    assert f1([(body, row["clean"]) for body, row in zip(bodies, rows, strict=True)]) >= FLOORS[name]
    assert bodies.count("") <= EMPTY_AT_MOST[name]
    articles = list(clean_documents(texts, CleanOptions(page=True)))
    assert list(clean_documents(articles, CleanOptions(page=True))) == articles
    with_headline = sum(article != body for article, body in zip(articles, bodies, strict=True))
    assert with_headline >= 0.9 * len(rows)
