"""In how many documents of a source each line stands, and where, as native/tally.c has it.

Two passes over the same documents. The first counts keys in a sketch of fixed size, which never counts too
few. The second keeps an entry for each line that the sketch lets pass, by itself or for a form of it in
which words may vary, and counts exactly.
"""

from array import array
from collections.abc import Iterator
from itertools import takewhile

import regex

from dedupe.engine import unicode_tables as tables
from dedupe.engine.code_points import char_class
from dedupe.engine.reference.batch import Buffer, documents, numbers
from dedupe.engine.reference.lines import (
    LETTERS,
    LONG_BYTES,
    MASK,
    SHAPE_BYTES,
    STOP,
    _flags,
    _form,
    line_key,
    lines_of,
    normal_form,
)

MOST_WORDS = 16  # of a line with numbers that is a form with words that vary
MOST_MASKED = 8  # of one without numbers
EXAMPLES = 8
HEADLINES = 15  # that are counted of a document
HEAD_OWN = 4  # lines of its own above which a document's head ends
TAIL_OWN = 2  # and below which its tail begins
HEADLINE_WIDTH = 100
SATURATED = 0xFFFF
MOST_BUCKETS = 63
MASK_SALT = 0x8CB92BA72F3D8DD7

_WORD = regex.compile(char_class(tables.WORD) + "+")
_SINGLE = char_class(tables.WORD | tables.SINGLE)
_JOINED = char_class(tables.WORD, tables.SINGLE)
_JOINED_NUMBERS = regex.compile("#(?:[.,]#)+")  # 1,203 is counted with 999
_WORD_OR_CHARACTER = regex.compile(f"{_SINGLE}|{_JOINED}+")


class Line:
    """A line that is not blank, and its keys: of its shape first; none where there is nothing to count."""

    def __init__(self, raw: bytes, source: int) -> None:
        text = _form(raw)
        form = text.encode("utf-8", "surrogatepass")
        flags, width = _flags(text)
        self.raw, self.is_own = raw, flags & LETTERS != 0
        self.reads_like_headline = width <= HEADLINE_WIDTH and not flags & STOP
        self.exact, self.shape, self.keys = line_key(form), 0, list[int]()
        if self.is_own and len(form) <= LONG_BYTES and len(raw) <= LONG_BYTES:
            shape = normal_form(raw, True)
            self.shape = line_key(shape)
            self.keys = [_mix(key, source) for key in (self.shape, *_masked_keys(shape))]


def _masked_keys(shape: bytes) -> Iterator[int]:
    """The key of a shape with numbers with all words masked; of others those with each word masked in turn, sums in
    which the word's term is left out."""
    if len(shape) > SHAPE_BYTES:
        return
    text = shape.decode("utf-8", "surrogatepass")
    pattern, most = (_WORD, MOST_WORDS) if "#" in text else (_WORD_OR_CHARACTER, MOST_MASKED)
    words = pattern.findall(text)
    if len(words) > most or (len(words) < 2 and "#" not in text):
        return
    masked = _JOINED_NUMBERS.sub("#", pattern.sub("\x01", text))
    key = line_key(masked.encode("utf-8", "surrogatepass")) ^ MASK_SALT
    if "#" in text:
        yield key
        return
    terms = [_word_term(word.encode("utf-8", "surrogatepass"), i) for i, word in enumerate(words)]
    yield from (key + sum(terms) - term & MASK for term in terms)


def _word_term(word: bytes, i: int) -> int:
    h = (line_key(word) ^ (i + 1) * 0x9E3779B97F4A7C15 & MASK) * 0xFF51AFD7ED558CCD & MASK
    return h ^ h >> 32


def _mix(key: int, source: int) -> int:
    h = key ^ (source + 1) * 0x9E3779B97F4A7C15 & MASK
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD & MASK
    h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53 & MASK
    return h ^ h >> 33 or 1


class Entry:
    """What is known of a line of a source; see native/tally.h for the columns."""

    def __init__(self, line: Line, source: int) -> None:
        self.source, self.key, self.first_exact = source, line.shape, line.exact
        self.documents = self.head = self.tail = self.between = 0
        self.headlines = self.buckets = self.below = self.votes = self.reworded = 0
        self.examples: list[bytes] = []

    def row(self) -> list[int]:
        return [
            self.source, self.documents, self.head, self.tail, self.between, self.headlines,
            self.buckets, self.key, self.below, self.votes, self.reworded, len(self.examples),
        ]  # fmt: skip


class Tally:
    """The sketch and the entries."""

    def __init__(self, sketch_bits: int, most_entries: int) -> None:
        self.mask = (1 << sketch_bits) - 1
        self.cells: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.most_entries = most_entries
        self.entries: dict[int, Entry] = {}
        self.left_out = 0

    def _cells_of(self, key: int) -> tuple[int, int]:
        return key & self.mask, key >> 32 & self.mask

    def has(self, key: int, wanted: int) -> bool:
        counted = min(cells.get(at, 0) for cells, at in zip(self.cells, self._cells_of(key), strict=True))
        return min(counted, SATURATED) >= min(wanted, SATURATED)

    def count(self, document: bytes, source: int) -> None:
        keys = {key for line in _lines(document, source) for key in line.keys}
        for key in keys:
            for cells, at in zip(self.cells, self._cells_of(key), strict=True):
                cells[at] = cells.get(at, 0) + 1

    def gather(self, document: bytes, source: int, bucket: int, frequent: int) -> int:
        lines = list(_lines(document, source))
        for line in lines:
            line.is_own = line.is_own and not (line.keys and self.has(line.keys[0], frequent))
        n_own, above = sum(line.is_own for line in lines), 0
        own = (line for line in lines if line.is_own)
        headlines = min(sum(1 for _ in takewhile(lambda line: line.reads_like_headline, own)), HEADLINES)
        seen: set[int] = set()
        for i, line in enumerate(lines):
            if any(self.has(key, frequent) for key in line.keys):
                entry = self._find_entry(line, source)
                if entry and line.keys[0] not in seen:
                    seen.add(line.keys[0])
                    below = lines[i + 1].shape if i + 1 < len(lines) else 0
                    in_head = entry.head
                    self._note(entry, line, above, n_own - above - line.is_own, below)
                    entry.headlines += headlines if entry.head > in_head else 0
                    entry.buckets |= 1 << bucket
            above += line.is_own
        return headlines

    def _find_entry(self, line: Line, source: int) -> Entry | None:
        entry = self.entries.get(line.keys[0])
        if entry is None:
            if len(self.entries) >= self.most_entries:
                self.left_out += 1
                return None
            entry = self.entries[line.keys[0]] = Entry(line, source)
        return entry

    def _note(self, entry: Entry, line: Line, above: int, below: int, follows: int) -> None:
        entry.documents += 1
        if below <= TAIL_OWN and below < above:
            entry.tail += 1
        elif above <= HEAD_OWN and above <= below:
            entry.head += 1
        else:
            entry.between += 1
        entry.reworded += line.exact != entry.first_exact
        if entry.votes == 0:
            entry.below = follows
        entry.votes += 1 if entry.below == follows else -1
        if len(entry.examples) < EXAMPLES and line.raw not in entry.examples:
            entry.examples.append(line.raw)


def _lines(document: bytes, source: int) -> Iterator[Line]:
    for start, end, _ in lines_of(document):
        if _form(document[start:end]):
            yield Line(document[start:end], source)


def tally_open(sketch_bits: int = 22, most_entries: int = 1 << 18) -> Tally:
    """An empty tally: two rows of 2^sketch_bits cells, and at most so many entries."""
    if not 8 <= sketch_bits <= 30 or not 0 <= most_entries < 1 << 30:
        raise ValueError("sketch_bits must lie between 8 and 30, most_entries between 0 and 2^30")
    return Tally(sketch_bits, most_entries)


def _per_document(buffer: Buffer, code: str, n: int, name: str) -> list[int]:
    values = numbers(buffer, code, name)
    if len(values) != n:
        raise ValueError(f"{name} must hold one value of {array(code).itemsize} bytes a document")
    return values


def tally_count(tally: Tally, text: Buffer, offsets: Buffer, sources: Buffer) -> None:
    """The first pass: counts the lines of documents whose source is not -1."""
    texts = documents(text, offsets)
    for document, source in zip(texts, _per_document(sources, "i", len(texts), "sources"), strict=True):
        if source >= 0:
            tally.count(document, source)


def tally_gather(
    tally: Tally, text: Buffer, offsets: Buffer, sources: Buffer, buckets: Buffer, frequent: Buffer
) -> bytes:
    """The second pass; one byte a document: how many lines of its own that read like headlines stand above the
    first that reads like none."""
    texts, wanted = documents(text, offsets), numbers(frequent, "i", "frequent")
    of_source = _per_document(sources, "i", len(texts), "sources")
    in_bucket = _per_document(buckets, "B", len(texts), "buckets")
    if any(source >= len(wanted) for source in of_source) or any(bucket >= MOST_BUCKETS for bucket in in_bucket):
        raise ValueError("sources must have a value in frequent, and buckets lie below 63")
    return bytes(
        tally.gather(document, source, bucket, wanted[source]) if source >= 0 else 0
        for document, source, bucket in zip(texts, of_source, in_bucket, strict=True)
    )


def tally_rows(tally: Tally) -> tuple[bytes, bytes, bytes, int]:
    """The entries as int64 rows, the sizes of their examples, these one after the other, and how many lines
    found no entry left."""
    rows, sizes = array("Q"), array("q")
    text = []
    for entry in tally.entries.values():
        rows.extend(value & MASK for value in entry.row())
        sizes.extend(map(len, entry.examples))
        text += entry.examples
    return rows.tobytes(), sizes.tobytes(), b"".join(text), tally.left_out
