"""What becomes of the records of one batch.

Most edits are rows of numbers that the engine gave and that the engine places in the bytes that were read;
they stay rows unless an audit or a diff asks what they say. Edits with something to put in (a repaired
line, a record that was not UTF-8) are few, and objects. Records that are dropped are flags.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dedupe.document import Change, Edits, Splice, apply_splices, compose_splices
from dedupe.engine import engine
from dedupe.read import Batch
from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

ROW = 4  # of an edit: document, start, end, rule
EXACT, NEAR = DROPS = ("drop.exact", "drop.near")
MARK = "drop.mark"
# What marking has added before: values without braces, at the end of a record.
MARKED = rb', "duplicate_of": (%(value)s), "similarity": [^,"{}\[\]]+, "cluster": (%(value)s)\Z' % {
    b"value": rb'"(?:[^"\\]|\\.)*"|[^,"{}\[\]]+'
}
WHOLE = "format.quote"  # of a record that is written anew, since its text needs quotes now
NOTHING = Edits(b"", (), {})


class Changes:
    """The changes of a batch. Records that stay as they are are not among them."""

    def __init__(self, batch: Batch, edits: Edits = NOTHING, rescued: Mapping[int, Change] | None = None) -> None:
        self.batch = batch
        self.names = edits.names
        self.rows = memoryview(edits.rows).cast("q")
        by_hand, places = edits.by_hand, batch.kind.place_rows(batch, edits.rows)
        if places is None:
            by_hand, self.rows, places = edits.splices(), memoryview(b"").cast("q"), b""
        self.places = memoryview(places).cast("q")
        made = ((i, self._make_change(i, splices)) for i, splices in by_hand.items())
        self.by_hand = {i: change for i, change in made if change.edits}
        self.by_hand.update(rescued or {})
        self.drops: bytearray | None = None
        """One byte a record: whether it is dropped."""
        self.notes: Mapping[int, Mapping[str, Any]] = {}
        """Why, where somebody asks."""

    def _make_change(self, i: int, edits: Sequence[Splice]) -> Change:
        output, splices = self.batch.edit(i, edits)
        document = self.batch.document(i)
        if splices is not None:
            return Change(output, document, edits, splices)
        start, end = self.batch.starts[i], self.batch.starts[i + 1]
        if output == self.batch.raw[start:end]:  # there is no way to write it
            return Change(output, document, (), ())
        return Change(output, document, edits, [Splice(start, end, output, WHOLE)], is_whole=True)

    def drop_articles(self, i: int, articles: Sequence[Splice], notes: Sequence[Mapping[str, Any]]) -> None:
        """Takes articles out of the clean text of record i: `articles` are spans of that text."""
        change = self.get(i)
        edits = compose_splices(change.edits if change else [], articles)
        numbers = [k for k, edit in enumerate(edits) if edit.rule in DROPS]
        noted = dict(zip(numbers, notes, strict=True))
        if change and change.is_whole and (rescued := self.batch.rescue(i)):
            output = rescued.edit(0, edits)[0]
            whole = [change.splices[0]._replace(put=output)]
            self.by_hand[i] = Change(output, change.document, edits, whole, True, noted)
        else:
            self.by_hand[i] = self._make_change(i, edits)._replace(notes=noted)

    def leave_out(self, rule: str) -> None:
        """All records go."""
        self.drops = bytearray(b"\1" * len(self.batch))
        self.notes = {i: {"rule": rule} for i in range(len(self.batch))}

    def mark(self, i: int, put: bytes) -> None:
        """Adds bytes to record i, before the brace that ends it, in place of what an earlier run added there."""
        import re

        change = self.get(i)
        record = change.output if change else self.batch.record(i)
        brace = record.rstrip().rfind(b"}")
        before = re.compile(MARKED).search(record, 0, brace)
        output = record[: before.start() if before else brace] + put + record[brace:]
        whole = Splice(self.batch.starts[i], self.batch.starts[i + 1], output, MARK)
        document, edits = (change.document, change.edits) if change else (b"", [])
        self.by_hand[i] = Change(output, document, edits, [whole], is_whole=True)

    def __len__(self) -> int:
        changed = {*self.rows[::ROW].tolist(), *self.by_hand}
        if self.drops is None:
            return len(changed)
        return self.drops.count(1) + sum(not self.drops[i] for i in changed)

    def output(self) -> bytes:
        """The batch's bytes with the changes made."""
        raw, starts, drops = self.batch.raw, self.batch.starts, self.drops
        if drops is not None and not self.by_hand and not len(self.rows):
            return engine.select(raw, self.batch.start_offsets, drops)
        spans = [
            (start, end, b"")
            for i, start, end in zip(self.places[::ROW], self.places[1::ROW], self.places[2::ROW], strict=True)
            if i not in self.by_hand and not (drops and drops[i])
        ]
        by_hand = [(i, change) for i, change in self.by_hand.items() if not (drops and drops[i])]
        spans += [(starts[i], starts[i + 1], change.output) for i, change in by_hand]
        if drops:
            spans += [(starts[i], starts[i + 1], b"") for i, drop in enumerate(drops) if drop]
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
        by_hand, drops = self.by_hand, self.drops
        rules = self.rows[3::ROW].tolist()
        if by_hand or drops:
            rows = zip(self.rows[::ROW], rules, strict=True)
            rules = [rule for i, rule in rows if i not in by_hand and not (drops and drops[i])]
        for rule, n in Counter(rules).items():
            counts[self.names[rule]] += n
        for i, change in by_hand.items():
            if drops and drops[i]:
                continue
            counts.update(edit.rule for edit in change.edits)
            if change.is_whole:
                counts[change.splices[0].rule] += 1
        return counts

    def get(self, i: int) -> Change | None:
        """What becomes of record i, or None where it stays as it is."""
        if i in self.by_hand or i not in self.rows[::ROW].tolist():
            return self.by_hand.get(i)
        return dict(self.items()).get(i)

    def items(self) -> Iterator[tuple[int, Change]]:
        """The records that change, in order; those that are dropped are not among them."""
        edits: dict[int, list[Splice]] = {}
        splices: dict[int, list[Splice]] = {}
        for rows, into in ((self.rows, edits), (self.places, splices)):
            values = iter(rows.tolist())
            for i, start, end, rule in zip(values, values, values, values, strict=True):
                into.setdefault(i, []).append(Splice(start, end, b"", self.names[rule]))
        for i in sorted({*edits, *self.by_hand}):
            if self.drops and self.drops[i]:
                continue
            if i in self.by_hand:
                yield i, self.by_hand[i]
            else:
                output = splice_record(self.batch, i, splices[i])
                yield i, Change(output, self.batch.document(i), edits[i], splices[i])


def splice_record(batch: Batch, i: int, splices: Sequence[Splice]) -> bytes:
    """The bytes of record i, with splices into the batch's bytes made."""
    first = batch.starts[i]
    return apply_splices(batch.record(i), [Splice(a - first, b - first, put, rule) for a, b, put, rule in splices])
