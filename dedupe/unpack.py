"""Files and stdin -> plain bytes; `.gz .zst .xz .bz2` are unpacked by suffix.

A packed file that is cut or damaged is an InputError wherever it is read, never a shorter file. Damage
inside a .zst that was written without checksums cannot be seen; ours have them.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from os.path import splitext

from dedupe.errors import InputError
from dedupe.typed import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing import Any, BinaryIO

SUFFIXES = (".gz", ".zst", ".xz", ".bz2")
MAGIC = {
    b"\x1f\x8b\x08": "gzip -dc",
    b"\x28\xb5\x2f\xfd": "zstd -dc",
    b"\xfd7zXZ\x00": "xz -dc",
    b"BZh91AY&SY": "bzip2 -dc",
}
MAGIC_BYTES = max(map(len, MAGIC))
PIECE_BYTES = 1 << 16  # of a packed file that are unpacked at a time: what they unpack to waits in memory
READY_BYTES = 1 << 20  # that wait at most, where the package can stop
PADDING = b"\0"


def open_unpacked(name: str) -> BinaryIO:
    """A file's bytes, unpacked by its suffix; stdin's for `-`.

    OSError where it cannot be opened; reading what cannot be unpacked raises InputError.
    """
    if name == "-":
        if sys.stdin is None:
            raise InputError("-: stdin is closed; name a file")
        return sys.stdin.buffer.raw if isinstance(sys.stdin.buffer, io.BufferedReader) else sys.stdin.buffer
    file: BinaryIO
    if is_remote(name):
        from dedupe.remote import open_remote

        file = open_remote(name)
    else:
        file = open(name, "rb", buffering=0)
    return cast("BinaryIO", Unpacker(name, file)) if split_suffix(name)[1] in SUFFIXES else file


def is_remote(name: str) -> bool:
    """Whether a name is that of a file elsewhere, as in s3://bucket/a.jsonl."""
    scheme, mark, _ = name.partition("://")
    return bool(mark) and scheme.replace("+", "").isalnum()


def split_suffix(name: str) -> tuple[str, str]:
    """A name as what stands before its last suffix, and that suffix, which tells what is in it."""
    return splitext(name.partition("#")[0].partition("?")[0] if name.startswith(("http://", "https://")) else name)


def read_some(stream: BinaryIO, size: int) -> bytes:
    """`size` bytes, or fewer where a pipe has no more just now; none at the end only."""
    while (data := stream.read(size)) is None:  # somebody made the pipe non-blocking
        import select

        select.select([stream], [], [])
    return data


def unpacking_command(first: bytes) -> str | None:
    """The command that unpacks bytes that begin so; None where they do not look packed."""
    return next((command for magic, command in MAGIC.items() if first.startswith(magic)), None)


class Unpacker(io.RawIOBase):
    """What a packed file holds."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name, self.file = name, file
        self.stream = _open(file, split_suffix(name)[1])

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; InputError where the file is damaged or ends too soon."""
        try:
            data = self.stream.read(size)
        except EOFError as error:
            raise InputError(f"{self.name}: breaks off: {error}; is the file whole?") from None
        except Exception as error:  # each of the four packages has errors of its own
            raise InputError(f"{self.name}: cannot be unpacked: {error}; is it whole, and its suffix right?") from None
        if not data and not self.file.tell():
            raise InputError(f"{self.name}: is empty, and so no packed file; is it whole?")
        return data

    def close(self) -> None:
        self.stream.close()
        self.file.close()
        super().close()


def _open(file: BinaryIO, suffix: str) -> BinaryIO:
    match suffix:
        case ".gz":
            import gzip

            return cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb"))
        case ".bz2":
            import bz2

            return cast("BinaryIO", MemberReader(file, bz2.BZ2Decompressor))
        case ".xz":
            import lzma

            return cast("BinaryIO", MemberReader(file, lzma.LZMADecompressor))
        case _:
            import zstandard

            return cast("BinaryIO", MemberReader(file, zstandard.ZstdDecompressor().decompressobj))


class MemberReader(io.RawIOBase):
    """What the members of a packed file hold, one after the other.

    The packages' own readers are not used: zstandard's takes a file that is cut for one that ends, those of
    bz2 and lzma pass over whatever stands behind the first member and is none.
    """

    def __init__(self, file: BinaryIO, begin: Callable[[], Any]) -> None:
        self.file, self.begin = file, begin
        self.member: Any = None
        self.n_members = 0
        self.rest = b""  # read from the file, not unpacked yet
        self.ready = b""

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; EOFError where the file ends within a member."""
        while not self.ready:
            if self.member is None and not self._begin_member():
                return b""
            needs_input = getattr(self.member, "needs_input", True)
            data = (self.rest or self.file.read(PIECE_BYTES)) if needs_input else b""
            if needs_input and not data:
                raise EOFError("the last member is cut")
            self.rest = b""
            self.ready = self.member.decompress(data, *self._limit())
            if self.member.eof:
                self.rest, self.member = self.member.unused_data, None
        taken, self.ready = self.ready[:size], self.ready[size:]
        return taken

    def _limit(self) -> tuple[int, ...]:
        return (READY_BYTES,) if hasattr(self.member, "needs_input") else ()

    def _begin_member(self) -> bool:
        while self.n_members and not self.rest.strip(PADDING):  # an .xz file may have it between members
            self.rest = self.file.read(PIECE_BYTES)
            if not self.rest:
                return False
        self.rest = self.rest.lstrip(PADDING) if self.n_members else self.file.read(PIECE_BYTES)
        if self.rest:
            self.member = self.begin()
            self.n_members += 1
        return bool(self.rest)
