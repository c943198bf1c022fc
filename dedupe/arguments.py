"""What commands may be told, as tables, and the short way to read a command line by them.

click makes help, completion and messages of the same tables (usage.py). Importing it and building them takes longer
than cleaning ten megabytes, so a command line that is as it should be is read here; one that is wrong, asks for help,
or goes by a project's settings is click's. What is read here, click reads the same (tests/test_arguments.py).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from dedupe.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any, Literal

    Kind = Literal["text", "path", "int", "float", "switch"] | tuple[str, ...]

CONVERSIONS: dict[Kind, Callable[[str], Any]] = {"text": str, "path": str, "int": int, "float": float}
COMPLETION = "_DEDUPE_COMPLETE"  # by which a shell asks for completion


class Option(NamedTuple):
    """An option of the command line."""

    name: str
    help: str
    kind: Kind = "text"
    """What its value is; a tuple: one of these. A switch `--x` has the twin `--no-x`."""
    default: Any = None
    shows_default: bool = False
    metavar: str | None = None
    short: str = ""
    is_multiple: bool = False
    is_told: bool = True
    """Whether the command is told; what it means is otherwise done before it runs."""
    is_early: bool = False
    """What it says decides how others are read; click does that."""

    @property
    def key(self) -> str:
        """The name that its value has in Python."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def twin(self) -> str:
        """What turns a switch off; empty where there is none."""
        return f"--no-{self.name[2:]}" if self.kind == "switch" and not self.name.startswith("--no-") else ""


class Argument(NamedTuple):
    """What is told by its place."""

    key: str
    is_required: bool = False
    is_multiple: bool = False
    """Any number, as a tuple."""
    metavar: str | None = None
    complete: Callable[[], Sequence[str]] | None = None
    """What it may be; None: a file."""


class Command(NamedTuple):
    """What is run, and what it may be told. Its docstring is its help."""

    run: Callable[..., int]
    options: tuple[Option, ...] = ()
    arguments: tuple[Argument, ...] = ()
    epilog: str | None = None
    is_hidden: bool = False


def read_arguments(argv: Sequence[str], command: Command) -> dict[str, Any] | None:
    """What the command is told, by the keys of its options and arguments; None where it takes click to say."""
    if COMPLETION in os.environ:
        return None
    named: dict[str, tuple[Option, bool]] = {}
    for option in command.options:
        named[option.name] = named[option.short] = option, True
        named[option.twin] = option, False
    named.pop("", None)
    values: dict[str, Any] = {o.key: () if o.is_multiple else o.default for o in command.options}
    places: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            places += words
        elif word == "-" or not word.startswith("-"):
            places.append(word)
        elif not _read_option(word, words, named, values):
            return None
    for option in command.options:
        if not option.is_told:
            del values[option.key]
    return values if _read_places(places, command.arguments, values) else None


def _read_option(
    word: str, words: Iterator[str], named: dict[str, tuple[Option, bool]], values: dict[str, Any]
) -> bool:
    """Reads one option, and the next word where that is its value; False where it is not as it should be."""
    name, has_value, value = word.partition("=")
    option, is_on = named.get(name, (None, False))
    if option is None or option.is_early or (has_value and not name.startswith("--")):
        return False
    if option.kind == "switch":
        values[option.key] = is_on
        return not has_value
    if not has_value:
        following = next(words, None)
        if following is None:
            return False
        value = following
    if isinstance(option.kind, tuple):
        if value not in option.kind:
            return False
        read = value
    else:
        try:
            read = CONVERSIONS[option.kind](value)
        except ValueError:
            return False
    values[option.key] = (*values[option.key], read) if option.is_multiple else read
    return True


def _read_places(places: list[str], arguments: Sequence[Argument], values: dict[str, Any]) -> bool:
    """Gives what stands alone to the arguments in turn; False where it is too few or too many."""
    for argument in arguments:
        if argument.is_multiple:
            values[argument.key], places = tuple(places), []
        elif places:
            values[argument.key], places = places[0], places[1:]
        else:
            values[argument.key] = None
            if argument.is_required:
                return False
    return not places
