"""map() by threads: work goes on ahead of the one who asks for results, who gets them in order.

Each thread takes an item, works on it and takes the next; taking is part of the work (reading a file is), one
thread at a time. As many results wait as there are threads, and one more, so that memory is bounded. Plain threads,
because importing a pool takes as long as cleaning a megabyte.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import count

from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, TypeVar

    Item = TypeVar("Item")
    Made = TypeVar("Made")

LINGER_SECONDS = 0.2  # for a thread that waits for input which nobody asks for any more


def map_ahead(work: Callable[[Item], Made], items: Iterable[Item], threads: int) -> Iterator[Made]:
    """map(work, items), in order whatever the number of threads, 0 for one a core; an error comes in its turn too."""
    threads = threads or _count_cores()
    if threads < 2:
        yield from map(work, items)
        return
    import threading

    ahead = _Ahead(work, iter(items), threads)
    workers = [threading.Thread(target=ahead.run, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        for number in count():
            error = ahead.wait_for(number)
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield ahead.made.pop(number)
            ahead.room.release()
    finally:
        ahead.is_over = True
        ahead.room.release(threads)
        deadline = time.monotonic() + LINGER_SECONDS
        for worker in workers:
            # One that waits for input, as all do that wait for it, cannot be told that nobody waits for them.
            worker.join(max(0.0, deadline - time.monotonic()) if ahead.is_taking else None)


def _count_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


class _Ahead:
    """What the threads share."""

    def __init__(self, work: Callable[[Any], Any], items: Iterator[Any], threads: int) -> None:
        import threading

        self.work, self.items = work, items
        self.room = threading.Semaphore(threads + 1)
        self.taking, self.ready = threading.Lock(), threading.Condition()
        self.made: dict[int, Any] = {}
        self.errors: dict[int, BaseException] = {}
        self.n_taken, self.is_over, self.is_taking = 0, False, False

    def run(self) -> None:
        """Takes items and works on them until they are over; what goes wrong belongs to the one who asks."""
        while self.room.acquire():
            with self.taking:
                self.is_taking = True
                if self.is_over:
                    self.is_taking = False
                    return
                number = self.n_taken
                try:
                    item = next(self.items)
                except BaseException as error:
                    self._end(number, error)
                    return
                finally:
                    self.is_taking = False
                self.n_taken += 1
            try:
                made = self.work(item)
            except BaseException as error:
                self._end(number, error)
                return
            with self.ready:
                self.made[number] = made
                self.ready.notify()

    def _end(self, number: int, error: BaseException) -> None:
        with self.ready:
            self.errors[number] = error
            self.is_over = True
            self.ready.notify()

    def wait_for(self, number: int) -> BaseException | None:
        """Waits until a result is there, or the error that has come in its place."""
        with self.ready:
            while number not in self.made and number not in self.errors:
                self.ready.wait()
        return self.errors.get(number)
