"""The shipped rules as the engine reads them, made beforehand.

Parsing the TOML files and hashing six thousand lines takes longer than everything else at the start of the
command. `python -m dedupe.clean.shipped` writes the tables to rules/shipped.bin; a test fails where they
are not those of the TOML files.
"""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dedupe.clean.rules import Rules

FILE = Path(__file__).parent / "rules" / "shipped.bin"


class Tables(NamedTuple):
    """What the engine's calls take of rules: see dedupe/clean/tables.py."""

    names: tuple[str, ...]
    needles: bytes
    blob: bytes
    sources: Mapping[str, int] = {}
    by: str = ""


def pack(rules: "Rules") -> bytes:
    """Tables as the file holds them: the names as a line of JSON that counts the needles, then both tables."""
    head = json.dumps({"names": rules.names, "needles": len(rules.needles)}).encode()
    return zlib.compress(head + b"\n" + rules.needles + rules.blob, 9)


def read_tables() -> Tables:
    """The tables of the shipped rules."""
    head, _, tables = zlib.decompress(FILE.read_bytes()).partition(b"\n")
    values = json.loads(head)
    split = values["needles"]
    return Tables(tuple(values["names"]), tables[:split], tables[split:])


if __name__ == "__main__":
    from dedupe.clean.rules import load_rules

    FILE.write_bytes(pack(load_rules()))
