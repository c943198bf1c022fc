"""Later copies of a headline, caption, byline or paragraph go; the first stays.

In: an article's lines. Out: the lines that go, each with its rule. Short texts repeat themselves on
purpose (refrains, scores, forecasts, code), so a copy alone is no reason. Three patterns are: the
first line comes back in the head; two adjacent copies that stand exactly twice; the whole article
stands again. A study of real pages found 30 true and no false ones among adjacent copies of 25
characters and more that stand exactly twice, 14 and none among copies whose neighbours repeat too,
but 78 and 15 by length alone: a meal plan repeats whole paragraphs. Prose must be near: a poem, a
table or a menu has none. Cost: linear in the lines, quadratic in the head's 16.
"""

import re
from collections import Counter

from dedupe.clean.built_in import AGAIN, BYLINE, CAPTION, CAPTION_DROPPED, HEADLINE, PARAGRAPH
from dedupe.clean.copies import COPY, NO_COPY, is_copy
from dedupe.clean.lines import ARTIFACT, DIGITS, LETTERS, STOP, UNSPACED, Article, Lines
from dedupe.engine import unicode_tables
from dedupe.engine.code_points import properties

HEAD = 12  # lines among which the headline may come back
SIZED_COPIES = 2  # of other lines than the headline, beside a font size: captions have three
FONT_SIZE = b"TT"
HEAD_BEHIND = 5  # lines after its last copy that still belong to the head
MAX_STRANGERS = 2  # paragraphs before the headline's copy that are no copies themselves
HEADLINE_WIDTH = 12
NAME_BYTES = 6  # a name of two Chinese characters
SHORT_BYTES = 40  # of lines that are looked at whatever their ends, where a head repeats itself
COPY_WIDTH = 8  # in a head that repeats itself
PAIR_WIDTH = 25  # two adjacent copies in the midst of prose
BANNERS = 3  # lines among which a headline stands twice below a site's banner
CAPTION_WIDTH = 40  # columns of two adjacent copies below a headline that does not come back
PARTICLE = 3  # letters of a word in a name that may be written small
CALLS = tuple(mark.encode() for end in ("", "'", ")") for mark in ("!" + end, "?" + end, "！" + end, "؟" + end))
SHORT_PAIR_HEAD = 6  # lines among which a shorter pair counts (a byline twice)
AGAIN_STARTS = 8  # lines of the head at which the article may begin again
AGAIN_LINES = 3
AGAIN_SHARE = 3  # a third of the article's lines, at least
AGAIN_TRIES = 16  # copies of a line at which the article may begin again; a line that stands more often is none
PROSE_NEAR = 4  # lines behind the headline's copy among which there is prose, where no line is blank
INDENT = 4  # code
TABLE_BARS = 3
TABLE_TABS = 2
TEXT_BEGINS = (b"'", b"(", b"[", b"?")
DATA_NUMBERS = 5  # numbers in a line of a table or a log
NUMBER = re.compile(rb"[0-9]+")


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
            for i in {*range(min(k, HEAD + HEAD_BEHIND)), k - 1}:
                if i not in found and _same(article, i, k):
                    found[i] = CAPTION_DROPPED
    return found


def _same(article: Article, i: int, k: int, strict: bool = False) -> bool:
    """Whether line k copies line i; the keys only say where it is worth a look. A strict look takes labels of
    known words only. Where the head repeats itself, another takes those of any words too, and looks at all
    pairs of short lines: a label leaves them no end alike."""
    lines, a, b = article.lines, article.ids[i], article.ids[k]
    if lines.key[a] == lines.key[b]:
        return lines.raw(a) == lines.raw(b) or lines.form(a) == lines.form(b)
    is_near = any(edge[a] and edge[a] == edge[b] for edge in lines.edges)
    is_short = max(len(lines.form(a)), len(lines.form(b))) < SHORT_BYTES
    if not is_near and (strict or not is_short):
        return False
    copy = is_copy(lines.form(a), lines.form(b), lines.raw(a), lines.raw(b))
    return (copy == COPY and is_near) or (copy != NO_COPY and not strict and _repeats_itself(article))


def _tells_something(lines: Lines, i: int) -> bool:
    """Whether line i, in a head that repeats itself, may be a copy; names in Chinese take few columns."""
    form = lines.form(i)
    return lines.width[i] >= COPY_WIDTH or (len(form) >= NAME_BYTES and form[0] >= UNSPACED)


def _repeats_itself(article: Article) -> bool:
    """Whether some two lines of the head are copies for certain."""
    if article.repeats is None:
        lines, head = article.lines, range(min(len(article), HEAD))
        wide = (k for k in head if _tells_something(lines, article.ids[k]))
        article.repeats = any(_same(article, i, k, strict=True) for k in wide for i in range(k))
    return article.repeats


def _is_text(lines: Lines, i: int) -> bool:
    """Whether line i may be a headline, a caption or a paragraph: not a table's row, a log's entry, a
    line of code, a quoted or a listed one, or a ruler."""
    form, raw = lines.form(i), lines.raw(i)
    if (
        not lines.flags[i] & LETTERS
        or raw[:INDENT].isspace()
        or raw.count(b"\t") >= TABLE_TABS
        or raw.count(b"|") >= TABLE_BARS
    ):
        return False
    begins = form[:1].isalnum() or form[0] >= 0x80 or form[:1] in TEXT_BEGINS
    has_words = b" " in form or any(byte >= UNSPACED for byte in form)
    return begins and has_words and len(NUMBER.findall(form)) < DATA_NUMBERS


def _find_head_copies(article: Article, found: dict[int, str]) -> None:
    last = _headline_again(article, found)
    if not last:
        return
    lines, ids = article.lines, article.ids
    for k in range(1, min(len(ids), last + HEAD_BEHIND)):
        if k in found or not _tells_something(lines, ids[k]):
            continue
        above = range(min(k, last))  # what is new below the headline's last copy is the body's
        original = next((i for i in above if i not in found and _same(article, i, k)), None)
        if original is not None and _is_text(lines, ids[original]):
            wide = lines.width[ids[k]] >= PAIR_WIDTH
            found[k] = HEADLINE if original == 0 else CAPTION if wide else BYLINE
        elif k > last and article.prose[k]:
            break  # the body has begun


def _headline_again(article: Article, found: dict[int, str]) -> int:
    """The place of the last copy of the first line in the head, where one tells of a scraped head; else 0."""
    lines, ids = article.lines, article.ids
    first = ids[0]
    if not _tells_something(lines, first) or lines.ends_open(first) or not _is_text(lines, first):
        return 0
    head = range(min(len(ids), HEAD))
    copies = [any(_same(article, i, k) for i in range(k)) for k in head]
    before: list[int] = []  # of each line, the paragraphs before it that are no copies and have none
    again: list[tuple[int, bool]] = []  # copies of the first line, and whether a sentence stands before them
    strangers = others = 0  # others: copies of another line, with no such paragraph between
    is_told = False
    for k in head:
        before.append(strangers)
        if k == 0 or k in found:
            continue
        if _same(article, 0, k):
            if not _in_stanza(article, k, copies):
                again.append((k, is_told))
        elif copies[k]:
            others += any(before[i] == strangers and _same(article, i, k) for i in range(1, k))
        elif not any(_same(article, k, i) for i in head[k + 1 :]):
            is_sentence = lines.flags[ids[k]] & STOP != 0 and not lines.ends_open(ids[k])
            is_told |= is_sentence and lines.width[ids[k]] >= PAIR_WIDTH
            strangers += article.prose[k]
            if strangers > MAX_STRANGERS:
                break
    # Behind a paragraph, or a sentence, a heading may say what the headline says, and behind two an answer
    # that but for a word before it: one copy by itself tells nothing there.
    if others or len({before[k] for k, _ in again}) < len(again):
        whole = [k for k, _ in again if before[k] < MAX_STRANGERS or lines.key[ids[k]] == lines.key[first]]
    else:
        whole = [k for k, is_told in again if before[k] == 0 and not is_told]
    last = max(whole, default=0)
    if not others and (lines.flags[first] & STOP or lines.width[first] < HEADLINE_WIDTH):
        return 0  # a sentence or a name, so far as one can tell
    if others < 2 and article.prose[0] and lines.flags[first] & STOP:
        return 0  # a paragraph, and one more that comes back is no head
    # Where a font size tells of the scraper too, there need be no body, as in a gallery or a page that was cut,
    # nor a copy of the headline that reads like one.
    sized = _head_by_size(article, copies)
    return max(last, sized) if sized or article.last_prose > last else 0


def _head_by_size(article: Article, copies: list[bool]) -> int:
    """The last line of a head in which lines above a font size come back beside it, or 0."""
    lines, ids = article.lines, article.ids
    size = next((k for k in range(len(copies)) if lines.raw(ids[k]).strip() == FONT_SIZE), 0)
    places = [
        k
        for k in range(1, min(len(copies), size + HEAD_BEHIND + 1))
        if copies[k] and _tells_something(lines, ids[k]) and any(_same(article, i, k) for i in range(1, min(k, size)))
    ]
    return places[-1] if len(places) >= SIZED_COPIES else 0


def _in_stanza(article: Article, k: int, copies: list[bool]) -> bool:
    """Whether line k stands, with no blank line between, beside a short line that is new: a poem's first
    line comes back like that. Where an article has no blank lines at all, its prose must be near."""
    if article.gapless:
        return not any(article.prose[k + 1 : k + 1 + PROSE_NEAR])
    before = k > 0 and article.joined[k - 1] and not _belongs_to_head(article, k - 1, copies)
    return before or (article.joined[k] and not _belongs_to_head(article, k + 1, copies))


def _belongs_to_head(article: Article, k: int, copies: list[bool]) -> bool:
    is_copied = k == 0 or (k < len(copies) and copies[k])
    return is_copied or article.prose[k] or article.lines.flags[article.ids[k]] & ARTIFACT != 0


def _find_pairs(article: Article, found: dict[int, str]) -> None:
    lines, ids, n = article.lines, article.ids, len(article)
    counts: Counter[int] | None = None
    for k in range(1, n):
        i = k - 1
        if k in found or i in found:
            continue
        if lines.key[ids[i]] != lines.key[ids[k]]:
            if k <= BANNERS and lines.width[ids[i]] >= PAIR_WIDTH and _is_headline_twice(article, i, k):
                found[k] = HEADLINE
            continue
        if counts is None:
            counts = Counter([lines.key[x] for x in ids])
        if counts[lines.key[ids[k]]] == 2 and _is_pair(article, i, k) and _same(article, i, k):
            width = lines.width[ids[k]]
            found[k] = PARAGRAPH if article.prose[k] else CAPTION if width >= PAIR_WIDTH else BYLINE


def _is_headline_twice(article: Article, i: int, k: int) -> bool:
    """Whether line k is a near copy of the headline i above it, below a banner or two."""
    if article.first_prose < i or article.last_prose <= k or not _same(article, i, k):
        return False
    return _is_text(article.lines, article.ids[i]) and not _in_stanza(article, k, [True])


def _is_pair(article: Article, i: int, k: int) -> bool:
    """Whether two adjacent copies are a scraper's: paragraphs; captions or bylines in the head; captions
    set apart in the midst of prose."""
    lines, ids = article.lines, article.ids
    width = lines.width[ids[k]]
    if not _is_text(lines, ids[k]) or (i > 0 and _is_quoted(lines.form(ids[k]))):
        return False
    if article.prose[k]:
        return True
    apart, flags = not article.joined[i], lines.flags[ids[k]]
    if apart and (article.first_prose < i or _in_stanza(article, k, [True])):
        return False
    is_called = lines.form(ids[k]).endswith(CALLS)  # by many, and often
    if k <= SHORT_PAIR_HEAD and article.last_prose > k:
        in_verse = article.joined[k] and not article.gapless and not _belongs_to_head(article, k + 1, [True])
        if width < PAIR_WIDTH:
            is_byline = not apart and width >= COPY_WIDTH and not flags & (STOP | DIGITS)
            return is_byline and not is_called and _reads_like_byline(lines.raw(ids[k]))
        is_sentence = flags & STOP != 0 and (apart or article.gapless)
        is_caption = not is_called and not is_sentence and (apart or width >= CAPTION_WIDTH)
        if (i == 0 or is_caption) and not in_verse and not lines.ends_open(ids[k]):
            return True
    between_prose = i > 0 and article.prose[i - 1] and k + 1 < len(article) and article.prose[k + 1]
    set_apart = not article.joined[i - 1] and not article.joined[k]
    return width >= PAIR_WIDTH and between_prose and set_apart and not is_called


def _is_quoted(form: bytes) -> bool:
    """Whether a line is nothing but a quotation, which may be repeated for its own sake."""
    return form[:1] == b"'" and form.rstrip(b".,!?").endswith(b"'")


def _reads_like_byline(raw: bytes) -> bool:
    """Whether words begin with capitals, but for those of few letters ("by", "von der")."""
    words = [word for word in raw.decode("utf-8", "surrogatepass").split() if len(word) > PARTICLE]
    return bool(words) and all(_is_capital(word[0]) for word in words)


def _is_capital(char: str) -> bool:
    return properties(ord(char)) & unicode_tables.FOLD != 0


def _find_article_again(article: Article, found: dict[int, str]) -> None:
    """The article, or most of it, stands a second time."""
    lines, ids, n = article.lines, article.ids, len(article)
    if sum(article.prose) < 4:
        return
    key = [lines.key[x] for x in ids]
    least = max(AGAIN_LINES, -(-n // AGAIN_SHARE))
    for start in range(min(AGAIN_STARTS, n)):
        tries = 0
        for again in range(start + least, n - least + 1):
            if key[again] != key[start] or again in found:
                continue
            tries += 1
            if tries > AGAIN_TRIES:
                break
            length = 0
            while again + length < n and start + length < again and key[start + length] == key[again + length]:
                length += 1
            stand = Counter(key[again : again + length])
            told = sum(article.prose[x] and stand[key[x]] == 1 for x in range(again, again + length))
            if length >= least and told >= 2:  # a head that stands twice is no article
                if all(_same(article, start + x, again + x) for x in range(length)):
                    found.update(dict.fromkeys(range(again, again + length), AGAIN))
