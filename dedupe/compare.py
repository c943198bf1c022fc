"""`dedupe corpus` as a function: which files, and how what is found is told; the command line calls it."""

import os
from collections.abc import Sequence

from dedupe.near.corpus import find_copies
from dedupe.options import DropOptions, ReadOptions
from dedupe.talk import say
from dedupe.tracked import list_tracked
from dedupe.write import StreamSink


def compare_files(names: Sequence[str], read: ReadOptions, split: str, drop: DropOptions) -> int:
    """`dedupe corpus`: names each document of a corpus that says what an earlier one says; gives the exit code.

    A folder stands for the files in it that git tracks; no name at all for those of the repository. Raises
    InputError where git cannot tell.
    """
    files: list[str] = []
    for name in names or [":/"]:
        files += list_tracked([name]) if not names or os.path.isdir(name) else [name]
    found = find_copies(dict.fromkeys(files), drop, read, split)
    out = StreamSink()
    for copy in found.copies:
        how = "is a copy of" if copy.is_exact else f"is {_two_digits(copy.similarity)} like"
        out.write(f"{copy.spot}: {how} {copy.keeper}\n".encode("utf-8", "surrogateescape"))
    for fault in found.faults:
        say(str(fault))
    if found.copies:
        say(
            f"{len(found.copies):,} of {found.n_documents:,} documents say what another one says; at {drop.threshold} "
            f"built for a recall of {found.expected_recall:.4f}"
        )
    if found.n_bounded:
        say(f"{found.n_bounded:,} documents had more candidates than are looked at for one")
    return 2 if found.faults else 1 if found.copies else 0


def _two_digits(similarity: float) -> str:
    """Two digits; 1.00 where nothing differs."""
    return f"{similarity if similarity == 1 else min(similarity, 0.99):.2f}"
