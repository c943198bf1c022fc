"""Changes as a unified diff, for people and for `patch`.

Of a text or Markdown file, the diff is of the file; of JSONL, of each record's text, named `file:line`. Only the
stretch of a document from its first edit to its last is compared, so that a long document costs what
its changes cost.
"""

from collections.abc import Iterator
from difflib import unified_diff

from dedupe.document import Change, apply_splices

CONTEXT = 3  # lines around a change


class Diff:
    """Diffs of one source's changes, in order."""

    def __init__(self, source: str, format: str) -> None:
        self.source, self.format = source, format
        self.shift = 0  # lines that a text file has lost so far
        self.is_begun = False

    def lines(self, line: int, change: Change) -> Iterator[str]:
        """The diff of one change, `line` being the number of the first line of its record."""
        document, edits = change.document, change.edits
        if not edits:
            return
        start = _line_back(document, edits[0].start)
        stop = _line_ahead(document, edits[-1].end)
        moved = [edit._replace(start=edit.start - start, end=edit.end - start) for edit in edits]
        before, after = document[start:stop], apply_splices(document[start:stop], moved)
        in_file = self.format in ("text", "markdown")
        if not in_file or not self.is_begun:
            name = self.source if in_file else f"{self.source}:{line}"
            yield from (f"--- {name}\n", f"+++ {name}\n")
            self.is_begun = True
        first = document.count(b"\n", 0, start) + (line - 1 if in_file else 0)
        for text in list(unified_diff(_split(before), _split(after), n=CONTEXT))[2:]:
            yield _renumber(text, first, first - self.shift) if text.startswith("@@") else text
        if in_file:
            self.shift += before.count(b"\n") - after.count(b"\n")


def _split(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "replace").split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last + "\n\\ No newline at end of file\n"] if last else [])


def _renumber(header: str, *offsets: int) -> str:
    marks = header.split(" ")
    for i, offset in enumerate(offsets, 1):
        number, comma, length = marks[i][1:].partition(",")
        marks[i] = f"{marks[i][0]}{int(number) + offset}{comma}{length}"
    return " ".join(marks)


def _line_back(data: bytes, position: int) -> int:
    for _ in range(CONTEXT + 1):
        position = data.rfind(b"\n", 0, position)
        if position < 0:
            return 0
    return position + 1


def _line_ahead(data: bytes, position: int) -> int:
    for _ in range(CONTEXT + 1):
        position = data.find(b"\n", position) + 1
        if not position:
            return len(data)
    return position
