"""What the cleaning stage knows of lines, as native/lines.c and native/form.c have it.

A line ends at LF or CR LF. Two lines have the same key when they have the same normal form: NFC
and case folding, zero-width characters dropped, runs of white space, quotation marks and dashes one
each. Keys are 64 bits and a hint only: whoever takes a line out compares the normal forms.
"""

import re
from array import array
from collections.abc import Iterator

import regex

from dedupe.engine import unicode_tables as tables
from dedupe.engine.code_points import char_class, properties
from dedupe.engine.reference.batch import Buffer, documents
from dedupe.engine.reference.unicode import decode, fold_text

REPEATED, SIMILAR, ARTIFACT_SEEN = 1, 2, 4  # marks of a document
BLANK, LETTERS, DIGITS, STOP, ARTIFACT = 1, 2, 4, 8, 16  # marks of a line

HEAD_LINES = 16  # lines of an article's head, among which similar copies are sought
ARTICLE_GAP = 3  # blank lines after which a head begins anew
EDGE_BYTES = 16  # how much of one of a line's two ends must agree for a closer look,
FRAME_BYTES = 7  # and how much of both, in lines shorter than MAX_FRAMED
MAX_FRAMED = 40
SHAPE_BYTES = 240  # artifacts are short,
LONG_BYTES = 4096  # but for whole lines that a rule names
SHAPE_ENDS = 12  # places in a line where the beginning that a rule names may end
REPEAT_BYTES = 6  # a shorter line that stands twice says nothing by itself
GATES_BYTES = 4 * 8192

MASK = 0xFFFFFFFFFFFFFFFF
CHAINS, PARAGRAPH = 4, 128  # of a key, and the bytes of a form that has them
START_SALT = 0x9E3779B97F4A7C15
LINE = re.compile(rb"([^\n]*?)(?:\r?\n|\Z)")
STOPS = frozenset(".,:;。，：；、،؛۔।॥።፣፤")
CLOSERS = frozenset(")]}'")
WIDE: tuple[tuple[int, int], ...] = (
    (0x1100, 0x115F),
    (0x2E80, 0xA4CF),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE6F),
)
WIDE += ((0xFF00, 0xFF60), (0x20000, 0x3FFFD))

_IGNORABLE = regex.compile(char_class(tables.IGNORABLE) + "|\u0307")  # U+0307: what folding leaves of İ
SPACES = regex.compile(char_class(tables.SPACE) + "+")
_QUOTES = regex.compile(char_class(tables.QUOTE) + "+")
_DASHES = regex.compile(char_class(tables.DASH) + "+")
NUMBERS = regex.compile(char_class(tables.DIGIT) + "+")
_LETTER = regex.compile(char_class(tables.LETTER))
_SAME = str.maketrans({"ı": "i", "：": ":", "…": "..."})


def line_key(form: Buffer) -> int:
    """64 bits of a normal form: multiply and shift over little-endian words, MurmurHash3's finish.

    A paragraph's words go into four chains by turns, and what the chains come to into the one of all.
    """
    form, start = bytes(form), 0
    h = len(form) * 0xC2B2AE3D27D4EB4F & MASK
    if len(form) >= PARAGRAPH:
        chains = [h + chain & MASK for chain in range(CHAINS)]
        start = len(form) // (8 * CHAINS) * (8 * CHAINS)
        for i in range(0, start, 8):
            chains[i // 8 % CHAINS] = _take_word(chains[i // 8 % CHAINS], form[i : i + 8])
        for chain in chains:
            h = _take_word(h, chain.to_bytes(8, "little"))
    for i in range(start, len(form), 8):
        h = _take_word(h, form[i : i + 8])
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD & MASK
    h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53 & MASK
    return h ^ h >> 33


def _take_word(h: int, word: bytes) -> int:
    h = (h ^ int.from_bytes(word, "little")) * 0x9FB21C651E98DF25 & MASK
    return h ^ h >> 29


def _form(line: bytes) -> str:
    text = _IGNORABLE.sub("", fold_text(decode(line)))
    text = _DASHES.sub("-", _QUOTES.sub("'", SPACES.sub(" ", text)))
    return str(text).translate(_SAME).strip(" ")


def normal_form(line: Buffer, shape: bool = False) -> bytes:
    """The form in which lines are compared, as UTF-8; with `shape`, runs of digits are `#`."""
    form = _form(bytes(line))
    return (NUMBERS.sub("#", form) if shape else form).encode("utf-8", "surrogatepass")


def shape_ends(shape: Buffer) -> list[int]:
    """Where in a shape the beginning that a rule names may end: where a word ends, after a punctuation
    mark, and around each character of Chinese and Japanese; the first 12 such places."""
    shape = bytes(shape)
    ends = []
    for p in range(1, len(shape) + 1):
        before, after = shape[p - 1], shape[p] if p < len(shape) else 0x20
        around_wide = _is_wide(after) or (p >= 3 and _is_wide(shape[p - 3]))
        if _splits(after) or (_splits(before) and before != 0x20) or around_wide:
            ends.append(p)
    return ends[:SHAPE_ENDS]


def _splits(byte: int) -> bool:
    return byte < 0x80 and not chr(byte).isalnum() and byte != 0x23


def _is_wide(byte: int) -> bool:
    return 0xE3 <= byte <= 0xE9


def lines_of(document: bytes) -> Iterator[tuple[int, int, int]]:
    """Start, end and next line's start of each line."""
    at = 0
    while at < len(document):
        match = LINE.match(document, at)
        assert match
        yield at, match.end(1), match.end()
        at = match.end()


def count_lines(text: Buffer, offsets: Buffer) -> int:
    """The lines of all documents, a last one without an ending included."""
    return sum(1 for document in documents(text, offsets) for _ in lines_of(document))


class Needles:
    """The rules' keys, as make_needles lays them out."""

    def __init__(self, needles: Buffer) -> None:
        data = bytes(needles)
        slots = (len(data) - GATES_BYTES) // 8
        if data and (slots <= 0 or len(data) % 8 or slots & (slots - 1)):
            raise ValueError("needles must be empty or what make_needles gives")
        self.keys = {key for key in array("Q", data[GATES_BYTES:]) if key}

    def match(self, form: bytes) -> bool:
        """Whether some rule's line or beginning may be here."""
        if not self.keys or len(form) > LONG_BYTES:
            return False
        shape = NUMBERS.sub("#", form.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")
        if len(form) > SHAPE_BYTES:
            return len(shape) > SHAPE_BYTES and line_key(shape) in self.keys
        starts = (line_key(shape[:end]) ^ START_SALT for end in shape_ends(shape))
        return line_key(shape) in self.keys or any(key in self.keys for key in starts)


def _edges(form: bytes) -> tuple[int, int, int]:
    """Keys of a form's opening, of its closing, and of its frame: both ends of a short one; 0: none."""
    n = len(form)
    opening = line_key(form[:EDGE_BYTES]) if n >= EDGE_BYTES else 0
    closing = line_key(form[-EDGE_BYTES:]) if n >= EDGE_BYTES else 0
    framed = 2 * FRAME_BYTES <= n < MAX_FRAMED
    return opening, closing, line_key(form[:FRAME_BYTES] + form[-FRAME_BYTES:]) if framed else 0


def scan(text: Buffer, offsets: Buffer, needles: Buffer) -> bytes:
    """One byte a document: 0 where no two lines are alike and none may be an artifact."""
    rules = Needles(needles)
    return bytes(_scan_document(document, rules) for document in documents(text, offsets))


def _scan_document(document: bytes, rules: Needles) -> int:
    marks = blanks = head = 0
    keys: set[int] = set()
    edges: set[tuple[int, int]] = set()
    for start, end, _ in lines_of(document):
        form = _form(document[start:end]).encode("utf-8", "surrogatepass")
        if not form:
            blanks += 1
            head = 0 if blanks == ARTICLE_GAP else head
            continue
        blanks = 0
        key = line_key(form)
        if key in keys and len(form) >= REPEAT_BYTES and _LETTER.search(form.decode("utf-8", "surrogatepass")):
            marks |= REPEATED
        keys.add(key)
        if head < HEAD_LINES:
            head += 1
            edged = {(end, key) for end, key in enumerate(_edges(form)) if key}
            marks |= SIMILAR if edges & edged else 0
            edges |= edged
        if rules.match(form):
            marks |= ARTIFACT_SEEN
    return marks


def line_table(document: Buffer, needles: Buffer) -> bytes:
    """int64 (9, lines): start, end, next, key, opening, closing, frame, width, flags."""
    data, rules = bytes(document), Needles(needles)
    rows = []
    for start, end, after in lines_of(data):
        text = _form(data[start:end])
        form = text.encode("utf-8", "surrogatepass")
        flags, width = _flags(text)
        flags |= ARTIFACT if rules.match(form) else 0
        rows.append((start, end, after, line_key(form), *_edges(form), width, flags))
    columns = zip(*rows, strict=True)
    return b"".join(array("Q", column).tobytes() for column in columns)


def _flags(form: str) -> tuple[int, int]:
    bits = 0
    for char in form:
        bits |= properties(ord(char))
    rest = form.rstrip("".join(CLOSERS))
    flags = BLANK if not form else STOP if rest and rest[-1] in STOPS else 0
    flags |= (LETTERS if bits & tables.LETTER else 0) | (DIGITS if bits & tables.DIGIT else 0)
    return flags, len(form) + sum(any(a <= ord(char) <= b for a, b in WIDE) for char in form)
