"""A Series is cleaned and decided under its own index and dtype."""

import pytest
from texts_column import CLEANED, COLUMN, KEEPS, need

need("pandas", "pyarrow")

import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402

from dedupe.adapters import pandas_columns  # noqa: E402

DTYPES = [object, "string[python]", "string[pyarrow]", pd.ArrowDtype(pa.string()), pd.ArrowDtype(pa.large_string())]
INDEX = list("hgfedcba")


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_dtype(dtype: object) -> None:
    series = pd.Series(COLUMN, INDEX, dtype, name="text")
    clean = pandas_columns.clean_column(series)
    assert (clean.dtype, clean.name, clean.index.tolist()) == (series.dtype, "text", INDEX)
    assert [None if pd.isna(text) else text for text in clean] == CLEANED
    pd.testing.assert_series_equal(pandas_columns.clean_column(clean), clean)
    mask = pandas_columns.keep_mask(clean)
    assert (mask.dtype, mask.index.tolist(), mask.tolist()) == (bool, INDEX, KEEPS)
    removals = pandas_columns.find_duplicates(clean)
    assert (removals.index.tolist(), removals["keeper"].tolist()) == (["g", "d", "a"], ["h", "e", "b"])
    assert removals["similarity"].tolist() == [1.0] * 3


def test_the_default_dtype_and_a_frame_that_is_filtered() -> None:
    frame = pd.DataFrame({"text": COLUMN, "number": range(8)}, INDEX)
    frame["text"] = pandas_columns.clean_column(frame["text"])
    kept = frame[pandas_columns.keep_mask(frame["text"])]
    assert kept["number"].tolist() == [0, 2, 3, 5, 6]
    assert pandas_columns.keep_mask(kept["text"]).all()


def test_missing_values_stay_what_they_are() -> None:
    series = pd.Series([COLUMN[0], None, float("nan"), pd.NA], dtype=object)
    clean = pandas_columns.clean_column(series)
    assert clean[0] == CLEANED[0]
    assert clean[1] is None
    assert isinstance(clean[2], float)
    assert clean[3] is pd.NA


def test_a_series_that_does_not_change_is_a_copy() -> None:
    series = pd.Series(["one", "two"], dtype=object)
    clean = pandas_columns.clean_column(series)
    clean[0] = "changed"
    assert series[0] == "one"


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        pandas_columns.clean_column(pd.Series(["\ud83d"], dtype=object))
    for series in (pd.Series([1]), pd.Series(["a", 1], dtype=object), pd.Series(["a"], dtype="category")):
        with pytest.raises((TypeError, pa.ArrowInvalid)):
            pandas_columns.keep_mask(series)
