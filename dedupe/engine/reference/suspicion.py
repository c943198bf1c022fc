"""Which pieces hold a line that repair could change: what ../native/suspicion.c says fast.

The condition itself stands in suspicion_table.py, one pattern an alternative, derived from ftfy's
own patterns by make_suspicion.py, which also says why it is a necessary one.
"""

from itertools import pairwise

import regex

from dedupe.engine.suspicion_table import ALTERNATIVES

Buffer = bytes | bytearray | memoryview

LINE_END = regex.compile(r"[\n\r]")
SUSPICIOUS = regex.compile("|".join(ALTERNATIVES))
ENTITY = regex.compile(r"&#?[0-9A-Za-z]{1,24};")


def suspicious(text: Buffer, offsets: Buffer, entities: bool = False) -> bytes:
    """One byte for each of the n pieces text[offsets[i]:offsets[i + 1]], UTF-8 with lone surrogates
    as their three bytes: 1 if repair could change one of its lines, 0 if it surely changes none.

    Lines end at LF, CR LF and CR; a piece may be one line or a whole document. With `entities`
    HTML entities count too: for repair that unescapes them.
    """
    whole = memoryview(text).cast("B")
    bounds = memoryview(offsets).cast("B").cast("q")
    pieces = (str(whole[start:end], "utf-8", "surrogatepass") for start, end in pairwise(bounds))
    return bytes(
        any(map(SUSPICIOUS.search, LINE_END.split(piece))) or (entities and bool(ENTITY.search(piece)))
        for piece in pieces
    )
