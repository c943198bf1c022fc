"""Fits the scorecards of `dedupe clean --page` and says how well they do on pages they have not seen.

    pip install -e '.[fit]'
    python benchmarks/fit_page.py ../shared/data/pages            # cross-validates by site; --by-page: by page too
    python benchmarks/fit_page.py ../shared/data/pages --seeds 3 --write  # three times; fits on all, writes the cards

Reads `*.jsonl` of {html_text, clean} and, for the headline, {headline} or {title}. A line belongs to the article
where at least half of its words are matched, in order, by the hand-made body. There are three scorecards, each
an additive model: boosted trees, of one split for the headline and of three for the others, whose splits,
sorted by the columns they ask, are the steps of the card; the mean of as many fits as there are inner folds.
The second and third are fitted on scores of pages that the card before had not seen, and on pages made of the
labelled ones too (made_pages.py). A line weighs by its words over the root of its body's, and then over the root of
its page's lines: by its share of the body, as the measure has it, a few short pages would decide everything.

Measured is what `clean --page --no-headline` makes of the labelled pages, by the cards as they are shipped; the
measure is that of the public article-extraction-benchmark, 4-grams, every page alike.
"""

import argparse
import difflib
import json
import random
import re
import textwrap
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlparse

import lightgbm
import numpy as np
from made_pages import WORD, Marked, make_teasers, put_list, put_teasers, transplant

from dedupe.clean.cleaner import Cleaner
from dedupe.clean.page.model import CARDS, SCORECARDS, pack_cards, read_vocabulary
from dedupe.clean.page.shipped import Model, write_model
from dedupe.clean.shipped import read_tables
from dedupe.document import apply_splices
from dedupe.engine import engine
from dedupe.engine.page_columns import COLUMNS
from dedupe.options import CleanOptions

FOLDS, INNER_FOLDS = 5, 5
SCALE = 1000  # of a score: thousandths of a logit
MIN_WORDS = 12  # of an article
MIN_BEST = -500  # of the best headline score and the best first score, together: 155 of 204 pages without an article
# come out empty, by -1000 148, and F1 is the same (six cross-validations, 2026-11-28)
BIAS = {"headline": 1000, "first": 0, "second": 0}  # a headline lost costs more than one too many
LEAST_ADDED = 10  # by a step of a card
ALONE_WEIGHT, NONE_WEIGHT = 0.1, 0.03  # of an article alone, and of a page without one
MADE, MADE_WEIGHT = 3, 0.5  # pages made of each, and what they weigh
WITH_LIST, WITH_TEASERS = 0.5, 0.5  # how many of them get a table or list, and how many teasers
ROUNDS = {"headline": 100, "first": 120, "second": 120}
TREES: dict[str, dict[str, Any]] = {
    "headline": {"num_leaves": 2, "learning_rate": 0.2},
    "first": {"num_leaves": 4, "learning_rate": 0.15},
    "second": {"num_leaves": 4, "learning_rate": 0.15},
}
BOOSTING = {
    "objective": "binary",
    "min_data_in_leaf": 20,
    "lambda_l2": 1.0,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "seed": 1,
    "verbose": -1,
}
PAGE_WEIGHT = 1000.0
MENU_SAMPLE = 0.3  # of the short lines outside articles, of which there are too many
SECOND_LEVELS = {"ac", "co", "com", "edu", "gov", "net", "org"}  # of countries
NO_SCORES = b""


class Labelled:
    """A page, its lines' labels, and their columns."""

    def __init__(self, row: dict[str, Any], set_name: str) -> None:
        self.set, self.text, self.gold = set_name, row["html_text"].encode(), grams(row["clean"])
        self.site = row.get("publisher") or site_of(row.get("url", ""))
        self.language = guess_language(row["clean"])
        self.lines = row["html_text"].removesuffix("\n").split("\n")
        words = [WORD.findall(line) for line in self.lines]
        self.is_article = match_lines(words, WORD.findall(row["clean"]))
        self.is_headline = find_headline(words, self.is_article, row.get("headline") or row.get("title") or "")
        self._measure_lines(1.0)

    def _measure_lines(self, weight: float) -> None:
        self.first_columns = self.columns()
        n_words = self.first_columns[:, 0]
        weights = np.minimum(n_words / max(60, sum(self.gold.values())) ** 0.5, 10) * 10 + 0.3
        rng = random.Random(len(self.lines))
        keep = self.is_article | self.is_headline | (n_words >= 5)
        self.sample = keep | np.array([rng.random() < MENU_SAMPLE for _ in self.lines])
        weights = np.where(keep, weights, weights / MENU_SAMPLE)
        self.weight = weight * weights * (PAGE_WEIGHT / weights.sum()) ** 0.5

    @property
    def marked(self) -> Marked:
        return Marked(self.lines, self.is_article, self.is_headline)

    def made(self, marked: Marked, weight: float = 1.0) -> "Labelled":
        """A page of other lines, of the same site."""
        page = copy(self)
        page.lines, page.is_article, page.is_headline = marked
        page.text = "".join(line + "\n" for line in page.lines).encode()
        page.gold = grams("\n".join(marked.article(with_headline=False).lines))
        page._measure_lines(weight)
        return page

    def without_article(self, lines: Sequence[str] = ("",), weight: float = 1.0) -> "Labelled":
        """The page with these lines in place of its headline, its article and what stands between them."""
        return self.made(self.marked.replace(self.marked.span(), Marked.plain([*lines])), weight)

    def columns(self, heads: np.ndarray | None = None, firsts: np.ndarray | None = None) -> np.ndarray:
        scores = [NO_SCORES if x is None else array("i", x.tolist()) for x in (heads, firsts)]
        table = engine.page_columns(self.text, read_tables().needles, read_vocabulary(), *scores)
        return np.frombuffer(table, np.int32).reshape(-1, len(self.lines)).T

    def measure(self, article: str) -> "Measured":
        have = grams(article)
        true, false, missed = (sum(x.values()) for x in (have & self.gold, have - self.gold, self.gold - have))
        total = true + false + missed
        return true / total, false / total, missed / total


def site_of(url: str) -> str:
    """The name that was registered: two labels of the host, three where the country sells names below the second."""
    labels = urlparse(url).netloc.split(".")
    n = 3 if len(labels[-1]) == 2 and labels[-2:-1] and labels[-2] in SECOND_LEVELS else 2
    return ".".join(labels[-n:])


def grams(text: str, n: int = 4) -> Counter[tuple[str, ...]]:
    words = WORD.findall(text)
    return Counter(tuple(words[i : i + n]) for i in range(max(1, len(words) - n + 1)))


def match_lines(lines: Sequence[Sequence[str]], body: Sequence[str]) -> np.ndarray:
    page = [word for line in lines for word in line]
    matched = np.zeros(len(page), bool)
    for start, _, size in difflib.SequenceMatcher(None, page, body, autojunk=False).get_matching_blocks():
        if size > 1 or size == len(body):
            matched[start : start + size] = True
    labels, at = [], 0
    for line in lines:
        labels.append(bool(line) and 2 * int(matched[at : at + len(line)].sum()) >= len(line))
        at += len(line)
    return np.array(labels)


def find_headline(lines: Sequence[Sequence[str]], is_article: np.ndarray, headline: str) -> np.ndarray:
    """The line above the article that has the most words in common with the headline; the last of several."""
    wanted, best, found = {word.casefold() for word in WORD.findall(headline)}, 0.5, -1
    for i in range(int(is_article.argmax()) if is_article.any() else 0):
        words = {word.casefold() for word in lines[i]}
        alike = len(words & wanted) / max(1, len(words | wanted))
        if len(lines[i]) > 1 and alike >= best:
            best, found = alike, i
    return np.arange(len(lines)) == found


SCRIPTS = {
    "ja": "[\u3041-\u30ff]",
    "ko": "[\uac00-\ud7a3]",
    "ru": "[\u0430-\u044f]",
    "ar": "[\u0621-\u064a]",
    "zh": "[\u4e00-\u9fff]",
    "hi": "[\u0905-\u0939]",
    "el": "[\u03b1-\u03c9]",
}
LITTLE_WORDS = {
    "en": "the of and to that",
    "de": "der die und das nicht",
    "fr": "les des est dans une",
    "es": "el los que las una",
    "pt": "que não os uma do",
    "it": "che di il della per",
    "no": "og som er det ikke på",
    "sv": "och som är det att på",
    "da": "og som er det ikke på af",
    "tr": "ve bir bu için olarak",
    "pl": "się nie jest że na",
    "cs": "se že je na ve",
    "id": "yang dan di dengan ini",
    "sw": "ya na wa kwa katika",
    "nl": "het een van niet dat",
    "is": "og að er sem á",
}


def guess_language(text: str) -> str:
    """Near enough for a table of results."""
    for language, letters in SCRIPTS.items():
        if len(re.findall(letters, text)) > len(text) / 8:
            return language
    counts = Counter(WORD.findall(text.casefold()))
    return max(LITTLE_WORDS, key=lambda language: sum(counts[word] for word in LITTLE_WORDS[language].split()))


Splits = tuple[tuple[int, int], ...]  # columns, each with its bound; none: the base
Steps = Counter[Splits]  # what is added where all are above
Scores = list[np.ndarray]


def boost(kind: str, columns: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Steps:
    """Trees, as steps."""
    data = lightgbm.Dataset(columns.astype(np.float32), labels.astype(float), weight=weights)
    trees = lightgbm.train({**BOOSTING, **TREES[kind]}, data, ROUNDS[kind]).dump_model()["tree_info"]
    steps = Steps()
    for tree in trees:
        for splits, added in expand(tree["tree_structure"]).items():
            steps[splits] += added
    return steps


def expand(tree: dict[str, Any]) -> Steps:
    """A tree as a sum: what lies below a split, and above it the difference."""
    if "split_feature" not in tree:
        return Steps({(): tree["leaf_value"]})
    column, bound = tree["split_feature"], int(np.floor(tree["threshold"]))
    below, above = expand(tree["left_child"]), expand(tree["right_child"])
    steps = Steps(below)
    for side, sign in ((above, 1), (below, -1)):
        for splits, added in side.items():
            bounds = dict(splits)
            bounds[column] = max(bound, bounds.get(column, bound))
            steps[tuple(sorted(bounds.items()))] += sign * added
    return steps


class Card:
    """A scorecard: the mean of several additive models, rounded."""

    def __init__(self, kind: str, models: Sequence[Steps]) -> None:
        mean = Steps()
        for steps in models:
            for step, added in steps.items():
                mean[step] += added * SCALE / len(models)
        self.base = round(mean.pop((), 0.0)) + BIAS[kind]
        rounded = ((splits, round(added)) for splits, added in sorted(mean.items()))
        self.steps = [(splits, added) for splits, added in rounded if abs(added) >= LEAST_ADDED]

    def scores(self, columns: np.ndarray) -> np.ndarray:
        scores = np.full(len(columns), self.base, np.int32)
        for splits, added in self.steps:
            is_above = np.logical_and.reduce([columns[:, column] > bound for column, bound in splits])
            scores += np.where(is_above, added, 0).astype(np.int32)
        return scores

    def to_table(self) -> dict[str, Any]:
        """As the file has it: steps by the names of their columns, those of one column first."""
        steps: dict[str, list[list[int]]] = {}
        for splits, added in sorted(self.steps, key=lambda step: len(step[0])):
            columns = " & ".join(COLUMNS[column] for column, _ in splits)
            steps.setdefault(columns, []).append([*(bound for _, bound in splits), added])
        return {"base": self.base, "steps": steps}


class Cards(NamedTuple):
    headline: Card
    first: Card
    second: Card

    def to_table(self) -> dict[str, Any]:
        """As the file has them."""
        return {
            "min_words": MIN_WORDS,
            "min_best": MIN_BEST,
            **{name: getattr(self, name).to_table() for name in CARDS},
        }


def inner_folds(pages: Sequence[Labelled]) -> np.ndarray:
    """By site."""
    sites = sorted({page.site for page in pages})
    return np.array([sites.index(page.site) % INNER_FOLDS for page in pages])


def make_pages(pages: Sequence[Labelled]) -> list[Labelled]:
    """Pages with articles of others of the same language, and of the same fold: a card that has not seen the one
    has not seen the other. Articles alone, with headlines and without, since what a page is cut to is looked at once
    more. And pages without an article."""
    made, rng = [], random.Random(1)
    folds = inner_folds(pages)
    for page, fold in zip(pages, folds, strict=True):
        others = [
            other
            for other, f in zip(pages, folds, strict=True)
            if f == fold and other.language == page.language and other.site != page.site
        ]
        for other in rng.sample(others, min(MADE, len(others))):
            marked = transplant(page.marked, other.marked)
            if rng.random() < WITH_LIST:
                marked = put_list(marked, rng)
            if rng.random() < WITH_TEASERS and len(others) > 1:
                marked = put_teasers(marked, [x.marked for x in others if x is not other], rng)
            made.append(page.made(marked, MADE_WEIGHT))
        made += [page.made(page.marked.article(headline), ALONE_WEIGHT) for headline in (False, True)]
        is_index = others and rng.random() < WITH_TEASERS
        index = make_teasers([other.marked for other in others], rng) if is_index else [""]
        made.append(page.without_article(index, NONE_WEIGHT))
    return made


def fit_card(kind: str, pages: Sequence[Labelled], columns: Callable[[int], np.ndarray]) -> tuple[Card, Scores]:
    """A card, and scores of each page by a card that has not seen its site. The card is the mean of those."""
    fold = inner_folds(pages)
    tables = [columns(i) for i in range(len(pages))]
    models: list[Steps] = []
    unseen: Scores = [np.zeros(0, np.int32)] * len(pages)
    for k in range(INNER_FOLDS):
        seen = [(table, page) for table, page, f in zip(tables, pages, fold, strict=True) if f != k]
        labels = [page.is_headline if kind == "headline" else page.is_article for _, page in seen]
        weights = [np.where(page.is_headline, 5.0, 1.0) if kind == "headline" else page.weight for _, page in seen]
        models.append(
            boost(
                kind,
                np.vstack([table[page.sample] for table, page in seen]),
                np.concatenate([x[page.sample] for x, (_, page) in zip(labels, seen, strict=True)]),
                np.concatenate([x[page.sample] for x, (_, page) in zip(weights, seen, strict=True)]),
            )
        )
        card = Card(kind, models[-1:])
        for i in np.flatnonzero(fold == k):
            unseen[i] = card.scores(tables[i])
    return Card(kind, models), unseen


def fit_cards(labelled: Sequence[Labelled]) -> Cards:
    pages = [*labelled, *make_pages(labelled)]
    headline, heads = fit_card("headline", pages, lambda i: pages[i].first_columns)
    first, firsts = fit_card("first", pages, lambda i: pages[i].columns(heads[i]))
    second, _ = fit_card("second", pages, lambda i: pages[i].columns(heads[i], firsts[i]))
    return Cards(headline, first, second)


def make_cleaner(cards: Cards) -> Cleaner:
    """`clean --page --no-headline` by these cards."""
    cleaner = Cleaner(CleanOptions(page=True, headline=False))
    assert cleaner.extractor
    cleaner.extractor.model = Model(read_vocabulary(), pack_cards(cards.to_table()))
    return cleaner


def find_article(cleaner: Cleaner, page: Labelled) -> str:
    return apply_splices(page.text, cleaner.clean_document(page.text)).decode()


Measured = tuple[float, float, float]


def cross_validate(pages: Sequence[Labelled], by_site: bool, seed: int) -> tuple[list[Measured], int]:
    """Each page's measure by cards that have not seen it, or its site; and how many pages come out empty once their
    article is cut out."""
    groups = [page.site if by_site else str(i) for i, page in enumerate(pages)]
    names = sorted(set(groups))
    random.Random(seed).shuffle(names)
    fold = [names.index(group) % FOLDS for group in groups]
    measured = [(0.0, 0.0, 0.0)] * len(pages)
    empty = 0
    for k in range(FOLDS):
        cleaner = make_cleaner(fit_cards([page for page, f in zip(pages, fold, strict=True) if f != k]))
        for i, page in enumerate(pages):
            if fold[i] == k:
                measured[i] = page.measure(find_article(cleaner, page))
                empty += not find_article(cleaner, page.without_article())
    return measured, empty


def f1(measured: Sequence[Measured]) -> float:
    true, false, missed = (sum(column) for column in zip(*measured, strict=True))
    return 2 * true / (2 * true + false + missed)


def report(pages: Sequence[Labelled], runs: Sequence[tuple[list[Measured], int]]) -> str:
    """F1 by set and by language, and in brackets how many pages; of several runs together."""
    by_kind: dict[str, list[Measured]] = {}
    for measured, _ in runs:
        for page, values in zip(pages, measured, strict=True):
            by_kind.setdefault(page.set, []).append(values)
            by_kind.setdefault(f"  {page.language}", []).append(values)
    scores = ", ".join(
        f"{name.strip()} {f1(values):.4f} ({len(values) // len(runs)})"
        for name, values in sorted(by_kind.items(), key=lambda x: (x[0].startswith(" "), x[0]))
    )
    empty = sum(empty for _, empty in runs) / len(runs)
    return f"{scores}; without their article {empty:.0f} of {len(pages)} are empty"


def write_cards(cards: Cards, n_pages: int, seeds: int, measured: str) -> None:
    table = cards.to_table()
    lines = [
        f"# Written by `python benchmarks/fit_page.py ../shared/data/pages --seeds {seeds} --write`; do not edit.",
        f"# Fitted on all {n_pages} pages. Measured on pages not seen, by {seeds} five-fold cross-validations by site:",
        *textwrap.wrap(measured, 110, initial_indent="# ", subsequent_indent="# "),
        "",
        "# A page of which fewer words would stay has no article; nor has one whose best headline score and best",
        "# first score are less together, unless most of it would stay.",
        f"min_words = {table['min_words']}",
        f"min_best = {table['min_best']}",
    ]
    for name in CARDS:
        lines += ["", f"[{name}]", f"base = {table[name]['base']}", ""]
        lines += [f"[{name}.steps]  # [above this, add that]; of several columns: [each above its own, add that]"]
        lines += [f'"{columns}" = {steps}' for columns, steps in table[name]["steps"].items()]
    SCORECARDS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--by-page", action="store_true")
    parser.add_argument("--seeds", type=int, default=1, help="how many partitions into folds")
    options = parser.parse_args()
    pages = [
        Labelled(json.loads(line), path.stem)
        for path in sorted(options.folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").split("\n")
        if line
    ]
    measured = ""
    for by_site in (False, True) if options.by_page else (True,):
        runs = []
        with ProcessPoolExecutor() as pool:
            for run in pool.map(partial(cross_validate, pages, by_site), range(options.seeds)):
                print(f"folds by {'site' if by_site else 'page'}, seed {len(runs)}: {report(pages, [run])}", flush=True)
                runs.append(run)
        measured = report(pages, runs)
    if options.write:
        write_cards(fit_cards(pages), len(pages), options.seeds, measured)
        write_model()


if __name__ == "__main__":
    main()
