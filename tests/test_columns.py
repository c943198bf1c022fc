"""Columns are cleaned and decided as their documents are one by one."""

from array import array

import numpy as np
import pytest
from batches import batch
from hypothesis import given
from hypothesis import strategies as st
from test_drop import TEXTS
from test_promises import DOCUMENTS, OPTIONS
from texts import CAPTURE, CLEAN, PLAIN

from dedupe import DropOptions, clean_column, clean_documents, drop_duplicates, find_keepers, keep_mask
from dedupe.near import columns
from dedupe.options import CleanOptions

POLICIES = st.sampled_from(["first", "last", "longest"])


def split(text: bytes, offsets: bytes) -> list[str]:
    bounds = memoryview(offsets).cast("B").cast("q")
    whole = bytes(text)
    assert (bounds[0], bounds[-1]) == (0, len(whole))
    return [whole[a:b].decode("utf-8", "surrogatepass") for a, b in zip(bounds[:-1], bounds[1:], strict=True)]


@given(st.lists(DOCUMENTS, max_size=5), OPTIONS)
def test_a_column_is_cleaned_as_its_documents_are(documents: list[str], options: CleanOptions) -> None:
    assert split(*clean_column(*batch(documents), options)) == list(clean_documents(documents, options))


@given(
    st.lists(st.sampled_from([CAPTURE, PLAIN, "s\u00c3\u00bc\u00c3\u009f", "", "x\x1b[1mbold"]), max_size=9), st.data()
)
def test_a_slice_is_cleaned_as_what_lies_in_it(documents: list[str], data: st.DataObject) -> None:
    text, offsets = batch(documents)
    first = data.draw(st.integers(0, len(documents)))
    last = data.draw(st.integers(first, len(documents)))
    clean, bounds = clean_column(text, offsets[first : last + 1])
    if clean is not text:
        assert split(clean, bounds) == list(clean_documents(documents[first:last]))
    else:
        assert documents[first:last] == list(clean_documents(documents[first:last]))


def test_what_does_not_change_is_the_same_object() -> None:
    text, offsets = batch([PLAIN, CLEAN])
    clean, bounds = clean_column(text, offsets)
    assert clean is text
    assert bounds is offsets


@given(TEXTS, POLICIES)
def test_a_column_is_decided_as_its_documents_are(texts: list[str], policy: str) -> None:
    options = DropOptions(threshold=0.5, keep=policy)
    expected = drop_duplicates(texts, options)
    found = find_keepers(*batch(texts), options)
    assert np.flatnonzero(found.keepers < 0).tolist() == expected.kept
    removals = [
        (i, keeper, similarity)
        for i, (keeper, similarity) in enumerate(zip(found.keepers, found.similarities, strict=True))
        if keeper >= 0
    ]
    assert removals == expected.removals
    assert np.isnan(found.similarities[found.keepers < 0]).all()
    assert (keep_mask(*batch(texts), options) == (found.keepers < 0)).all()


@given(TEXTS, st.integers(0, 12), POLICIES)
def test_chunks_and_pieces_change_nothing(texts: list[str], cut: int, policy: str) -> None:
    options = DropOptions(threshold=0.5, keep=policy)
    text, offsets = batch(texts)
    cut = min(cut, len(texts))
    chunks = [columns.Column(text, offsets[: cut + 1]), columns.Column(text, offsets[cut:])]
    whole = find_keepers(text, offsets, options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "PIECE_DOCUMENTS", 2)
        parts = columns.find_keepers(chunks, options)
    assert parts.keepers.tolist() == whole.keepers.tolist()


def test_a_policy_that_looks_at_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="columns have no fields"):
        keep_mask(*batch(["a"]), DropOptions(keep="newest:date"))


@pytest.mark.parametrize("policy", ["first", "last"])
@pytest.mark.parametrize("offsets", [[], [0, 9], [-1, 2], [2, 1]])
def test_offsets_that_do_not_fit_are_refused(offsets: list[int], policy: str) -> None:
    for call in (clean_column, lambda *column: keep_mask(*column, DropOptions(keep=policy))):
        with pytest.raises(ValueError, match="offsets must"):
            call(b"four", array("q", offsets))
