"""Code points of the pinned Unicode version: their properties, and character classes of them."""

from bisect import bisect_right

from dedupe.engine import unicode_tables as tables

_RUNS = [tuple(int(part, 16) for part in run.split(":")) for run in tables.RUNS.split()]
_STARTS = [start for start, _ in _RUNS]


def properties(code_point: int) -> int:
    """The property bits (unicode_tables.WORD, ...) of a code point."""
    return _RUNS[bisect_right(_STARTS, code_point) - 1][1]


def char_class(has: int, lacks: int = 0) -> str:
    """A character class, for `regex`, of the code points with all bits of `has` and none of `lacks`."""
    ranges = []
    for (start, bits), end in zip(_RUNS, [*_STARTS[1:], 0x110000], strict=True):
        if bits & has == has and not bits & lacks:
            ranges.append(f"\\U{start:08X}-\\U{end - 1:08X}")
    return f"[{''.join(ranges)}]"
