"""Arrow arrays of strings: their buffers go to the engine as they are, and come back as an array.

Takes string, large_string and string_view arrays, dictionaries of them, and chunked arrays. Nulls stay null, and
are copies of nothing. Arrow's large_string is the engine's own layout; of string only the offsets are widened,
the others are copied once. polars, pandas and datasets stand on this.
"""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedupe import columns
from dedupe.near.columns import Column, Keepers
from dedupe.near.columns import find_keepers as find_keepers_in
from dedupe.options import CleanOptions, DropOptions

Array: TypeAlias = pa.Array | pa.ChunkedArray


def clean_column(array: Array, options: CleanOptions | None = None) -> Array:
    """Cleans an array of texts; gives one of the same type, the same object where nothing changes."""
    if isinstance(array, pa.ChunkedArray):
        chunks = [clean_column(chunk, options) for chunk in array.chunks]
        is_same = all(new is old for new, old in zip(chunks, array.chunks, strict=True))
        return array if is_same else pa.chunked_array(chunks, array.type)
    if pa.types.is_dictionary(array.type):
        clean = clean_column(array.dictionary, options)
        return array if clean is array.dictionary else pa.DictionaryArray.from_arrays(array.indices, clean)
    texts = _as_large(array).drop_null()
    text, offsets = _buffers(texts)
    clean_text, clean_offsets = columns.clean_column(text, offsets, options)
    if clean_text is text:
        return array
    clean = pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(clean_offsets), pa.py_buffer(clean_text))
    if array.null_count:
        is_valid = array.is_valid()
        numbers = np.cumsum(is_valid.to_numpy(zero_copy_only=False)) - 1
        clean = clean.take(pc.if_else(is_valid, pa.array(numbers), None))
    return clean.cast(array.type)


def find_keepers(array: Array, options: DropOptions | None = None) -> Keepers:
    """For each text its keeper's position, -1 where it stays, and their similarity, as dedupe.find_keepers."""
    chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
    found = find_keepers_in(_columns(chunks), options)
    if not array.null_count:
        return found
    positions = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False) if len(array) else [])
    keepers = np.full(len(array), -1, np.int64)
    similarities = np.full(len(array), np.nan)
    goes = found.keepers >= 0
    keepers[positions[goes]] = positions[found.keepers[goes]]
    similarities[positions] = found.similarities
    return Keepers(keepers, similarities)


def keep_mask(array: Array, options: DropOptions | None = None) -> pa.BooleanArray:
    """Which texts of an array stay; a null always does.

    >>> table = pa.table({"text": ["one story", "another", None, "One story!", None]})
    >>> table.filter(keep_mask(table["text"])).num_rows
    4
    """
    return pa.array(find_keepers(array, options).keepers < 0)


def find_duplicates(array: Array, options: DropOptions | None = None) -> pa.Table:
    """The texts that go and why: their positions, their keepers', and the exact similarities."""
    found = find_keepers(array, options)
    documents = np.flatnonzero(found.keepers >= 0)
    return pa.table(
        {
            "document": documents,
            "keeper": found.keepers[documents],
            "similarity": found.similarities[documents],
        }
    )


def _columns(chunks: list[pa.Array]) -> Iterator[Column]:
    for chunk in chunks:
        yield Column(*_buffers(_as_large(chunk).drop_null()))


def _as_large(array: pa.Array) -> pa.LargeStringArray:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    type = array.type
    is_string_view = getattr(pa.types, "is_string_view", lambda _: False)(type)
    if not (pa.types.is_string(type) or pa.types.is_large_string(type) or is_string_view or pa.types.is_null(type)):
        raise TypeError(f"an array of {type}: give one of strings")
    return array.cast(pa.large_string())


def _buffers(array: pa.LargeStringArray) -> tuple[memoryview, memoryview]:
    """Text and offsets of an array without nulls; of a slice, those that are its own."""
    _, offsets, data = array.buffers()
    if offsets is None or not len(array):
        return memoryview(b""), memoryview(bytes(8)).cast("q")
    bounds = memoryview(offsets).cast("q")[array.offset : array.offset + len(array) + 1]
    return memoryview(data if data is not None else b""), bounds
