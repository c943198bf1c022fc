"""Work by threads: the results of map, in its order, with its errors in their turn."""

import threading
import time
from collections.abc import Iterator

import pytest

from dedupe.ahead import map_ahead


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("n_items", [0, 1, 2, 100])
def test_results_are_those_of_map(threads: int, n_items: int) -> None:
    assert list(map_ahead(str, range(n_items), threads)) == [*map(str, range(n_items))]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_errors_come_in_their_turn(threads: int) -> None:
    def items() -> Iterator[int]:
        yield from (1, 2, 0, 3)
        raise OSError("no more of it")

    def fail_at_zero(item: int) -> float:
        return 1 / item

    for work, wanted, error in ((fail_at_zero, [1, 0.5], ZeroDivisionError), (float, [1, 2, 0, 3], OSError)):
        results = map_ahead(work, items(), threads)
        got: list[float] = []
        with pytest.raises(error):
            got.extend(results)
        assert got == wanted


def test_little_is_made_ahead_and_nothing_after_the_end() -> None:
    taken = []

    def items() -> Iterator[int]:
        for i in range(1000):
            taken.append(i)
            yield i

    before = threading.active_count()
    results = map_ahead(str, items(), 3)
    assert [next(results), next(results)] == ["0", "1"]
    results.close()
    assert len(taken) <= 2 + 3 + 1
    assert threading.active_count() == before


def test_all_threads_take_part() -> None:
    """Each waits for the other, which one thread alone would do for ever."""
    both = threading.Barrier(2, timeout=60)
    assert len(list(map_ahead(lambda _: both.wait(), range(10), 2))) == 10


def test_nobody_waits_for_input_that_does_not_come() -> None:
    """An interrupt ends a run whose threads wait for a pipe."""
    coming = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        coming.wait()

    results = map_ahead(str, items(), 3)
    assert next(results) == "1"
    started = time.monotonic()
    results.close()
    assert time.monotonic() - started < 10
    coming.set()
