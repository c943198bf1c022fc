"""Captures cut into articles: the engine's call against the specification."""

from array import array
from itertools import pairwise
from types import ModuleType

from batches import batch, texts
from hypothesis import given
from hypothesis import strategies as st

from dedupe.clean.lines import Lines
from dedupe.split import split_articles

BLANKS = ["\n", "\n\n", "\n\n\n\n", "\n \n", "\r\n", "\u00a0\n", "\u200b\u200f\n", "\ufeff", " " * 70 + "\n"]
LINES = [
    "A line that goes on and on. " * 4,
    "Bridge Opens Again\n",
    "خبر عاجل من المدينة\n",
    "新闻标题在这里出现了\n",
    "é\n",
    "x",
    "TT\n",
]
captures = st.lists(st.one_of(st.sampled_from(BLANKS), st.sampled_from(LINES)), max_size=30).map("".join)


@given(st.lists(st.one_of(captures, texts), max_size=6))
def test_articles_begin_where_split_says(native: ModuleType, documents: list[str]) -> None:
    text, offsets = batch(documents)
    starts, owners = array("q"), array("q")
    for i, (first, last) in enumerate(pairwise(offsets)):
        lines = Lines(text[first:last], b"")
        parts = split_articles(lines, range(len(lines)), "auto")
        starts.append(first)
        starts.extend(first + lines.start[part[0]] for part in parts[1:])
        owners.extend([i] * len(parts))
    starts.append(offsets[-1])
    assert native.articles(text, offsets) == (starts.tobytes(), owners.tobytes())


def test_a_gap_may_hold_long_lines_of_spaces(native: ModuleType) -> None:
    text, offsets = batch(["First one here\n" + (" " * 100 + "\n") * 3 + "Second one here\n\nIts text.\n"])
    starts, owners = native.articles(text, offsets)
    assert array("q", owners).tolist() == [0, 0]
    assert text[memoryview(starts).cast("q")[1] :].startswith(b"Second")


def test_a_gap_is_found_wherever_it_stands(native: ModuleType) -> None:
    """The look for gaps takes 64 bytes at a time, and passes those in which each line begins with a letter."""
    for n_bytes in range(130):
        for gap in ("\n\n\n\n", "\n \n\u3000\n\n", "\r\n\r\n\r\n\r\n"):
            first = "First one here\n" + "x" * n_bytes
            text, offsets = batch([first + gap + "Second one here\n\nIts text.\n"])
            starts, owners = native.articles(text, offsets)
            assert array("q", owners).tolist() == [0, 0]
            assert text[memoryview(starts).cast("q")[1] :].startswith(b"Second")
