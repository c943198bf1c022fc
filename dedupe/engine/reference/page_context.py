"""What stands around a line of a page dump, and what scores say: the columns AROUND, HEAD and SECOND.

Neighbours are counted without blank lines, rules' lines and short lines that stand often: an
"Advertisement" between two paragraphs keeps them neighbours.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from dedupe.engine import page_columns as columns
from dedupe.engine.reference.page_lines import LONG_WORDS, Page, share

SHORT_WORDS = 8  # a line of fewer words may be part of a menu
SENTENCE_WORDS = 6
MOST_AWAY, MOST_TO_BLOCK, MOST_RANK = 200, 300, 9
HEADING_WORDS, MOST_FROM_MARK = 6, 50
SHAPE_WORDS = (1, 2, 4, 8, 14, 25, 45)
RHYTHM_LINES = 4
MOST_SPREAD_WORDS = 200
HEADLINE_BEFORE, HEADLINE_BEHIND = -100, 300
MOST_SCORE, NO_SCORE = 9000, -9900
MOST_ARTICLE_AWAY = 100
TOPIC_SHARE, TOPIC_SCORE = 4, 12  # of 16: of a line that tells the topic; of a word that belongs to it
INTERVAL_WORDS = 60  # that one line counts for


def certainty(score: int) -> int:
    """0 to 256: how sure a score is that a line belongs; a straight line for the logistic curve."""
    return min(max(score + 2000, 0), 4000) * 256 // 4000


def clip(value: int, low: int, high: int) -> int:
    return min(max(value, low), high)


class Context:
    """The neighbourhood of each line of a page."""

    def __init__(self, page: Page, rows: Sequence[Sequence[int]]) -> None:
        self.page, self.n = page, page.n
        names = (*columns.LINE, *columns.PAGE)
        self.column = {name: [row[k] for row in rows] for k, name in enumerate(names)}
        self.words = self.column["words"]
        length, copies, rule = (self.column[name] for name in ("length", "copies", "rule"))
        self.drops = [
            length[i] == 0 or (self.words[i] < SHORT_WORDS and (copies[i] > 2 or rule[i] > 0)) for i in range(self.n)
        ]
        self.kept = [i for i in range(self.n) if not self.drops[i]]
        self.before = list(accumulate((not drop for drop in self.drops), initial=0))[:-1]
        """How many lines that count stand before each line."""
        self.after = [k + (not drop) for k, drop in zip(self.before, self.drops, strict=True)]

    def neighbour(self, values: Sequence[int], i: int, step: int, missing: int) -> int:
        """The value of the line `step` lines away that count; `missing` beyond the ends."""
        k = self.before[i] + step if step < 0 else self.after[i] + step - 1
        return values[self.kept[k]] if 0 <= k < len(self.kept) else missing

    def window(self, values: Sequence[int]) -> Callable[[int, int], int]:
        """Sums of `values` over the lines that count, by a line and how far (before it: below 0)."""
        sums = list(accumulate((values[i] for i in self.kept), initial=0))
        last = len(self.kept)

        def total(i: int, span: int) -> int:
            low, high = (self.before[i] + span, self.before[i]) if span < 0 else (self.after[i], self.after[i] + span)
            return sums[min(high, last)] - sums[max(low, 0)]

        return total

    def away(self, flags: Sequence[bool], order: Iterable[int], most: int) -> list[int]:
        """How many lines that count lie between each line and the last one in `order` that is flagged."""
        away, lines = [most] * self.n, most
        for i in order:
            away[i] = lines
            if flags[i]:
                lines = 0
            elif not self.drops[i]:
                lines = min(lines + 1, most)
        return away

    def around(self) -> list[list[int]]:
        """The columns AROUND, as rows."""
        column, words, n = self.column, self.words, self.n
        is_sentence = [
            (column["ends"][i] > 0 and words[i] >= SENTENCE_WORDS)
            or (column["sentences"][i] > 0 and words[i] >= LONG_WORDS)
            for i in range(n)
        ]
        prose = [words[i] if is_sentence[i] else 0 for i in range(n)]
        is_long = [is_sentence[i] and words[i] >= LONG_WORDS for i in range(n)]
        prose_in, words_in = self.window(prose), self.window(words)
        menu_in = self.window([words[i] < SHORT_WORDS and not is_sentence[i] for i in range(n)])
        total = max(1, sum(prose))
        prose_before = list(accumulate(prose, initial=0))
        page = [total, 1000 * total // max(1, sum(words)), n]
        last = self.away(is_long, range(n), MOST_AWAY)
        following = self.away(is_long, range(n - 1, -1, -1), MOST_AWAY)
        blocks = [self._blocks(is_long, prose, total, gap) for gap in columns.GAPS]
        told = [
            list(
                accumulate(
                    (v > (name == "copies") and w > 0 for v, w in zip(column[name], words, strict=True)), initial=0
                )
            )
            for name in columns.TOLD
        ]
        marks = [
            self.away(flags, order, MOST_FROM_MARK)
            for flags in self._marks(is_sentence)
            for order in (range(n), range(n - 1, -1, -1))
        ]
        rhythm = self._rhythm()
        rows = []
        for i in range(n):
            row = [
                self.neighbour(column[name], i, step, -1)
                for d, names in ((1, columns.AT_1), (2, columns.AT_2), (3, columns.AT_3))
                for name in names
                for step in (-d, d)
            ]
            for span in columns.SPANS:
                sums = [prose_in(i, -span), prose_in(i, span)]
                row += sums
                row += [1000 * part // max(1, words_in(i, s)) for part, s in zip(sums, (-span, span), strict=True)]
            row += [menu_in(i, s) for span in columns.SHORT_SPANS for s in (-span, span)]
            row += [1000 * prose_before[i] // total, min(prose_before[i], 3000), *page, last[i], following[i]]
            row += [value for block in blocks for value in block[i]]
            for span in columns.TOLD_SPANS:
                for sums in told:
                    row += [sums[i] - sums[max(0, i - span)], sums[min(n, i + 1 + span)] - sums[i + 1]]
            row += [away[i] for away in marks]
            row += [values[i] for values in rhythm]
            rows.append(row)
        return rows

    def _rhythm(self) -> list[list[int]]:
        """How a line's words compare with those of lines near it; how many lines near it have the shape of the one
        so many lines on; and the mean and spread of the words around it."""
        n, words, kept = self.n, self.words, self.kept
        shape = self._shapes()
        result: list[list[int]] = []
        for stride in columns.STRIDES:
            for step in (-stride, stride):
                others = [self.neighbour(words, i, step, -1) for i in range(n)]
                result.append(
                    [
                        1000 * min(w, other) // max(1, w, other) if other >= 0 else -1
                        for w, other in zip(words, others, strict=True)
                    ]
                )
            pairs = zip(kept, kept[stride:], strict=False)
            sums = list(accumulate((shape[i] == shape[j] for i, j in pairs), initial=0))
            rhythm = [-1] * n
            for k, i in enumerate(kept):
                high, low = min(k + RHYTHM_LINES, len(sums) - 1), max(k - RHYTHM_LINES - stride, 0)
                rhythm[i] = sums[high] - sums[min(low, high)]
            result.append(rhythm)
        capped = [min(w, MOST_SPREAD_WORDS) for w in words]
        count_in, words_in = self.window([1] * n), self.window(capped)
        squares_in = self.window([w * w for w in capped])
        for span in columns.LENGTH_SPANS:
            count, total, squares = (
                [window(i, -span) + window(i, span) for i in range(n)] for window in (count_in, words_in, squares_in)
            )
            result.append([10 * t // max(1, c) for t, c in zip(total, count, strict=True)])
            result.append(
                [1000 * (s * c - t * t) // max(1, t * t) for s, t, c in zip(squares, total, count, strict=True)]
            )
        return result

    def _shapes(self) -> list[int]:
        """A number for lines that look alike: about as long, with the same opening, end and digits or none."""
        length = [sum(w >= bound for bound in SHAPE_WORDS) for w in self.words]
        rest = zip(*(self.column[name] for name in ("ends", "opens_capital", "digits")), strict=True)
        return [8 * w + 4 * a + 2 * b + (c > 0) for w, (a, b, c) in zip(length, rest, strict=True)]

    def _marks(self, is_sentence: Sequence[bool]) -> list[list[bool]]:
        """The lines to and from which others are counted: short ones that have something, rules' lines, lines
        that stand often, and those as short as a heading."""
        column, words = self.column, self.words
        is_short = [w < SHORT_WORDS for w in words]
        marks = [[v > 0 and s for v, s in zip(column[name], is_short, strict=True)] for name in columns.MARKS]
        marks.append([v > 0 for v in column["rule"]])
        marks.append([v > 1 for v in column["copies"]])
        marks.append([0 < w < HEADING_WORDS and not s for w, s in zip(words, is_sentence, strict=True)])
        return marks

    def _blocks(self, is_long: Sequence[bool], prose: Sequence[int], total: int, gap: int) -> list[list[int]]:
        """Share, words and rank of the block that a line stands in, how far the largest one is, and where in
        its block the line stands. A block is long sentences with at most `gap` other lines between two."""
        blocks: list[list[int]] = []
        for k, i in enumerate(self.kept):
            if is_long[i]:
                if blocks and k - blocks[-1][1] <= gap + 1:
                    blocks[-1][1] = k
                else:
                    blocks.append([k, k])
        rows = [[0, 0, MOST_RANK, -MOST_TO_BLOCK, -1] for _ in range(self.n)]
        if not blocks:
            return rows
        words = [sum(prose[i] for i in self.kept[a : b + 1]) for a, b in blocks]
        order = sorted(range(len(blocks)), key=lambda block: (-words[block], block))
        first, last = blocks[order[0]]
        for i, row in enumerate(rows):
            k = self.before[i]
            row[3] = clip(k - first if k < first else max(k - last, 0), -MOST_TO_BLOCK, MOST_TO_BLOCK)
        for rank, block in enumerate(order):
            a, b = blocks[block]
            for i in range(self.kept[a], self.kept[b] + 1):
                rows[i][:3] = [1000 * words[block] // total, words[block], min(rank, MOST_RANK)]
                rows[i][4] = 1000 * (self.before[i] - a) // (b - a + 1)
        return rows

    def head(self, scores: Sequence[int]) -> list[list[int]]:
        """The columns HEAD, by each line's score of being the headline."""
        best = max(range(self.n), key=lambda i: (scores[i], -i))
        telling = self.page.telling
        said = set(telling[best])
        sure = [certainty(score) for score in scores]
        sure = [value if value >= 16 else 0 for value in sure]
        before, total = list(accumulate(sure, initial=0)), max(1, sum(sure))
        return [
            [
                clip(i - best, HEADLINE_BEFORE, HEADLINE_BEHIND),
                clip(scores[best], -MOST_SCORE, MOST_SCORE),
                min(
                    1000, 1000 * sum(k in said for k in telling[i]) // max(1, min(len(telling[best]), len(telling[i])))
                ),
                clip(scores[i], -MOST_SCORE, MOST_SCORE),
                1000 * before[i] // total,
                self.words[best],
            ]
            for i in range(self.n)
        ]

    def second(self, scores: Sequence[int]) -> list[list[int]]:
        """The columns SECOND, by each line's first score."""
        n, words = self.n, self.words
        scores = [clip(score, -MOST_SCORE, MOST_SCORE) for score in scores]
        sure = [certainty(score) for score in scores]
        weights = [sure[i] * words[i] for i in range(n)]
        sums, total = list(accumulate(weights, initial=0)), max(1, sum(weights))
        weight_in, words_in = self.window(weights), self.window(words)
        is_article = [score > 0 for score in scores]
        last = self.away(is_article, range(n), MOST_ARTICLE_AWAY)
        following = self.away(is_article, range(n - 1, -1, -1), MOST_ARTICLE_AWAY)
        topic = self._topic(sure)
        intervals = [self._interval(sure, cut) for cut in columns.CUTS]
        rows = []
        for i in range(n):
            row = [scores[i]]
            row += [self.neighbour(scores, i, step, NO_SCORE) for d in (1, 2, 3, 4) for step in (-d, d)]
            for span in columns.FIRST_SPANS:
                for s in (-span, span):
                    weight = weight_in(i, s)
                    row += [weight // 256, 4 * weight // max(1, words_in(i, s))]
            row += [
                1000 * sums[i] // total,
                total // 256,
                max(sure),
                sums[i] // 256,
                (total - sums[i] - weights[i]) // 256,
            ]
            row += [last[i], following[i], topic[i]]
            row += [value for interval in intervals for value in interval[i]]
            rows.append(row)
        return rows

    def _topic(self, sure: Sequence[int]) -> list[int]:
        """The share of a line's telling words that stand in other lines which likely belong."""
        weights = [
            s // 16 if s // 16 >= TOPIC_SHARE and w >= SHORT_WORDS else 0 for s, w in zip(sure, self.words, strict=True)
        ]
        words = Counter[int]()
        for i, weight in enumerate(weights):
            for key in set(self.page.telling[i]) if weight else ():
                words[key] += weight
        return [
            share(sum(words[key] - weights[i] >= TOPIC_SCORE for key in telling), len(telling))
            for i, telling in enumerate(self.page.telling)
        ]

    def _interval(self, sure: Sequence[int], cut: int) -> list[list[int]]:
        """Whether a line lies in the stretch with the most words above `cut` (less those below), how far along,
        and how far from it."""
        best = running = 0
        first, last, start = -1, -1, 0
        for i in range(self.n):
            if running <= 0:
                running, start = 0, i
            if not self.drops[i]:
                running += (sure[i] - cut) * min(self.words[i], INTERVAL_WORDS)
            if running > best:
                best, first, last = running, start, i
        if first < 0:
            return [[-1, -1, -MOST_AWAY]] * self.n
        rows = []
        for i in range(self.n):
            if i < first:
                away = self.before[i] - self.before[first]
                rows.append([0, -1, max(away, -MOST_AWAY)])
            elif i > last:
                away = self.before[i] - self.before[last]
                rows.append([0, 1001, min(away, MOST_AWAY)])
            else:
                rows.append([1, 1000 * (i - first) // max(1, last - first), 0])
        return rows
