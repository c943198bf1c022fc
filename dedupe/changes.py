"""What becomes of the records of one batch.

Most edits are rows of numbers that the engine gave and that the engine places in the bytes that were read;
they stay rows unless an audit or a diff asks what they say. Edits with something to put in (a repaired
line, a record that was not UTF-8) are few, and objects.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dedupe.clean.cleaner import Edits
from dedupe.document import Change, Splice, apply_splices
from dedupe.engine import engine
from dedupe.read import Batch

ROW = 4  # of an edit: document, start, end, rule


class Changes:
    """The changes of a batch. Records that stay as they are are not among them."""

    def __init__(self, batch: Batch, edits: Edits, rescued: Mapping[int, Change]) -> None:
        self.batch = batch
        self.names = edits.names
        self.rows = memoryview(edits.rows).cast("q")
        places = engine.place(batch.raw, batch.spans, edits.rows) if batch.format == "jsonl" else edits.rows
        self.places = memoryview(places).cast("q")
        self.by_hand = {i: self._make_change(i, splices) for i, splices in edits.by_hand.items()}
        self.by_hand.update(rescued)

    def _make_change(self, i: int, edits: Sequence[Splice]) -> Change:
        splices = self.batch.place(i, edits)
        return Change(splice_record(self.batch, i, splices), self.batch.document(i), edits, splices)

    def __len__(self) -> int:
        return len(set(self.rows[::ROW].tolist())) + len(self.by_hand)

    def output(self) -> bytes:
        """The batch's bytes with the changes made."""
        raw, starts = self.batch.raw, self.batch.starts
        spans = [(start, end, b"") for start, end in zip(self.places[1::ROW], self.places[2::ROW], strict=True)]
        if self.by_hand:
            spans += [(starts[i], starts[i + 1], change.output) for i, change in self.by_hand.items()]
            spans.sort()
        pieces, position = [], 0
        for start, end, put in spans:
            pieces.append(raw[position:start])
            if put:
                pieces.append(put)
            position = end
        pieces.append(raw[position:])
        return b"".join(pieces)

    def count_rules(self) -> Counter[str]:
        """How many edits each rule made."""
        counts: Counter[str] = Counter()
        for rule, n in Counter(self.rows[3::ROW].tolist()).items():
            counts[self.names[rule]] += n
        for change in self.by_hand.values():
            counts.update(edit.rule for edit in change.edits)
            if change.rescued:
                counts[change.splices[0].rule] += 1
        return counts

    def items(self) -> Iterator[tuple[int, Change]]:
        """The records that change, in order."""
        edits: dict[int, list[Splice]] = {}
        splices: dict[int, list[Splice]] = {}
        for rows, into in ((self.rows, edits), (self.places, splices)):
            values = iter(rows.tolist())
            for i, start, end, rule in zip(values, values, values, values, strict=True):
                into.setdefault(i, []).append(Splice(start, end, b"", self.names[rule]))
        for i in sorted({*edits, *self.by_hand}):
            if i in self.by_hand:
                yield i, self.by_hand[i]
            else:
                output = splice_record(self.batch, i, splices[i])
                yield i, Change(output, self.batch.document(i), edits[i], splices[i])


def splice_record(batch: Batch, i: int, splices: Sequence[Splice]) -> bytes:
    """The bytes of record i, with splices into the batch's bytes made."""
    first = batch.starts[i]
    return apply_splices(batch.record(i), [Splice(a - first, b - first, put, rule) for a, b, put, rule in splices])
