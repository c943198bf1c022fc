"""What keeps a file from being rewritten or checked: it is no text after all, or somebody is at work on it.

A file is looked through as it stands on disk; packed ones and those elsewhere, which git does not
merge, are not. Cost: one reading.
"""

from pathlib import Path

from dedupe.unpack import SUFFIXES, is_remote

CHUNK_BYTES = 1 << 20
CONFLICT = (b"\n<<<<<<< ", b"\n=======", b"\n>>>>>>> ")  # git's marks, in order
OVERLAP = max(map(len, CONFLICT)) - 1
NUL_FAULT = "has a NUL in it, as files have that are no text; exclude it, or mend it by hand"
TEXTS = ("text", "markdown", "csv", "tsv")  # formats in which no NUL stands


def find_obstacle(name: str, format: str) -> str | None:
    """What is wrong with a file, and what to do, in words; None where nothing is.

    OSError where it cannot be read.
    """
    if is_remote(name) or Path(name).suffix in SUFFIXES:
        return None
    line = marks = began = 0
    tail = b"\n"
    with open(name, "rb", buffering=0) as file:
        while data := file.read(CHUNK_BYTES):
            if format in TEXTS and b"\0" in data:
                return NUL_FAULT
            window, position = tail + data, 0
            while marks < len(CONFLICT) and (found := window.find(CONFLICT[marks], position)) >= 0:
                if not marks:
                    began = line + window.count(b"\n", 0, found + 1)
                position, marks = found + 1, marks + 1
            if marks == len(CONFLICT):
                return f"has a merge conflict at line {began}; resolve it first"
            keep = max(len(window) - OVERLAP, position)
            line += window.count(b"\n", 0, keep)
            tail = window[keep:]
    return None
