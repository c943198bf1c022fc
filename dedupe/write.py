"""Bytes -> where they belong. Nothing half-written replaces anything whole.

A file is written beside its place and moved there when it is complete; its mode stays. stdout gets
bytes as they come. A reader that closes its end of the pipe has had enough: that is ClosedPipe, and
no error.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO

from dedupe.errors import OutputError
from dedupe.typed import TYPE_CHECKING, cast
from dedupe.unpack import is_remote

if TYPE_CHECKING:
    from typing import BinaryIO

    from dedupe.sink import Sink, Written

SHOWN_NAME = 50  # characters of a name that its temporary file shows: names have 255 bytes at most


class ClosedPipe(Exception):
    """Whoever read stdout has closed it."""


class NullSink:
    """Nowhere: for runs that only look."""

    name, part = "nothing", None

    def write(self, data: bytes) -> None:
        pass

    def finish(self) -> None:
        pass

    def commit(self) -> None:
        pass

    def abort(self) -> None:
        pass


class StreamSink:
    """stdout, unbuffered: a line that has been decided leaves at once."""

    part = None

    def __init__(self, fd: int | None = None, name: str = "stdout") -> None:
        self.is_mine = fd is not None
        self.fd = sys.stdout.fileno() if fd is None else fd
        self.name = name

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                try:
                    view = view[os.write(self.fd, view) :]
                except BlockingIOError:  # somebody made the pipe non-blocking
                    import select

                    select.select([], [self.fd], [])
        except BrokenPipeError:
            raise ClosedPipe from None
        except OSError as error:
            raise OutputError(
                f"{self.name}: cannot be written: {error.strerror}; what was written so far is incomplete"
            ) from None

    def finish(self) -> None:
        pass

    def commit(self) -> None:
        self.abort()

    def abort(self) -> None:
        if self.is_mine:
            os.close(self.fd)
            self.is_mine = False


@contextmanager
def naming_temporary_files() -> Iterator[None]:
    """An OSError within is one of temporary files, and says so."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{temporary_folder()}: cannot be written: {error.strerror or error}; temporary files lie where TMPDIR says"
        ) from None


def temporary_folder() -> str:
    """Where temporary files lie: of the places that `tempfile` looks at, the first that may be written to.

    It would write a file into each to find out, which a signal at that moment would leave there.
    """
    import tempfile

    named = (os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    for folder in (tempfile.tempdir, *named, "/tmp", "/var/tmp"):
        if folder and os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK):
            return os.path.abspath(os.fsdecode(folder))
    return tempfile.gettempdir()


def open_temporary() -> BinaryIO:
    """A file without a name, which goes with the process."""
    from tempfile import TemporaryFile

    with naming_temporary_files():
        return TemporaryFile(prefix="dedupe-", dir=temporary_folder())


def open_sink(name: str, syncs: bool = False) -> Sink:
    """Where output to `name` goes: a file that takes its place when it is whole, or straight into what is no
    regular file (a pipe, a device, stdout for `-`)."""
    if name == "-":
        return StreamSink()
    if is_remote(name):
        from dedupe.remote import RemoteSink

        return RemoteSink(name)
    if not is_special(name):
        return FileSink(name, syncs)
    try:
        return StreamSink(os.open(name, os.O_WRONLY), name)
    except OSError as error:
        raise OutputError(f"{name}: cannot be written: {error.strerror}") from None


def open_place(name: str) -> Sink:
    """As open_sink; the folder is made where there is none."""
    if not is_remote(name):
        folder = os.path.dirname(os.path.realpath(name))
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be made: {error.strerror}; name another folder") from None
    return open_sink(name, syncs=True)


@contextmanager
def ended(sink: Written) -> Iterator[Written]:
    """A sink that is committed at the end, and aborted where that is not reached."""
    try:
        yield sink
        sink.commit()
    except BaseException:
        sink.abort()
        raise


def is_special(name: str) -> bool:
    """Whether `name` is there, and is neither a regular file nor a folder."""
    try:
        mode = os.stat(name).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


class FileSink:
    """A file, packed by its suffix, that takes its place when `commit` is called.

    What it replaces hands on its rights, and its owner, group and extended attributes as far as that is
    permitted. The file that a link points to is replaced, not the link; other hard links keep what was there.
    """

    def __init__(self, name: str, syncs: bool = False) -> None:
        """With `syncs`, a file that is there gives way to what is on disk, no sooner: it may be the only copy."""
        self.name, self.syncs = name, syncs
        self.path = os.path.realpath(name)
        if os.path.isdir(self.path):
            raise OutputError(f"{name}: is a directory; name a file")
        folder, base = os.path.split(self.path)
        self.part = os.path.join(folder, f".{base[:SHOWN_NAME]}.{os.urandom(4).hex()}.part")
        try:
            self.file = _create(self.part, self.path)
            self.packer = pack(self.file, os.path.splitext(base)[1])
        except OSError as error:
            raise self._error(error) from None

    def write(self, data: bytes) -> None:
        try:
            view = memoryview(data)
            while view:
                view = view[self.packer.write(view) :]
        except OSError as error:
            raise self._error(error) from None

    def finish(self) -> None:
        try:
            if self.packer is not self.file:
                self.packer.close()
            if self.syncs and os.path.exists(self.path):
                os.fsync(self.file.fileno())
            self.file.close()
        except OSError as error:
            raise self._error(error) from None

    def commit(self) -> None:
        if not self.file.closed:
            self.finish()
        try:
            os.replace(self.part, self.path)
        except OSError as error:
            raise self._error(error) from None

    def abort(self) -> None:
        # What the packer still holds is of no use any more, and the packer must not notice later.
        with suppress(OSError, ValueError):
            self.packer.close()
        with suppress(OSError):
            self.file.close()
        with suppress(FileNotFoundError):
            os.unlink(self.part)

    def _error(self, error: OSError) -> OutputError:
        return OutputError(f"{self.name}: cannot be written: {error.strerror or error}; it is as it was before")


def _create(part: str, path: str) -> FileIO:
    """A new file `part` with the rights of `path`, where there is one; nobody else reads it sooner."""
    try:
        status = os.stat(path)
    except OSError:
        return open(part, "xb", buffering=0)
    file = open(part, "xb", buffering=0, opener=lambda name, flags: os.open(name, flags, 0o600))
    try:
        mode = stat.S_IMODE(status.st_mode)
        try:
            os.fchown(file.fileno(), status.st_uid, status.st_gid)
        except OSError:
            mode &= 0o777  # what runs in its owner's name must not run in another's
            with suppress(OSError):
                os.fchown(file.fileno(), -1, status.st_gid)
        _copy_attributes(path, file.fileno())
        os.fchmod(file.fileno(), mode)
    except BaseException:
        file.close()
        os.unlink(part)
        raise
    return file


def _copy_attributes(path: str, fd: int) -> None:
    if not hasattr(os, "listxattr"):
        return
    with suppress(OSError):  # not on every file system
        for name in os.listxattr(path):
            with suppress(OSError):  # some are the system's own
                os.setxattr(fd, name, os.getxattr(path, name))


def pack(file: BinaryIO, suffix: str) -> BinaryIO:
    """What packs all that is written to it into a file, by a suffix; the file itself for others."""
    match suffix:
        case ".gz":
            import gzip

            return cast(
                "BinaryIO", gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
            )  # same input, same bytes
        case ".bz2":
            import bz2

            return cast("BinaryIO", bz2.BZ2File(file, "wb"))
        case ".xz":
            import lzma

            return cast("BinaryIO", lzma.LZMAFile(file, "wb"))
        case ".zst":
            import zstandard

            return cast("BinaryIO", zstandard.ZstdCompressor(write_checksum=True).stream_writer(file, closefd=False))
        case _:
            return file
