"""What a line of a page dump says by itself and on its page: the columns LINE and PAGE.

A line is read once, code point by code point. Shares are per mille of what they are shares of, rounded;
words are those of words.py, with two to three characters of a script written without spaces for one word.
"""

from collections import Counter
from typing import NamedTuple

from dedupe.engine import unicode_tables as tables
from dedupe.engine.code_points import properties
from dedupe.engine.page_columns import VOCABULARY
from dedupe.engine.reference.lines import Needles, line_key, lines_of, normal_form
from dedupe.engine.reference.unicode import decode

MASK = 0xFFFFFFFFFFFFFFFF
CASED_END = 0x590  # the scripts with two cases that matter lie below
TERMINATORS = frozenset(".!?…。！？؟۔।॥።")
WIDE_TERMINATORS = frozenset("。！？")
QUESTIONS = frozenset("?？؟")
COLONS = frozenset(":：")
COMMAS = frozenset(",，、،;؛")
CLOSERS = frozenset(")]}）")
BARS = frozenset("|•·›/")
MOST_WORDS = 10_000  # so that sums over all lines of a page fit 32 bits
MOST_LENGTH, MOST_WORD_LENGTH, MOST_COUNTED, MOST_LINES = 2000, 200, 6, 500
COLON_PLACE, DATELINE_PLACE = 25, 48
ABOUT_WORDS = 8  # that a heading such as "About the author" has less than
CREDIT_PLACE = 6  # words from a line's end: where what names a picture's source stands
LONG_WORDS = 12  # of a line whose words tell what the page is about
TELLING_LENGTH = 4  # code points of a word that tells something
NEAR_LINES, FOLLOWED_LINES = 20, 60
CLASS_BITS = 7  # of a word's key, which the vocabulary has for the word's class


class Word(NamedTuple):
    """A word of a line: its key, and whether it may tell what the line is about."""

    key: int
    is_telling: bool


class Line(NamedTuple):
    """A line's own columns, and what the page is told of it."""

    columns: list[int]
    words: list[Word]
    n_words: int
    key: int | None
    is_rule: bool


def share(part: int, whole: int) -> int:
    """Per mille, rounded; 0 of nothing."""
    return (1000 * part + whole // 2) // whole if whole else 0


def word_key(folded: bytes) -> int:
    """64 bits of a word (FNV-1a), its class bits set to 0."""
    key = 0xCBF29CE484222325
    for byte in folded:
        key = (key ^ byte) * 0x100000001B3 & MASK
    return key & ~CLASS_BITS


class Scan:
    """One pass over a line."""

    def __init__(self, text: str, vocabulary: dict[int, int]) -> None:
        self.vocabulary = vocabulary
        self.words: list[Word] = []
        self.counts = Counter[str]()
        self.flags = dict.fromkeys(("bars", "copyright", "address", "colon", "time", "bang", "dateline"), 0)
        self.opens: list[int] = []
        self.length = self.pending = self.year = self.dots = 0
        self.before = ["", "", ""]  # the last code points, the latest first
        self.last = self.said = self.before_dash = ""  # the last code point that is no space; that closes nothing
        self.has_dash = False
        self.word: list[str] = []
        self.is_single = False
        self.single_before = ""
        self.opens_about = False
        self.credited = -CREDIT_PLACE  # how many words stand before the end of the last word of a source
        for char in text:
            self._read(char, properties(ord(char)))
            self.before = [char, *self.before[:2]]
        self._end_word()
        self._end_year()

    def _read(self, char: str, bits: int) -> None:
        digit = char.isascii() and char.isdigit()
        if not digit:
            self._end_year()
        if not bits & tables.WORD or (bits & tables.SINGLE) or (self.is_single and not bits & tables.MARK):
            self._end_word()
        if bits & tables.SPACE:
            self.single_before = ""
            self._read_space()
            return
        self.length += 1
        if self.length == 1:
            self._open(char, bits)
        self._read_sentence(char, bits)
        self._read_flags(char, bits, digit)
        if bits & tables.WORD:
            self.counts["word_points"] += 1
            self.counts["letters"] += bits & tables.LETTER != 0
            self.counts["digits"] += bits & tables.DIGIT != 0
            self.is_single = self.is_single if self.word else bits & tables.SINGLE != 0
            self.word.append(char)
        else:
            self.single_before = ""
        self.last = char

    def _open(self, char: str, bits: int) -> None:
        self.opens = [
            _is_upper(bits),
            _is_lower(char, bits),
            bits & tables.QUOTE != 0,
            bits & tables.DIGIT != 0,
            not bits & (tables.QUOTE | tables.WORD),
        ]

    def _read_space(self) -> None:
        if self.pending == 1:
            self.pending = 3
        if self.has_dash:
            self.flags["bars"] = 1
            if self.length < DATELINE_PLACE and (self.counts["shouts"] or self.before_dash == ")"):
                self.flags["dateline"] = 1
        self.has_dash = False

    def _read_sentence(self, char: str, bits: int) -> None:
        if char in TERMINATORS:
            self.pending = 2 if char in WIDE_TERMINATORS else 1
        elif not (bits & tables.QUOTE or char in CLOSERS):
            self.counts["sentences"] += self.pending > 1
            self.pending = 0
        if not (bits & tables.QUOTE or char in CLOSERS):
            self.said = char
            self.dots = self.dots + 1 if char == "." else 0

    def _read_flags(self, char: str, bits: int, digit: bool) -> None:
        before, second, third = self.before
        if bits & tables.DASH:
            if before and properties(ord(before)) & tables.SPACE:
                self.has_dash, self.before_dash = True, self.last
        else:
            self.has_dash = False
        flags = self.flags
        self.counts["commas"] += char in COMMAS
        flags["bars"] |= char in BARS
        flags["copyright"] |= char in "©®"
        if char == "©":
            self.credited = self.counts["words"]
        flags["bang"] |= char in "!！"
        flags["colon"] |= char in COLONS and self.length <= COLON_PLACE
        flags["address"] |= (
            char == "@"
            or (char == "/" and before == "/" and second == ":")
            or (char == "." and before == second == third == "w")
            or (before == "#" and bits & tables.WORD != 0)
        )
        if digit:
            flags["time"] |= before in (":", "/") and second.isascii() and second.isdigit()
            self.year = min(self.year * 10 + int(char), 99999) if self.year or char != "0" else 99999

    def _end_year(self) -> None:
        self.flags["time"] |= 1900 <= self.year < 2100
        self.year = 0

    def _end_word(self) -> None:
        word, self.word = self.word, []
        if not word:
            return
        counts = self.counts
        counts["words"] += 1
        first, bits = word[0], [properties(ord(char)) for char in word]
        folded = "".join(char.casefold() if bit & tables.FOLD else char for char, bit in zip(word, bits, strict=True))
        if self.is_single:
            self.is_single = False
            counts["singles"] += 1
            counts["points"] += 1
            if self.single_before:
                key = word_key((self.single_before + first).encode())
                self.words.append(Word(key, True))
                self._look_up(key)
            self.single_before = first
            return
        self.single_before = ""
        uppers = sum(map(_is_upper, bits))
        lowers = sum(map(_is_lower, word, bits))
        counts["points"] += len(word)
        counts["capitals"] += _is_upper(bits[0])
        counts["lowers"] += _is_lower(first, bits[0])
        counts["shouts"] += uppers > 1 and not lowers
        counts["shorts"] += len(word) <= 3
        key = word_key(folded.encode("utf-8", "surrogatepass"))
        has_letter = any(bit & tables.LETTER for bit in bits)
        self.words.append(Word(key, len(word) >= TELLING_LENGTH and has_letter))
        self._look_up(key)

    def _look_up(self, key: int) -> None:
        """Counts a word, or two characters of a script written without spaces, in its class."""
        if key not in self.vocabulary:
            return
        name = VOCABULARY[self.vocabulary[key]]
        self.counts[name] += 1
        if name == "credit":
            self.credited = self.counts["words"]
        elif name == "about" and self.counts["words"] == 1:
            self.opens_about = True

    def columns(self) -> list[int]:
        """The columns LINE."""
        counts, words, flags = self.counts, self.counts["words"], self.flags
        return [
            n_words(counts),
            min(self.length, MOST_LENGTH),
            self.said in TERMINATORS if self.said else 0,
            self.said in COLONS if self.said else 0,
            self.said in QUESTIONS if self.said else 0,
            self.last in CLOSERS if self.last else 0,
            self.said == "…" or self.dots > 2,
            min(counts["sentences"], MOST_COUNTED),
            min(counts["commas"], MOST_COUNTED),
            share(counts["digits"], counts["digits"] + counts["letters"]),
            share(counts["capitals"], words),
            share(counts["shouts"], words),
            share(counts["lowers"], words),
            share(counts["shorts"], words),
            share(self.length - counts["word_points"], self.length),
            min((10 * counts["points"] + words // 2) // words if words else 0, MOST_WORD_LENGTH),
            *(self.opens or [0] * 5),
            *flags.values(),
            *(min(counts[name], MOST_COUNTED) for name in VOCABULARY if name != "about"),
            self.opens_about and words < ABOUT_WORDS and self.said not in TERMINATORS,
            share(counts["site"], words),
            share(counts["reader"], words),
            max(self.credited + CREDIT_PLACE - words, 0),
        ]


def n_words(counts: Counter[str]) -> int:
    """Words as they count for length."""
    return min((2 * counts["words"] - counts["singles"]) // 2, MOST_WORDS)


def _is_upper(bits: int) -> bool:
    return bits & (tables.LETTER | tables.FOLD) == tables.LETTER | tables.FOLD


def _is_lower(char: str, bits: int) -> bool:
    return bits & tables.LETTER != 0 and not bits & tables.FOLD and ord(char) < CASED_END


def read_line(raw: bytes, rules: Needles, vocabulary: dict[int, int]) -> Line:
    """A line's columns LINE, its words, and its key; blank lines have none."""
    scan = Scan(decode(raw), vocabulary)
    form = normal_form(raw)
    key = line_key(form) if form else None
    return Line([int(x) for x in scan.columns()], scan.words, n_words(scan.counts), key, rules.match(form))


class Page:
    """The lines of a page, its words, and the columns that need no scores."""

    def __init__(self, document: bytes, rules: Needles, vocabulary: dict[int, int]) -> None:
        self.spans = list(lines_of(document))
        self.lines = [read_line(document[start:end], rules, vocabulary) for start, end, _ in self.spans]
        self.n_words = [line.n_words for line in self.lines]
        self.n = len(self.lines)
        copies = Counter(line.key for line in self.lines)
        self.copies = [min(copies[line.key], 4) if line.key is not None else 0 for line in self.lines]
        seen: set[int | None] = set()
        self.holds: list[bool] = []  # whether a line's words count for what the page is about
        for line in self.lines:
            self.holds.append(line.n_words >= LONG_WORDS and line.key not in seen)
            seen.add(line.key)
        self.held = Counter(
            key
            for line, holds in zip(self.lines, self.holds, strict=True)
            if holds
            for key in {word.key for word in line.words}
        )
        self.stop_count = max(3, sum(self.holds) // 4)
        self.telling = [
            [word.key for word in line.words if word.is_telling and self.held[word.key] < self.stop_count]
            for line in self.lines
        ]

    def columns(self) -> list[list[int]]:
        """The columns LINE and PAGE, as rows."""
        near_before, _ = self._neighbours(range(self.n))
        near_after, followed = self._neighbours(range(self.n - 1, -1, -1))
        total, before, rows = max(1, sum(self.n_words)), 0, []
        for i, line in enumerate(self.lines):
            stops = sum(self.held[word.key] >= self.stop_count for word in line.words)
            telling = self.telling[i]
            near = sum(a or b for a, b in zip(near_before[i], near_after[i], strict=True))
            row = [
                self.copies[i],
                int(line.is_rule),
                share(i, self.n),
                share(before, total),
                min(i, MOST_LINES),
                min(self.n - 1 - i, MOST_LINES),
                share(stops, len(line.words)),
                share(sum(self.held[key] > self.holds[i] for key in telling), len(telling)),
                share(near, len(telling)),
                share(sum(followed[i]), len(telling)),
                min(sum(followed[i]), 50),
                min(len(telling), 20),
            ]
            rows.append([*line.columns, *row])
            before += line.n_words
        return rows

    def _neighbours(self, order: range) -> tuple[list[list[bool]], list[list[bool]]]:
        """Whether the last line in `order` that has a line's telling word is near; is not far."""
        last: dict[int, int] = {}
        near: list[list[bool]] = [[]] * self.n
        not_far: list[list[bool]] = [[]] * self.n
        for i in order:
            away = [abs(i - last[key]) if key in last else MOST_LINES for key in self.telling[i]]
            near[i] = [lines <= NEAR_LINES for lines in away]
            not_far[i] = [lines <= FOLLOWED_LINES for lines in away]
            if self.holds[i]:
                last.update((word.key, i) for word in self.lines[i].words)
        return near, not_far
