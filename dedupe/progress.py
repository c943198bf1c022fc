"""How far a run is, and how long it will take yet: a line for a terminal, a record for a machine.

How much there is to do is the size of the files as they lie there, packed ones packed; where a stream is among
them, nobody knows.
"""

import os
import stat
import time
from collections.abc import Iterable
from typing import Any

from dedupe.read import Batch, Source
from dedupe.report import Passed
from dedupe.talk import is_json, say, show

LINE_SECONDS, RECORD_SECONDS = 0.2, 10.0  # between two of them


class Progress:
    """The progress of one stage over some sources."""

    def __init__(self, stage: str, names: Iterable[str]) -> None:
        self.stage = stage
        self.sizes = {name: _size(name) for name in names}
        self.started = self.told = time.perf_counter()
        self.done = 0  # of all that there is to do, in sources that are over
        self.source: Source | None = None

    def begin(self, source: Source) -> None:
        """Another source is begun, and the one before over."""
        if self.source:
            self.done += self.sizes.get(self.source.name) or 0
        self.source = source

    def tell(self, batch: Batch, passed: Passed) -> None:
        """Says how far the run is, if it is time to."""
        now = time.perf_counter()
        if now - self.told < (RECORD_SECONDS if is_json() else LINE_SECONDS):
            return
        self.told = now
        facts = self.facts(batch, passed, now - self.started)
        if is_json():
            say("progress", **facts)
        else:
            show(_line(facts))

    def facts(self, batch: Batch, passed: Passed, seconds: float) -> dict[str, Any]:
        """Stage, documents, bytes and bytes a second; and where it is known, the share that is done and the
        seconds that are left."""
        facts: dict[str, Any] = {
            "stage": self.stage,
            "documents": passed.documents,
            "bytes": passed.n_bytes,
            "bytes_per_second": int(passed.n_bytes / max(seconds, 1e-9)),
        }
        sizes = [size for size in self.sizes.values() if size is not None]
        total = sum(sizes) if len(sizes) == len(self.sizes) else 0
        if total and self.source:
            share = min(1.0, (self.done + self._position(self.source, batch)) / total)
            facts["done"] = round(share, 4)
            if share > 0:
                facts["seconds_left"] = round(seconds * (1 - share) / share, 1)
        return facts

    def _position(self, source: Source, batch: Batch) -> int:
        """How much of a source has passed, as it lies there."""
        packed = getattr(source.stream, "file", None)
        if packed is not None:
            return int(packed.tell())
        n_rows = getattr(source.layout, "n_rows", 0)
        if n_rows:
            return (self.sizes[source.name] or 0) * (batch.line - 1 + len(batch)) // n_rows
        return batch.at + len(batch.raw)


def _size(name: str) -> int | None:
    try:
        status = os.stat(name)
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _line(facts: dict[str, Any]) -> str:
    line = (
        f"{facts['stage']}: {facts['documents']:,} documents, {facts['bytes'] / 1e6:,.0f} MB, "
        f"{facts['bytes_per_second'] / 1e6:,.0f} MB/s"
    )
    if "seconds_left" in facts:
        minutes, seconds = divmod(round(facts["seconds_left"]), 60)
        line += f", {facts['done']:.0%}, {minutes}:{seconds:02} left"
    return line
