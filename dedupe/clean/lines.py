"""A document as its lines: the engine's columns, and the article that a decision looks at.

The decisions of this stage see line numbers only. What a line says is fetched when two lines are
compared, which happens for the few that the engine's keys point out.
"""

from collections.abc import Sequence

from dedupe.engine import engine

BLANK, LETTERS, DIGITS, STOP, ARTIFACT = 1, 2, 4, 8, 16  # the engine's marks of a line
COLUMNS = 9
CLOSERS = b")]}'"
FULL_STOPS = tuple(mark.encode() for mark in ".。।॥۔።")
UNSPACED = 0xE0  # lead bytes of scripts in which one word may be a line
PROSE_WIDTH = 80  # columns; a line of a paragraph, not of a list, a poem or a menu


class Lines:
    """The lines of one document (UTF-8), in columns.

    `start[i]:end[i]` is the line without its ending, `start[i]:next[i]` with it. `key` is equal for
    lines of equal normal form, each of `edges` for lines that begin, end, or do both alike (0: too short
    to tell). `width` counts terminal columns.
    """

    __slots__ = ("data", "edges", "end", "flags", "forms", "key", "next", "start", "width")

    def __init__(self, data: bytes, needles: bytes) -> None:
        table = memoryview(engine.line_table(data, needles)).cast("q")
        n = len(table) // COLUMNS
        columns = [table[i * n : (i + 1) * n].tolist() for i in range(COLUMNS)]
        self.start, self.end, self.next, self.key, *self.edges, self.width, self.flags = columns
        self.data = data
        self.forms: dict[int, bytes] = {}

    def __len__(self) -> int:
        return len(self.start)

    def raw(self, i: int) -> bytes:
        return self.data[self.start[i] : self.end[i]]

    def text(self, i: int) -> str:
        return self.raw(i).decode("utf-8", "surrogatepass")

    def form(self, i: int) -> bytes:
        """The normal form in which lines are compared."""
        form = self.forms.get(i)
        if form is None:
            form = self.forms[i] = engine.normal_form(self.raw(i))
        return form

    def is_prose(self, i: int) -> bool:
        return self.width[i] >= PROSE_WIDTH and self.flags[i] & LETTERS != 0

    def ends_open(self, i: int) -> bool:
        """Whether line i ends in a comma, a colon or a semicolon: more is to follow."""
        return self.flags[i] & STOP != 0 and not self.form(i).rstrip(CLOSERS).endswith(FULL_STOPS)


class Article:
    """The lines of one article that are not blank, in order, as numbers into `lines`.

    `joined[k]` tells whether line k + 1 follows line k without a blank line between them, `gapless`
    whether all do, `repeats` whether the head repeats itself, where that is known.
    """

    __slots__ = ("first_prose", "gapless", "ids", "joined", "last_prose", "lines", "prose", "repeats")

    def __init__(self, lines: Lines, order: Sequence[int]) -> None:
        self.lines = lines
        flags = lines.flags
        self.ids: list[int] = []
        self.joined: list[bool] = []
        blank = True
        for i in order:
            if flags[i] & BLANK:
                blank = True
                continue
            if self.ids:
                self.joined.append(not blank)
            self.ids.append(i)
            blank = False
        self.gapless = all(self.joined)
        self.joined.append(False)
        self.prose = [lines.is_prose(i) for i in self.ids]
        n = len(self.ids)
        self.first_prose = next((k for k in range(n) if self.prose[k]), n)
        self.last_prose = next((k for k in reversed(range(n)) if self.prose[k]), -1)
        self.repeats: bool | None = None

    def __len__(self) -> int:
        return len(self.ids)
