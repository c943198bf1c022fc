"""Where the time of a run goes: seconds by stage, added up over all threads that work on it."""

from __future__ import annotations

import time
from _thread import allocate_lock  # `threading` takes longer to import, and most runs start no thread
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeVar

    Item = TypeVar("Item")


class Clock:
    """Seconds by stage. Those of several threads add up, so that their sum may be more than the run took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.lock = allocate_lock()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """The time of what is within belongs to a stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - started)

    def add(self, stage: str, seconds: float) -> None:
        with self.lock:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    def each(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """The items; the time that it takes to get them belongs to a stage."""
        rest = iter(items)
        while True:
            started = time.perf_counter()
            try:
                item = next(rest)
            except StopIteration:
                return
            finally:
                self.add(stage, time.perf_counter() - started)
            yield item

    def rounded(self) -> dict[str, float]:
        return {stage: round(seconds, 3) for stage, seconds in self.seconds.items()}
