"""Parquet: a record is a row, its text the value of one column of strings.

A file is read and written a row group at a time, in slices of a few megabytes of it; row groups stay what they
are up to 64 MB, larger ones are written as several. What passes through the stages as the bytes of a slice are
its texts, one behind the other; the rows that they belong to go along, and are written with their new texts.
Schema, metadata, codecs, and the values of all other columns stay; the bytes of the file need not. A null is a
row without a text.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, BinaryIO, cast

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
except ImportError:
    raise ImportError("Parquet needs pyarrow, which is not here: pip install 'dedupe-corpus[parquet]'") from None

from dedupe.document import Splice
from dedupe.engine import Buffer
from dedupe.errors import InputError, OutputError
from dedupe.formats import NOT_STRING, NOT_UTF8, Columns, is_utf8
from dedupe.formats.text import Text
from dedupe.sink import Sink
from dedupe.write import NullSink, open_temporary

if TYPE_CHECKING:
    from dedupe.changes import Changes
    from dedupe.formats.interface import Format
    from dedupe.read import Batch, Block, Source

SLICE_BYTES = 4 << 20  # of a row group, by its own account of its size
GROUP_BYTES = 64 << 20  # of rows that wait to be written as one group
PLAIN_TYPES = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
INT96 = "INT96"  # how times were written once


class ParquetLayout:
    """An open Parquet file, and where its texts are."""

    def __init__(self, name: str, stream: BinaryIO, first: bytes, field: str) -> None:
        self.name, self.field = name, field
        with _naming(name):
            self.file = pq.ParquetFile(_seekable(stream, first), pre_buffer=False)
            self.schema = self.file.schema_arrow
            self.n_rows = self.file.metadata.num_rows
        names = self.schema.names
        if field not in names:
            raise InputError(
                f"{name}: has no column {field!r} but {', '.join(names)}; --field names the one with the text"
            )
        self.column = names.index(field)
        type = self.schema.field(self.column).type
        if not _is_text(type.value_type if pa.types.is_dictionary(type) else type):
            raise InputError(f"{name}: column {field!r} is of type {type}; --field names one of strings")
        self.codecs = _read_codecs(self.file)

    def read(self, source: "Source", block_bytes: int) -> "Iterator[Block]":
        """The file's rows, in slices."""
        from dedupe.read import Block

        at = 0
        for rows, ends_group in read_slices(self.name, self.file):
            kind = Rows(rows, self.column, ends_group)
            yield Block(kind.raw, at, kind)
            at += len(kind.raw)

    def wrap(self, sink: Sink) -> Sink:
        return ParquetSink(sink, self.schema, self.codecs, self.file)

    def joins(self, other: object) -> bool:
        return isinstance(other, ParquetLayout) and self.schema.equals(other.schema)


def _is_text(type: Any) -> bool:
    return bool(pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_string_view(type))


@contextmanager
def _naming(name: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        what = str(error).strip().partition("\n")[0].rstrip(".")
        raise InputError(f"{name}: cannot be read as Parquet: {what}; is the file whole?") from None


def _seekable(stream: BinaryIO, first: bytes) -> BinaryIO:
    """The stream, of which `first` was read; or a temporary copy of one that can be read only once."""
    if stream.seekable():
        stream.seek(0)
        return stream
    from shutil import copyfileobj

    file = open_temporary()
    file.write(first)
    copyfileobj(stream, file)
    file.seek(0)
    return file


def _read_codecs(file: Any) -> dict[str, str] | str:
    """How each column is packed, by its path."""
    if not file.metadata.num_row_groups:
        return "snappy"
    group = file.metadata.row_group(0)
    columns = (group.column(i) for i in range(group.num_columns))
    return {
        column.path_in_schema: "none" if column.compression == "UNCOMPRESSED" else column.compression
        for column in columns
    }


def read_slices(name: str, file: Any) -> Iterator[tuple[Any, bool]]:
    """Record batches of a file, and whether each is the last of its row group."""
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        n_rows = max(1, group.num_rows * SLICE_BYTES // max(SLICE_BYTES, group.total_byte_size))
        left = group.num_rows
        with _naming(name):
            slices = file.iter_batches(n_rows, row_groups=[number], use_threads=False)
        while left:
            with _naming(name):
                rows = next(slices)
            left -= len(rows)
            yield rows, not left


def texts_of(column: Any) -> tuple[bytes, "array[int]"]:
    """The texts of an array, one behind the other, and their int64 offsets; a null is an empty one."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    column = pc.fill_null(column.cast(pa.large_string()), "")
    _, bounds, data = column.buffers()
    if not len(column) or bounds is None:
        return b"", array("q", bytes(8 * (len(column) + 1)))
    ends = memoryview(bounds).cast("B").cast("q")[column.offset : column.offset + len(column) + 1]
    first = ends[0]
    text = bytes(memoryview(data)[first : ends[-1]]) if data is not None else b""
    return text, array("q", (end - first for end in ends))


def put_texts(rows: Any, column: int, texts: Iterable[bytes | None]) -> Any:
    """Rows with other texts in a column."""
    field = rows.schema.field(column)
    # By way of binary: a text that is not UTF-8 passes as it is.
    values = pa.array(list(texts), pa.large_binary()).view(pa.large_string())
    if pa.types.is_dictionary(field.type):
        values = values.cast(field.type.value_type).dictionary_encode()
        indices = values.indices.cast(field.type.index_type)
        values = pa.DictionaryArray.from_arrays(indices, values.dictionary, ordered=field.type.ordered)
    else:
        values = values.cast(field.type)
    return rows.set_column(column, field, values)


def pick(rows: Any, numbers: Sequence[int]) -> Any:
    """Some rows, in this order."""
    indices = pa.array(numbers, pa.int64())
    columns = []
    for column in rows.columns:
        type, plain = column.type, PLAIN_TYPES.get(column.type)  # of views Arrow can pick none
        columns.append(column.cast(plain).take(indices).cast(type) if plain else column.take(indices))
    return pa.RecordBatch.from_arrays(columns, schema=rows.schema)


class Rows:
    """The rows of a slice; the texts of one of their columns."""

    name = "parquet"
    is_plain = True

    def __init__(self, rows: Any, column: int, ends_group: bool) -> None:
        self.rows, self.column, self.ends_group = rows, column, ends_group
        self.raw, self.offsets = texts_of(rows.column(column))

    @property
    def alone(self) -> "Format":
        """A record by itself is a text."""
        return Text()

    def scan(self, raw: bytes | bytearray) -> Columns:
        ends = self.offsets
        status = bytearray(NOT_STRING * (not valid) for valid in self.rows.column(self.column).is_valid().to_pylist())
        if is_utf8(raw):
            spans = array("q", (end for i in range(len(status)) for end in ends[i : i + 2]))
            return Columns(ends, spans, raw, ends, bytes(status))
        texts = [raw[ends[i] : ends[i + 1]] for i in range(len(status))]
        for i, text in enumerate(texts):
            if not is_utf8(text):
                status[i], texts[i] = NOT_UTF8, b""
        offsets = array("q", accumulate(map(len, texts), initial=0))
        return Columns(ends, array("q", bytes(16 * len(status))), b"".join(texts), offsets, bytes(status))

    def place_rows(self, batch: "Batch", rows: Buffer) -> Buffer | None:
        return None

    def edit(self, batch: "Batch", i: int, splices: Sequence[Splice]) -> list[Splice]:
        first = self.offsets[i]
        return [Splice(first + start, first + end, put, rule) for start, end, put, rule in splices]

    def fields(self, batch: "Batch", i: int) -> Mapping[str, Any]:
        return RowFields(self.rows, i)

    def line_of(self, batch: "Batch", i: int) -> int:
        return batch.line + i

    def count_lines(self, batch: "Batch") -> int:
        return len(batch)

    def fault(self, status: int, record: bytes) -> str:
        return "is not UTF-8"

    def write(self, sink: Sink, batch: "Batch", changes: "Changes", output: bytes) -> None:
        if isinstance(sink, ParquetSink):
            sink.write_rows(self._changed(batch, changes), self.ends_group)

    def _changed(self, batch: "Batch", changes: "Changes") -> Any:
        changed = dict(changes.items())
        rows = self.rows
        if changed:
            status = batch.status
            texts = (
                changed[i].output if i in changed else None if status[i] == NOT_STRING else batch.record(i)
                for i in range(len(batch))
            )
            rows = put_texts(rows, self.column, texts)
        if changes.drops and any(changes.drops):
            rows = pick(rows, [i for i, drop in enumerate(changes.drops) if not drop])
        return rows

    def audit(self, changes: "Changes") -> dict[str, Any]:
        """How long texts were, and the rows that are gone, as an Arrow stream."""
        lengths = array("q", (b - a for a, b in pairwise(self.offsets)))
        entry: dict[str, Any] = {
            "field": self.rows.schema.names[self.column],
            "lengths": lengths,
            "ends_group": self.ends_group,
        }
        gone = [i for i, drop in enumerate(changes.drops or b"") if drop]
        if gone:
            out = pa.BufferOutputStream()
            with pa.ipc.new_stream(out, self.rows.schema) as writer:
                writer.write_batch(pick(self.rows, gone))
            entry |= {"gone": array("q", gone), "rows": out.getvalue().to_pybytes()}
        return entry


class RowFields(Mapping[str, Any]):
    """The values of a row, as JSON may have them; each is looked up when it is asked for."""

    def __init__(self, rows: Any, i: int) -> None:
        self.rows, self.i = rows, i

    def __getitem__(self, name: str) -> Any:
        if name not in self.rows.schema.names:
            raise KeyError(name)
        value = self.rows.column(name)[self.i].as_py()
        if value is None or isinstance(value, str | int | float):
            return value
        return value.isoformat() if hasattr(value, "isoformat") else str(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows.schema.names)

    def __len__(self) -> int:
        return len(self.rows.schema.names)


class ParquetSink:
    """A Parquet file, written row group by row group into another sink."""

    def __init__(self, sink: Sink, schema: Any, codecs: dict[str, str] | str, like: Any) -> None:
        self.sink, self.name, self.part = sink, sink.name, sink.part
        columns = like.schema
        self.file = _SinkFile(sink)
        self.waiting: list[Any] = []
        self.n_waiting = 0
        self.is_closed = False
        self.writer = pq.ParquetWriter(
            self.file,
            schema,
            compression=codecs,
            use_deprecated_int96_timestamps=any(columns.column(i).physical_type == INT96 for i in range(len(columns))),
            store_schema=b"ARROW:schema" in (like.metadata.metadata or {}),
        )

    def write_rows(self, rows: Any, ends_group: bool) -> None:
        self.waiting.append(rows)
        self.n_waiting += rows.nbytes
        if ends_group or self.n_waiting >= GROUP_BYTES:
            self._write_group()

    def _write_group(self) -> None:
        table = pa.Table.from_batches(self.waiting, self.writer.schema)
        self.waiting, self.n_waiting = [], 0
        if len(table):
            with self._naming():
                self.writer.write_table(table, row_group_size=len(table))

    @contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except pa.ArrowException as error:
            raise OutputError(f"{self.name}: cannot be written as Parquet: {error}") from None

    def write(self, data: bytes) -> None:
        """Bytes between sources; Parquet has none."""

    def _close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._write_group()
            with self._naming():
                self.writer.close()

    def finish(self) -> None:
        self._close()
        self.sink.finish()

    def commit(self) -> None:
        self._close()
        self.sink.commit()

    def abort(self) -> None:
        self.is_closed = True
        self.file.sink = NullSink()  # what pyarrow writes yet goes nowhere
        self.sink.abort()


class _SinkFile:
    """A sink as pyarrow writes to it."""

    closed = False

    def __init__(self, sink: Sink) -> None:
        self.sink, self.size = sink, 0

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self.sink.write(cast(bytes, view))
        self.size += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


class RowReader:
    """The rows of an output, for `restore`: their texts as a stream, and rows again with the texts of the input."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self.name = name
        with _naming(name):
            self.file = pq.ParquetFile(_seekable(stream, b""), pre_buffer=False)
        self.slices = read_slices(name, self.file)
        self.rest: Any = self.file.schema_arrow.empty_table()
        self.texts: BinaryIO = BytesIO()

    def wrap(self, sink: Sink) -> "ParquetSink":
        return ParquetSink(sink, self.file.schema_arrow, _read_codecs(self.file), self.file)

    def begin(self, field: str, lengths: Sequence[int], gone: Sequence[int], rows: bytes, ends_group: bool) -> None:
        """The next rows are those of a slice of the input, but for the ones that are gone."""
        if field not in self.rest.schema.names:
            raise ValueError(f"there is no column {field!r} in {self.name}")
        self.column, self.lengths, self.gone, self.ends_group = (
            self.rest.schema.names.index(field), lengths, gone, ends_group,
        )  # fmt: skip
        self.rows = self._take(len(lengths) - len(gone))
        self.gone_rows = self.rest.schema.empty_table()
        if gone:
            try:
                self.gone_rows = pa.ipc.open_stream(rows).read_all()
            except pa.ArrowException as error:
                raise ValueError(f"'rows' is not as Arrow writes it ({error})") from None
        if (
            len(self.gone_rows) != len(gone)
            or any(b <= a for a, b in pairwise(gone))
            or max(gone, default=0) >= len(lengths)
        ):
            raise ValueError("'gone' does not fit 'rows'")
        chunks = self.rows.column(self.column).chunks
        self.texts = BytesIO(b"".join(texts_of(chunk)[0] for chunk in chunks))

    def _take(self, n: int) -> Any:
        while len(self.rest) < n and (found := next(self.slices, None)):
            self.rest = pa.concat_tables([self.rest, pa.Table.from_batches([found[0]])])
        taken, self.rest = self.rest.slice(0, n), self.rest.slice(n)
        return taken

    def read(self, size: int) -> bytes:
        return self.texts.read(size)

    def is_over(self) -> bool:
        return not len(self.rest) and next(self.slices, None) is None

    def rebuild(self, restored: bytes) -> tuple[Any, bool]:
        """The rows of the input, whose texts are `restored`; and whether they end a row group."""
        rows = self.rows
        if self.gone:
            rows = pa.concat_tables([rows, self.gone_rows.cast(rows.schema)])
        rows = rows.unify_dictionaries().combine_chunks()
        batch = rows.to_batches()[0] if len(rows) else pa.RecordBatch.from_pylist([], rows.schema)
        if self.gone:
            is_gone = set(self.gone)
            order = [*(i for i in range(len(self.lengths)) if i not in is_gone), *self.gone]
            batch = pick(batch, sorted(range(len(order)), key=order.__getitem__))
        if sum(self.lengths) != len(restored):
            raise ValueError("'lengths' does not fit the texts")
        valid = batch.column(self.column).is_valid().to_pylist()
        ends = accumulate(self.lengths, initial=0)
        texts = [restored[a:b] if is_text else None for (a, b), is_text in zip(pairwise(ends), valid, strict=True)]
        return put_texts(batch, self.column, texts), self.ends_group
