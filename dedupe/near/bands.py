"""How a signature is cut into bands, from the recall that is wanted.

b bands of r values make a pair of similarity s a candidate with chance 1 - (1 - s^r)^b, the S-curve
(Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4.2). Of those that reach the wanted
recall at the threshold, the choice is the one with the fewest candidates below it, each of which costs
a verification and comes to nothing: the least area under the curve from 0 to the threshold, all
similarities weighing the same. The curve is never centred on the threshold, as datasketch's default
weights do: half of the pairs there would be missed.

The area is exact: I(b), the integral of (1 - s^r)^b from 0 to t, is (t (1 - t^r)^b + b r I(b - 1)) /
(1 + b r), by parts. Cost: n_perm log n_perm steps, 0.1 ms for 128.
"""

from __future__ import annotations

from dedupe.typed import NamedTuple


class Bands(NamedTuple):
    """Bands, values in each, and the chance of a pair at the threshold to become a candidate."""

    n_bands: int
    band_rows: int
    recall: float


def choose_bands(threshold: float = 0.8, recall: float = 0.985, n_perm: int = 128) -> Bands:
    """The bands with the fewest expected candidates among those that reach the recall.

    >>> n_bands, band_rows, expected = choose_bands(0.8, 0.985)
    >>> n_bands, band_rows, round(expected, 3)
    (18, 7, 0.986)

    ValueError where n_perm values cannot reach it; at a threshold of 1 any band does.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold {threshold}: must lie above 0 and not above 1")
    if not 0 < recall < 1:
        raise ValueError(f"recall {recall}: must lie between 0 and 1")
    if n_perm < 1:
        raise ValueError(f"n_perm {n_perm}: must be at least 1")
    best: Bands | None = None
    least = threshold
    for band_rows in range(1, n_perm + 1):
        missed_by_one = 1 - threshold**band_rows
        missed, missed_area = 1.0, threshold
        for n_bands in range(1, n_perm // band_rows + 1):
            missed *= missed_by_one
            missed_area = (threshold * missed + n_bands * band_rows * missed_area) / (1 + n_bands * band_rows)
            if 1 - missed < recall:
                continue
            if best is None or threshold - missed_area < least:
                best, least = Bands(n_bands, band_rows, 1 - missed), threshold - missed_area
            break
    if best is None:
        most = 1 - (1 - threshold) ** n_perm
        raise ValueError(
            f"recall {recall} at threshold {threshold}: {n_perm} values reach {most:.6f}; "
            "ask for less, or raise the threshold"
        )
    return best
