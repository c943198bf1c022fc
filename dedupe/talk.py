"""What is said to whoever runs the command: lines on stderr, and never a reason to fail.

Names and what errors quote of the input may hold anything; control characters are shown, not sent to the
terminal. A stderr that is closed or full is no reason to stop: the exit code tells all the same.
"""

import re
import sys
from contextlib import suppress

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def say(message: str) -> None:
    """One line on stderr, in the command's name."""
    write_error(f"dedupe: {CONTROLS.sub(_show, message)}\n")


def write_error(text: str) -> None:
    """Text on stderr as it is."""
    if sys.stderr is None:
        return
    with suppress(OSError, ValueError):  # ValueError: it was closed
        sys.stderr.write(text)
        sys.stderr.flush()


def greet_terminal(name: str) -> None:
    """Says so where a run waits for somebody to type."""
    if name == "-" and sys.stdin and sys.stdin.isatty():
        say("reading from the terminal; end with Ctrl-D, or name files")


def _show(control: re.Match[str]) -> str:
    return control.group().encode("unicode_escape").decode()
