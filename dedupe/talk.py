"""What is said to whoever runs the command: lines on stderr, and never a reason to fail.

Lines are for people, or with `--log-format json` objects for machines: level, message, and what the message is
about. Names and what errors quote of the input may hold anything; control characters are shown, not sent to the
terminal. A stderr that is closed or full is no reason to stop: the exit code tells all the same.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
OPTION = "--log-format"
LINE_WIDTH = 79  # of what is shown for a moment


class _State:
    """How this process talks."""

    is_json = False
    is_shown = False  # a line that the next one has to take the place of
    summary: dict[str, Any] | None = None


def use_format(name: str) -> None:
    """From now on lines are text, or json."""
    _State.is_json = name == "json"


def find_format(argv: list[str]) -> str:
    """What the command line asks for, before it is known to be right: what is wrong with it is said so too."""
    found = "text"
    for word, value in zip(argv, [*argv[1:], ""], strict=False):
        if word == "--":
            break
        if word == OPTION:
            found = value
        elif word.startswith(OPTION + "="):
            found = word.partition("=")[2]
    return found


def is_json() -> bool:
    return _State.is_json


def say(message: str, level: str = "info", **facts: Any) -> None:
    """One line on stderr, in the command's name. `facts` that are not None go with it for a machine."""
    hide()
    if not _State.is_json:
        write_error(f"dedupe: {message if message.isprintable() else _escape(message)}\n")
        return
    import json

    known = {name: value for name, value in facts.items() if value is not None}
    write_error(json.dumps({"level": level, "message": message, **known}, default=str) + "\n")


def hold_summary(summary: dict[str, Any]) -> None:
    """What a run did, to be said last of all."""
    _State.summary = summary


def end(code: int) -> None:
    """Says the summary, if there is one, with the exit code."""
    summary, _State.summary = _State.summary, None
    if summary is not None and _State.is_json:
        say("summary", "info" if code == 0 else "warning" if code == 1 else "error", exit_code=code, **summary)


def show(line: str) -> None:
    """A line that stays until there is something else to say."""
    _State.is_shown = True
    write_error(f"\r{'dedupe: ' + line:<{LINE_WIDTH}}")


def hide() -> None:
    """Takes the line away that was shown."""
    if _State.is_shown:
        _State.is_shown = False
        write_error(f"\r{'':<{LINE_WIDTH}}\r")


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


def _escape(text: str) -> str:
    return text.translate({c: chr(c).encode("unicode_escape").decode() for c in CONTROLS})
