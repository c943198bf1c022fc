"""A file of the texts that were kept, so that a stream can be taken up again where it was left.

After a first line stand records, one behind the other: a head (number, sizes of name and text, a CRC-32 of both,
a CRC-32 of all that), the name, the text; a record of the last number says that a run ended well. Records are
only ever added, and taken back from the end. A process that is killed leaves at most its last record cut short:
that one is passed over, and overwritten. Anything else that is not whole is an InputError. The matcher reads texts
where they stand; names are read when somebody asks. One process at a time: the file is locked while it is open.
Disk: the texts, and 28 bytes and its name for each.
"""

import fcntl
import os
import struct
from collections.abc import Iterator
from io import FileIO
from typing import NamedTuple
from zlib import crc32

from dedupe.errors import InputError, OutputError
from dedupe.write import open_temporary

FIRST_LINE = b"dedupe kept texts 1\n"
FIELDS = struct.Struct("<QIQI")  # number, bytes of the name, bytes of the text, CRC-32 of both
HEAD_BYTES = FIELDS.size + 4  # and a CRC-32 of the fields
END = 2**64 - 1  # in place of a number: everything before it was dealt with


class Record(NamedTuple):
    """A kept document: its number, where its record begins, where its text does, and the text."""

    number: int
    start: int
    at: int
    text: bytes


class KeptTexts:
    """An open file of kept texts; without a path, a temporary one."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.name = "a temporary file" if path is None else os.fsdecode(path)
        self.is_temporary = path is None
        self.file = open_temporary() if path is None else self._open(path)
        self.fd = self.file.fileno()
        self.ended_at = len(FIRST_LINE)
        """Where the last END ends."""
        try:
            self.size = self._begin()
        except BaseException:
            self.file.close()
            raise

    def _open(self, path: str | os.PathLike[str]) -> FileIO:
        try:
            file = FileIO(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+")
        except OSError as error:
            raise InputError(f"{self.name}: cannot be opened: {error.strerror}; give another path") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise InputError(f"{self.name}: is in use; give each run a file of its own") from None
        return file

    def _begin(self) -> int:
        """Checks the first line, or writes it; gives the size of what stands there."""
        first = os.pread(self.fd, len(FIRST_LINE), 0)
        if first == FIRST_LINE:
            return os.fstat(self.fd).st_size
        if not FIRST_LINE.startswith(first):
            raise InputError(f"{self.name}: is no file of kept texts; give another path")
        self._write(FIRST_LINE, 0)
        return len(FIRST_LINE)

    def read(self) -> Iterator[Record]:
        """What the file holds, in order; a last record that was cut short is taken away. To be read through
        before anything is added."""
        start = len(FIRST_LINE)
        while start < self.size:
            head = os.pread(self.fd, HEAD_BYTES, start)
            if len(head) < HEAD_BYTES:
                break
            if crc32(head[: FIELDS.size]) != int.from_bytes(head[FIELDS.size :], "little"):
                raise self._damaged(start)
            number, name_size, text_size, crc = FIELDS.unpack_from(head)
            end = start + HEAD_BYTES + name_size + text_size
            if end > self.size:
                break
            body = os.pread(self.fd, name_size + text_size, start + HEAD_BYTES)
            if crc32(body) != crc:
                raise self._damaged(start)
            yield Record(number, start, end - text_size, body[name_size:])
            start = end
            if number == END:
                self.ended_at = end
        self.cut(start)

    def _damaged(self, start: int) -> InputError:
        return InputError(
            f"{self.name}: is damaged at byte {start}; restore it, or delete it: copies of what it held then stay"
        )

    def add(self, number: int, name: bytes, text: bytes) -> Record:
        """Writes a record behind the last one. After an OutputError the file is as it was."""
        body = name + text
        fields = FIELDS.pack(number, len(name), len(text), crc32(body))
        start = self.size
        try:
            self.size = self._write(fields + crc32(fields).to_bytes(4, "little") + body, start)
        except OutputError:
            self.cut(start)
            raise
        return Record(number, start, self.size - len(text), text)

    def cut(self, start: int) -> None:
        """Takes away what stands from `start` on."""
        if os.fstat(self.fd).st_size > start:
            os.ftruncate(self.fd, start)
        self.size = start

    def name_at(self, start: int) -> bytes:
        """The name in the record that begins at `start`."""
        name_size = FIELDS.unpack(os.pread(self.fd, FIELDS.size, start))[1]
        return os.pread(self.fd, name_size, start + HEAD_BYTES)

    def _write(self, data: bytes, at: int) -> int:
        view = memoryview(data)
        try:
            while view:
                n = os.pwrite(self.fd, view, at)
                view, at = view[n:], at + n
        except OSError as error:
            raise OutputError(f"{self.name}: cannot be written: {error.strerror}; make room") from None
        return at

    def end(self) -> None:
        """Notes that everything so far was dealt with."""
        if not self.is_temporary and self.size != self.ended_at:
            self.add(END, b"", b"")
            self.ended_at = self.size

    def close(self) -> None:
        """Leaves what was added safe from a loss of power."""
        if not self.file.closed and not self.is_temporary:
            os.fsync(self.fd)
        self.file.close()
