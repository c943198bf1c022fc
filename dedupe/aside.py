"""Streams put into files, for runs that read their sources twice.

Each is known by the name that it was given: `-` is stdin. The files go when they are closed.
"""

from __future__ import annotations

from dedupe.formats import suffix_of
from dedupe.typed import TYPE_CHECKING
from dedupe.unpack import open_unpacked, read_some
from dedupe.write import naming_temporary_files, temporary_folder

if TYPE_CHECKING:
    from typing import Any

CHUNK_BYTES = 1 << 20


class Aside:
    """What was put aside, by name."""

    def __init__(self) -> None:
        self.files: dict[str, Any] = {}

    def put(self, name: str) -> None:
        """Copies a stream into a file that can be read twice."""
        from tempfile import NamedTemporaryFile

        suffix = suffix_of(name)  # it is unpacked now
        stream = open_unpacked(name)
        with naming_temporary_files():
            file = self.files[name] = NamedTemporaryFile(prefix="dedupe-", suffix=suffix, dir=temporary_folder())
        while data := read_some(stream, CHUNK_BYTES):
            with naming_temporary_files():
                file.write(data)
                file.flush()

    def path(self, name: str) -> str | None:
        """Where a source was put, if it was."""
        return self.files[name].name if name in self.files else None

    def close(self) -> None:
        for file in self.files.values():
            file.close()
