"""What was done, written down so that it can be undone: the journal, and `restore`.

An audit is JSONL. Its first line says who wrote it and how; then, for each source:

    {"source": "a.jsonl", "format": "jsonl"}
    {"record": 3, "id": "x7", "rule": "repeat.headline", "at": 1042, "took": "...", "put": ""}
    {"record": 4, "rule": "drop.near", "keeper": {...}, "similarity": 0.91, "at": 2048, "line": "..."}
    {"records": 2, "sizes": "...", "checks": "..."}      one line a batch: every record's bytes out, CRC-32
    {"end": "a.jsonl", "bytes_in": 5120, "bytes_out": 4711, "crc32_in": 1234567890}

and a last line that counts the sources. A source that has a file of its own in the output has `output` too. Of
Parquet, `at` counts the bytes of the texts, one behind the other, and a line with `lengths` (of the texts) stands
before the sizes, with the rows that are `gone`. `at` is the offset in the source's bytes of what was
replaced; `took` is the text that stood there and `put` what stands there now. Where the bytes are
not simply that text (`\\u` escapes, bytes that are not UTF-8), `took_raw` or `put_raw` holds them in
base64. An edit inside a record that was replaced as a whole (its bytes were not UTF-8) has `within`
in place of `at`: it tells what happened, the replacement undoes it.

`restore` needs nothing else: it walks the output record by record, compares each with its size and
check, and puts the bytes back. Whatever does not fit is an AuditError that names the record.
"""

import base64
import json
import os
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from dedupe.changes import Changes
from dedupe.document import Change
from dedupe.errors import AuditError, OutputError
from dedupe.formats.jsonl import escape_line_ends
from dedupe.options import FORMATS
from dedupe.read import Batch
from dedupe.unpack import is_remote
from dedupe.write import is_special

if TYPE_CHECKING:
    from dedupe.formats.parquet import RowReader

VERSION = 1
READ_BYTES = 1 << 20  # at a time; a damaged audit may ask for more than there is


class BrokenOff(AuditError):
    """An audit that is sound as far as it goes."""


class Journal:
    """Writes an audit beside its place; `commit` moves it there.

    A run that is killed leaves `FILE.part`: the sources it ended in there can be restored from it.
    """

    def __init__(self, name: str, head: Mapping[str, Any]) -> None:
        if is_special(name) or os.path.isdir(name):
            raise OutputError(f"{name}: is no regular file; an audit has to be kept")
        self.name = name
        self.path = Path(name)
        self.part = Path(name + ".part")
        self.sources = self.whole_bytes = 0
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
        self.in_place = bool(head.get("in_place"))
        self.is_finished = False
        try:
            self._write({"audit": VERSION, **head})
            self._guard(self.file.flush)
            self.whole_bytes = self.file.tell()
        except BaseException:
            self.abort()
            raise

    def begin(self, source: str, format: str, output: str | None = None) -> None:
        """A source, and the file that it has to itself in the output, if it has one."""
        # What is restored in place is found from wherever `restore` runs.
        self.source, self.format = os.path.realpath(source) if self.in_place else source, format
        self.bytes_in = self.bytes_out = self.crc_in = 0
        place = {"output": output if is_remote(output) else os.path.abspath(output)} if output else {}
        self._write({"source": self.source, "format": format, **place})

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
        if more := batch.kind.audit(changes):
            self._write(
                {key: value if isinstance(value, bool | str) else _base64(value) for key, value in more.items()}
            )
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

    def end(self, rewrites: bool) -> None:
        """The source is done, and on disk before anything is replaced; `rewrites`, where it is to be."""
        counts = {"bytes_in": self.bytes_in, "bytes_out": self.bytes_out, "crc32_in": self.crc_in}
        untouched = {"untouched": True} if self.in_place and not rewrites else {}
        self._write({"end": self.source, **counts, **untouched})
        self._sync()
        self.sources += 1
        self.whole_bytes = self.file.tell()

    def join(self, gap: bytes) -> None:
        """Bytes that were written between two sources."""
        self._write({"join": gap.decode()})

    def finish(self) -> None:
        """All is on disk, and not in its place yet."""
        self._write({"sources": self.sources})
        self._sync()
        self._guard(self.file.close)
        self.is_finished = True

    def commit(self) -> None:
        if not self.is_finished:
            self.finish()
        self._guard(lambda: os.replace(self.part, self.path))

    def cut(self) -> None:
        """Takes its place with the sources that it has whole, on a full disk too."""
        with suppress(OSError):
            self.file.close()
        self._guard(lambda: os.truncate(self.part, self.whole_bytes))
        self._guard(self._reopen)
        self.commit()

    def _reopen(self) -> None:
        self.file, self.is_finished = open(self.part, "ab"), False

    def _sync(self) -> None:
        self._guard(self.file.flush)
        self._guard(lambda: os.fsync(self.file.fileno()))

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
        return escape_line_ends(json.dumps(entry, ensure_ascii=False)).encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate stands in JSON as an escape only
        return json.dumps(entry).encode() + b"\n"


def _base64(data: Any) -> str:
    return base64.b64encode(data).decode()


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def write_raw(text: bytes, format: str) -> bytes:
    """The plainest bytes that stand for a text (UTF-8) inside a record of this format."""
    if format != "jsonl" or not text:
        return text
    return json.dumps(_decode(text), ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")


def restore_stream(name: str, stream: BinaryIO, file: str | None = None) -> Iterator[bytes]:
    """The input's bytes, from the bytes of the output and the audit `name`.

    Of an audit of files that were changed in place, the section of `file` is meant.
    """
    for section in _chosen_sections(name, file):
        section.expect(stream, section.gap)
        yield from section.restore(stream)
    if stream.read(1):
        raise _goes_on(file)


def restore_rows(name: str, rows: "RowReader", file: str | None = None) -> "Iterator[tuple[Any, bool]]":
    """The input's rows, from those of the output; as restore_stream."""
    for section in _chosen_sections(name, file):
        for restored in section.restore(rows):
            with section.entries.blame():
                yield rows.rebuild(restored)
    if not rows.is_over():
        raise _goes_on(file)


def _goes_on(file: str | None) -> AuditError:
    return AuditError(f"{file or 'stdin'}: goes on where dedupe had ended it; restore needs the very output of the run")


def find_format(name: str) -> str:
    """The format of what an audit tells of, by its first source; none in an audit without one."""
    return next((section.format for section in read_sections(name)), "")


def _chosen_sections(name: str, file: str | None) -> Iterator["Section"]:
    """All sections of a stream's audit; of one of files of their own, that of `file`."""
    chosen: int | None = None
    for number, section in enumerate(read_sections(name)):
        if number == 0 and section.is_alone:
            chosen = _choose_source(name, file)
        if chosen in (None, number):
            yield section
        else:
            section.skip()


def _choose_source(name: str, file: str | None) -> int:
    """Which source of an audit `file` is: the one of its path, or, of a file that was moved since, the only one
    of its name."""
    sources = []
    for section in read_sections(name):
        sources.append(section.output)
        section.skip()
    path = os.path.realpath(file) if file else ""
    found = [i for i, source in enumerate(sources) if os.path.realpath(source) == path]
    if not found:
        found = [i for i, source in enumerate(sources) if os.path.basename(source) == os.path.basename(path)]
    if len(found) != 1:
        raise AuditError(f"{name}: tells of files of their own, {file or 'stdin'} not among them; name one of these")
    return found[0]


def read_sections(name: str, kind: str = "") -> Iterator["Section"]:
    """The audit's sources in order; AuditError where it is no audit, is damaged or breaks off.

    With a kind, in_place or output_dir, an audit of another kind of run is an AuditError too.
    """
    try:
        with open(name, "rb") as file:
            entries = _Entries(name, file)
            head = next(entries, {})
            if type(head.get("audit")) is not int or head["audit"] != VERSION:
                raise AuditError(
                    f"{name}: is no audit that this version of dedupe knows; give the file that --audit wrote"
                )
            if kind and not head.get(kind):
                how = next((x for x in ("in_place", "output_dir") if head.get(x)), "")
                instead = f"--{how.replace('_', '-')}" if how else "a stream; give the output"
                raise AuditError(f"{name}: is the audit of {instead}: dedupe restore {name} FILE")
            folder = head.get("output_dir", "")
            sources, gap = 0, b""
            for entry in entries:
                with entries.blame():
                    if "sources" in entry:
                        if _read_count(entry, "sources") != sources:
                            raise ValueError(f"counts {entry['sources']} sources, not {sources}")
                        return
                    if "join" in entry:
                        gap = _read_text(entry, "join").encode()
                        continue
                    section = Section(entries, head.get("in_place") is True, gap, entry, str(folder))
                yield section
                sources, gap = sources + 1, b""
            raise BrokenOff(f"{name}: breaks off after {sources} whole sources; the run was cut short or the file is")
    except OSError as error:
        raise AuditError(f"{name}: cannot be read: {error.strerror}; check the name") from None


class _Entries:
    """The lines of an audit, and the number of the one that was read last."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name, self.file, self.number = name, file, 0

    def __iter__(self) -> "_Entries":
        return self

    def __next__(self) -> dict[str, Any]:
        line = next(self.file)
        self.number += 1
        if not line.endswith(b"\n"):
            raise BrokenOff(f"{self.name}:{self.number}: breaks off; the run was cut short or the file is")
        try:
            entry = json.loads(line.decode())
        except (ValueError, RecursionError):
            raise AuditError(f"{self.name}:{self.number}: is not JSON; the audit is damaged") from None
        if not isinstance(entry, dict):
            raise AuditError(f"{self.name}:{self.number}: is no JSON object; the audit is damaged")
        return entry

    @contextmanager
    def blame(self) -> Iterator[None]:
        """What goes wrong within is the fault of the line that was read last."""
        try:
            yield
        except (ValueError, KeyError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise AuditError(f"{self.name}:{self.number}: is not as dedupe writes it: {what}; it is damaged") from None


def _read_count(entry: Mapping[str, Any], key: str) -> int:
    value = entry[key]
    if type(value) is not int or value < 0:
        raise ValueError(f"{key!r} is no count")
    return value


def _read_text(entry: Mapping[str, Any], key: str) -> str:
    value = entry[key]
    if not isinstance(value, str):
        raise ValueError(f"{key!r} is no text")
    return value


def _read_bytes(entry: Mapping[str, Any], key: str) -> bytes:
    try:
        return base64.b64decode(_read_text(entry, key), validate=True)
    except ValueError:
        raise ValueError(f"{key!r} is not base64") from None


def _read_array(entry: Mapping[str, Any], key: str, values: "array[int]") -> "array[int]":
    data = _read_bytes(entry, key)
    if len(data) % values.itemsize:
        raise ValueError(f"{key!r} is cut")
    values.frombytes(data)
    return values


class Undo(NamedTuple):
    """At byte `at` of the input stood `took`, and `put` is what stands there now."""

    at: int
    took: bytes
    put: bytes


class Section:
    """One source of an audit: undoes what was done to it, batch by batch."""

    def __init__(self, entries: _Entries, in_place: bool, gap: bytes, entry: dict[str, Any], folder: str) -> None:
        self.entries, self.gap, self.folder = entries, gap, folder
        self.source, self.format = _read_text(entry, "source"), _read_text(entry, "format")
        self.output = _read_text(entry, "output") if "output" in entry else self.source
        self.is_alone = in_place or "output" in entry
        """The source has a file of its own in the output, `output`."""
        if "\0" in self.source + self.output or self.format not in FORMATS:
            raise ValueError("there is no such source")
        self.end: dict[str, int] = {}
        """Bytes in, bytes out and CRC-32, once its last line is read."""
        self.is_untouched = False

    def restore(self, stream: "BinaryIO | RowReader") -> Iterator[bytes]:
        """The source's bytes from the bytes that `stream` has of the output, in order; of rows, their texts."""
        undos: list[Undo] = []
        position = crc = record = bytes_out = 0
        while not self.end:
            entry = self._next()
            with self.entries.blame():
                if "at" in entry:
                    undos.append(self._read_undo(entry))
                elif "lengths" in entry:
                    self._begin_rows(entry, stream)
                elif "records" in entry:
                    sizes, checks = self._read_sizes(entry)
                    data = self._read_records(sizes, checks, stream, record)
                    restored = _undo(data, undos, position)
                    record, bytes_out = record + len(sizes), bytes_out + len(data)
                    position, crc, undos = position + len(restored), zlib.crc32(restored, crc), []
                    yield restored
                elif "end" in entry:
                    self._read_end(entry)
                    counts = {"bytes_in": position, "bytes_out": bytes_out, "crc32_in": crc}
                    if self.end != counts or undos:
                        raise ValueError(f"{self.source} does not come out as it was")

    def _begin_rows(self, entry: dict[str, Any], stream: Any) -> None:
        lengths = _read_array(entry, "lengths", array("q"))
        gone = _read_array(entry, "gone", array("q")) if "gone" in entry else array("q")
        rows = _read_bytes(entry, "rows") if "rows" in entry else b""
        if min(lengths, default=0) < 0 or min(gone, default=0) < 0 or self.format != "parquet":
            raise ValueError("'lengths' do not belong here")
        stream.begin(_read_text(entry, "field"), lengths, gone, rows, entry.get("ends_group") is True)

    def place_in(self, folder: str) -> str:
        """Where in a folder the source belongs, as its output lay in that of the run."""
        below = self.output.removeprefix(self.folder.rstrip("/")).lstrip("/")
        if below == self.output or ".." in below.split("/"):
            raise AuditError(f"{self.output}: does not lie in {self.folder}; the audit is damaged")
        return f"{folder.rstrip('/')}/{below}"

    def skip(self) -> None:
        """Passes over what is left of the section, and looks whether it is sound."""
        while not self.end:
            entry = self._next()
            with self.entries.blame():
                if "at" in entry:
                    self._read_undo(entry)
                elif "records" in entry:
                    self._read_sizes(entry)
                elif "end" in entry:
                    self._read_end(entry)

    def is_restored(self, stream: BinaryIO) -> bool:
        """Whether `stream` has the source's bytes as they were before; asked once the section is passed."""
        crc = size = 0
        while data := stream.read(READ_BYTES):
            crc, size = zlib.crc32(data, crc), size + len(data)
        return (size, crc) == (self.end["bytes_in"], self.end["crc32_in"])

    def expect(self, stream: BinaryIO, data: bytes) -> None:
        """Passes over bytes that dedupe wrote before this source."""
        if _read_exactly(stream, len(data)) != data:
            raise AuditError(f"{self.source}: is not parted from the source before it as dedupe left it")

    def expect_end(self, stream: BinaryIO) -> None:
        if stream.read(1):
            raise AuditError(
                f"{self.source}: goes on where dedupe had ended it; restore needs the very output of the run"
            )

    def _next(self) -> dict[str, Any]:
        try:
            return next(self.entries)
        except StopIteration:
            raise BrokenOff(
                f"{self.entries.name}: breaks off within {self.source}; the run was cut short or the file is"
            ) from None

    def _read_end(self, entry: dict[str, Any]) -> None:
        self.end = {key: _read_count(entry, key) for key in ("bytes_in", "bytes_out", "crc32_in")}
        self.is_untouched = "untouched" in entry

    def _read_undo(self, entry: dict[str, Any]) -> Undo:
        at = _read_count(entry, "at")
        if "line" in entry:
            return Undo(at, _read_text(entry, "line").encode(), b"")
        if "put" not in entry and "put_raw" not in entry:
            entry = {**entry, "put": ""}
        took, put = (
            _read_bytes(entry, key + "_raw")
            if key + "_raw" in entry
            else write_raw(_read_text(entry, key).encode("utf-8", "surrogatepass"), self.format)
            for key in ("took", "put")
        )
        return Undo(at, took, put)

    def _read_sizes(self, entry: dict[str, Any]) -> "tuple[array[int], array[int]]":
        sizes = _read_array(entry, "sizes", array("q"))
        checks = _read_array(entry, "checks", array("L" if array("L").itemsize == 4 else "I"))
        if not len(sizes) == len(checks) == _read_count(entry, "records") or min(sizes, default=0) < 0:
            raise ValueError("'sizes' and 'checks' do not fit 'records'")
        return sizes, checks

    def _read_records(
        self, sizes: Sequence[int], checks: Sequence[int], stream: "BinaryIO | RowReader", record: int
    ) -> bytes:
        data = _read_exactly(stream, sum(sizes))
        view, start = memoryview(data), 0
        for number, (size, check) in enumerate(zip(sizes, checks, strict=True), record + 1):
            if start + size > len(data) or zlib.crc32(view[start : start + size]) != check:
                raise AuditError(
                    f"{self.source}: record {number} is not as dedupe left it (byte {start} of its block); "
                    "restore needs the very output that the audit was written with"
                )
            start += size
        return data


def _read_exactly(stream: "BinaryIO | RowReader", size: int) -> bytes:
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
            raise ValueError(f"at byte {undo.at} stands something else than was put there")
        pieces += [data[position:start], undo.took]
        position = stop
        shift += len(undo.took) - len(undo.put)
    pieces.append(data[position:])
    return b"".join(pieces)
