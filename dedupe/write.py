"""Bytes -> where they belong. Nothing half-written replaces anything whole.

A file is written beside its place and moved there when it is complete; its mode stays. stdout gets
bytes as they come. A reader that closes its end of the pipe has had enough: that is ClosedPipe, and
no error.
"""

import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from dedupe.errors import OutputError


class ClosedPipe(Exception):
    """Whoever read stdout has closed it."""


class Sink(Protocol):
    """Where output goes. `commit` makes it stand, `abort` leaves no trace; both end it."""

    def write(self, data: bytes) -> None: ...
    def commit(self) -> None: ...
    def abort(self) -> None: ...


class NullSink:
    """Nowhere: for runs that only look."""

    def write(self, data: bytes) -> None:
        pass

    def commit(self) -> None:
        pass

    def abort(self) -> None:
        pass


class StreamSink:
    """stdout, unbuffered: a line that has been decided leaves at once."""

    def __init__(self, fd: int | None = None, name: str = "stdout") -> None:
        self.fd = sys.stdout.fileno() if fd is None else fd
        self.name = name

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self.fd, view) :]
        except BrokenPipeError:
            raise ClosedPipe from None
        except OSError as error:
            raise OutputError(
                f"{self.name}: cannot be written: {error.strerror}; what was written so far is incomplete"
            ) from None

    def commit(self) -> None:
        pass

    def abort(self) -> None:
        pass


def open_sink(name: str) -> Sink:
    """Where output to `name` goes: a file that takes its place when it is whole, or straight into what is no
    regular file (a pipe, a device)."""
    if not is_special(name):
        return FileSink(name)
    try:
        return StreamSink(os.open(name, os.O_WRONLY), name)
    except OSError as error:
        raise OutputError(f"{name}: cannot be written: {error.strerror}") from None


def is_special(name: str) -> bool:
    """Whether `name` is there, and is neither a regular file nor a folder."""
    try:
        mode = os.stat(name).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


class FileSink:
    """A file, packed by its suffix, that takes its place when `commit` is called."""

    def __init__(self, name: str) -> None:
        self.name = name
        # The file that a link points to is replaced, not the link.
        self.path = Path(os.path.realpath(name))
        self.part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            self.file = open(self.part, "xb", buffering=0)
            if self.path.exists():
                os.chmod(self.part, stat.S_IMODE(self.path.stat().st_mode))
            self.packer = _packed(self.file, self.path.suffix)
        except OSError as error:
            raise self._error(error) from None

    def write(self, data: bytes) -> None:
        try:
            view = memoryview(data)
            while view:
                view = view[self.packer.write(view) :]
        except OSError as error:
            self.abort()
            raise self._error(error) from None

    def commit(self) -> None:
        try:
            if self.packer is not self.file:
                self.packer.close()
            if not self.file.closed:
                if self.path.exists():
                    os.fsync(self.file.fileno())  # what is whole gives way to what is on disk, no sooner
                self.file.close()
            os.replace(self.part, self.path)
        except OSError as error:
            self.abort()
            raise self._error(error) from None

    def abort(self) -> None:
        self.file.close()
        self.part.unlink(missing_ok=True)

    def _error(self, error: OSError) -> OutputError:
        return OutputError(f"{self.name}: cannot be written: {error.strerror or error}; it is as it was before")


def _packed(file: BinaryIO, suffix: str) -> BinaryIO:
    match suffix:
        case ".gz":
            import gzip

            return cast(
                BinaryIO, gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
            )  # same input, same bytes
        case ".bz2":
            import bz2

            return cast(BinaryIO, bz2.BZ2File(file, "wb"))
        case ".xz":
            import lzma

            return cast(BinaryIO, lzma.LZMAFile(file, "wb"))
        case ".zst":
            import zstandard

            return cast(BinaryIO, zstandard.ZstdCompressor().stream_writer(file, closefd=False))
        case _:
            return file
