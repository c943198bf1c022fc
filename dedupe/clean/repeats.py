"""Later copies of a headline, caption, byline or paragraph go; the first stays.

In: an article's lines. Out: the lines that go, each with its rule. Short texts repeat themselves on
purpose (refrains, scores, forecasts, code), so a copy alone is no reason. Three patterns are: the
first line comes back in the head; two adjacent copies that stand exactly twice; the whole article
stands again. A study of real pages found 30 true and no false ones among adjacent copies of 25
characters and more that stand exactly twice, 14 and none among copies whose neighbours repeat too,
but 78 and 15 by length alone: a meal plan repeats whole paragraphs. Prose must be near: a poem, a
table or a menu has none. Cost: linear in the lines, quadratic in the head's 16.
"""

from collections import Counter

from dedupe.clean.copies import is_copy
from dedupe.clean.lines import LETTERS, STOP, Article

HEAD = 12  # lines among which the headline may come back
HEAD_BEHIND = 5  # lines after its last copy that still belong to the head
MAX_STRANGERS = 2  # paragraphs before the headline's copy that are no copies themselves
HEADLINE_WIDTH = 12
COPY_WIDTH = 8  # in a head that repeats itself
PAIR_WIDTH = 25  # two adjacent copies in the midst of prose
SHORT_PAIR_HEAD = 6  # lines among which a shorter pair counts (a byline twice)
AGAIN_STARTS = 8  # lines of the head at which the article may begin again
AGAIN_LINES = 3
TABLE_MARKS = (b"|", b"\t", b">")

HEADLINE, CAPTION, BYLINE = "repeat.headline", "repeat.caption", "repeat.byline"
PARAGRAPH, AGAIN = "repeat.paragraph", "repeat.article"
CAPTION_DROPPED = "captions.drop"


def find_repeats(article: Article, captions: str = "keep") -> dict[int, str]:
    """The lines that go and their rules, by their place in `article.ids`.

    With captions="drop" the first copy of a repeated caption goes as well.
    """
    n = len(article)
    if n < 2:
        return {}
    found: dict[int, str] = {}
    _find_article_again(article, found)
    _find_head_copies(article, found)
    _find_pairs(article, found)
    if captions == "drop":
        for k in [k for k, rule in found.items() if rule == CAPTION]:
            for i in range(k):
                if i not in found and _same(article, i, k):
                    found[i] = CAPTION_DROPPED
    return found


def _same(article: Article, i: int, k: int) -> bool:
    """Whether line k copies line i; the keys only say where it is worth a look."""
    lines, a, b = article.lines, article.ids[i], article.ids[k]
    if lines.key[a] == lines.key[b]:
        return lines.raw(a) == lines.raw(b) or lines.form(a) == lines.form(b)
    opening, closing = lines.opening, lines.closing
    if opening[a] and opening[a] == opening[b] or closing[a] and closing[a] == closing[b]:
        return is_copy(lines.form(a), lines.form(b))
    return False


def _find_head_copies(article: Article, found: dict[int, str]) -> None:
    last = _headline_again(article, found)
    if not last:
        return
    lines, ids = article.lines, article.ids
    for k in range(1, min(len(ids), last + HEAD_BEHIND)):
        if k in found or not lines.flags[ids[k]] & LETTERS or lines.width[ids[k]] < COPY_WIDTH:
            continue
        for i in range(k):
            if i not in found and _same(article, i, k):
                found[k] = HEADLINE if i == 0 else CAPTION if lines.width[ids[k]] >= PAIR_WIDTH else BYLINE
                break


def _headline_again(article: Article, found: dict[int, str]) -> int:
    """The place of the last copy of the first line in the head, where one tells of a scraped head; else 0."""
    lines, ids = article.lines, article.ids
    first = ids[0]
    if lines.width[first] < HEADLINE_WIDTH or not lines.flags[first] & LETTERS or _ends_open(article, 0):
        return 0
    last = 0
    strangers = 0
    for k in range(1, min(len(ids), HEAD)):
        if k in found:
            continue
        if _same(article, 0, k):
            last = k
        elif article.prose[k] and not any(_same(article, i, k) for i in range(1, k)):
            strangers += 1
            if strangers > MAX_STRANGERS:
                break
    return last if article.last_prose > last else 0


def _ends_open(article: Article, k: int) -> bool:
    """A salutation ("Mr Speaker,") or a label ("Question:") is no headline."""
    return article.lines.flags[article.ids[k]] & STOP != 0 and article.lines.form(article.ids[k])[-1:] in b",:;"


def _find_pairs(article: Article, found: dict[int, str]) -> None:
    lines, ids, n = article.lines, article.ids, len(article)
    counts: Counter[int] | None = None
    for k in range(1, n):
        i = k - 1
        if lines.key[ids[i]] != lines.key[ids[k]] or k in found or i in found:
            continue
        if counts is None:
            counts = Counter([lines.key[x] for x in ids])
        if counts[lines.key[ids[k]]] == 2 and _is_pair(article, i, k) and _same(article, i, k):
            width = lines.width[ids[k]]
            found[k] = PARAGRAPH if article.prose[k] else CAPTION if width >= PAIR_WIDTH else BYLINE


def _is_pair(article: Article, i: int, k: int) -> bool:
    lines, ids = article.lines, article.ids
    width = lines.width[ids[k]]
    raw = lines.raw(ids[k])
    if not lines.flags[ids[k]] & LETTERS or raw[:4].isspace() or any(mark in raw for mark in TABLE_MARKS):
        return False
    if article.prose[k]:
        return True
    prose_follows = article.last_prose > k
    if k <= SHORT_PAIR_HEAD and prose_follows and not _ends_open(article, k):
        if width >= PAIR_WIDTH or b" " in raw.strip() and width >= COPY_WIDTH and article.joined[i]:
            return not any(article.prose[:i]) or article.joined[i]
    between_prose = i > 0 and article.prose[i - 1] and k + 1 < len(article) and article.prose[k + 1]
    set_apart = article.joined[i] and not article.joined[i - 1] and not article.joined[k]
    return width >= PAIR_WIDTH and between_prose and set_apart


def _find_article_again(article: Article, found: dict[int, str]) -> None:
    """The article, or most of it, stands a second time."""
    lines, ids, n = article.lines, article.ids, len(article)
    if sum(article.prose) < 4:
        return
    key = [lines.key[x] for x in ids]
    places: dict[int, list[int]] = {}
    for k, value in enumerate(key):
        places.setdefault(value, []).append(k)
    for start in range(min(AGAIN_STARTS, n)):
        for again in places[key[start]]:
            if again <= start + 1 or again in found:
                continue
            length = 0
            while again + length < n and start + length < again and key[start + length] == key[again + length]:
                length += 1
            prose = sum(article.prose[again : again + length])
            if length >= AGAIN_LINES and prose >= 2 and length * 5 >= n * 2:
                if all(_same(article, start + x, again + x) for x in range(length)):
                    found.update(dict.fromkeys(range(again, again + length), AGAIN))
