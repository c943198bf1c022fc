"""Rules as the engine reads them: flat tables of bytes, made once.

`needles` is what every short line of every text is tested against: gates that turn nearly all away, then
an open-addressing table of 64-bit keys. `blob` is what the engine's decisions look up for the few lines
that a needle is found in: which rules these are, and what they ask for.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from dedupe.engine import engine
from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dedupe.clean.rules import Rule

GATE_BYTES = 8192
GATES = 4
SHAPE_BYTES = 240  # of a short shape
START_SALT = 0x9E3779B97F4A7C15  # keeps beginnings apart from whole lines
EVIDENCE = ("alone", "head", "tail", "edge", "beside", "any")  # in that order in dedupe/engine/native/edits.h
LARGEST = 2**31 - 1
ANY_SOURCE = -1


@cache
def shape(item: str) -> bytes:
    """The shape of an item of a rule; asked for several times while rules are read."""
    return engine.normal_form(item.encode("utf-8", "surrogatepass"), True)


def make_needles(lines: Iterable[bytes], starts: Iterable[bytes]) -> bytes:
    """The gates and the table (2^n slots, at most a quarter used, 0 is empty) of these shapes.

    A gate is one bit for each value of a hash: of the first three bytes of any of the shapes, of those and
    the length of lines, and of the first three bytes of beginnings and of long lines.
    """
    lines, starts = set(lines), set(starts)
    firsts = {item: int.from_bytes(item[:3], "little") for item in lines | starts}
    gates = [
        _make_gate(firsts.values()),
        _make_gate(firsts[item] ^ (len(item) & 0xFF) << 24 for item in lines),
        _make_gate(firsts[item] for item in starts),
        _make_gate(firsts[item] for item in lines if len(item) > SHAPE_BYTES),
    ]
    if any(len(item) < 3 for item in starts):  # what follows it may be anything
        gates[0] = gates[2] = b"\xff" * GATE_BYTES
    keys = {engine.line_key(item) for item in lines} | {engine.line_key(item) ^ START_SALT for item in starts}
    size = 64
    while size < 4 * len(keys):
        size *= 2
    slots = array("Q", bytes(8 * size))
    for key in sorted(keys - {0}):
        at = key & (size - 1)
        while slots[at]:
            at = (at + 1) & (size - 1)
        slots[at] = key
    return b"".join(gates) + slots.tobytes()


def _make_gate(values: Iterable[int]) -> bytes:
    gate = bytearray(GATE_BYTES)
    for value in values:
        bit = (value * 0x9E3779B1 & 0xFFFFFFFF) >> 16
        gate[bit >> 3] |= 1 << (bit & 7)
    return bytes(gate)


def make_blob(
    rules: Sequence[Rule], then: Mapping[str, Iterable[bytes]], needles: bytes, sources: Mapping[str, int]
) -> bytes:
    """Tables of int32, as dedupe/engine/native/rules.c reads them: a header (counts of slots, rules, items
    and bytes of text); for each slot of the needles its first item, or -1; the rules; the items, of which
    those that share a slot form a chain in the order of the rules; then the items' text."""
    items = _Items(needles)
    table = array("i")
    for number, rule in enumerate(rules):
        for item in rule.lines:
            items.add_needle(number, shape(item), is_start=False)
        for item in rule.start:
            items.add_needle(number, shape(item), is_start=True)
        cased = len(items)
        for item in rule.lines if rule.exact_case else ():
            items.add(number, item.encode("utf-8", "surrogatepass"))
        after = len(items)
        for text in sorted(then.get(rule.id, ())):
            items.add(number, text)
        run, max_words = (max(-LARGEST, min(LARGEST, value)) for value in (rule.run, rule.max_words))
        family = items.families.setdefault(rule.family, len(items.families))
        table.extend([EVIDENCE.index(rule.evidence), run, family, max_words, cased, after, after, len(items)])
        table.append(sources.get(rule.source, ANY_SOURCE))
    header = array("i", [len(items.first), len(rules), len(items), len(items.text)])
    return b"".join(part.tobytes() for part in (header, items.first, table, items.table)) + bytes(items.text)


class _Items:
    """The items' table as it grows: rule, whether it is a beginning, next in its chain, text's place, size."""

    COLUMNS = 5

    def __init__(self, needles: bytes) -> None:
        slots = array("Q", needles[GATES * GATE_BYTES :])
        self.slot_of = {key: slot for slot, key in enumerate(slots) if key}
        self.first = array("i", [-1]) * len(slots)
        self.last = array("i", [-1]) * len(slots)
        self.table = array("i")
        self.text = bytearray()
        self.families: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.table) // self.COLUMNS

    def add(self, rule: int, text: bytes, is_start: bool = False) -> None:
        self.table.extend((rule, is_start, -1, len(self.text), len(text)))
        self.text += text

    def add_needle(self, rule: int, text: bytes, is_start: bool) -> None:
        slot = self.slot_of.get(engine.line_key(text) ^ (START_SALT if is_start else 0))
        if slot is None:
            return
        number, before = len(self), self.last[slot]
        if before < 0:
            self.first[slot] = number
        else:
            self.table[before * self.COLUMNS + 2] = number
        self.last[slot] = number
        self.add(rule, text, is_start)
