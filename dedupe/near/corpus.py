"""Files of one corpus -> which of their documents say what an earlier one says, with file and line of both.

Nothing is kept from run to run: reading and sketching everything again is fast enough, and no answer depends on what
ran before. 50,000 files (116 MB) take 1.2 s, most of it to open them. Files are taken in order, small
ones many at a time; a text or Markdown file is a document, or several where it holds several articles, a JSONL record
is one. Texts wait in a temporary file for the few that have to be compared. Memory: 500 bytes a document that stays.
"""

import os
import stat
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from dedupe.ahead import map_ahead
from dedupe.clean.markdown import front_matter_end
from dedupe.errors import InputError, cannot_be_read
from dedupe.formats import BOM
from dedupe.formats import SUFFIXES as KNOWN
from dedupe.near.documents import Documents, Spool, Whole, find_articles, gather_documents, put_documents
from dedupe.near.match import Matcher, Sketches, sketch_documents
from dedupe.obstacles import NUL_FAULT, TEXTS
from dedupe.options import DropOptions, ReadOptions
from dedupe.read import Batch, Block, open_source, read_blocks
from dedupe.unpack import SUFFIXES

SMALL_BYTES = 1 << 18  # a file up to this size is read whole
PIECE_BYTES = 1 << 20  # of small files that are looked at together


class Spot(NamedTuple):
    """Where a document begins."""

    source: str
    line: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line}"


class Copy(NamedTuple):
    """A document that says what an earlier one says; the similarity of exact copies is 1, as may be that of others."""

    spot: Spot
    keeper: Spot
    similarity: float
    is_exact: bool


class Fault(NamedTuple):
    """A file or a record (line 0: the whole file) that could not be compared."""

    source: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.what}" if self.line else f"{self.source}: {self.what}"


class Comparison(NamedTuple):
    """What find_copies gives."""

    n_documents: int
    copies: list[Copy]
    faults: list[Fault]
    expected_recall: float
    n_bounded: int


class _Part(NamedTuple):
    """Files to be looked at together, or a block of one."""

    names: Sequence[str]
    formats: Sequence[str] = ()
    block: Block | None = None


class _Piece(NamedTuple):
    documents: Documents
    sketches: Sketches
    names: Sequence[str]
    sources: Sequence[int]  # of each document: which of the names
    lines: Sequence[int]
    n_lines: int  # of the block
    faults: list[Fault]


def find_copies(
    names: Iterable[str], options: DropOptions | None = None, read: ReadOptions | None = None, split: str = "auto"
) -> Comparison:
    """Compares all documents of files. A document is a copy where an earlier one that is none has at least the
    threshold's similarity; policies other than "first" are a ValueError, since nothing is dropped.

    Blank documents are passed by. A file that cannot be read is a fault, and no error.
    """
    options, read = options or DropOptions(), read or ReadOptions()
    if options.keep != "first":
        raise ValueError(f"keep {options.keep!r}: copies are looked for in the order of the files; use first")
    matcher = Matcher(options)
    search = _Search(read, split)
    spots: list[tuple[str, int]] = []  # of the documents that are no copies
    copies: list[Copy] = []
    faults: list[Fault] = []
    n_documents = first_line = 0
    with search.spool:
        for piece in map_ahead(search.look_at, search.parts(names), options.threads):
            faults += [fault._replace(line=fault.line + first_line) if fault.line else fault for fault in piece.faults]
            n_documents += len(piece.documents)
            verdicts = matcher.match(piece.documents, piece.sketches)
            for k, keeper in enumerate(verdicts.keepers):
                spot = (piece.names[piece.sources[k]], piece.lines[k] + first_line)
                if keeper < 0:
                    spots.append(spot)
                elif not (verdicts.is_exact(k) and _is_blank(piece.documents, k)):
                    copies.append(Copy(Spot(*spot), Spot(*spots[keeper]), verdicts.similarity(k), verdicts.is_exact(k)))
            first_line = first_line + piece.n_lines if piece.n_lines else 0
    return Comparison(
        n_documents, copies, list(dict.fromkeys([*faults, *search.faults])), matcher.bands.recall, matcher.n_bounded
    )


def _is_blank(documents: Documents, k: int) -> bool:
    bounds = memoryview(documents.offsets).cast("B").cast("q")
    return not bytes(memoryview(documents.text)[bounds[k] : bounds[k + 1]]).strip()


class _Search:
    """What looks into files; several threads may."""

    def __init__(self, read: ReadOptions, split: str) -> None:
        self.read, self.split, self.spool = read, split, Spool()
        self.faults: list[Fault] = []

    def parts(self, names: Iterable[str]) -> Iterator[_Part]:
        """Files, cut into what is looked at at a time, in order."""
        waiting: list[str] = []
        formats: list[str] = []
        n_bytes = 0
        for name in names:
            try:
                info = os.stat(name)
            except OSError as error:
                self.faults.append(Fault(name, 0, cannot_be_read(error)))
                continue
            format, size = self._format(name), info.st_size
            is_small = size <= SMALL_BYTES and stat.S_ISREG(info.st_mode) and format in ("text", "markdown")
            if waiting and (not is_small or n_bytes + size > PIECE_BYTES):
                yield _Part(waiting, formats)
                waiting, formats, n_bytes = [], [], 0
            if is_small and format:
                waiting.append(name)
                formats.append(format)
                n_bytes += size
            else:
                yield from self._blocks(name)
        if waiting:
            yield _Part(waiting, formats)

    def _format(self, name: str) -> str | None:
        """The format of a file that is not packed, by its suffix."""
        suffix = name[name.rfind(".") :].lower()  # pathlib takes as long as reading the file
        return None if suffix in SUFFIXES else self.read.format or KNOWN.get(suffix)

    def _blocks(self, name: str) -> Iterator[_Part]:
        try:
            source = open_source(name, self.read)
        except InputError as error:
            self.faults.append(Fault(name, 0, str(error).removeprefix(f"{name}: ")))
            return
        with source.stream:
            try:
                for block in read_blocks(source, self.split, b""):
                    yield _Part([name], block=block)
            except InputError as error:
                self.faults.append(Fault(name, 0, str(error).removeprefix(f"{name}: ")))
        yield _Part([])  # lines count from the start again

    def look_at(self, part: _Part) -> _Piece:
        return self._look_at_block(part.names, part.block) if part.block else self._look_at_files(part)

    def _look_at_files(self, part: _Part) -> _Piece:
        texts: list[bytes] = []
        sources, lines = array("q"), array("q")
        faults = []
        for i, (name, format) in enumerate(zip(part.names, part.formats, strict=True)):
            try:
                data = _read_whole(name)
            except OSError as error:
                faults.append(Fault(name, 0, cannot_be_read(error)))
                continue
            if fault := _fault_of_text(data):
                faults.append(Fault(name, 0, fault))
                continue
            for start, end in self._documents(data, format):
                texts.append(data[start:end])
                sources.append(i)
                lines.append(1 + data.count(b"\n", 0, start))
        documents = put_documents(texts, sources, self.spool)
        sketches = sketch_documents(documents.text, documents.offsets)
        return _Piece(documents, sketches, part.names, sources, lines, 0, faults)

    def _documents(self, data: bytes, format: str) -> list[tuple[int, int]]:
        """Where the documents of a small file lie."""
        start = len(BOM) if data.startswith(BOM) else 0
        if format == "markdown":
            start += front_matter_end(data[start:])
        elif self.split != "never" and start < len(data):
            text = data[start:]
            begins, _ = find_articles(Whole(text, array("q", [0, len(text)]), array("q"), ()), self.split)
            return [(start + a, start + b) for a, b in pairwise(begins)]
        return [(start, len(data))] if start < len(data) else []

    def _look_at_block(self, names: Sequence[str], block: Block) -> _Piece:
        batch = Batch(block.raw, 0, 0, block.format, self.read)
        n_lines = batch.count_lines()
        at = self.spool.put(block.raw)
        faults = [Fault(names[0], 1 + batch.line_of(i), f"{batch.fault(i)}; mend it first") for i in batch.broken()]
        if batch.format in TEXTS and b"\0" in block.raw:
            faults, batch = [Fault(names[0], 0, NUL_FAULT)], Batch(b"", 0, 0, block.format, self.read)
        documents = gather_documents(batch, None, self.spool.fd, at, self.spool, self.split)
        lines = array("q", (1 + batch.line_of(i) for i in documents.records))
        if batch.format == "markdown" and lines:
            lines[0] += block.raw.count(b"\n", 0, front_matter_end(bytes(block.raw)))
        elif batch.format == "text" and documents.spans:
            lines = array("q", (1 + block.raw.count(b"\n", 0, start) for start, _ in documents.spans))
        sketches = sketch_documents(documents.text, documents.offsets)
        return _Piece(documents, sketches, names, array("q", [0]) * len(documents), lines, n_lines, faults)


def _read_whole(name: str) -> bytes:
    fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = more = os.read(fd, SMALL_BYTES + 1)
        while len(more) > SMALL_BYTES:  # it has grown since
            more = os.read(fd, SMALL_BYTES + 1)
            data += more
        return data
    finally:
        os.close(fd)


def _fault_of_text(data: bytes) -> str | None:
    if b"\0" in data:
        return NUL_FAULT
    try:
        data.decode()
    except UnicodeDecodeError:
        return "is not UTF-8; clean it first"
    return None
