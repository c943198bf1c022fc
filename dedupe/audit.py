"""What was done, written down so that it can be undone: the journal, and `restore`.

An audit is JSONL. Its first line says who wrote it and how; then, for each source:

    {"source": "a.jsonl", "format": "jsonl"}
    {"record": 3, "id": "x7", "rule": "repeat.headline", "at": 1042, "took": "...", "put": ""}
    {"record": 4, "rule": "drop.near", "keeper": {...}, "similarity": 0.91, "at": 2048, "line": "..."}
    {"records": 2, "sizes": "...", "checks": "..."}      one line a batch: every record's bytes out, CRC-32
    {"end": "a.jsonl", "bytes_in": 5120, "bytes_out": 4711, "crc32_in": 1234567890}

and a last line that counts the sources. `at` is the offset in the source's bytes of what was
replaced; `took` is the text that stood there and `put` what stands there now. Where the bytes are
not simply that text (`\\u` escapes, bytes that are not UTF-8), `took_raw` or `put_raw` holds them in
base64. An edit inside a record that was replaced as a whole (its bytes were not UTF-8) has `within`
in place of `at`: it tells what happened, the replacement undoes it.

`restore` needs nothing else: it walks the output record by record, compares each with its size and
check, and puts the bytes back. Whatever does not fit is an AuditError that names the record.
"""

import base64
import binascii
import json
import os
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from dedupe.changes import Changes
from dedupe.document import Change
from dedupe.errors import AuditError, OutputError
from dedupe.read import Batch, json_escape
from dedupe.write import is_special

VERSION = 1
READ_BYTES = 1 << 20  # at a time; a damaged audit may ask for more than there is


class Journal:
    """Writes an audit beside its place; `commit` moves it there.

    A run that is killed leaves `FILE.part`: the sources it ended in there can be restored from it.
    """

    def __init__(self, name: str, head: Mapping[str, Any]) -> None:
        if is_special(name):
            raise OutputError(f"{name}: is no regular file; an audit has to be kept")
        self.name = name
        self.path = Path(name)
        self.part = Path(name + ".part")
        self.sources = 0
        try:
            self.file: BinaryIO = open(self.part, "xb")
        except FileExistsError:
            raise OutputError(
                f"{self.part}: is left from a run that was cut short; restore from it or remove it, then try again"
            ) from None
        except OSError as error:
            raise OutputError(
                f"{name}: cannot be written: {error.strerror}; choose another place for the audit"
            ) from None
        self._write({"audit": VERSION, **head})

    def begin(self, source: str, format: str) -> None:
        self.source, self.format = source, format
        self.bytes_in = self.bytes_out = self.crc_in = 0
        self._write({"source": source, "format": format})

    def note(self, batch: Batch, changes: Changes) -> None:
        """One batch and what became of its records."""
        sizes, checks = array("q"), array("L" if array("L").itemsize == 4 else "I")
        raw, starts, drops = memoryview(batch.raw), batch.starts, changes.drops
        changed = dict(changes.items())
        for i in range(len(batch)):
            change, is_dropped = changed.get(i), bool(drops and drops[i])
            output = b"" if is_dropped else change.output if change else raw[starts[i] : starts[i + 1]]
            sizes.append(len(output))
            checks.append(zlib.crc32(output))
            if is_dropped:
                self._note_removal(batch, i, changes.notes.get(i, {}))
            elif change:
                self._note_change(batch, i, change)
        self.bytes_in += len(raw)
        self.bytes_out += sum(sizes)
        self.crc_in = zlib.crc32(raw, self.crc_in)
        self._write({"records": len(sizes), "sizes": _base64(sizes), "checks": _base64(checks)})

    def _name(self, batch: Batch, i: int) -> dict[str, object]:
        record: dict[str, object] = {"record": batch.line_of(i)}
        name = batch.id_of(i)
        return record if name is None else {**record, "id": name}

    def _note_removal(self, batch: Batch, i: int, note: Mapping[str, Any]) -> None:
        """A record that was dropped: `line` is the whole of it."""
        where = {"at": batch.at + batch.starts[i]}
        raw = batch.record(i)
        try:
            took: dict[str, str] = {"line": raw.decode()}
        except UnicodeDecodeError:
            took = {"took_raw": _base64(raw)}
        self._write({**self._name(batch, i), **note, **where, **took})

    def _note_change(self, batch: Batch, i: int, change: Change) -> None:
        record = self._name(batch, i)
        if change.is_whole:
            whole = change.splices[0]
            raws = {"took_raw": _base64(batch.raw[whole.start : whole.end]), "put_raw": _base64(whole.put)}
            self._write({**record, "rule": whole.rule, "at": batch.at + whole.start, **raws})
        for k, edit in enumerate(change.edits):
            took, put = change.took(edit), edit.put
            if change.is_whole:
                self._write(
                    {
                        **record,
                        "rule": edit.rule,
                        "within": edit.start,
                        "took": _decode(took),
                        "put": _decode(put),
                    }
                )
                continue
            splice = change.splices[k]
            raw = batch.raw[splice.start : splice.end]
            texts = {**self._text("took", took, raw), **self._text("put", put, splice.put)}
            self._write(
                {**record, "rule": edit.rule, **change.notes.get(k, {}), "at": batch.at + splice.start, **texts}
            )

    def _text(self, key: str, text: bytes, raw: bytes | bytearray) -> dict[str, str]:
        """The text, and the bytes that stand for it where they are not simply that text."""
        values = {key: _decode(text)}
        if raw != write_raw(text, self.format):
            values[key + "_raw"] = _base64(raw)
        return values

    def end(self) -> None:
        """The source is done, and on disk before anything is replaced."""
        self.sources += 1
        counts = {"bytes_in": self.bytes_in, "bytes_out": self.bytes_out, "crc32_in": self.crc_in}
        self._write({"end": self.source, **counts})
        self._guard(self.file.flush)
        self._guard(lambda: os.fsync(self.file.fileno()))

    def join(self, gap: bytes) -> None:
        """Bytes that were written between two sources."""
        self._write({"join": gap.decode()})

    def commit(self) -> None:
        self._write({"sources": self.sources})
        self._guard(self.file.close)
        self._guard(lambda: os.replace(self.part, self.path))

    def abort(self) -> None:
        """Leaves no trace."""
        with suppress(OSError):  # a full disk says so once more
            self.file.close()
        self.part.unlink(missing_ok=True)

    def _write(self, entry: Mapping[str, Any]) -> None:
        self._guard(lambda: self.file.write(_dump(entry)))

    def _guard(self, action: Any) -> None:
        try:
            action()
        except OSError as error:
            raise OutputError(
                f"{self.name}: cannot be written: {error.strerror}; the run stops, nothing else is changed"
            ) from None


def _dump(entry: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(entry, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate stands in JSON as an escape only
        return json.dumps(entry).encode() + b"\n"


def _base64(data: Any) -> str:
    return base64.b64encode(data).decode()


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def write_raw(text: bytes, format: str) -> bytes:
    """The plainest bytes that stand for a text (UTF-8) inside a record of this format."""
    return json_escape(text, ascii_only=False) if format == "jsonl" else text


def restore_stream(name: str, stream: BinaryIO, file: str | None = None) -> Iterator[bytes]:
    """The input's bytes, from the bytes of the output and the audit `name`.

    Of an audit of files that were changed in place, the section of `file` is meant.
    """
    found = False
    for section in read_sections(name):
        if section.in_place and not (file and os.path.realpath(file) == os.path.realpath(section.source)):
            section.skip()
            continue
        found = True
        section.expect(stream, section.gap)
        yield from section.restore(stream)
        if section.in_place:
            break
    if not found:
        raise AuditError(
            f"{name}: tells of files changed in place, {file or 'stdin'} not among them; name one, or --in-place"
        )
    if stream.read(1):
        raise AuditError(
            f"{file or 'stdin'}: goes on where dedupe had ended it; restore needs the very output of the run"
        )


def read_sections(name: str, in_place: bool = False) -> Iterator["Section"]:
    """The audit's sources in order; AuditError where it is no audit, is damaged or breaks off.

    With `in_place`, an audit of a stream is an AuditError too.
    """
    try:
        with open(name, "rb") as file:
            entries = _read_entries(name, file)
            head = next(entries, {})
            if head.get("audit") != VERSION:
                raise AuditError(
                    f"{name}: is no audit that this version of dedupe knows; give the file that --audit wrote"
                )
            if in_place and not head.get("in_place"):
                raise AuditError(f"{name}: is the audit of a stream; give the output: dedupe restore {name} FILE")
            sources, gap = 0, b""
            for entry in entries:
                if "sources" in entry:
                    if entry["sources"] != sources:
                        raise AuditError(
                            f"{name}: tells of {sources} sources, not of {entry['sources']}; it is damaged"
                        )
                    return
                if "join" in entry:
                    gap = str(entry["join"]).encode()
                    continue
                yield Section(name, bool(head.get("in_place")), gap, entry, entries)
                sources, gap = sources + 1, b""
            raise AuditError(f"{name}: breaks off after {sources} whole sources; the run was cut short or the file is")
    except OSError as error:
        raise AuditError(f"{name}: cannot be read: {error.strerror}; check the name") from None


def _read_entries(name: str, file: BinaryIO) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, 1):
        try:
            entry = json.loads(line)
        except ValueError:
            raise AuditError(f"{name}:{number}: is not JSON; the audit is damaged or breaks off here") from None
        if not isinstance(entry, dict) or not line.endswith(b"\n"):
            raise AuditError(f"{name}:{number}: breaks off; the audit is not whole")
        yield entry


class Undo(NamedTuple):
    """At byte `at` of the input stood `took`, and `put` is what stands there now."""

    at: int
    took: bytes
    put: bytes


class Section:
    """One source of an audit: undoes what was done to it, batch by batch."""

    def __init__(
        self, audit: str, in_place: bool, gap: bytes, entry: dict[str, Any], entries: Iterator[dict[str, Any]]
    ) -> None:
        self.audit, self.in_place, self.gap, self.entries = audit, in_place, gap, entries
        self.ended = False
        try:
            self.source, self.format = str(entry["source"]), str(entry["format"])
        except KeyError:
            raise AuditError(f"{audit}: a source has no name; the audit is damaged") from None

    def restore(self, stream: BinaryIO) -> Iterator[bytes]:
        """The source's bytes from the bytes that `stream` has of the output, in order."""
        undos: list[Undo] = []
        position = crc = record = bytes_out = 0
        for entry in self.entries:
            try:
                if "at" in entry:
                    undos.append(self._read_undo(entry))
                elif "records" in entry:
                    data, record = self._read_records(entry, stream, record)
                    bytes_out += len(data)
                    restored = _undo(data, undos, position)
                    position, crc, undos = position + len(restored), zlib.crc32(restored, crc), []
                    yield restored
                elif "end" in entry:
                    if (position, bytes_out, crc) != (
                        entry["bytes_in"],
                        entry["bytes_out"],
                        entry["crc32_in"],
                    ):
                        raise AuditError(
                            f"{self.audit}: {self.source} does not come out as it was; the audit is damaged"
                        )
                    self.ended = True
                    return
            except (KeyError, TypeError, ValueError, IndexError, binascii.Error):
                raise AuditError(f"{self.audit}: {self.source}: an entry is not sound; the audit is damaged") from None
        raise AuditError(f"{self.audit}: breaks off within {self.source}; the run was cut short or the file is")

    def skip(self) -> None:
        """Passes over what is left of the section."""
        while not self.ended:
            self.ended = "end" in next(self.entries, {"end": None})

    def expect(self, stream: BinaryIO, data: bytes) -> None:
        """Passes over bytes that dedupe wrote before this source."""
        if _read_exactly(stream, len(data)) != data:
            raise AuditError(f"{self.source}: is not parted from the source before it as dedupe left it")

    def expect_end(self, stream: BinaryIO) -> None:
        if stream.read(1):
            raise AuditError(
                f"{self.source}: goes on where dedupe had ended it; restore needs the very output of the run"
            )

    def _read_undo(self, entry: dict[str, Any]) -> Undo:
        if "line" in entry:
            return Undo(entry["at"], entry["line"].encode(), b"")
        if "put" not in entry and "put_raw" not in entry:
            entry = {**entry, "put": ""}
        took, put = (
            base64.b64decode(entry[key + "_raw"], validate=True)
            if key + "_raw" in entry
            else write_raw(entry[key].encode("utf-8", "surrogatepass"), self.format)
            for key in ("took", "put")
        )
        return Undo(entry["at"], took, put)

    def _read_records(self, entry: dict[str, Any], stream: BinaryIO, record: int) -> tuple[bytes, int]:
        sizes, checks = array("q"), array("L" if array("L").itemsize == 4 else "I")
        sizes.frombytes(base64.b64decode(entry["sizes"], validate=True))
        checks.frombytes(base64.b64decode(entry["checks"], validate=True))
        if not len(sizes) == len(checks) == entry["records"]:
            raise ValueError
        data = _read_exactly(stream, sum(sizes))
        view, start = memoryview(data), 0
        for size, check in zip(sizes, checks, strict=True):
            record += 1
            if start + size > len(data) or zlib.crc32(view[start : start + size]) != check:
                raise AuditError(
                    f"{self.source}: record {record} is not as dedupe left it (byte {start} of its block); "
                    "restore needs the very output that the audit was written with"
                )
            start += size
        return data, record


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := stream.read(min(size, READ_BYTES))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _undo(data: bytes, undos: Iterable[Undo], at: int) -> bytes:
    """`data` with each edit taken back; `at` is the input's offset where `data` begins."""
    pieces, shift, position = [], at, 0
    for undo in undos:
        start = undo.at - shift
        stop = start + len(undo.put)
        if start < position or data[start:stop] != undo.put:
            raise ValueError
        pieces += [data[position:start], undo.took]
        position = stop
        shift += len(undo.took) - len(undo.put)
    pieces.append(data[position:])
    return b"".join(pieces)
