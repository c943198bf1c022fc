"""The door: a columnar batch in, its documents out, with the checks and the words of native/batch.c."""

from array import array
from collections.abc import Iterable
from itertools import pairwise
from typing import TypeAlias

Buffer: TypeAlias = "bytes | bytearray | memoryview | array[int]"


def documents(text: Buffer, offsets: Buffer) -> list[bytes]:
    """The documents of a batch; TypeError or ValueError where it is none."""
    whole = memoryview(text).cast("B")
    raw = memoryview(offsets).cast("B")
    if len(raw) % 8 or not len(raw):
        raise ValueError("offsets must hold n + 1 int64 values")
    ends = raw.cast("q").tolist()
    if ends[0] < 0 or ends[-1] > len(whole):
        raise ValueError("offsets must lie within the text")
    if any(start > end for start, end in pairwise(ends)):
        raise ValueError("offsets must ascend")
    return [bytes(whole[start:end]) for start, end in pairwise(ends)]


def output(buffer: Buffer, n_bytes: int, name: str) -> memoryview:
    """A caller's buffer as writable bytes; ValueError where it is short."""
    view = memoryview(buffer)
    if view.readonly:
        raise BufferError("Object is not writable.")
    view = view.cast("B")
    if len(view) < n_bytes:
        raise ValueError(f"{name} must be an aligned buffer of at least {n_bytes} bytes")
    return view


def numbers(buffer: Buffer, code: str, name: str) -> list[int]:
    """An input of plain numbers, by their `array` code; ValueError where bytes are left over."""
    view = memoryview(buffer).cast("B")
    values = array(code)
    if len(view) % values.itemsize:
        raise ValueError(f"{name} must hold aligned values of {values.itemsize} bytes")
    values.frombytes(view)
    return values.tolist()


def put(view: memoryview, code: str, values: Iterable[float]) -> None:
    """Values, by their `array` code, into the front of an output."""
    made = array(code, values).tobytes()
    view[: len(made)] = made
