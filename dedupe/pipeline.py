"""The flow, in order: read -> split -> repair -> clean -> sketch -> match -> keep -> write, and what was
done -> audit.

A source passes through in batches of whole records. The cleaner points out what goes out of records, the
matcher which records go; their edits are applied to the bytes that were read, and everything else leaves
untouched. What does not depend on earlier batches is prepared by threads, in order, a few batches ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dedupe.aside import Aside
from dedupe.changes import NOTHING, Changes
from dedupe.document import Change, Splice
from dedupe.errors import RecordError
from dedupe.options import ReadOptions
from dedupe.read import MARK, Batch, Block, Source, read_blocks
from dedupe.report import Report
from dedupe.sources import find_sources
from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dedupe.audit import Journal
    from dedupe.clean.cleaner import Cleaner
    from dedupe.near.drop import Dropper, Sketched
    from dedupe.sink import Sink

JOINED = "join.header"  # the rule by which a table behind another leaves its header out
TAIL_BYTES = 4  # of the output, to know how it ends


class Prepared:
    """A batch, and what was found out about it without looking at others."""

    def __init__(self, batch: Batch, changes: Changes, sketched: Sketched | None) -> None:
        self.batch, self.changes, self.sketched = batch, changes, sketched


class Flow:
    """One run: what reads, cleans, drops, writes, and keeps the books, over one source after another."""

    def __init__(
        self,
        read: ReadOptions,
        report: Report,
        cleaner: Cleaner | None = None,
        dropper: Dropper | None = None,
        split: str = "auto",
        threads: int = 1,
    ) -> None:
        self.read, self.report, self.cleaner, self.dropper = read, report, cleaner, dropper
        self.split, self.threads = split, threads
        self.journal: Journal | None = None
        self.aside = Aside()
        self.on_change: Callable[[int, Change], None] | None = None
        self.tail = b""

    def run_source(self, source: Source, sink: Sink, is_joined: bool = False, place: str | None = None) -> bool:
        """Passes one source into `sink`, where `is_joined` behind another; `place` names a file that it has to
        itself. True where something changes."""
        changed, is_whole, clock = False, False, self.report.clock
        self.report.begin(source)
        if self.journal:
            self.journal.begin(source.name, source.format, place)
        try:
            for prepared in self._prepare_all(source):
                batch, changes = prepared.batch, prepared.changes
                if self.dropper and prepared.sketched:
                    with clock("match"):
                        self.dropper.drop(source, batch, changes, prepared.sketched)
                if is_joined and source.layout and batch.format == MARK:
                    changes.leave_out(JOINED)
                self._name_broken_records(source, batch, changes)
                with clock("write"):
                    output = changes.output()
                    batch.kind.write(sink, batch, changes, output)
                self._account(batch, changes, output)
                changed = changed or len(changes) > 0
            is_whole = True
        finally:
            if self.journal:
                self.journal.end(rewrites=is_whole and changed)
        return changed

    def _prepare_all(self, source: Source) -> Iterator[Prepared]:
        """The source's batches, prepared, in order."""
        line = 1
        # Lines that a regular expression takes out leave no beginning sure.
        needles = b"" if self.cleaner is None else None if self.cleaner.has_patterns else self.cleaner.tables.needles
        blocks = read_blocks(source, self.split, needles)
        if self.cleaner and self.cleaner.asks_for_sources and not self.cleaner.options.source:
            if source.format in ("text", "markdown"):
                self.report.say(f"{source.name}: text names no source, which some rules are for; say --source NAME")
        if self.dropper:
            blocks = self.dropper.make_readable_again(source, blocks)
        for prepared in self._prepare_ahead(self.report.clock.each("read", blocks)):
            prepared.batch.line = line
            line += prepared.batch.count_lines()
            yield prepared

    def _prepare_ahead(self, blocks: Iterator[Block]) -> Iterator[Prepared]:
        if self.threads == 1:
            return map(self._prepare, blocks)
        from dedupe.ahead import map_ahead

        return map_ahead(self._prepare, blocks, self.threads)

    def _prepare(self, block: Block) -> Prepared:
        clock, sketched = self.report.clock, None
        with clock("read"):
            batch = Batch(block.raw, block.at, 0, block.format, self.read)
        with clock("clean"):
            changes = clean_batch(batch, self.cleaner) if self.cleaner else Changes(batch)
        if self.dropper:
            with clock("sketch"):
                sketched = self.dropper.sketch(block, batch, changes, self.split)
        return Prepared(batch, changes, sketched)

    def join(self, sink: Sink, gap: bytes) -> None:
        """Bytes between two sources that become one stream."""
        sink.write(gap)
        self.report.bytes_out += len(gap)
        if self.journal:
            self.journal.join(gap)

    def _account(self, batch: Batch, changes: Changes, output: bytes) -> None:
        self.tail = (self.tail + output[-TAIL_BYTES:])[-TAIL_BYTES:]
        if self.journal:
            with self.report.clock("audit"):
                self.journal.note(batch, changes)
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
                error = RecordError(f"{source.name}:{batch.line_of(i)}: {fault}; mend it, or run without --strict")
                error.source, error.line = source.name, batch.line_of(i)
                raise error
            self.report.broken(source.name, batch.line_of(i), fault, "passed through as it is")


def clean_batch(batch: Batch, cleaner: Cleaner) -> Changes:
    """What becomes of the records of a batch."""
    rescued = {i: change for i in batch.broken() if (change := _rescue(batch, i, cleaner))}
    sources = find_sources(batch, cleaner.by, cleaner.options.source) if cleaner.asks_for_sources else ()
    if batch.format == "markdown" and not cleaner.extractor:
        splices = cleaner.clean_document(batch.document(0), sources[0] if sources else "", batch.format)
        return Changes(batch, NOTHING._replace(by_hand={0: splices} if splices else {}), rescued)
    return Changes(batch, cleaner.find_edits(batch.text, batch.offsets, sources), rescued)


def _rescue(batch: Batch, i: int, cleaner: Cleaner) -> Change | None:
    """A record whose bytes are not UTF-8, decoded, cleaned and replaced as a whole."""
    rescued = batch.rescue(i)
    if rescued is None:
        return None
    document = rescued.document(0)
    source = find_sources(rescued, cleaner.by, cleaner.options.source)[0] if cleaner.asks_for_sources else ""
    edits = cleaner.clean_document(document, source, batch.format)
    output = rescued.edit(0, edits)[0]
    whole = Splice(batch.starts[i], batch.starts[i + 1], output, "repair.bytes")
    return Change(output, document, edits, [whole], is_whole=True)
