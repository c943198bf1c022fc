"""Seeded sites: pages with planted boilerplate, and which of their lines that is.

A site has a language, a layout of its own (masthead, menu, lines below the headline, prompts between paragraphs,
footer) and lines in which dates, times, counts and names of days vary. Around it stand articles of altered.py,
and among these the traps: a sentence that many quote on one day, a column whose standing headline is the
articles' own, results and prices below a headline or at the end, a refrain, copies of one wire story.

    python tests/sites.py 1 6 20 > pages.jsonl     # seed, sites, pages of each; {id, source, date, text, boilerplate}
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from altered import LANGUAGES, lay_out_once, make_article

FURNITURE: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("furniture.toml").read_text("utf-8"))
FIRST_DAY = date(2023, 1, 5)
DAYS_APART = 11


class Line(NamedTuple):
    text: str
    is_boilerplate: bool = False


class Page(NamedTuple):
    """One page: where it comes from, when, and its lines, blank ones left out."""

    source: str
    date: str
    lines: list[Line]

    @property
    def text(self) -> str:
        return "\n\n".join(line.text for line in self.lines)


class Site:
    """One site's layout, drawn once; pages are drawn from it."""

    def __init__(self, seed: int | str, number: int) -> None:
        self.rng = rng = Random(f"site {seed} {number}")
        self.language = list(LANGUAGES)[number % len(LANGUAGES)]
        self.words = words = FURNITURE[self.language]
        self.name = f"{rng.choice(words['names'])} {rng.choice(words['towns'])}"
        self.source = f"site-{number}.example"
        self.masthead = [self.name, *rng.sample(words["menu"], rng.randint(0, 6))]
        self.dateline = rng.choice([*words["datelines"], ""])
        self.below_headline = rng.sample(words["below_headline"], rng.randint(1, 3))
        self.between = rng.sample(words["between"], rng.randint(0, 2))
        self.footer = rng.sample(words["footer"], rng.randint(2, 5))
        self.quote = "".join(_fill_sentence(rng, self.language))
        self.column = rng.choice(words["columns"])

    def make_pages(self, n: int, wire_copies: int = 0, busy_share: float = 0.25) -> list[Page]:
        """`n` pages in the order of their days, and copies of one story among them. `busy_share` of them are of one
        day, and quote the same sentence."""
        days = [FIRST_DAY + timedelta(self.rng.randrange(n * DAYS_APART)) for _ in range(n)]
        busy = days[0]
        days[: int(n * busy_share)] = [busy] * int(n * busy_share)
        pages = [self._make_page(day, quotes=busy_share > 0 and day == busy) for day in days]
        story = [line.text for line in lay_out_once(self.rng, make_article(self.rng, self.language)) if line.text]
        for _ in range(wire_copies):
            day = self.rng.choice(days)
            altered = list(story)
            altered[-1] = altered[-1][: len(altered[-1]) * 3 // 4]
            pages.append(self._lay_out(day, [Line(line) for line in altered]))
        return sorted(pages, key=lambda page: page.date)

    def _make_page(self, day: date, quotes: bool) -> Page:
        rng = self.rng
        lines = [Line(line.text.strip()) for line in lay_out_once(rng, make_article(rng, self.language)) if line.text]
        if rng.random() < 0.15:
            lines[0] = Line(self.column)  # the column's headline is the article's
        if rng.random() < 0.3:
            lines.insert(2, Line(_fill(rng, self.words, rng.choice(self.words["results"]), day)))
        if rng.random() < 0.2:
            lines.append(Line(_fill(rng, self.words, rng.choice(self.words["results"]), day)))
        if quotes:
            lines.insert(rng.randint(2, len(lines)), Line(self.quote))
        if rng.random() < 0.1:
            refrain = Line(_fill_sentence(rng, self.language))
            lines[3:3] = [refrain, *lines[3:4], refrain]
        return self._lay_out(day, lines)

    def _lay_out(self, day: date, article: list[Line]) -> Page:
        rng = self.rng

        def planted(plans: list[str], chance: float = 1.0) -> list[Line]:
            return [Line(_fill(rng, self.words, plan, day, self.name), True) for plan in plans if rng.random() < chance]

        head = planted(self.masthead) + planted([self.dateline] if self.dateline else [])
        body = [article[0], *planted(self.below_headline, 0.95), *article[1:]]
        for prompt in planted(self.between, 0.85):
            body.insert(rng.randint(len(body) // 2, len(body) - 1), prompt)
        return Page(self.source, day.isoformat(), [*head, *body, *planted(self.footer)])


def _fill(rng: Random, words: dict[str, Any], plan: str, day: date, site: str = "") -> str:
    minutes = rng.randrange(24 * 60)
    return plan.format(
        site=site,
        day=words["days"][day.weekday()],
        month=words["months"][day.month - 1],
        d=day.day,
        dd=f"{day.day:02}",
        mm=f"{day.month:02}",
        y=day.year,
        time=f"{minutes // 60:02}:{minutes % 60:02}",
        few=rng.randint(0, 40),
        many=rng.randint(100, 9999),
        goals=rng.randint(0, 5),
        others=rng.randint(0, 5),
        price=f"{rng.randint(10, 99)}.{rng.randint(0, 99):02}",
        percent=rng.randint(1, 99),
    )


def _fill_sentence(rng: Random, language: str) -> str:
    return max(make_article(rng, language).body, key=len)


def make_sites(seed: int | str, n_sites: int, n_pages: int, wire_copies: int = 0) -> Iterator[Page]:
    """The pages of `n_sites` sites, one site after the other, languages in turn."""
    for number in range(n_sites):
        yield from Site(seed, number).make_pages(n_pages, wire_copies)


def main(seed: str, n_sites: str, n_pages: str) -> None:
    for i, page in enumerate(make_sites(seed, int(n_sites), int(n_pages))):
        planted = [line.text for line in page.lines if line.is_boilerplate]
        row = {"id": i, "source": page.source, "date": page.date, "text": page.text, "boilerplate": planted}
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
