"""The exact similarity of two shingle sets."""

from itertools import pairwise

from dedupe.engine.reference.batch import Buffer, numbers, output, put


def jaccard(sets: Buffer, set_offsets: Buffer, pairs: Buffer, out: Buffer) -> None:
    """The Jaccard similarity, a double, of each pair (two int64) of the sets that `shingles` gives:
    shared / all of both, and 0 where both are empty."""
    keys = memoryview(sets).cast("B")
    ends = numbers(set_offsets, "q", "offsets")
    if not ends or ends[0] < 0 or ends[-1] > len(keys) // 8 or any(a > b for a, b in pairwise(ends)):
        raise ValueError("sets must hold aligned uint64 values, as many as set_offsets says")
    flat = numbers(pairs, "q", "pairs")
    if len(flat) % 2:
        raise ValueError("pairs must hold two int64 values each")
    if not all(0 <= i < len(ends) - 1 for i in flat):
        raise ValueError("pairs must name sets")
    to = output(out, 8 * (len(flat) // 2), "out")
    all_keys = keys[: len(keys) // 8 * 8].cast("Q").tolist()
    whole = [set(all_keys[start:end]) for start, end in pairwise(ends)]
    couples = [(whole[one], whole[other]) for one, other in zip(flat[::2], flat[1::2], strict=True)]
    put(to, "d", [len(one & other) / len(one | other) if one | other else 0.0 for one, other in couples])
