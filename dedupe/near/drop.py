"""The drop stage: verdicts over a batch's documents, turned into what becomes of its records.

A record goes when all its documents go; of a capture, the articles that stay keep the rest. `Matcher`
(near/match.py) decides as documents come; where the policy has to see all of them first, `Collector` sees
them, and then `Decided` knows.
"""

from __future__ import annotations

import io
import os
import stat
from array import array
from collections.abc import Iterator, Mapping, Sequence

from dedupe.changes import Changes
from dedupe.document import Splice
from dedupe.engine import engine
from dedupe.errors import InputError
from dedupe.formats import BOM
from dedupe.near.documents import Documents, Spool, gather_documents
from dedupe.near.keep import LAST, parse_policy
from dedupe.near.match import Matcher, Sketches, Verdicts, sketch_documents
from dedupe.options import DropOptions
from dedupe.read import MARK, Batch, Block, Source
from dedupe.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from dedupe.formats.interface import Layout
    from dedupe.sink import Sink

CHANGED = "has changed between the two times it was read; run again on files that rest"
WHO = 5  # of a document: source, line, descriptor, position, length of its record
CHUNK_BYTES = 1 << 20  # of texts that are read again for one look-up
MAX_FILES = 200  # that are held open to be read again; what more there are goes into the spool


class Sketched(NamedTuple):
    """A batch's documents and their sketches; where its bytes can be read again."""

    documents: Documents
    sketches: Sketches | None
    fd: int
    position: int


class Who:
    """The records of documents, by the documents' numbers."""

    def __init__(self) -> None:
        self.rows = array("q")
        self.sources: list[str] = []

    def add(self, source: str, line: int, fd: int, at: int, size: int) -> None:
        if not self.sources or self.sources[-1] != source:
            self.sources.append(source)
        self.rows.extend((len(self.sources) - 1, line, fd, at, size))

    def name(self, number: int, id_field: str) -> dict[str, object]:
        """What an audit says of a document: source, line, and what its record calls itself."""
        import json

        source, line, fd, at, size = self.rows[WHO * number : WHO * (number + 1)]
        name: dict[str, object] = {"source": self.sources[source], "record": line}
        try:
            id = json.loads(os.pread(fd, size, at).decode()).get(id_field)
        except (ValueError, AttributeError):
            return name
        return name if id is None else {**name, "id": id}


class Dropper:
    """Which documents go, batch by batch; `names` asks for who their keepers are, `names_sources` for the source
    in the names of records without an id of their own.

    Where the policy has to see all documents first, a first run collects them, `decide` decides, and a
    second run over the same sources drops. Close it when it is done with.
    """

    def __init__(self, options: DropOptions, id_field: str, names: bool, names_sources: bool = False) -> None:
        self.options, self.id_field, self.names_sources = options, id_field, names_sources
        self.policy = parse_policy(options.keep)
        self.matcher = Matcher(options)
        self.who: Who | None = Who() if names or options.annotate else None
        self.spool = Spool()
        self.names: dict[int, str] = {}  # of the files that stay open, by descriptor
        self.n_documents = self.n_dropped = self.n_exact = 0
        self.unreadable = 0
        self.source_bytes = self.kept_before = 0
        self.removed: Sink | None = None
        self.headed: Layout | None = None
        self.collector = None if self.policy.decides_at_once else Collector(self.matcher)
        self.decided: Decided | None = None

    def close(self) -> None:
        for fd in self.names:
            os.close(fd)
        self.spool.close()

    def summary(self) -> dict[str, Any]:
        """What the run was built for, and what it did."""
        bands = self.matcher.bands
        return {
            "documents": self.n_documents,
            "documents_kept": self.n_documents - self.n_dropped,
            "documents_dropped": self.n_dropped,
            "exact": self.n_exact,
            "threshold": self.options.threshold,
            "bands": bands.n_bands,
            "rows": bands.band_rows,
            "expected_recall": round(bands.recall, 4),
            "bounded": self.matcher.n_bounded,
            "without_field": self.unreadable,
            "annotated": self.options.annotate,
        }

    def make_readable_again(self, source: Source, blocks: Iterator[Block]) -> Iterator[Block]:
        """The blocks, each with where its bytes can be read again: the file itself, or a spool."""
        if self.decided:
            self.decided.begin(source.name)
        elif self.collector:
            self.collector.begin(source.name)
        fd = self._keep_open(source)
        self.source_bytes = os.fstat(fd).st_size if fd is not None else 0
        self.kept_before = self.n_documents - self.n_dropped
        for block in blocks:
            if not self.decided:
                block.fd = self.spool.fd if fd is None else fd
                block.position = self.spool.put(block.raw) if fd is None else block.at
            yield block

    def _keep_open(self, source: Source) -> int | None:
        if len(self.names) >= MAX_FILES or source.format == "parquet" or not isinstance(source.stream, io.FileIO):
            return None
        fd = source.stream.fileno()
        if not stat.S_ISREG(os.fstat(fd).st_mode) or os.lseek(fd, 0, os.SEEK_CUR) != len(source.first):
            return None
        again = os.dup(fd)
        self.names[again] = source.name
        return again

    def _expect(self, n_read: int) -> None:
        """Tells the table how many documents will stay if the rest of the source is like what was read of it."""
        if not self.source_bytes or not n_read:
            return
        n_kept = self.n_documents - self.n_dropped
        self.matcher.expect(n_kept + (n_kept - self.kept_before) * (self.source_bytes - n_read) // n_read)

    def sketch(self, block: Block, batch: Batch, changes: Changes, split: str) -> Sketched:
        """A batch's documents, sketched where they are to be looked up now; several threads may ask."""
        documents = gather_documents(batch, changes, block.fd, block.position, self.spool, split)
        at_once = self.policy.decides_at_once
        sketches = sketch_documents(documents.text, documents.offsets) if at_once else None
        return Sketched(documents, sketches, block.fd, block.position)

    def drop(self, source: Source, batch: Batch, changes: Changes, sketched: Sketched) -> None:
        """Decides on a batch, and notes in `changes` what goes."""
        documents = sketched.documents
        if self.who is not None and not self.decided:
            for i in documents.records:
                first, last = batch.starts[i], batch.starts[i + 1]
                self.who.add(source.name, batch.line_of(i), sketched.fd, sketched.position + first, last - first)
        if self.collector and not self.decided:
            self.collector.add(documents, self._keys(batch, documents))
            return
        if self.removed and source.layout and batch.format == MARK:
            self._head_removed(source.layout, batch)
        self._expect(sketched.position)
        first_number = self.n_documents
        self.n_documents += len(documents)
        if self.decided:
            verdicts = self.decided.next(len(documents))
        else:
            assert sketched.sketches
            verdicts = self._match(documents, sketched.sketches)
        gone = verdicts.gone()
        notes = self._notes(verdicts, first_number) if self.who is not None else None
        if self.options.annotate:
            self._annotate(source, batch, changes, documents, notes or [])
        else:
            drop_documents(changes, documents, verdicts, gone, notes)
        self.n_dropped += len(gone)
        self.n_exact += sum(map(verdicts.is_exact, gone))
        if self.removed and changes.drops:
            kept = bytes(not drop for drop in changes.drops)
            self.removed.write(engine.select(batch.raw, batch.start_offsets, kept))

    def _match(self, documents: Documents, sketches: Sketches) -> Verdicts:
        """Verdicts; InputError where a document that was read cannot be read again as it was."""
        try:
            return self.matcher.match(documents, sketches)
        except OSError as error:
            import re

            what = re.sub(r"file descriptor (\d+)", lambda found: self.names.get(int(found[1]), "a stream"), str(error))
            raise InputError(f"{what}; run it again on files that rest") from None

    def _head_removed(self, layout: Layout, batch: Batch) -> None:
        """A table's header heads its rows among those that are removed, too."""
        assert self.removed
        if self.headed is None or not layout.joins(self.headed):
            self.removed.write(bytes(batch.raw))
            self.headed = None if batch.raw == BOM else layout

    def decide(self) -> None:
        """Decides on all that was collected."""
        assert self.collector
        self.decided = self.collector.decide()

    def _keys(self, batch: Batch, documents: Documents) -> list[tuple[int, float]]:
        keys = []
        offsets = memoryview(documents.offsets).cast("B").cast("q")
        assert self.collector
        number = len(self.collector.keys)
        for k, i in enumerate(documents.records):
            fields = batch.fields(i) if self.policy.field else {}
            key = self.policy.key(fields, number + k, offsets[k + 1] - offsets[k])
            self.unreadable += key is None
            keys.append(LAST if key is None else key)
        return keys

    def _notes(self, verdicts: Verdicts, first: int) -> list[dict[str, Any]]:
        """Why each document goes; of one that stays, nothing but its cluster."""
        assert self.who is not None
        notes: list[dict[str, Any]] = []
        for k, keeper in enumerate(verdicts.keepers):
            if keeper < 0:
                if not self.decided:
                    self.matcher.numbers.append(first + k)
                notes.append({})
                continue
            numbers = self.decided.numbers if self.decided else self.matcher.numbers
            name = self.who.name(numbers[keeper], self.id_field)
            notes.append({"rule": verdicts.rule(k), "keeper": name, "similarity": verdicts.similarity(k)})
        return notes

    def _annotate(
        self, source: Source, batch: Batch, changes: Changes, documents: Documents, notes: Sequence[dict[str, Any]]
    ) -> None:
        """Adds duplicate_of, similarity and cluster to each record; a capture is a duplicate when all its
        articles are."""
        import json

        of_record: dict[int, list[dict[str, Any]]] = {}
        for k, i in enumerate(documents.records):
            of_record.setdefault(i, []).append(notes[k])
        for i, all_notes in of_record.items():
            me = self._name({"source": source.name, "record": batch.line_of(i), "id": batch.id_of(i)})
            values: dict[str, object] = {"duplicate_of": None, "similarity": None, "cluster": me}
            if all(all_notes):
                name = self._name(all_notes[0]["keeper"])
                values = {"duplicate_of": name, "similarity": all_notes[0]["similarity"], "cluster": name}
            changes.mark(i, b", " + json.dumps(values)[1:-1].encode())

    def _name(self, record: Mapping[str, Any]) -> object:
        """A record by its own name, else by its line, with its source where there are several."""
        if record.get("id") is not None:
            return record["id"]
        return f"{record['source']}:{record['record']}" if self.names_sources else record["record"]


def drop_documents(
    changes: Changes,
    documents: Documents,
    verdicts: Verdicts,
    gone: Sequence[int],
    notes: Sequence[dict[str, Any]] | None,
) -> None:
    """Marks in `changes` the documents that go. `notes` say why, one for each document."""
    records = documents.records
    if not gone:
        return
    drops = bytearray(len(changes.batch))
    if documents.spans is None or len(set(records)) == len(records):
        for k in gone:
            drops[records[k]] = 1
        if notes is not None:
            changes.notes = {records[k]: notes[k] for k in gone}
    else:
        _drop_articles(changes, documents, verdicts, notes, drops)
    if any(drops):
        changes.drops = drops


def _drop_articles(
    changes: Changes, documents: Documents, verdicts: Verdicts, notes: Sequence[dict[str, Any]] | None, drops: bytearray
) -> None:
    assert documents.spans is not None
    of_record: dict[int, list[int]] = {}
    for k, i in enumerate(documents.records):
        of_record.setdefault(i, []).append(k)
    noted = {}
    for i, numbers in of_record.items():
        gone = [k for k in numbers if verdicts.keepers[k] >= 0]
        if len(gone) == len(numbers) and changes.batch.format not in ("text", "markdown"):
            drops[i] = 1
            if notes is not None:
                articles = {"articles": [notes[k] for k in gone]} if len(gone) > 1 else {}
                noted[i] = {**notes[gone[0]], **articles}
        elif gone:
            spans = [Splice(*documents.spans[k], b"", verdicts.rule(k)) for k in gone]
            changes.drop_articles(i, spans, [notes[k] if notes is not None else {} for k in gone])
    changes.notes = noted


class Section(NamedTuple):
    """A source: the number of its first document, and the state of its file."""

    name: str
    first: int
    state: tuple[int, ...]


def _state_of(name: str) -> tuple[int, ...]:
    """What changes where a file does; nothing of what is no regular file, which was put aside."""
    try:
        state = os.stat(name)
    except OSError:
        return ()
    return (state.st_ino, state.st_size, state.st_mtime_ns) if stat.S_ISREG(state.st_mode) else ()


class Collector:
    """Sees all documents once, so that they can be decided on in the order of a policy."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self.places = array("q")
        self.keys: list[tuple[int, float]] = []
        self.sections: list[Section] = []

    def begin(self, name: str) -> None:
        """The documents of a source follow."""
        self.sections.append(Section(name, len(self.keys), _state_of(name)))

    def add(self, documents: Documents, keys: Sequence[tuple[int, float]]) -> None:
        self.places.frombytes(bytes(memoryview(documents.places).cast("B")))
        self.keys.extend(keys)

    def decide(self) -> Decided:
        """Looks all up, best first."""
        n = len(self.keys)
        order = sorted(range(n), key=self.keys.__getitem__)
        keepers, shared = array("q", bytes(8 * n)), array("q", bytes(16 * n))
        numbers = array("q")  # of the documents that stay: their places in the input
        start = 0
        while start < n:
            stop, size = start, 0
            while stop < n and (size < CHUNK_BYTES or stop == start):
                size += self.places[4 * order[stop] + 2]
                stop += 1
            chunk = order[start:stop]
            documents = self._read_again(chunk)
            verdicts = self.matcher.match(documents, sketch_documents(documents.text, documents.offsets))
            for k, i in enumerate(chunk):
                keepers[i] = verdicts.keepers[k]
                shared[2 * i : 2 * i + 2] = array("q", verdicts.shared[2 * k : 2 * k + 2])
                if verdicts.keepers[k] < 0:
                    numbers.append(i)
            start = stop
        return Decided(keepers, shared, numbers, self.sections)

    def _read_again(self, chunk: Sequence[int]) -> Documents:
        places, pieces, offsets = array("q"), [], array("q", [0])
        for i in chunk:
            fd, at, size, kind = self.places[4 * i : 4 * i + 4]
            raw = os.pread(fd, size, at)
            if kind:
                raw = bytes(engine.records(b'{"text":"' + raw + b'"}', b"text")[2])
            pieces.append(raw)
            offsets.append(offsets[-1] + len(raw))
            places.extend((fd, at, size, kind))
        return Documents(b"".join(pieces), offsets, places, range(len(chunk)))


class Decided:
    """Verdicts that are there already, handed out in input order; `numbers` are the places in the input of
    the documents that stay."""

    def __init__(
        self,
        keepers: array[int],
        shared: array[int],
        numbers: array[int],
        sections: Sequence[Section] = (),
    ) -> None:
        self.keepers, self.shared, self.numbers = keepers, shared, numbers
        self.sections = list(sections)
        self.done, self.end, self.source = 0, len(keepers), ""

    def begin(self, name: str) -> None:
        """The documents of a source are asked for; InputError where they cannot be those that were decided on."""
        while self.sections and self.sections[0].name != name:
            self.sections.pop(0)  # a source that is left out this time
        section = self.sections.pop(0) if self.sections else None
        if section is None or section.state != _state_of(name):
            raise InputError(f"{name}: {CHANGED}")
        self.done, self.source = section.first, name
        self.end = self.sections[0].first if self.sections else len(self.keepers)

    def next(self, n: int) -> Verdicts:
        first, self.done = self.done, self.done + n
        if self.done > self.end:
            raise InputError(f"{self.source}: {CHANGED}")
        return Verdicts(self.keepers[first : self.done], self.shared[2 * first : 2 * self.done])
