"""polars: functions on a Series, or on an expression where frames are lazy; both of strings.

Texts pass to the engine and back in Arrow buffers. Nulls stay null, and are copies of nothing. An expression of
keep_mask looks at all rows that it is given at once, and at each group by itself within `over`.
"""

from typing import TypeVar

import polars as pl

from dedupe.adapters import arrow_columns
from dedupe.options import CleanOptions, DropOptions

Texts = TypeVar("Texts", pl.Series, pl.Expr)


def clean_column(texts: Texts, options: CleanOptions | None = None) -> Texts:
    """The texts cleaned, under the same name.

    >>> pl.DataFrame({"text": ["News."]}).with_columns(clean_column(pl.col("text")))["text"].to_list()
    ['News.']
    """
    if isinstance(texts, pl.Expr):
        return texts.map_batches(lambda series: clean_column(series, options), pl.String, is_elementwise=True)
    array = texts.to_arrow()
    clean = arrow_columns.clean_column(array, options)
    return texts if clean is array else pl.Series(texts.name, clean, texts.dtype)


def keep_mask(texts: Texts, options: DropOptions | None = None) -> Texts:
    """Which texts stay, true or false for each.

    >>> frame = pl.DataFrame({"text": ["one story", "another", None, "One story!"]})
    >>> frame.filter(keep_mask(pl.col("text")))["text"].to_list()
    ['one story', 'another', None]
    """
    if isinstance(texts, pl.Expr):
        return texts.map_batches(lambda series: keep_mask(series, options), pl.Boolean)
    return pl.Series(texts.name, arrow_columns.keep_mask(texts.to_arrow(), options))


def find_duplicates(texts: pl.Series, options: DropOptions | None = None) -> pl.DataFrame:
    """The texts that go and why: their row numbers, their keepers', and the exact similarities."""
    found = pl.from_arrow(arrow_columns.find_duplicates(texts.to_arrow(), options))
    assert isinstance(found, pl.DataFrame)
    return found
