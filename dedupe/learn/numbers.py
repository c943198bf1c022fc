"""Dates, times and counters, which vary on furniture, or numbers that are news?

What tells them apart is how they vary, not the words beside them. A clock's minutes have two digits and stay
below 60, a date has three parts or a year; a counter is one whole number in its line. Prices, scores, shares
and votes have decimals, parts that go together otherwise, a sign of a currency or of per cent, or come several
to a line.
"""

import unicodedata
from collections.abc import Sequence
from enum import Enum
from statistics import median

import regex

from dedupe.engine import unicode_tables as tables
from dedupe.engine.code_points import char_class

_DIGITS = char_class(tables.DIGIT) + "+"
NUMBER = regex.compile(rf"{_DIGITS}(?:[.,:/'٫٬-]{_DIGITS})*")
PARTS = regex.compile(_DIGITS)
PER_CENT = "%‰٪"
SMALL = 31  # a day of the month


class Kind(Enum):
    """What a number is that differs from document to document."""

    SAME = "the same everywhere"
    CLOCK = "a date, a time or a year"
    COUNT = "a whole number"
    NEWS = "anything else"


def find_kinds(texts: Sequence[str]) -> list[Kind]:
    """The kind of each number of lines that agree but for numbers: normal forms, with digits."""
    columns = list(zip(*(NUMBER.findall(text) for text in texts), strict=False))
    if len({len(NUMBER.findall(text)) for text in texts}) != 1:
        return [Kind.NEWS]  # 1,000 here and 999 there, or worse
    kinds = [_kind(column) for column in columns]
    for text in texts:
        for i, match in enumerate(NUMBER.finditer(text)):
            if kinds[i] in (Kind.COUNT, Kind.CLOCK) and _is_amount(text, *match.span()):
                kinds[i] = Kind.NEWS
    return kinds


def count_of(texts: Sequence[str]) -> float:
    """The median of the first whole number of each text."""
    return median(int(PARTS.search(text)[0]) for text in texts if PARTS.search(text))


def are_days(texts: Sequence[str]) -> bool:
    """Whether all numbers may be days of a month."""
    return all(int(part) <= SMALL for text in texts for part in PARTS.findall(text))


def _is_amount(text: str, start: int, end: int) -> bool:
    near = text[:start].rstrip(" ")[-1:] + text[end:].lstrip(" ")[:1]
    return any(char in PER_CENT or unicodedata.category(char) == "Sc" for char in near)


def _kind(values: Sequence[str]) -> Kind:
    if len(set(values)) == 1:
        return Kind.CLOCK if _is_year(values[0]) else Kind.SAME
    marks = {"".join(PARTS.sub("", value)) for value in values}
    if len(marks) > 1:
        return Kind.COUNT if all(map(_is_thousands, values)) else Kind.NEWS
    parts = [PARTS.findall(value) for value in values]
    mark = marks.pop()
    if not mark:
        return Kind.CLOCK if all(_is_year(part) for (part,) in parts) else Kind.COUNT
    if all(map(_is_thousands, values)):
        return Kind.COUNT
    if set(mark) == {":"}:
        is_time = all(int(first) <= 24 and all(len(x) == 2 and int(x) < 60 for x in rest) for first, *rest in parts)
        return Kind.CLOCK if is_time else Kind.NEWS
    if len(mark) == 2 and len(set(mark)) == 1 and mark[0] in "./-":
        return Kind.CLOCK if all(map(_is_date, parts)) else Kind.NEWS
    if all(_is_year(part) for two in parts for part in two):
        return Kind.CLOCK
    padded = any(part[0].startswith("0") for part in parts) and mark in "./-"
    return Kind.CLOCK if padded and all(int(x) < 60 and len(x) == 2 for two in parts for x in two) else Kind.NEWS


def _is_thousands(value: str) -> bool:
    first, *rest = PARTS.findall(value)
    return not rest or (len(first) <= 3 and all(len(part) == 3 for part in rest))


def _is_year(part: str) -> bool:
    return len(part) == 4 and part.isdigit() and 1900 <= int(part) <= 2100


def _is_date(parts: Sequence[str]) -> bool:
    days = [part for part in parts if not _is_year(part)]
    return len(days) >= 2 and all(len(part) <= 2 and int(part) <= SMALL for part in days[:2])
