"""The flow, in order: read -> split -> repair -> clean -> write, and what was done -> audit.

A source passes through in batches of whole records. The cleaner points out the few records that
change; their edits are applied to the bytes that were read, and everything else leaves untouched.
"""

from collections.abc import Callable

from dedupe.audit import Journal
from dedupe.changes import Changes
from dedupe.clean.cleaner import Cleaner
from dedupe.document import Change, Splice, apply_splices
from dedupe.errors import RecordError
from dedupe.options import ReadOptions
from dedupe.read import Batch, Source, read_batches
from dedupe.report import Report
from dedupe.write import Sink

TAIL_BYTES = 4  # of the output, to know how it ends


class Flow:
    """One run: what reads, cleans, writes, and keeps the books, over one source after another."""

    def __init__(self, read: ReadOptions, cleaner: Cleaner, report: Report) -> None:
        self.read, self.cleaner, self.report = read, cleaner, report
        self.journal: Journal | None = None
        self.on_change: Callable[[int, Change], None] | None = None
        self.tail = b""

    def clean_source(self, source: Source, sink: Sink) -> bool:
        """Cleans one source into `sink`; True where something changes."""
        changed = False
        if self.journal:
            self.journal.begin(source.name, source.format)
        try:
            for batch in read_batches(source, self.read, self.cleaner.options.split):
                changes = clean_batch(batch, self.cleaner)
                self._name_broken_records(source, batch, changes)
                output = changes.output()
                sink.write(output)
                self._account(batch, changes, output)
                changed = changed or len(changes) > 0
        finally:
            if self.journal:
                self.journal.end()
        return changed

    def join(self, sink: Sink, gap: bytes) -> None:
        """Bytes between two sources that become one stream."""
        sink.write(gap)
        self.report.bytes_out += len(gap)
        if self.journal:
            self.journal.join(gap)

    def _account(self, batch: Batch, changes: Changes, output: bytes) -> None:
        self.tail = (self.tail + output[-TAIL_BYTES:])[-TAIL_BYTES:]
        if self.journal:
            self.journal.note(batch, dict(changes.items()))
        if self.on_change:
            for i, change in changes.items():
                self.on_change(batch.line_of(i), change)
        self.report.count(batch, changes, output)

    def _name_broken_records(self, source: Source, batch: Batch, changes: Changes) -> None:
        """They pass as they are, or stop a strict run."""
        textless = batch.textless()
        if textless:
            self.report.textless[source.name] += textless
        for i in batch.broken():
            fault = None if i in changes.by_hand else batch.fault(i)
            if fault is None:
                continue
            if self.read.strict:
                raise RecordError(f"{source.name}:{batch.line_of(i)}: {fault}; mend it, or run without --strict")
            self.report.broken(source.name, batch.line_of(i), fault, "passed through as it is")


def clean_batch(batch: Batch, cleaner: Cleaner) -> Changes:
    """What becomes of the records of a batch."""
    rescued = {i: change for i in batch.broken() if (change := _rescue(batch, i, cleaner))}
    return Changes(batch, cleaner.find_edits(batch.text, batch.offsets), rescued)


def _rescue(batch: Batch, i: int, cleaner: Cleaner) -> Change | None:
    """A record whose bytes are not UTF-8, decoded, cleaned and replaced as a whole."""
    rescued = batch.rescue(i)
    if rescued is None:
        return None
    document = rescued.document(0)
    edits = cleaner.clean_document(document)
    output = apply_splices(rescued.raw, rescued.place(0, edits))
    whole = Splice(batch.starts[i], batch.starts[i + 1], output, "repair.bytes")
    return Change(output, document, edits, [whole], rescued=True)
