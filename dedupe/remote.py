"""Files elsewhere (`s3:// gs:// https:// ...`) through fsspec, as files that the rest reads and writes.

What is read comes as a stream; over HTTP from the beginning to the end, as any server can. What is written waits
in a temporary file and is sent when it is whole: a store of objects shows it when all of it has come, other file
systems get it beside its place and move it there.
"""

import io
import os
from collections.abc import Callable
from contextlib import suppress
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, TypeVar, cast

try:
    import fsspec
except ImportError:
    raise ImportError("what is remote needs fsspec, which is not here: pip install 'dedupe-corpus[remote]'") from None

from dedupe.errors import DedupeError, InputError, OutputError
from dedupe.unpack import split_suffix
from dedupe.write import naming_temporary_files, pack, temporary_folder

Made = TypeVar("Made")
READ_ONLY = ("http", "https")
STORES = frozenset(["s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci", "cos", "r2"])


def _call(error: type[DedupeError], name: str, what: str, action: Callable[[], Made]) -> Made:
    """What an action gives; whatever goes wrong in it has to do with `name`."""
    try:
        return action()
    except DedupeError:
        raise
    except FileNotFoundError:
        raise error(f"{name}: {what}: there is no such file; check the name") from None
    except Exception as fault:  # each file system has errors of its own
        said = str(fault).strip().partition("\n")[0] or type(fault).__name__
        raise error(f"{name}: {what}: {said}; check the name and the rights") from None


def _file_system(name: str) -> tuple[Any, str]:
    fs, path = fsspec.core.url_to_fs(name)
    return fs, path


class RemoteFile(io.RawIOBase):
    """A remote file that is read from the beginning to the end, or anywhere where it can be."""

    def __init__(self, name: str) -> None:
        self.name, self.size_read = name, 0
        self.file = _call(InputError, name, "cannot be read", self._open)

    def _open(self) -> Any:
        fs, path = _file_system(self.name)
        options = {"block_size": 0} if self.name.startswith(READ_ONLY) else {}
        return fs.open(path, "rb", **options)

    def read(self, size: int = -1) -> bytes:
        """As of any file; InputError where it breaks off."""
        data: bytes = _call(InputError, self.name, "breaks off", lambda: self.file.read(size))
        self.size_read += len(data)
        return data

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return not self.name.startswith(READ_ONLY) and bool(self.file.seekable())

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(_call(InputError, self.name, "cannot be read", lambda: self.file.seek(offset, whence)))

    def tell(self) -> int:
        return int(self.file.tell()) if self.seekable() else self.size_read

    def close(self) -> None:
        with suppress(Exception):
            self.file.close()
        super().close()


def open_remote(name: str) -> BinaryIO:
    """A remote file's bytes; InputError where it cannot be read."""
    return cast(BinaryIO, RemoteFile(name))


def list_files(folder: str, pattern: str = "") -> list[str]:
    """The files that lie in a folder and below, or match a pattern there; named as the folder is."""

    def find() -> list[str]:
        fs, path = _file_system(folder)
        top = path.rstrip("/")
        found = [x for x in fs.glob(f"{top}/{pattern}") if fs.isfile(x)] if pattern else fs.find(path)
        return [f"{folder.rstrip('/')}/{x.removeprefix(top).lstrip('/')}" for x in found]

    return _call(InputError, f"{folder}{'/' if pattern else ''}{pattern}", "cannot be listed", find)


class RemoteSink:
    """A remote file, packed by its suffix, that takes its place when `commit` is called."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.part = None
        if name.startswith(READ_ONLY):
            raise OutputError(f"{name}: cannot be written: HTTP is read only here; name a store or a file")
        self.fs, self.path = _call(OutputError, name, "cannot be written", lambda: _file_system(name))
        with naming_temporary_files():
            temporary = NamedTemporaryFile(prefix="dedupe-", dir=temporary_folder(), buffering=0)
        self.file, self.path_here = cast(BinaryIO, temporary), temporary.name
        self.packer = pack(self.file, split_suffix(name)[1])
        self.is_finished = False

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        with naming_temporary_files():
            while view:
                view = view[self.packer.write(view) :]

    def finish(self) -> None:
        if self.packer is not self.file and not self.is_finished:
            with naming_temporary_files():
                self.packer.close()
        self.is_finished = True

    def commit(self) -> None:
        self.finish()
        _call(OutputError, self.name, "cannot be written", self._send)
        self.file.close()

    def _send(self) -> None:
        protocol = self.name.partition("://")[0]
        if protocol in STORES:
            self.fs.put_file(self.path_here, self.path)
            return
        folder, _, name = self.path.rpartition("/")
        part = f"{folder}/.{name}.{os.urandom(4).hex()}.part"
        if folder:
            self.fs.makedirs(folder, exist_ok=True)
        try:
            self.fs.put_file(self.path_here, part)
            self.fs.mv(part, self.path)
        except BaseException:
            with suppress(Exception):
                self.fs.rm_file(part)
            raise

    def abort(self) -> None:
        with suppress(OSError, ValueError):
            self.packer.close()
        self.file.close()
