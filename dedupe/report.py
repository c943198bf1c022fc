"""What happened, counted; what to say about it; and the exit code that follows.

All talk goes to stderr. A broken record is named where it stands and remembered; after ten of a
source the rest are only counted.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence

from dedupe.changes import Changes
from dedupe.clock import Clock
from dedupe.document import apply_splices
from dedupe.engine import engine
from dedupe.engine import name as engine_name
from dedupe.read import BLANK, MARK, Batch, Source
from dedupe.talk import hide, hold_summary, is_json, say, show, write_error
from dedupe.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from dedupe.progress import Progress

NAMED = 10  # broken records of one source that are named one by one


class Passed(NamedTuple):
    """What has passed through a stage."""

    documents: int
    n_bytes: int


def count_lines(text: bytes) -> int:
    """The lines of one text, a last one without an ending included."""
    return text.count(b"\n") + (not text.endswith(b"\n") and text != b"")


class Report:
    """Counts of one run. Lines in = lines out + lines taken out."""

    def __init__(
        self,
        checking: bool = False,
        tells_changes: bool = False,
        counts_lines: bool = False,
        shows_progress: bool | None = None,
        is_silent: bool = False,
        clock: Clock | None = None,
    ) -> None:
        """`checking` and `tells_changes` say by the exit code that something changes; `shows_progress` None: where
        stderr is a terminal; `is_silent`: nothing is said, for a run whose sources are read again, and told of
        then; `clock`: that of a run which this one is part of.
        """
        if shows_progress is None:
            shows_progress = not is_json() and sys.stderr is not None and sys.stderr.isatty()
        self.checking, self.tells_changes, self.counts_lines = checking, tells_changes, counts_lines
        self.shows_progress, self.is_silent = shows_progress, is_silent
        self.bytes_in = self.bytes_out = self.records = self.records_changed = self.lines_in = self.lines_out = 0
        self.edits: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        """Broken records, by source."""
        self.textless: Counter[str] = Counter()
        """Records without a text, by source; they pass, and are no fault."""
        self.changed: list[str] = []
        """Sources in which something is, or would be, changed; only where each stands for itself."""
        self.drops: dict[str, Any] = {}
        """What the drop stage was built for, and what it did."""
        self.parameters: dict[str, Any] = {}
        """The options in force, and where they are from."""
        self.rewritten = 0
        """Files that were rewritten in place."""
        self.sources = 0
        """Sources that were opened."""
        self.failures = 0
        """Sources that could not be read."""
        self.started, self.started_at = time.perf_counter(), time.time()
        self.clock = clock or Clock()
        self.progress: Progress | None = None
        self.about: dict[str, Any] = {}
        """What the run was asked to do, for its summary."""

    def say(self, message: str, level: str = "info", **facts: Any) -> None:
        """One line on stderr."""
        if not self.is_silent:
            say(message, level, **facts)

    def fail(self, message: str, source: str | None = None) -> None:
        """A source could not be read."""
        self.failures += 1
        self.say(message, "error", source=source)

    def begin_stage(self, stage: str, names: Sequence[str]) -> None:
        """All these sources are going to pass."""
        if self.shows_progress:
            from dedupe.progress import Progress

            self.progress = Progress(stage, names)

    def announce(self, stage: str) -> None:
        """Something begins of which nobody knows how long it takes."""
        if self.shows_progress and not is_json():
            show(stage)

    def begin(self, source: Source) -> None:
        """A source is going to pass."""
        self.sources += 1
        if self.progress:
            self.progress.begin(source)

    def broken(self, source: str, line: int, what: str, done: str) -> None:
        """Names a broken record and what became of it."""
        self.faults[source] += 1
        if self.faults[source] <= NAMED:
            self.say(f"{source}:{line}: {what}; {done}", "warning", source=source, line=line)
        elif self.faults[source] == NAMED + 1:
            more = f"{source}:{line}: {what}; more of them are counted, not named"
            self.say(more, "warning", source=source, line=line)

    def note_change(self, source: str) -> None:
        """A source is, or would be, changed."""
        self.changed.append(source)
        self.say(f"{source}: {'would be cleaned' if self.checking else 'cleaned'}", source=source)

    def count(self, batch: Batch, changes: Changes, output: bytes) -> None:
        """One batch that has been written."""
        self.bytes_in += len(batch.raw)
        self.bytes_out += len(output)
        self.records += len(batch) - batch.status.count(BLANK)
        self.records_changed += len(changes) if batch.format != MARK else 0
        self.edits.update(changes.count_rules())
        if self.counts_lines:
            self._count_lines(batch, changes)
        if self.progress:
            self.progress.tell(batch, Passed(self.records, self.bytes_in))

    def _count_lines(self, batch: Batch, changes: Changes) -> None:
        before = engine.count_lines(batch.text, batch.offsets)
        taken = sum(count_lines(batch.document(i)) for i, drop in enumerate(changes.drops or b"") if drop)
        for _, change in changes.items():
            lines = count_lines(change.document)
            before += lines if change.is_whole else 0
            taken += lines - count_lines(apply_splices(change.document, change.edits))
        self.lines_in += before
        self.lines_out += before - taken

    def close(self, with_stats: bool) -> None:
        """The last words on stderr."""
        hide()
        for source, count in self.faults.items():
            if count > NAMED:
                self.say(f"{source}: {count} broken records in all", "warning", source=source, count=count)
        for source, count in self.textless.items():
            text = f"{source}: {count} records have no text; --field names the field that holds it"
            self.say(text, "warning", source=source, count=count)
        if self.drops:
            self._say_drops()
        if is_json():
            hold_summary(self.summary())
        elif with_stats:
            import json

            write_error(json.dumps(self.values(), ensure_ascii=False) + "\n")

    def _say_drops(self) -> None:
        drops = self.drops
        if drops["documents"] < 2:
            return  # there was nothing to compare
        done = "marked" if drops["annotated"] else "dropped"
        self.say(
            f"{done} {drops['documents_dropped']:,} of {drops['documents']:,} documents, {drops['exact']:,} of them "
            f"exact copies; at {drops['threshold']} built for a recall of {drops['expected_recall']} "
            f"({drops['bands']} x {drops['rows']} bands)"
        )
        if drops["bounded"]:
            self.say(
                f"{drops['bounded']:,} documents had more candidates than are looked at for one; "
                "a duplicate among the others may have stayed",
                "warning",
            )
        if drops["without_field"]:
            self.say(f"{drops['without_field']:,} documents do not say what --keep asks for; they order last")

    @property
    def exit_code(self) -> int:
        """2 where something could not be read, 1 where somebody asked for changes and there are, else 0."""
        if self.failures or self.faults:
            return 2
        return 1 if self.changed and (self.checking or self.tells_changes) else 0

    def values(self) -> dict[str, Any]:
        """Counts, bytes, seconds in all and by stage, and the edits of each rule."""
        return {
            "engine": engine_name,
            "seconds": round(time.perf_counter() - self.started, 3),
            "stages": self.clock.rounded(),
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "records": self.records,
            "records_changed": self.records_changed,
            "records_broken": self.faults.total(),
            "lines_in": self.lines_in,
            "lines_out": self.lines_out,
            "lines_taken_out": self.lines_in - self.lines_out,
            "edits": dict(sorted(self.edits.items())),
            **self.drops,
            **self.parameters,
        }

    def summary(self) -> dict[str, Any]:
        """All that a machine may want to know of a run."""
        values = self.values()
        if not self.counts_lines:
            values = {name: value for name, value in values.items() if not name.startswith("lines")}
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.started_at))
        counts = {"sources": self.sources, "sources_failed": self.failures, "sources_changed": len(self.changed)}
        return {**self.about, "started": started, **counts, **values}
