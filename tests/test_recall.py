"""The recall that a run prints is the one that it has."""

from fractions import Fraction
from itertools import count

import pytest

from dedupe import DropOptions, drop_duplicates

N_PAIRS = 10_000
N_SHINGLES = 90  # of a document


def make_pairs(similarity: Fraction) -> list[str]:
    """Pairs of exactly this similarity, no word of one pair in another: they begin alike and end apart."""
    shared = 2 * similarity * N_SHINGLES / (1 + similarity)
    assert shared.denominator == 1
    numbers = count()
    documents = []
    for _ in range(N_PAIRS):
        alike = [f"w{next(numbers)}" for _ in range(int(shared) + 4)]
        for _ in range(2):
            documents.append(" ".join([*alike, *(f"w{next(numbers)}" for _ in range(N_SHINGLES - int(shared)))]))
    return documents


@pytest.mark.measures
@pytest.mark.parametrize(
    ("threshold", "recall", "similarity"),
    [
        (0.8, 0.985, Fraction(4, 5)),
        (0.8, 0.9, Fraction(4, 5)),
        (0.8, 0.985, Fraction(7, 8)),
        (0.5, 0.985, Fraction(1, 2)),
        (0.875, 0.95, Fraction(7, 8)),
    ],
)
def test_recall_lies_on_the_curve(threshold: float, recall: float, similarity: Fraction) -> None:
    """Within 4 standard errors: pairs of words of their own are what so many seeds of the permutations would be."""
    result = drop_duplicates(make_pairs(similarity), DropOptions(threshold=threshold, recall=recall))
    bands, rows = result.parameters["bands"], result.parameters["rows"]
    expected = 1 - (1 - float(similarity) ** rows) ** bands
    if float(similarity) == threshold:
        assert result.parameters["expected_recall"] == pytest.approx(expected)
    error = (expected * (1 - expected) / N_PAIRS) ** 0.5
    assert len(result.removals) / N_PAIRS == pytest.approx(expected, abs=4 * error)
    assert all(removal.similarity == pytest.approx(float(similarity)) for removal in result.removals)
    assert all(removal.document == removal.keeper + 1 for removal in result.removals)
