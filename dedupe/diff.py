"""A change as a unified diff of one document's lines, for people and for `patch`."""

from collections.abc import Iterator
from difflib import unified_diff

from dedupe.document import Change, apply_splices

CONTEXT = 3  # lines around a change


def diff_change(name: str, change: Change, first_line: int = 1) -> Iterator[str]:
    """The lines of the diff; `first_line` is the number that the document's first line has in its file.

    Only the stretch from the first edit to the last is compared, so that a long document costs what
    its changes cost.
    """
    document = change.document
    start = _line_back(document, change.edits[0].start, CONTEXT)
    stop = _line_ahead(document, change.edits[-1].end, CONTEXT)
    moved = [edit._replace(start=edit.start - start, end=edit.end - start) for edit in change.edits]
    before = document[start:stop]
    offset = first_line - 1 + document.count(b"\n", 0, start)
    lines = unified_diff(_lines(before), _lines(apply_splices(before, moved)), name, name, n=CONTEXT)
    for line in lines:
        yield _renumber(line, offset) if line.startswith("@@") else line


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "replace").split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last + "\n\\ No newline at end of file\n"] if last else [])


def _renumber(header: str, offset: int) -> str:
    marks = header.split(" ")
    for i in (1, 2):
        number, comma, length = marks[i][1:].partition(",")
        marks[i] = f"{marks[i][0]}{int(number) + offset}{comma}{length}"
    return " ".join(marks)


def _line_back(data: bytes, position: int, lines: int) -> int:
    for _ in range(lines + 1):
        position = data.rfind(b"\n", 0, position)
        if position < 0:
            return 0
    return position + 1


def _line_ahead(data: bytes, position: int, lines: int) -> int:
    for _ in range(lines + 1):
        position = data.find(b"\n", position) + 1
        if not position:
            return len(data)
    return position
