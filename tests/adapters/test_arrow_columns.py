"""Arrow arrays of every kind of string are cleaned and decided as their texts are, nulls and slices too."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts_column import CLEANED, COLUMN, KEEPS, REMOVALS, need

need("pyarrow")

import pyarrow as pa  # noqa: E402

from dedupe import DropOptions, drop_duplicates  # noqa: E402
from dedupe.adapters import arrow_columns  # noqa: E402

TYPES = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]


@pytest.mark.parametrize("type", TYPES, ids=str)
def test_every_type_of_string(type: pa.DataType) -> None:
    clean = arrow_columns.clean_column(pa.array(COLUMN, pa.string()).cast(type))
    assert clean.type == type
    clean.validate(full=True)
    assert clean.to_pylist() == CLEANED
    assert arrow_columns.clean_column(clean) is clean
    assert arrow_columns.keep_mask(clean).to_pylist() == KEEPS
    assert [tuple(row.values()) for row in arrow_columns.find_duplicates(clean).to_pylist()] == REMOVALS


@given(st.data())
def test_slices_and_chunks(data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(COLUMN)), min_size=2, max_size=5)))
    whole = pa.array(COLUMN, data.draw(st.sampled_from(TYPES[:3])))
    chunks = pa.chunked_array([whole[a:b] for a, b in zip(cuts[:-1], cuts[1:], strict=True)], whole.type)
    clean = arrow_columns.clean_column(chunks)
    clean.validate(full=True)
    assert clean.type == whole.type
    assert clean.to_pylist() == CLEANED[cuts[0] : cuts[-1]]
    texts = [text for text in chunks.to_pylist() if text is not None]
    for policy in ("first", "last", "longest"):
        options = DropOptions(keep=policy)
        kept = drop_duplicates(texts, options).kept
        mask = arrow_columns.keep_mask(chunks, options).to_pylist()
        of_texts = [keeps for keeps, text in zip(mask, chunks.to_pylist(), strict=True) if text is not None]
        assert [i for i, keeps in enumerate(of_texts) if keeps] == kept
        assert all(keeps for keeps, text in zip(mask, chunks.to_pylist(), strict=True) if text is None)


@pytest.mark.parametrize(
    "texts", [pa.array([], pa.string()), pa.array([None, None]), pa.chunked_array([], pa.string())]
)
def test_nothing(texts: pa.Array) -> None:
    assert arrow_columns.clean_column(texts) is texts
    assert arrow_columns.keep_mask(texts).to_pylist() == [True] * len(texts)
    assert arrow_columns.find_duplicates(texts).num_rows == 0


def test_bytes_under_a_null_do_not_count() -> None:
    offsets, data = pa.py_buffer(array("q", [0, 1, 4, 5])), pa.py_buffer(b"a\xff\xffzb")
    texts = pa.LargeStringArray.from_buffers(3, offsets, data, pa.py_buffer(bytes([0b101])), 1)
    assert texts.to_pylist() == ["a", None, "b"]
    assert arrow_columns.clean_column(texts) is texts
    assert arrow_columns.keep_mask(texts).to_pylist() == [True] * 3


def test_what_is_no_text_is_refused() -> None:
    for call in (arrow_columns.clean_column, arrow_columns.keep_mask):
        with pytest.raises(TypeError, match="an array of int64: give one of strings"):
            call(pa.array([1]))
