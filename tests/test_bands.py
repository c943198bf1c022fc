"""The choice of bands: against a search through all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.near.bands import choose_bands


def area(n_bands, band_rows, threshold, steps=2000):
    """The S-curve's area from 0 to the threshold, by the midpoint rule."""
    points = ((i + 0.5) / steps * threshold for i in range(steps))
    return sum(1 - (1 - s**band_rows) ** n_bands for s in points) * threshold / steps


@pytest.mark.parametrize(
    ("threshold", "recall", "expected"),
    [
        (0.8, 0.985, (18, 7)),
        (0.8, 0.998, (21, 6)),
        (1, 0.985, (1, 128)),
        (0.5, 0.985, (32, 3)),
    ],
)
def test_known_choices(threshold, recall, expected):
    assert choose_bands(threshold, recall)[:2] == expected


@given(st.floats(0.2, 1), st.sampled_from([0.5, 0.9, 0.985, 0.998]), st.sampled_from([1, 16, 100, 128, 256]))
def test_the_choice_reaches_the_recall_with_the_least_area(threshold, recall, n_perm):
    within = [(b, r) for r in range(1, n_perm + 1) for b in range(1, n_perm // r + 1)]
    reach = [(b, r) for b, r in within if 1 - (1 - threshold**r) ** b >= recall + 1e-12]
    try:
        chosen = choose_bands(threshold, recall, n_perm)
    except ValueError:
        assert not reach
        return
    n_bands, band_rows, expected = chosen
    assert n_bands * band_rows <= n_perm
    assert expected >= recall
    assert expected == pytest.approx(1 - (1 - threshold**band_rows) ** n_bands)
    fewest = {r: min(b for b, other in reach if other == r) for r in {r for _, r in reach}}
    least = min((area(b, r, threshold, 400) for r, b in fewest.items()), default=1.0)
    assert area(n_bands, band_rows, threshold, 400) <= least + 1e-4


def test_wrong_wishes_are_refused():
    with pytest.raises(ValueError, match="threshold 0: must lie above 0"):
        choose_bands(0)
    with pytest.raises(ValueError, match="threshold nan"):
        choose_bands(float("nan"))
    with pytest.raises(ValueError, match="recall 1: must lie between 0 and 1"):
        choose_bands(0.8, 1)
    with pytest.raises(ValueError, match="n_perm 0"):
        choose_bands(0.8, 0.9, 0)
    with pytest.raises(ValueError, match=r"8 values reach 0\.569533; ask for less"):
        choose_bands(0.1, 0.985, 8)
