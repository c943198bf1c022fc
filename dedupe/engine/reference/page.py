"""The article of a page dump: which lines of it go, by three scorecards.

A scorecard is a number to begin with and steps: where up to three columns of a line are above their bounds, a
number is added.
The first finds the headline, the second looks at each line and what stands around it, the third looks again,
at the scores of its neighbours too. A line stays whose last score is above 0. Everything is whole numbers.
"""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from dedupe.engine import page_columns as columns
from dedupe.engine.reference.batch import Buffer, documents
from dedupe.engine.reference.lines import Needles
from dedupe.engine.reference.page_context import Context
from dedupe.engine.reference.page_lines import CLASS_BITS, Page

MAX_LINES = 100_000  # a text of more is no page
LEAST_HEADLINE = -1000  # a page that has an article has a headline, as a rule
MIN_GOES = 4  # a text of which fewer lines go is no page dump
MOSTLY = 700  # per mille of its words: a text of which so much would stay is an article, whatever its headline
BEFORE, WITHIN, AFTER, NONE, HEADLINE = range(5)  # the rules, in the order of dedupe/clean/built_in.py
ON_SHIFT = 8  # of the options: one bit for each rule that applies
KEEPS_HEADLINE = 1
STEP = 2 * columns.CONDITIONS + 1  # numbers of a step
MOST_STEPS, MOST_ADDED = 10_000, 100_000  # so that a score fits 32 bits
WORDS = columns.COLUMNS.index("words")
NO_MODEL = "model must be what pack_model gives"


class Card(NamedTuple):
    """A scorecard: steps of three columns, each with its bound, and what is added where all are above."""

    base: int
    steps: list[tuple[int, ...]]

    def scores(self, rows: Sequence[Sequence[int]]) -> list[int]:
        return [
            self.base
            + sum(
                added
                for a, over_a, b, over_b, c, over_c, added in self.steps
                if row[a] > over_a and row[b] > over_b and row[c] > over_c
            )
            for row in rows
        ]


class Model(NamedTuple):
    """The scorecards; and of a page that has an article, its fewest words, and the least sum of the best headline
    score and the best first score."""

    min_words: int
    min_best: int
    cards: list[Card]


def read_model(buffer: Buffer) -> Model:
    """int32: the fewest words, the least sum of best scores, then each card: base, number of steps, the steps."""
    data = memoryview(buffer).cast("B")
    values = array("i")
    if len(data) % values.itemsize or len(data) < 2 * values.itemsize:
        raise ValueError(NO_MODEL)
    values.frombytes(data)
    cards, at = [], 2
    for most in (columns.FIRST_COLUMNS, columns.HEAD_COLUMNS, len(columns.COLUMNS)):
        if at + 2 > len(values) or not 0 <= values[at + 1] <= (len(values) - at - 2) // STEP:
            raise ValueError(NO_MODEL)
        base, n = values[at : at + 2]
        flat = values[at + 2 : at + 2 + STEP * n].tolist()
        if n > MOST_STEPS or any(abs(added) > MOST_ADDED for added in (base, *flat[STEP - 1 :: STEP])):
            raise ValueError(NO_MODEL)
        steps = list(zip(*(flat[k::STEP] for k in range(STEP)), strict=True))
        if any(not 0 <= column < most for step in steps for column in step[: STEP - 1 : 2]):
            raise ValueError(NO_MODEL)
        cards.append(Card(base, steps))
        at += 2 + STEP * n
    if at != len(values):
        raise ValueError(NO_MODEL)
    return Model(values[0], values[1], cards)


def read_vocabulary(buffer: Buffer) -> dict[int, int]:
    """Keys of words, with their classes: uint64, an open-addressing table of 2^n slots, 0 is empty."""
    data = bytes(memoryview(buffer).cast("B"))
    slots = len(data) // 8
    if len(data) % 8 or slots & (slots - 1):
        raise ValueError("vocabulary must be empty or what pack_vocabulary gives")
    values = [value for value in array("Q", data) if value]
    if any(value & CLASS_BITS >= len(columns.VOCABULARY) for value in values) or (slots and len(values) == slots):
        raise ValueError("vocabulary must be empty or what pack_vocabulary gives")
    return {value & ~CLASS_BITS: value & CLASS_BITS for value in values}


def page_columns(document: Buffer, needles: Buffer, vocabulary: Buffer, heads: Buffer, firsts: Buffer) -> bytes:
    """int32 (columns, lines): those that need no scores; with headline scores (int32 a line), HEAD too; with first
    scores, SECOND too."""
    page = Page(bytes(document), Needles(needles), read_vocabulary(vocabulary))
    scores = []
    for buffer, name in ((heads, "heads"), (firsts, "firsts")):
        view = memoryview(buffer).cast("B")
        if len(view) not in (0, 4 * page.n):
            raise ValueError(f"{name} must be empty or one int32 a line")
        scores.append(view.cast("i").tolist())
    if page.n > MAX_LINES:
        raise ValueError(f"a page has at most {MAX_LINES} lines")
    rows = page.columns()
    context = Context(page, rows)
    parts = [rows, context.around()]
    if page.n and scores[0]:
        parts.append(context.head(scores[0]))
        if scores[1]:
            parts.append(context.second(scores[1]))
    whole = [[value for row in line for value in row] for line in zip(*parts, strict=True)]
    return b"".join(array("i", column).tobytes() for column in zip(*whole, strict=True))


def pages(text: Buffer, offsets: Buffer, needles: Buffer, vocabulary: Buffer, model: Buffer, options: int) -> bytes:
    """int64 (n, 4): document, start, end and rule of each span that goes; a span is lines that stand together
    and go by one rule."""
    rules, words, cards = Needles(needles), read_vocabulary(vocabulary), read_model(model)
    rows = array("q")
    for number, document in enumerate(documents(text, offsets)):
        for start, end, rule in _find_spans(document, rules, words, cards, options):
            rows.extend((number, start, end, rule))
    return rows.tobytes()


def _find_spans(
    document: bytes, rules: Needles, vocabulary: dict[int, int], model: Model, options: int
) -> list[tuple[int, int, int]]:
    if document.count(b"\n") >= MAX_LINES:
        return []
    page = Page(document, rules, vocabulary)
    if page.n == 0:
        return []
    goes = _mark_lines(page, model, options)
    gone = [rule is not None for rule in goes]
    blank = [line.key is None for line in page.lines]
    if sum(g and not b for g, b in zip(gone, blank, strict=True)) < MIN_GOES:
        return []
    spans: list[tuple[int, int, int]] = []
    for (start, _, after), rule in zip(page.spans, goes, strict=True):
        if rule is None:
            continue
        if spans and spans[-1][1:] == (start, rule):
            spans[-1] = (spans[-1][0], after, rule)
        else:
            spans.append((start, after, rule))
    stays = [i for i in range(page.n) if not gone[i]]
    if stays and stays[-1] < page.n - 1 and not document.endswith(b"\n"):
        # The text had no final line ending: the line that is now the last gives up its own.
        last = next(k for k, span in enumerate(spans) if span[0] >= page.spans[stays[-1]][2])
        spans[last] = (page.spans[stays[-1]][1], *spans[last][1:])
    return spans


def _mark_lines(page: Page, model: Model, options: int) -> list[int | None]:
    """The rule that each line goes by; None: it stays. Blank lines go with the line above."""
    rows = page.columns()
    context = Context(page, rows)
    rows = [[*row, *more] for row, more in zip(rows, context.around(), strict=True)]
    heads = model.cards[0].scores(rows)
    rows = [[*row, *more] for row, more in zip(rows, context.head(heads), strict=True)]
    firsts = model.cards[1].scores(rows)
    rows = [[*row, *more] for row, more in zip(rows, context.second(firsts), strict=True)]
    seconds = model.cards[2].scores(rows)
    stays = [seconds[i] > 0 and page.lines[i].key is not None for i in range(page.n)]
    on = [options >> ON_SHIFT + rule & 1 for rule in range(HEADLINE + 1)]
    n_words = sum(row[WORDS] for row, stay in zip(rows, stays, strict=True) if stay)
    is_sure = max(heads) + max(firsts) >= model.min_best or 1000 * n_words >= MOSTLY * sum(row[WORDS] for row in rows)
    if not is_sure or n_words < model.min_words or not any(stays):
        return [NONE if on[NONE] else None] * page.n
    first = stays.index(True)
    last = page.n - 1 - stays[::-1].index(True)
    best = max(range(first), key=lambda i: (heads[i], i), default=-1)
    headline = best if best >= 0 and heads[best] > LEAST_HEADLINE else -1
    goes: list[int | None] = []
    begin = headline if headline >= 0 and options & KEEPS_HEADLINE else first
    for i in range(page.n):
        if stays[i]:
            rule = None
        elif i == headline:
            rule = None if options & KEEPS_HEADLINE or not on[HEADLINE] else HEADLINE
        elif page.lines[i].key is None and i:
            rule = goes[i - 1]
        else:
            rule = BEFORE if i < begin else AFTER if i > last else WITHIN
            rule = rule if on[rule] else None
        goes.append(rule)
    after = last + 1
    if AFTER in goes[after:]:
        while page.lines[after].key is None:
            goes[after] = AFTER
            after += 1
    return goes
