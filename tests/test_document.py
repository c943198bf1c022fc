"""Splices: applied one after the other, or composed and applied at once."""

from hypothesis import given
from hypothesis import strategies as st

from dedupe.document import Splice, apply_splices, compose_splices


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=5), st.none() | st.binary(max_size=5)), max_size=8), st.data())
def test_composed_splices_do_what_both_do(pieces: list[tuple[bytes, bytes | None]], data: st.DataObject) -> None:
    """`pieces` are the stretches of a text, each with what the first splices put in its place, if anything."""
    text, first, bounds, middle = b"", [], [0], b""
    for piece, put in pieces:
        if put is not None:
            first.append(Splice(len(text), len(text) + len(piece), put, "first"))
        text += piece
        middle += piece if put is None else put
        bounds.append(len(middle))
    cuts = sorted(set(data.draw(st.lists(st.sampled_from(bounds), max_size=6))))
    second = [Splice(a, b, b"", "second") for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    composed = compose_splices(first, second)
    assert apply_splices(middle, second) == apply_splices(text, composed)
    assert all(a.end <= b.start for a, b in zip(composed, composed[1:], strict=False))
