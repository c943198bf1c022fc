"""Hugging Face datasets: a cleaner for `map`, and a dataset without its duplicates.

Batches are Arrow tables where the dataset's format is arrow, and lists else; both go to the engine in one call.
Results are cached as those of any function are: the cleaner's hash is that of its column, its options
and this package's version.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from datasets import Dataset, IterableDataset

import dedupe
from dedupe.adapters import arrow_columns
from dedupe.deduplicator import Deduplicator
from dedupe.options import CleanOptions, DropOptions

BATCH_ROWS = 1000  # that are read at a time

AnyDataset = TypeVar("AnyDataset", Dataset, IterableDataset)


class TextCleaner:
    """Cleans one column of a batch: dataset.map(TextCleaner("text"), batched=True).

    After dataset.with_format("arrow") no text becomes a Python string on the way.
    """

    def __init__(self, column: str = "text", options: CleanOptions | None = None) -> None:
        self.column, self.options = column, options
        self.version = dedupe.__version__  # so that a cache does not outlive the rules it was made by

    def __call__(self, batch: Any) -> Any:
        if isinstance(batch, pa.Table):
            i = batch.schema.get_field_index(self.column)
            clean = arrow_columns.clean_column(batch.column(self.column), self.options)
            return batch.set_column(i, batch.schema.field(i), clean)
        texts = pa.array(batch[self.column], pa.large_string())
        return {self.column: arrow_columns.clean_column(texts, self.options).to_pylist()}


def keep_mask(
    dataset: Dataset, column: str = "text", options: DropOptions | None = None
) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Which rows of a dataset stay, a bool for each; a row without a text does."""
    return arrow_columns.find_keepers(_texts(dataset, column), options).keepers < 0


def find_duplicates(dataset: Dataset, column: str = "text", options: DropOptions | None = None) -> Dataset:
    """The rows that go and why: their numbers, their keepers', and the exact similarities."""
    return Dataset(arrow_columns.find_duplicates(_texts(dataset, column), options))


def _texts(dataset: Dataset, column: str) -> pa.ChunkedArray:
    batches = dataset.select_columns(column).with_format("arrow").iter(BATCH_ROWS)
    chunks = [chunk for batch in batches for chunk in batch.column(column).chunks]
    return pa.chunked_array(chunks, None if chunks else pa.large_string())


def drop_duplicates(dataset: AnyDataset, column: str = "text", options: DropOptions | None = None) -> AnyDataset:
    """The dataset without near-duplicates.

    Of a Dataset, a selection of its rows. Of an IterableDataset, one that decides as it is read, anew each time,
    and has one shard, since copies may stand in several; it takes no other policy than first.
    """
    if isinstance(dataset, Dataset):
        return dataset.select(np.flatnonzero(keep_mask(dataset, column, options)))
    kept = {"dataset": dataset, "column": column, "options": options}
    return IterableDataset.from_generator(_read_kept, features=dataset.features, gen_kwargs=kept)


def _read_kept(dataset: IterableDataset, column: str, options: DropOptions | None) -> Iterator[Mapping[str, Any]]:
    rows = iter(dataset.with_format(None))
    with Deduplicator(options) as stream:
        while batch := list(islice(rows, BATCH_ROWS)):
            removals = iter(stream.add_many(row[column] for row in batch if row[column] is not None))
            yield from (row for row in batch if row[column] is None or next(removals) is None)
