"""pandas: a function on a Series, a mask aligned with its index, and a frame that says why.

Strings that pandas holds in Arrow go to the engine as they are; others (object, python) pass through
pyarrow once, which has no room for lone surrogates: a UnicodeEncodeError. Missing values stay as they are, and
are copies of nothing.
"""

import pandas as pd
import pyarrow as pa

from dedupe.adapters import arrow_columns
from dedupe.options import CleanOptions, DropOptions


def clean_column(series: pd.Series, options: CleanOptions | None = None) -> pd.Series:
    """The texts cleaned, under the same index, name and dtype."""
    array = _as_arrow(series)
    clean = arrow_columns.clean_column(array, options)
    if clean is array:
        return series.copy()
    if series.dtype == object:
        texts = pd.Series(clean.to_pandas().array, series.index, object, series.name)
        return texts.where(series.notna(), series)  # NaN and None are told apart
    found = clean.to_pandas(types_mapper=lambda _: series.dtype)
    return pd.Series(found.array, series.index, name=series.name)


def keep_mask(series: pd.Series, options: DropOptions | None = None) -> pd.Series:
    """Which texts stay, True or False for each, aligned with the series.

    >>> frame = pd.DataFrame({"text": ["one story", "another", "One story!"]}, index=[7, 8, 9])
    >>> frame[keep_mask(frame["text"])].index.tolist()
    [7, 8]
    """
    keeps = arrow_columns.find_keepers(_as_arrow(series), options).keepers < 0
    return pd.Series(keeps, series.index, name=series.name)


def find_duplicates(series: pd.Series, options: DropOptions | None = None) -> pd.DataFrame:
    """The texts that go, by their labels, and why: the keeper's label and the exact similarity."""
    found = arrow_columns.find_keepers(_as_arrow(series), options)
    goes = found.keepers >= 0
    return pd.DataFrame(
        {"keeper": series.index[found.keepers[goes]], "similarity": found.similarities[goes]}, series.index[goes]
    )


def _as_arrow(series: pd.Series) -> arrow_columns.Array:
    if isinstance(series.dtype, pd.CategoricalDtype):
        raise TypeError("a categorical series: give its texts, as series.astype(str) does")
    return pa.array(series, from_pandas=True)
