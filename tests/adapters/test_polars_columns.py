"""A Series, and an expression of a lazy frame, are cleaned and decided under their own names."""

import pytest
from texts_column import CLEANED, COLUMN, KEEPS, REMOVALS, need

need("polars", "pyarrow")

import polars as pl  # noqa: E402

from dedupe import DropOptions  # noqa: E402
from dedupe.adapters import polars_columns  # noqa: E402


def test_a_series() -> None:
    series = pl.Series("text", COLUMN)
    clean = polars_columns.clean_column(series)
    assert (clean.name, clean.dtype, clean.to_list()) == ("text", pl.String, CLEANED)
    assert polars_columns.clean_column(clean) is clean
    mask = polars_columns.keep_mask(clean)
    assert (mask.name, mask.dtype, mask.to_list()) == ("text", pl.Boolean, KEEPS)
    assert polars_columns.find_duplicates(clean).rows() == REMOVALS
    parts = pl.concat([clean[:3], clean[3:]], rechunk=False)
    assert polars_columns.keep_mask(parts).to_list() == KEEPS


def test_expressions_of_a_lazy_frame() -> None:
    frame = pl.LazyFrame({"text": COLUMN, "number": range(8)})
    clean = frame.with_columns(polars_columns.clean_column(pl.col("text")))
    assert clean.collect()["text"].to_list() == CLEANED
    assert clean.filter(polars_columns.keep_mask(pl.col("text"))).collect()["number"].to_list() == [0, 2, 3, 5, 6]


def test_a_lazy_frame_keeps_its_order_of_work() -> None:
    """A filter behind the mask must not move before it, nor the other way round."""
    frame = pl.LazyFrame({"site": ["a", "b", "a", "b"], "text": ["one story", "one story", "another", "another"]})
    mask, is_b = polars_columns.keep_mask(pl.col("text")), pl.col("site") == "b"
    assert frame.filter(is_b).filter(mask).collect().height == 2
    assert frame.filter(mask).filter(is_b).collect().height == 0
    assert frame.with_columns(keeps=mask).filter(is_b).collect()["keeps"].to_list() == [False, False]


def test_each_group_by_itself() -> None:
    frame = pl.DataFrame({"site": ["a", "b", "a", "b"], "text": ["one story", "one story", "one story", "another"]})
    mask = polars_columns.keep_mask(pl.col("text"), DropOptions(keep="last"))
    assert frame.select(mask.over("site"))["text"].to_list() == [False, True, True, True]


@pytest.mark.parametrize("series", [pl.Series("text", [], pl.String), pl.Series("text", [None, None])])
def test_nothing(series: pl.Series) -> None:
    assert polars_columns.clean_column(series).to_list() == series.to_list()
    assert polars_columns.keep_mask(series).to_list() == [True] * len(series)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="give one of strings"):
        polars_columns.keep_mask(pl.Series([1]))
