"""Markdown -> splices: its text is cleaned as any text, and what has a syntax stays as it is.

Lines are of three kinds. Free ones are cleaned. Verbatim ones are never touched: front matter, code (fenced, and
whatever is indented as code is), tables, headings, HTML, formulas. Of lines with a link the words may be repaired,
and nothing else: no link is taken out, nor its target changed. The kind of a line depends on its own bytes, on
fences above and on the lines that it stands together with, never on whether a blank line is far or near, so that
taking lines out makes no code of what was none. Where Markdown could be read in two ways, the line stays.

The cleaner is shown the document without front matter, and in place of each line that stays, one that is like no
other: it is no copy, no rule knows it, and it is prose where the line was. Cost: that of text, and a pass in Python
over documents in which anything could go.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from dedupe.clean.lines import LETTERS, PROSE_WIDTH
from dedupe.document import Splice, apply_splices, compose_splices
from dedupe.engine import engine
from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dedupe.clean.cleaner import Cleaner

FREE, LINKED, VERBATIM = range(3)
MAX_ROUNDS = 8  # what has not come to rest then stays as it is

FRONT_MATTER = re.compile(
    rb"(?:---[ \t\r]*\n(?:.*\n)*?(?:---|\.\.\.)|\+\+\+[ \t\r]*\n(?:.*\n)*?\+\+\+)[ \t\r]*(?:\n|\Z)"
)
FENCE = re.compile(rb"[ \t>]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^\n]*)")
FENCE_END = re.compile(rb"[ \t>]*(`{3,}|~{3,})[ \t]*$")
RAW_HTML = re.compile(rb"\s{0,3}<(pre|script|style|textarea|table|svg|math|!--)(?=[\s>-]|$)", re.IGNORECASE)
BY_ITSELF = re.compile(
    rb"    | {0,3}\t"  # indented as code is
    rb"| {0,3}(?:#{1,6}(?:[ \t]|$)|</?[A-Za-z]|<[!?]|\||:::|\{[%{]|\$\$)"  # headings, HTML, tables, templates
)
UNDERLINE = re.compile(rb" {0,3}(?:=+|-+)$")  # of a heading
DELIMITERS = re.compile(rb" {0,3}(?=.*\|)\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$")  # below a table's head
TICKS = re.compile(rb"`+")
LINK = re.compile(rb"[][]|://|www\.|mailto:|<[A-Za-z/!]|`", re.IGNORECASE)
TARGET = re.compile(  # each ends where another would begin: linear in a line of any length
    rb"\]\([^()]*\)|\]:.*|\[[^][]*\]|<[^<>]*>|`+[^`]*`+|(?:://|www\.|mailto:)\S*", re.IGNORECASE
)


def clean_markdown(document: bytes, cleaner: Cleaner, source: str = "") -> list[Splice]:
    """What is taken out of one Markdown document (UTF-8) of a source: ascending splices.

    Cleaning what is left takes out nothing more.
    """
    composed: list[Splice] = []
    for _ in range(MAX_ROUNDS):
        splices = _clean_once(document, cleaner, source)
        if not splices:
            return composed
        composed = compose_splices(composed, splices)
        document = apply_splices(document, splices)
    return []


def _clean_once(document: bytes, cleaner: Cleaner, source: str) -> list[Splice]:
    offsets = array("q", [0, len(document)])
    repaired: list[Splice] = []
    if cleaner.options.repair.enabled and any(
        engine.suspicious(document, offsets, cleaner.options.repair.unescape_html)
    ):
        repaired = _repair(document, cleaner)
        document = apply_splices(document, repaired)
        offsets[1] = len(document)
    if not cleaner.looks_at_all and not any(engine.scan(document, offsets, cleaner.tables.needles)):
        return repaired
    shown = _Shown(document)
    return compose_splices(repaired, shown.place(cleaner.decide(shown.text, source)))


def _repair(document: bytes, cleaner: Cleaner) -> list[Splice]:
    """Repairs of lines that may be repaired, and whose links stay what they are."""
    from dedupe.repair import repair_document

    kinds = MarkdownLines(document)
    kept = []
    for splice in repair_document(document, cleaner.options.repair):
        kind = kinds.kind[bisect_right(kinds.starts, splice.start) - 1]
        line = document[splice.start : splice.end]
        if kind == FREE or (kind == LINKED and TARGET.findall(line) == TARGET.findall(splice.put)):
            kept.append(splice)
    return kept


def front_matter_end(document: bytes) -> int:
    """The offset behind a document's front matter, 0 where it has none."""
    found = FRONT_MATTER.match(document)
    return found.end() if found else 0


class MarkdownLines:
    """The lines of a document: where each starts (and, last, where all end), and of which kind it is."""

    def __init__(self, document: bytes) -> None:
        lines = document.split(b"\n")
        self.starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        self.starts[-1] = len(document)
        if len(lines) > 1 and not lines[-1]:
            lines.pop()
            self.starts.pop()
        self.lines = [line.removesuffix(b"\r") for line in lines]
        n = len(self.lines)
        self.n_front = bisect_right(self.starts, front_matter_end(document)) - 1
        self.kind = [VERBATIM] * n
        self._label()

    def _label(self) -> None:
        i, n = self.n_front, len(self.lines)
        block = i  # where the lines begin that no blank line parts
        ticks = brackets = 0  # that are open: code and the words of a link may go on in the next line
        while i < n:
            line = self.lines[i].rstrip()
            if stop := self._end_of_raw(i):
                block = i = stop
                ticks = brackets = 0
                continue
            if not line:
                self.kind[i] = FREE
                block, ticks, brackets = i + 1, 0, 0
            elif UNDERLINE.match(line) and i > block:  # a heading of several lines
                self.kind[block : i + 1] = [VERBATIM] * (i + 1 - block)
                block = i + 1
            elif DELIMITERS.match(line):
                first = max(block, i - 1)
                while i < n and self.lines[i].strip():
                    i += 1
                self.kind[first:i] = [VERBATIM] * (i - first)
                continue
            elif not (BY_ITSELF.match(line) or ticks or brackets):
                self.kind[i] = LINKED if LINK.search(line) else FREE
            ticks ^= len(TICKS.findall(line)) & 1
            brackets = max(0, brackets + line.count(b"[") - line.count(b"]"))
            i += 1

    def _end_of_raw(self, i: int) -> int:
        """Behind which line a fence, a formula or an HTML element ends that line i opens; 0 where it opens none."""
        line, n = self.lines[i], len(self.lines)
        fence = FENCE.match(line)
        if fence and not (fence[1].startswith(b"`") and b"`" in fence[2]):
            for k in range(i + 1, n):
                end = FENCE_END.match(self.lines[k])
                if end and end[1].startswith(fence[1]):
                    return k + 1
            return n
        if line.strip() == b"$$":
            return next((k + 1 for k in range(i + 1, n) if self.lines[k].rstrip().endswith(b"$$")), n)
        html = RAW_HTML.match(line)
        if html:
            name = html[1].lower()
            mark = b"-->" if name == b"!--" else b"</" + name
            start = html.end()
            for k in range(i, n):
                if mark in self.lines[k][start if k == i else 0 :].lower():
                    return k + 1
            return n
        return 0


class _Shown:
    """What the cleaner is shown of a document, and where that stands in it."""

    def __init__(self, document: bytes) -> None:
        lines = MarkdownLines(document)
        pieces: list[bytes] = []
        self.source = lines.starts[lines.n_front :]
        self.ends: list[int] = []  # of the lines, without their endings
        self.stays: list[bool] = []
        for i in range(lines.n_front, len(lines.lines)):
            line, kind = lines.lines[i], lines.kind[i]
            start, stop = lines.starts[i], lines.starts[i + 1]
            ending = document[start + len(line) : stop]
            self.ends.append(start + len(line))
            self.stays.append(kind != FREE)
            pieces.append((line if kind == FREE else _stand_in(i, line, kind)) + ending)
        self.starts = list(accumulate(map(len, pieces), initial=0))
        self.text = b"".join(pieces)

    def place(self, splices: Sequence[Splice]) -> list[Splice]:
        """Splices into the text as splices into the document; those that would take a line that stays are left
        out: a rule of the user's may know any line."""
        placed = []
        for splice in splices:
            first = bisect_right(self.starts, splice.start) - 1
            last = bisect_right(self.starts, splice.end - 1) - 1 if splice.end > splice.start else first - 1
            from_start = splice.start == self.starts[first]
            if not any(self.stays[first if from_start else first + 1 : last + 1]):
                placed.append(splice._replace(start=self._place(splice.start), end=self._place(splice.end)))
        return placed

    def _place(self, position: int) -> int:
        i = bisect_right(self.starts, position) - 1
        inside = position - self.starts[i]
        if i == len(self.stays) or not inside:
            return self.source[i]
        return self.ends[i] if self.stays[i] else self.source[i] + inside


def _stand_in(number: int, line: bytes, kind: int) -> bytes:
    """A line that is like no other, and prose where `line` is."""
    name = b"|%d| line" % number
    if kind != LINKED:
        return name
    words = TARGET.sub(b"", line).decode("utf-8", "replace")
    is_prose = len(words) >= PROSE_WIDTH or (len(line) >= PROSE_WIDTH and _is_prose(words.encode()))
    return name + b" |" + b"x" * PROSE_WIDTH if is_prose else name


def _is_prose(line: bytes) -> bool:
    table = memoryview(engine.line_table(line, b"")).cast("q")
    return len(table) > 0 and table[-2] >= PROSE_WIDTH and table[-1] & LETTERS != 0
