"""Which files git has in its index: the corpus of a repository, as `dedupe corpus` reads it.

Links, submodules and what was deleted are left out. Names are relative to the working directory, in git's order.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence

from dedupe.errors import InputError
from dedupe.read import FORMATS
from dedupe.unpack import SUFFIXES

REGULAR = b"100"  # how the mode of a file begins in the index
NO_CORPUS = (".json",)  # as a rule one object and no lines


def list_tracked(paths: Sequence[str] = ()) -> list[str]:
    """The files of known suffix that git tracks, below `paths` or in the whole repository.

    InputError where there is no git, or no repository.
    """
    pathspec = paths or [":/"]
    try:
        done = subprocess.run(["git", "ls-files", "-sz", "--", *pathspec], capture_output=True, check=False)
    except OSError:
        raise InputError("git: is not there; name the files to compare") from None
    if done.returncode:
        first_line = done.stderr.decode(errors="replace").partition("\n")[0]
        raise InputError(f"git: {first_line or 'cannot list files'}; name the files to compare")
    return list(dict.fromkeys(_names(done.stdout)))  # of an unmerged file there are several entries


def _names(listing: bytes) -> Iterator[str]:
    kinds = [known for known in FORMATS if known not in NO_CORPUS]
    suffixes = tuple((known + packed).encode() for known in kinds for packed in ("", *SUFFIXES))
    for entry in listing.split(b"\0"):
        mode, _, name = entry.partition(b"\t")
        if mode.startswith(REGULAR) and name.lower().endswith(suffixes) and os.path.lexists(name):
            yield os.fsdecode(name)
