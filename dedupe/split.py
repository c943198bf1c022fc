"""Capture -> articles: where on a scraped page another article begins.

A capture of a site that loads the next article below holds several: in the field's captures three
blank lines stand between, and then a line that reads like a headline. Articles are cleaned and
matched one by one, so the same article with other neighbours below is the same article.
"""

from collections.abc import Sequence

from dedupe.clean.lines import BLANK, LETTERS, STOP, Lines
from dedupe.clean.patterns import LINE_SECONDS, is_found
from dedupe.errors import RulesError

GAP = 3  # blank lines between two articles
HEADLINE_WIDTHS = range(8, 241)  # columns
MAX_JOINED = 3  # lines right below it
SENTENCE_WIDTH = 100  # a headline that is a sentence, full stop included, is shorter than a paragraph


def split_articles(lines: Lines, order: Sequence[int], mode: str) -> list[Sequence[int]]:
    """`order`, cut where an article begins. `mode` is auto, never or a regular expression."""
    if mode == "never" or not order:
        return [order]
    begins = _begins_by_gap if mode == "auto" else _begins_by_pattern
    cuts = [k for k in begins(lines, order, mode) if k > 0]
    return [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]


def _begins_by_gap(lines: Lines, order: Sequence[int], mode: str) -> list[int]:
    flags = lines.flags
    cuts, blanks = [], 0
    for k, i in enumerate(order):
        if flags[i] & BLANK:
            blanks += 1
            continue
        if GAP <= blanks < k and _reads_like_headline(lines, order, k):
            cuts.append(k)
        blanks = 0
    return cuts


def _reads_like_headline(lines: Lines, order: Sequence[int], k: int) -> bool:
    i = order[k]
    if not lines.flags[i] & LETTERS or lines.width[i] not in HEADLINE_WIDTHS:
        return False
    if lines.flags[i] & STOP and (lines.width[i] > SENTENCE_WIDTH or lines.ends_open(i)):
        return False
    # A byline's role or a TT may stand right below; then there is a gap, and more.
    below = k + 1
    while below < min(k + 1 + MAX_JOINED, len(order)) and not lines.flags[order[below]] & BLANK:
        if lines.is_prose(order[below]):
            return False
        below += 1
    return below + 1 < len(order) and lines.flags[order[below]] & BLANK != 0


def _begins_by_pattern(lines: Lines, order: Sequence[int], mode: str) -> list[int]:
    import regex

    pattern = regex.compile(mode)
    try:
        return [k for k, i in enumerate(order) if is_found(pattern, lines.text(i), whole=False)]
    except TimeoutError:
        raise RulesError(f"--split {mode!r} took over {LINE_SECONDS:g} s on a line; make it simpler") from None
