"""Users' regular expressions, under a limit of time.

One line may cost LINE_SECONDS of work, not of waiting: a machine that is busy with something else makes no
pattern slow. The limit of `regex` counts the processor time of all threads together, so what runs out of it
is tried again, with more, until the thread itself has spent half of it.
"""

from __future__ import annotations

import time

from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

LINE_SECONDS = 1.0  # a line takes microseconds; a pattern that backtracks without end takes years


def is_found(pattern: regex.Pattern[str], text: str, whole: bool) -> bool:
    """Whether the pattern matches in `text`, or the `whole` of it; TimeoutError where it works on it too long."""
    match = pattern.fullmatch if whole else pattern.search
    started, limit = time.thread_time(), LINE_SECONDS
    while True:
        try:
            return match(text, timeout=limit) is not None
        except TimeoutError:
            if time.thread_time() - started >= LINE_SECONDS / 2:  # the two clocks are not one
                raise
            limit *= 2
