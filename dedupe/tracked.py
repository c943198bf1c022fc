"""Which files git has in its index: the corpus of a repository, as `dedupe corpus` reads it.

Links, submodules and what was deleted are left out. Names are relative to the working directory, in git's order.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence

from dedupe.errors import InputError
from dedupe.formats import SUFFIXES as KNOWN
from dedupe.unpack import SUFFIXES

REGULAR = b"100"  # how the mode of a file begins in the index
NO_CORPUS = (".json", ".parquet", ".pq")  # one object as a rule, and what nobody keeps in git


def list_tracked(paths: Sequence[str] = ()) -> list[str]:
    """The files of known suffix that git tracks, below `paths` or in the whole repository.

    InputError where there is no git, or no repository.
    """
    pathspec = ["--", *(paths or [":/"])]
    try:
        listing, deleted = (_start_git(option, *pathspec) for option in ("-sz", "-dz"))
    except OSError:
        raise InputError("git: is not there; name the files to compare") from None
    out, error = listing.communicate()
    gone = set(deleted.communicate()[0].split(b"\0"))
    if listing.returncode:
        first_line = error.decode(errors="replace").partition("\n")[0]
        raise InputError(f"git: {first_line or 'cannot list files'}; name the files to compare")
    return [os.fsdecode(name) for name in dict.fromkeys(_names(out)) if name not in gone]  # unmerged ones stand often


def _start_git(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["git", "ls-files", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _names(listing: bytes) -> Iterator[bytes]:
    kinds = [known for known in KNOWN if known not in NO_CORPUS]
    suffixes = tuple((known + packed).encode() for known in kinds for packed in ("", *SUFFIXES))
    for entry in listing.split(b"\0"):
        mode, _, name = entry.partition(b"\t")
        if mode.startswith(REGULAR) and name.lower().endswith(suffixes):
            yield name
