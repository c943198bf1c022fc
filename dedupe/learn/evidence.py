"""Is a line that stands on many documents of a site boilerplate, or news that is said often?

A line is a site's when it stands on enough documents that are not copies of each other, spread over the time
that the documents span, in a place of its own: above an article, below it, or between its paragraphs. It is
not when one stretch of time has most of it (the wire's line of the hour), when it stands amid the text of few,
when it is the headline of the documents that it opens, or when numbers in it carry the news.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dedupe.learn.lines import Line
from dedupe.learn.numbers import PARTS, Kind, are_days, count_of, find_kinds
from dedupe.learn.templates import Template

STRETCHES = 16  # into which the documents of a source are parted by time
AT_LEAST = 3  # stretches that have the line, where there are as many
SPREAD = 0.6  # share of the stretches that so many documents would fall into by chance
DENSE = 0.9  # share of the documents there, where a line came with a new layout
IN_PLACE = 0.8  # share of its documents in which a line stands in one place
AMID = 5  # times the least share: amid the text stand sub-headings and sentences that many quote
MOSTLY = 0.5
LACKING = 0.4  # headlines that a document lacks on an average, against others, where the line is one
WORDS_OF_COUNTER = 3  # that vary: "1 comment", "2 comments"; more are names, or a calendar's
COUNTED = 0.1  # least share of documents with a counter, or with a word that varies,
LARGE = 999  # and MOSTLY of a counter with larger numbers
TIGHT = 0.9  # of two lines' documents that have both, one below the other
MOST_RUN = 40


@dataclass(slots=True)
class Site:
    """The documents of a source that are counted: how many, how many in each stretch of time, and how many lines
    of theirs may be headlines."""

    name: str
    documents: int = 0
    n_bytes: int = 0
    headlines: int = 0
    stretches: dict[int, int] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    is_dated: bool = False
    """Stretches are days, not places in the input."""


@dataclass(slots=True)
class Finding:
    """What may become a rule: one line, or the lines of a template, and where they stand."""

    lines: list[Line]
    documents: int
    place: str
    template: Template | None = None
    is_exact: bool = False
    """Its numbers are the same everywhere, and no others will do."""


def judge(
    site: Site,
    lines: Sequence[Line],
    template: Template | None,
    need: int,
    min_share: float,
    calendar: frozenset[str] = frozenset(),
) -> Finding | None:
    """What the lines, which are one but for words and numbers, are to the site; None where they may be news.

    `calendar` has the words that vary beside dates.
    """
    documents = min(sum(line.documents for line in lines), site.documents)
    if documents < need or not _is_spread(site, lines, documents):
        return None
    place = _place_of(lines)
    if place == "between" and documents < AMID * min_share * site.documents:
        return None
    if place == "head" and _is_headline(site, lines, documents):
        return None
    if template and not any("#" in line.shape for line in lines) and documents < COUNTED * site.documents:
        return None
    varies = template is not None or any(line.reworded for line in lines)
    if varies and (place == "between" or not _is_clock_or_counter(site, lines, template, documents, calendar)):
        return None
    has_numbers = any(PARTS.search(line.examples[0]) for line in lines)
    return Finding(list(lines), documents, place, template, is_exact=has_numbers and not varies)


def _is_spread(site: Site, lines: Iterable[Line], documents: int) -> bool:
    """Whether the documents with the line fall into about as many stretches of time as chance would have it, or,
    where days are known, are nearly all there are in some: a layout that came and went."""
    buckets = 0
    for line in lines:
        buckets |= line.buckets
    there = [bucket for bucket in site.stretches if buckets >> bucket & 1]
    n = len(site.stretches)
    if len(there) < min(AT_LEAST, n):
        return False
    by_chance = n * (1 - (1 - 1 / n) ** documents)
    if len(there) >= SPREAD * by_chance:
        return True
    return site.is_dated and documents >= DENSE * sum(site.stretches[bucket] for bucket in there)


def is_dated(lines: Iterable[Line]) -> bool:
    """Whether dates or times vary in the lines, and no number that may be news."""
    kinds = find_kinds([text for line in lines for text in line.examples])
    return Kind.CLOCK in kinds and Kind.NEWS not in kinds


def _place_of(lines: Iterable[Line]) -> str:
    head, tail, between = (sum(getattr(line, name) for line in lines) for name in ("head", "tail", "between"))
    total = max(head + tail + between, 1)
    return "head" if head >= IN_PLACE * total else "tail" if tail >= IN_PLACE * total else "between"


def _is_headline(site: Site, lines: Sequence[Line], documents: int) -> bool:
    """Whether documents that have the line in the head lack the headline that the site's other documents have.

    Asked of lines of less than half of the documents: of more, the others are few, and chance decides.
    """
    head, headlines = sum(line.head for line in lines), sum(line.headlines for line in lines)
    if not head or documents >= MOSTLY * site.documents:
        return False
    return (site.headlines - headlines) / (site.documents - head) - headlines / head >= LACKING


def _is_clock_or_counter(
    site: Site, lines: Sequence[Line], template: Template | None, documents: int, calendar: frozenset[str]
) -> bool:
    if not any("#" in line.shape for line in lines):
        return True  # a word alone varies
    texts = [text for line in lines for text in line.examples]
    kinds = find_kinds(texts)
    if Kind.NEWS in kinds:
        return False
    n_counts = kinds.count(Kind.COUNT)
    if Kind.CLOCK in kinds or not n_counts:
        return True
    share = documents / site.documents
    if template and are_days(texts) and any(_is_of_dates(slot, calendar) for slot in template.slots):
        return True  # a date without its year
    if template and sum(map(len, template.slots)) > WORDS_OF_COUNTER:
        return False
    return n_counts == 1 and share >= (COUNTED if count_of(texts) <= LARGE else MOSTLY)


def _is_of_dates(slot: Mapping[str, int], calendar: frozenset[str]) -> bool:
    return sum(n for word, n in slot.items() if word in calendar) >= IN_PLACE * sum(slot.values()) > 0


def find_runs(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Findings of one site, those that nearly always stand one below the other together."""
    by_key = {line.key: finding for finding in findings for line in finding.lines}
    below: dict[int, Finding] = {}
    above: set[int] = set()  # those that have one
    for finding in findings:
        follower = _follower(finding, by_key)
        if follower and follower is not finding and id(follower) not in above:
            below[id(finding)] = follower
            above.add(id(follower))
    runs = []
    taken: set[int] = set()
    for first in [*(x for x in findings if id(x) not in above), *findings]:  # a ring has no first line
        run: list[Finding] = []
        at: Finding | None = first
        while at and id(at) not in taken:
            if run and (len(run) == MOST_RUN or not _go_together(run[0], at)):
                runs.append(run)
                run = []
            taken.add(id(at))
            run.append(at)
            at = below.get(id(at))
        if run:
            runs.append(run)
    return runs


def _go_together(a: Finding, b: Finding) -> bool:
    return a.is_exact == b.is_exact and a.place == b.place and _close(a.documents, b.documents)


def _close(a: int, b: int) -> bool:
    return min(a, b) >= TIGHT * max(a, b)


def _follower(finding: Finding, by_key: Mapping[int, Finding]) -> Finding | None:
    if finding.template or len(finding.lines) > 1:
        return None
    (line,) = finding.lines
    follower = by_key.get(line.below)
    if not follower or follower.template or not _close(finding.documents, follower.documents):
        return None
    # The vote is at least what remains when all that disagree are taken off: 2 * agreeing - documents.
    return follower if line.votes >= (2 * TIGHT - 1) * line.documents else None


def least_documents(site: Site, min_documents: int, min_share: float) -> int:
    """How many documents of a site make a line frequent."""
    return max(min_documents, math.ceil(min_share * site.documents))
