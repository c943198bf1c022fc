"""The scorecards and the vocabulary of page dumps, read from their files and packed for the engine.

scorecards.toml is written by benchmarks/fit_page.py and can be read by a person: for each column (its name
stands in dedupe/engine/page_columns.py, what it counts in dedupe/engine/reference/page_lines.py and
page_context.py) the bounds, ascending, and what is added where the column is above; for two or three columns (`a & b`)
the bounds of each, and what is added where all are above. vocabulary.toml is written by hand.
"""

import tomllib
from array import array
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from dedupe.engine.page_columns import COLUMNS, CONDITIONS, VOCABULARY

SCORECARDS = Path(__file__).with_name("scorecards.toml")
WORDS = Path(__file__).with_name("vocabulary.toml")
CARDS = ("headline", "first", "second")
SEED, PRIME, MASK, CLASS_BITS = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF, 7


@cache
def read_vocabulary() -> bytes:
    """The shipped vocabulary, packed."""
    words: dict[str, list[str]] = tomllib.loads(WORDS.read_text(encoding="utf-8"))["words"]
    return pack_vocabulary(words)


@cache
def read_cards() -> bytes:
    """The shipped scorecards, packed."""
    return pack_cards(tomllib.loads(SCORECARDS.read_text(encoding="utf-8")))


def pack_cards(cards: Mapping[str, Any]) -> bytes:
    """int32: the fewest words of an article, the least sum of the best headline and first scores of a page that
    has one, then each card's base, number of steps, and steps: three columns, each with its bound (the last
    again where there are fewer), and what is added where all are above."""
    numbers = {name: number for number, name in enumerate(COLUMNS)}
    values = array("i", [cards["min_words"], cards["min_best"]])
    for name in CARDS:
        card = cards[name]
        steps = [(key.split(" & "), step) for key, key_steps in card["steps"].items() for step in key_steps]
        values.extend((card["base"], len(steps)))
        for columns, (*bounds, added) in steps:
            conditions = [(numbers[column], bound) for column, bound in zip(columns, bounds, strict=True)]
            conditions += conditions[-1:] * (CONDITIONS - len(conditions))
            values.extend((*chain(*conditions), added))
    return values.tobytes()


def pack_vocabulary(words: Mapping[str, Iterable[str]]) -> bytes:
    """uint64 slots, 2^n of them and at most half used: a word's key, with its class in the lowest bits."""
    keys: dict[int, int] = {}
    for number, name in enumerate(VOCABULARY):
        for line in words[name]:
            for word in line.casefold().split():
                keys.setdefault(word_key(word), number)
    size = 8
    while size < 2 * len(keys):
        size *= 2
    slots = array("Q", bytes(8 * size))
    for key, number in sorted(keys.items()):
        at = key >> 3 & (size - 1)
        while slots[at]:
            at = (at + 1) & (size - 1)
        slots[at] = key | number
    return slots.tobytes()


def word_key(word: str) -> int:
    """64 bits of a folded word, as the engines make them."""
    key = SEED
    for byte in word.encode():
        key = (key ^ byte) * PRIME & MASK
    return key & ~CLASS_BITS
