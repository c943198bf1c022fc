"""What is left when lines go: the blank lines between, and the splices that take the rest out.

Between two lines that stay, the longest of the runs of blank lines stays: the paragraph break that
was there. An article keeps the blank lines it began and ended with, and a text without a final line
ending stays without one. So a text is laid out the same whether its articles come together or alone.
"""

from collections.abc import Sequence

from dedupe.clean.lines import BLANK, Lines
from dedupe.document import Splice


def close_gaps(lines: Lines, order: Sequence[int], gone: dict[int, str]) -> list[int]:
    """One article's lines without those in `gone`, and without the blank lines that only parted them."""
    kept: list[int] = []
    runs: list[list[int]] = [[]]  # blank lines since the last line that stays, parted by lines that go
    begun = False
    for i in order:
        if lines.flags[i] & BLANK:
            runs[-1].append(i)
        elif i in gone:
            runs.append([])
        else:
            longest: list[int] = max(runs, key=len)
            kept += longest if begun else runs[0]
            kept.append(i)
            runs, begun = [[]], True
    kept += runs[-1]
    return kept


def splice_lines(lines: Lines, order: Sequence[int], gone: dict[int, str]) -> list[Splice]:
    """Splices that leave the lines of `order`."""
    splices: list[Splice] = []
    n = len(lines)
    position = 0
    for i in [*order, n]:
        if i > position:
            splices += _cut(lines, position, i, gone)
        position = i + 1
    last = order[-1] if order else -1
    if 0 <= last < n - 1 and lines.end[n - 1] == lines.next[n - 1]:
        # The text had no final line ending: the line that is now the last gives up its own.
        first = next(k for k, splice in enumerate(splices) if splice.start >= lines.next[last])
        splices[first] = splices[first]._replace(start=lines.end[last])
    return splices


def _cut(lines: Lines, first: int, stop: int, gone: dict[int, str]) -> list[Splice]:
    """One splice for each line that goes; blank lines go with the one above them, or at first below."""
    heads = [i for i in range(first, stop) if i in gone]
    begins = [first, *heads[1:]]
    return [
        Splice(lines.start[a], lines.start[b] if b < len(lines) else lines.next[len(lines) - 1], b"", gone[heads[k]])
        for k, (a, b) in enumerate(zip(begins, [*heads[1:], stop], strict=True))
    ]
