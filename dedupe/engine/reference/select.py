"""Between reading and matching, and between matching and writing: flat arrays from flat arrays."""

from array import array

from dedupe.engine.reference.batch import Buffer, documents, numbers

JSON_STRING = 1  # kind of place: the inside of a JSON string


def texts(offsets: Buffer, spans: Buffer, status: Buffer, at: int, fd: int) -> tuple[bytes, bytes, bytes]:
    """Of a block's records, those that have a text: the texts' int64 n + 1 offsets, where each can be read
    again as int64 rows (file descriptor, position, length, kind), and which records they are. `at` is the
    block's position in the file."""
    marks = bytes(status)
    bounds, places = numbers(offsets, "q", "offsets"), numbers(spans, "q", "spans")
    for values, n, name in ((bounds, len(marks) + 1, "offsets"), (places, 2 * len(marks), "spans")):
        if len(values) != n:
            raise ValueError(f"{name} must hold {n} aligned int64 values")
    records = array("q", [i for i, mark in enumerate(marks) if not mark])
    rows = array("q")
    for i in records:
        rows.extend((fd, at + places[2 * i], places[2 * i + 1] - places[2 * i], JSON_STRING))
    ends = array("q", [*(bounds[i] for i in records), bounds[len(marks)]])
    return ends.tobytes(), rows.tobytes(), records.tobytes()


def select(block: Buffer, starts: Buffer, drops: Buffer) -> bytes:
    """The records of a block for which `drops` is 0."""
    records, marks = documents(block, starts), bytes(drops)
    if len(marks) != len(records):
        raise ValueError("drops must hold one byte a record")
    return b"".join(record for record, mark in zip(records, marks, strict=True) if not mark)
