"""The shipped vocabulary and scorecards as the engine reads them, made beforehand.

To read their files takes longer than to clean a megabyte of pages. `python -m dedupe.clean.page.shipped` writes them
to shipped.bin; a test fails where it is not what the files say.
"""

from __future__ import annotations

import os
from functools import cache

from dedupe.typed import NamedTuple

FILE = os.path.join(os.path.dirname(__file__), "shipped.bin")


class Model(NamedTuple):
    """What the engine's calls take of page dumps: see dedupe/clean/page/model.py."""

    vocabulary: bytes
    cards: bytes


@cache
def read_model() -> Model:
    with open(FILE, "rb") as file:
        return Model(file.read(int(file.readline())), file.read())


def write_model() -> None:
    """Packs what the files say."""
    from dedupe.clean.page.model import read_cards, read_vocabulary

    vocabulary = read_vocabulary()
    with open(FILE, "wb") as file:
        file.write(f"{len(vocabulary)}\n".encode() + vocabulary + read_cards())


if __name__ == "__main__":
    write_model()
