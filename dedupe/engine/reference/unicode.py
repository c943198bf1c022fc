"""Code points of the pinned Unicode version, and casefold(NFC(text)), by the running Python.

Normal forms and foldings never change for what a version of Unicode assigned, so any later Python
gives the same for those; what is not assigned yet is set apart first and stays as it is.
"""

import codecs
from itertools import accumulate
from unicodedata import normalize

import regex

from dedupe.engine import unicode_tables as tables
from dedupe.engine.code_points import char_class
from dedupe.engine.reference.batch import Buffer, documents, output, put

_UNASSIGNED = regex.compile(f"({char_class(tables.UNASSIGNED)}+)")


def _surrogate_or_unsound(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    start = error.start
    sequence = error.object[start : start + 3]
    if len(sequence) == 3 and sequence[0] == 0xED and 0xA0 <= sequence[1] < 0xC0 and 0x80 <= sequence[2] < 0xC0:
        return sequence.decode("utf-8", "surrogatepass"), start + 3
    return "\ufffd", start + 1


codecs.register_error("dedupe.unsound", _surrogate_or_unsound)


def decode(text: bytes) -> str:
    """UTF-8, lone surrogates let through; each byte that belongs to no sound sequence gives U+FFFD."""
    return text.decode("utf-8", "dedupe.unsound")


def fold_text(text: str) -> str:
    """casefold(NFC(text)) in the pinned version."""
    pieces = _UNASSIGNED.split(text)
    pieces[::2] = [normalize("NFC", piece).casefold() for piece in pieces[::2]]
    return "".join(pieces)


def fold(text: Buffer, offsets: Buffer, out: Buffer, out_offsets: Buffer) -> None:
    """Folds each document into `out` (3 bytes a byte of text), one after the other, and fills n + 1
    offsets."""
    docs = documents(text, offsets)
    to = output(out, 3 * len(memoryview(text).cast("B")), "out")
    to_offsets = output(out_offsets, 8 * (len(docs) + 1), "out_offsets")
    folded = [fold_text(decode(doc)).encode("utf-8", "surrogatepass") for doc in docs]
    whole = b"".join(folded)
    to[: len(whole)] = whole
    put(to_offsets, "q", accumulate(map(len, folded), initial=0))
