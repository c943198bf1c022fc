"""The shipped rules as the engine reads them, made beforehand.

Parsing the TOML files and hashing six thousand lines takes longer than everything else at the start of the
command. `python -m dedupe.clean.shipped` writes the tables to rules/shipped.bin; a test fails where they
are not those of the TOML files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from dedupe.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dedupe.clean.rules import Rules

FILE = os.path.join(os.path.dirname(__file__), "rules", "shipped.bin")


class Tables(NamedTuple):
    """What the engine's calls take of rules: see dedupe/clean/tables.py."""

    names: tuple[str, ...]
    needles: bytes
    blob: bytes
    sources: Mapping[str, int] = {}
    by: str = ""


def pack(rules: Rules) -> bytes:
    """Tables as the file holds them: a line that counts the needles and has the names, then both tables, ready to be
    used as they are."""
    return " ".join([str(len(rules.needles)), *rules.names]).encode() + b"\n" + rules.needles + rules.blob


def read_tables() -> Tables:
    """The tables of the shipped rules."""
    with open(FILE, "rb") as file:
        count, *names = file.readline().decode().split()
        return Tables(tuple(names), file.read(int(count)), file.read())


if __name__ == "__main__":
    from dedupe.clean.rules import load_rules

    with open(FILE, "wb") as file:
        file.write(pack(load_rules()))
