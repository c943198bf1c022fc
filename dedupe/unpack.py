"""Files and stdin -> plain bytes; `.gz .zst .xz .bz2` are unpacked by suffix.

A packed file that is cut or damaged is an InputError wherever it is read, never a shorter file. Damage
inside a .zst that was written without checksums cannot be seen; ours have them.
"""

import io
import sys
from pathlib import Path
from typing import Any, BinaryIO, cast

from dedupe.errors import InputError

SUFFIXES = (".gz", ".zst", ".xz", ".bz2")
MAGIC = {
    b"\x1f\x8b\x08": "gzip -dc",
    b"\x28\xb5\x2f\xfd": "zstd -dc",
    b"\xfd7zXZ\x00": "xz -dc",
    b"BZh91AY&SY": "bzip2 -dc",
}
MAGIC_BYTES = max(map(len, MAGIC))
PIECE_BYTES = 1 << 16  # of a .zst file that are unpacked at a time: what they unpack to waits in memory


def open_unpacked(name: str) -> BinaryIO:
    """A file's bytes, unpacked by its suffix; stdin's for `-`.

    OSError where it cannot be opened; reading what cannot be unpacked raises InputError.
    """
    if name == "-":
        if sys.stdin is None:
            raise InputError("-: stdin is closed; name a file")
        return sys.stdin.buffer.raw if isinstance(sys.stdin.buffer, io.BufferedReader) else sys.stdin.buffer
    file = open(name, "rb", buffering=0)
    return cast(BinaryIO, Unpacker(name, file)) if Path(name).suffix in SUFFIXES else file


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

    def __init__(self, name: str, file: io.FileIO) -> None:
        self.name, self.file = name, file
        self.stream = _open(file, Path(name).suffix)

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


def _open(file: io.FileIO, suffix: str) -> BinaryIO:
    match suffix:
        case ".gz":
            import gzip

            return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb"))
        case ".bz2":
            import bz2

            return cast(BinaryIO, bz2.open(file))
        case ".xz":
            import lzma

            return cast(BinaryIO, lzma.open(file))
        case _:
            return cast(BinaryIO, ZstdReader(file))


class ZstdReader(io.RawIOBase):
    """A .zst file's bytes. zstandard's own reader takes a file that is cut for one that ends."""

    def __init__(self, file: BinaryIO) -> None:
        import zstandard

        self.file = file
        self.decompressor = zstandard.ZstdDecompressor()
        self.frame: Any = None
        self.rest = b""  # read from the file, not unpacked yet
        self.ready = b""

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; EOFError where the file ends within a frame."""
        while not self.ready:
            data = self.rest or self.file.read(PIECE_BYTES)
            self.rest = b""
            if not data:
                if self.frame is not None:
                    raise EOFError("the last frame is cut")
                return b""
            if self.frame is None:
                self.frame = self.decompressor.decompressobj()
            self.ready = self.frame.decompress(data)
            if self.frame.eof:
                self.rest, self.frame = self.frame.unused_data, None
        taken, self.ready = self.ready[:size], self.ready[size:]
        return taken
