"""The engine's tally as objects: a line of a source, and where in how many documents it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dedupe.engine import engine

COLUMNS = 12  # of a row: dedupe/engine/native/tally.h

SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Line:
    """A line of one source: its shape, the places of its first copy in each document, and examples.

    `headlines` counts lines that may be headlines in the documents that have it in the head; `buckets` has a bit
    for each stretch of time. `below` is the key of the line that follows it in
    most of them, by `votes` more than any other; `reworded` counts documents in which its numbers are others.
    """

    examples: list[str]
    shape: str
    source: int
    documents: int
    head: int
    tail: int
    between: int
    headlines: int
    buckets: int
    key: int
    below: int
    votes: int
    reworded: int


def read_lines(tally: object) -> tuple[list[Line], int]:
    """The lines that the tally let pass, and how many it had no room for."""
    rows, sizes, text, left_out = engine.tally_rows(tally)
    return list(_lines(memoryview(rows).cast("q").tolist(), memoryview(sizes).cast("q").tolist(), text)), left_out


def _lines(rows: list[int], sizes: list[int], text: bytes) -> Iterator[Line]:
    at = number = 0
    for i in range(0, len(rows), COLUMNS):
        row = rows[i : i + COLUMNS]
        examples = []
        for size in sizes[number : number + row[-1]]:
            examples.append(text[at : at + size].decode("utf-8", "surrogatepass"))
            at += size
        number += row[-1]
        if any(map(SURROGATE.search, examples)):  # a rules file cannot hold it
            continue
        shape = engine.normal_form(examples[0].encode("utf-8", "surrogatepass"), True)
        yield Line(examples, shape.decode("utf-8", "surrogatepass"), *row[:-1])
