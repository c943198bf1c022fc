"""From a file descriptor to whole lines."""

import os
import select

PATIENCE_SECONDS = 0.001  # that a pipe which has given something may take to give more


def hold_memory() -> None:
    """For a process that runs one command: freed memory stays with it. Nothing to do here."""


def read_lines(fd: int, before: bytes, n_bytes: int) -> tuple[bytearray, bytes]:
    """`before` and what follows it in the file, about `n_bytes` or as much as makes a line whole, up to the last
    line's end; and the bytes behind that. At the file's end all, and nothing behind.

    Of a pipe, what it has to give for now. Where that is cut into pieces says nothing about what is in them.
    """
    if n_bytes < 1:
        raise ValueError("n_bytes must be at least 1")
    pieces, size, end = [before], 0, before.rfind(b"\n") + 1
    while size < n_bytes or not end:
        if end and size and not select.select([fd], [], [], PATIENCE_SECONDS)[0]:
            break
        try:
            piece = os.read(fd, n_bytes)
        except BlockingIOError:  # somebody has made it a descriptor that does not wait
            select.select([fd], [], [])
            continue
        if not piece:
            return bytearray().join(pieces), b""
        last = piece.rfind(b"\n") + 1
        if last:
            end = sum(map(len, pieces)) + last
        pieces.append(piece)
        size += len(piece)
    data = b"".join(pieces)
    return bytearray(data[:end]), data[end:]
