"""Pages made of labelled ones, to fit scorecards on: two hundred pages are few, and each site has its own ways.

An article takes the place of another page's, so that no card learns which articles stand between which menus. Some get
a table, cell by cell as dumps have them, or a list of short lines: results, prices and rankings that belong to an
article look like a menu line by line, and a few pages of two hundred have one. Some get a column of teasers: these
look like an article line by line. And some have nothing but that: they are an index.
"""

import random
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

WORD = re.compile(r"\w+")
MARKS = (  # of a list's lines, and whether an address stands below each
    *(("", False), ("", False), ("- ", False)),
    *(("1. ", False), ("1) ", False), ("1) ", True)),
)
AT_THE_END = 0.15  # of tables and lists; others stand behind some line of the article
TEASERS = (  # layouts
    *("{headline}\n{text}",) * 4,
    *("{day}\n{headline}\n{text}", "{label}\n{headline}\n{text}", "{number}\n{headline}\n{text}"),
    *("{headline}\n{text}\n{day}", "{headline}\n{text}\n{label}", "{headline}\n{text}\n{minutes}"),
    *("{headline}{text}", "{headline}{text}", "{headline}", "{headline}\n{day}", "{label}\n{headline}"),
    *("{text}", "{text}", "{text}\n{label}"),
)
# How many words stay of a beginning, and what follows them.
SHORTENED = ((15, "..."), (25, "…"), (25, " […]"), (25, ""), (40, " …"), (40, ""), (1000, ""))
BELOW, NEAR = 0.6, 30  # of columns of teasers: how many stand below the article, and within how many lines


class Marked(NamedTuple):
    """The lines of a page, and which of them are its article's and its headline."""

    lines: list[str]
    is_article: np.ndarray
    is_headline: np.ndarray

    @classmethod
    def plain(cls, lines: list[str], is_article: bool = False) -> "Marked":
        """Lines that all belong to the article, or none of them."""
        return cls(lines, np.full(len(lines), is_article), np.zeros(len(lines), bool))

    def span(self) -> slice:
        """From the first line of headline and article to the last."""
        own = np.flatnonzero(self.is_article | self.is_headline)
        return slice(int(own[0]), int(own[-1]) + 1)

    def replace(self, span: slice, other: "Marked") -> "Marked":
        """The page with the lines of another in place of some of its own."""
        lines = [*self.lines[: span.start], *other.lines, *self.lines[span.stop :]]
        marks = [
            np.concatenate([own[: span.start], others, own[span.stop :]])
            for own, others in ((self.is_article, other.is_article), (self.is_headline, other.is_headline))
        ]
        return Marked(lines, *marks)

    def part(self, span: slice) -> "Marked":
        return Marked(self.lines[span], self.is_article[span], self.is_headline[span])

    def article(self, with_headline: bool) -> "Marked":
        """The article alone."""
        own = np.flatnonzero(self.is_article | (self.is_headline & with_headline))
        return Marked([self.lines[i] for i in own], self.is_article[own], self.is_headline[own])


def transplant(page: Marked, other: Marked) -> Marked:
    """The page, with the other's headline, article and what stands between them in place of its own."""
    return page.replace(page.span(), other.part(other.span()))


def put_list(page: Marked, rng: random.Random) -> Marked:
    """The page, with a table or a list of its article's own words in its article."""
    article = np.flatnonzero(page.is_article).tolist()
    sentences = [page.lines[i] for i in article]
    lines = _make_table(sentences, rng) if rng.random() < 0.5 else _make_list(sentences, rng)
    at = 1 + (article[-1] if rng.random() < AT_THE_END else rng.choice(article))
    return page.replace(slice(at, at), Marked.plain(lines, is_article=True))


def put_teasers(page: Marked, others: Sequence[Marked], rng: random.Random) -> Marked:
    """The page, with a column of headlines and beginnings of other articles above its own or below."""
    own = page.span()
    is_below = rng.random() < BELOW
    at = rng.randint(own.stop, min(own.stop + NEAR, len(page.lines))) if is_below else rng.randint(0, own.start)
    return page.replace(slice(at, at), Marked.plain(make_teasers(others, rng)))


def make_teasers(others: Sequence[Marked], rng: random.Random) -> list[str]:
    """Headlines and beginnings of articles, all in one layout; a line's beginning is a headline too."""
    layout, (most, end) = rng.choice(TEASERS), rng.choice(SHORTENED)
    labels = [line for other in others for line in other.lines[:20] if 0 < len(line) < 25] or ["-"]
    day, label = rng.randint(16, 28), rng.choice(labels)
    lines = []
    for number in range(1, rng.randint(4, 16)):
        other = rng.choice(others)
        article = np.flatnonzero(other.is_article).tolist()
        text = other.lines[article[0] if rng.random() < 0.6 else rng.choice(article)]
        headlines = [other.lines[i] for i in np.flatnonzero(other.is_headline)]
        if not headlines or rng.random() < 0.3:
            headlines = [_title(_shorten(other.lines[rng.choice(article)], rng.randint(4, 14)))]
        teaser = layout.format(
            headline=headlines[0],
            text=_shorten(text, most, end),
            day=f"{day - number}.{rng.randint(1, 12)}.2019",
            minutes=f"{rng.randint(2, 59)} min",
            label=label if layout.endswith("label}") else rng.choice(labels),
            number=number,
        )
        lines += teaser.split("\n")
    return lines


def _make_table(sentences: Sequence[str], rng: random.Random) -> list[str]:
    """A line for each cell: perhaps heads, then rows of places, names and numbers."""
    words = WORD.findall(" ".join(sentences))
    names = [word for word in words if word[:1].isupper() and len(word) > 2] or [word[:4] for word in words] or ["A"]
    cells: dict[str, Callable[[int], str]] = {
        "place": lambda row: f"{row}{rng.choice(['', '.', ''])}",
        "number": lambda _: str(rng.randint(0, 99)),
        "large": lambda _: str(rng.randint(100, 9999)),
        "share": lambda _: f"{rng.randint(0, 100)}%",
        "score": lambda _: f"{rng.randint(0, 9)}-{rng.randint(0, 9)}",
        "time": lambda _: f"{rng.randint(0, 23)}:{rng.randint(0, 59):02}",
        "name": lambda _: rng.choice(names),
        "names": lambda _: f"{rng.choice(names)} {rng.choice(names)}",
    }
    kinds = [
        rng.choice(["place", "number", "name", "names"]),
        rng.choice(["name", "names", "names"]),
        *rng.choices([*cells, "number", "number"], k=rng.randint(0, 5)),
    ]
    heads = [cells["name"](0) for _ in kinds] if rng.random() < 0.7 else []
    rows = []
    for row in range(1, rng.randint(4, 26)):
        rows += [cells[kind](row) for kind in kinds]
    return heads + rows


def _make_list(sentences: Sequence[str], rng: random.Random) -> list[str]:
    """Pieces of sentences that end in no full stop, numbered or not, perhaps each with an address below."""
    pieces = []
    for sentence in sentences:
        words, space = _split(sentence)
        first = rng.randrange(max(1, len(words) - 5))
        pieces.append(_title(space.join(words[first : first + rng.randint(3, 14)])))
    mark, has_address = rng.choice(MARKS)
    lines = []
    for number in range(1, rng.randint(4, 17)):
        lines.append(mark.replace("1", str(number)) + rng.choice(pieces))
        if has_address:
            lines.append(f"http://{rng.randrange(16**4):x}.example/{rng.randrange(16**6):x}")
    return lines


def _split(text: str) -> tuple[list[str], str]:
    """Words, or characters where no spaces stand between words, and what joins them."""
    return (text.split(), " ") if " " in text else (list(text), "")


def _shorten(text: str, most: int, end: str = "") -> str:
    words, space = _split(text)
    most = most if space else 3 * most
    return text if len(words) <= most else space.join(words[:most]) + end


def _title(text: str) -> str:
    text = text.strip(".,;:!?")
    return text[:1].upper() + text[1:]
