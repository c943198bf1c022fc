"""Which of two duplicates stays: an order of documents, and the first one of it wins.

A policy gives each document a key; documents are taken in the order of their keys, ties in input order.
`first` is the input order itself and decides as documents come; every other policy has to see all of them
first. A field that is missing or cannot be read orders its document last.
"""

from __future__ import annotations

from collections.abc import Mapping

from dedupe.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

BY_FIELD = ("newest", "oldest", "largest", "prefer")
PLAIN = ("first", "last", "longest")
LAST = (1, 0.0)  # orders behind all that have a value


class Policy(NamedTuple):
    """`name`, the field it looks at, and for `prefer` the values from the best one down."""

    name: str
    field: str = ""
    values: tuple[str, ...] = ()

    @property
    def decides_at_once(self) -> bool:
        return self.name == "first"

    def key(self, record: Mapping[str, Any], number: int, n_bytes: int) -> tuple[int, float] | None:
        """Where the document stands in the order; None where the record does not say.

        `number` is its place in the input, `n_bytes` its text's length.
        """
        if self.name == "last":
            return 0, -number
        if self.name == "longest":
            return 0, -n_bytes
        value = record.get(self.field)
        if self.name == "prefer":
            return None if value is None else _rank(str(value), self.values)
        read = _read_number(value) if self.name == "largest" else read_time(value)
        if read is None:
            return None
        return 0, read if self.name == "oldest" else -read


def parse_policy(text: str) -> Policy:
    """A policy as an option states it: first, last, longest, newest:FIELD, oldest:FIELD, largest:FIELD or
    prefer:FIELD=a,b,c. ValueError says what is wrong with anything else."""
    name, colon, rest = text.partition(":")
    if name in PLAIN and not colon:
        return Policy(name)
    if name not in BY_FIELD or not rest:
        raise ValueError(
            f"keep {text!r}: use first, last, longest, newest:FIELD, oldest:FIELD, largest:FIELD or prefer:FIELD=a,b,c"
        )
    if name != "prefer":
        return Policy(name, rest)
    field, equals, values = rest.partition("=")
    if not equals or not field or not values:
        raise ValueError(f"keep {text!r}: say which values to prefer, as in prefer:source=reuters,ap")
    return Policy(name, field, tuple(value.strip() for value in values.split(",")))


def _rank(value: str, values: tuple[str, ...]) -> tuple[int, float]:
    return (0, values.index(value)) if value in values else LAST


def _read_number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return None if number != number else number


def read_time(value: Any) -> float | None:
    """Seconds since 1970: of a number as it is, of ISO 8601 or RFC 2822 text; without a zone, as UTC."""
    number = _read_number(value)
    if number is not None or not isinstance(value, str):
        return number
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            time = parse(value.strip())
        except (ValueError, TypeError):
            continue
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    return None
