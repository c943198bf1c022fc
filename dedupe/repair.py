"""Broken Unicode to sound Unicode: mojibake, C1 and other control characters, surrogates, escapes.

In comes a line, out goes the line that ftfy makes of it with the author's text kept: curly quotes,
ligatures, full-width forms, odd line breaks, entities and the normal form stay as they are.
The engine's call `suspicious` says beforehand which lines that could change: ask it first, it is a
thousand times as fast.

Rules, fixers and their order are ftfy's; the loop around them is ours, because ftfy's own
- cuts a line blindly at a million characters, or else has no bound: on "Ã" and 40,000 times "ƒ" it
  works for two minutes, since every pass over the line repairs one character;
- decodes CESU-8 in quadratic time and takes a line end after a byte C0 for a part of it;
- makes line breaks of `&#10;` and `&NewLine;`;
- ignores the sub-options of `fix_encoding` when explanations are off, and with unescape_html="auto"
  switches entities off for the rest of a text at its first "<". Neither setting is used here.

A line is repaired whole, whatever its length, in at most MAX_PASSES readings: linear in m bytes.
"""

import codecs
import re
from array import array
from collections.abc import Callable
from itertools import accumulate

from dedupe.document import Splice
from dedupe.engine import engine
from dedupe.options import RepairOptions

# Mojibake settles within 15 readings: two million random breakages of real sentences of 400 languages, up
# to three deep (benchmarks/study_repair.py, 2026-11-23). Short lines get more, for what nobody has seen yet: with
# 100 readings of every line, 600 KB of a chain that each reading shortens by a character took up to 37 s.
MAX_PASSES = 16
MIN_WORK = 100_000  # characters that are read beyond that

VARIANTS = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]|\xc0\x80")
WINDOWS_1252 = "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in range(256))


def repair_line(line: str, options: RepairOptions) -> str:
    """The line with its Unicode repaired; repairing it again changes nothing.

    `line` holds no LF or CR, and the result gains none; it may hold lone surrogates, which become
    U+FFFD, and pairs of them, which become the character they stand for.
    """
    if not options.enabled:
        return line
    try:
        return _Repair(len(line), options).settle(line)
    except _Unsettled:
        return line


def repair_document(document: bytes, options: RepairOptions) -> list[Splice]:
    """What repair does to a document (UTF-8): a splice for each line that it changes."""
    lines = document.split(b"\n")
    offsets = array("q", [0, *accumulate(len(line) + 1 for line in lines)])
    offsets[-1] = len(document)
    splices = []
    for i, broken in enumerate(engine.suspicious(document, offsets, options.unescape_html)):
        if broken:
            line = lines[i] if i == len(lines) - 1 else lines[i].removesuffix(b"\r")
            text = line.decode("utf-8", "surrogatepass")
            sound = repair_line(text, options)
            if sound != text:
                start, put = offsets[i], sound.encode("utf-8", "surrogatepass")
                splices.append(Splice(start, start + len(line), put, "repair.unicode"))
    return splices


class _Unsettled(Exception):
    """MAX_PASSES have not brought the line to rest: no mojibake that anything made by accident."""


class _Repair:
    """ftfy's fixers in ftfy's order until nothing changes, within a bound of work."""

    def __init__(self, n_chars: int, options: RepairOptions) -> None:
        from ftfy import badness, chardata, fixes

        self.is_bad: Callable[[str], bool] = badness.is_bad
        self.chardata = chardata
        self.fixes = fixes
        self.unescape_html = options.unescape_html
        self.work = MAX_PASSES * n_chars + MIN_WORK

    def settle(self, text: str) -> str:
        """`ftfy.fix_and_explain` with our options."""
        fixes = self.fixes
        while True:
            before = text
            self.spend(text)
            if self.unescape_html:
                text = self.chardata.HTML_ENTITY_RE.sub(self.unescape, text)
            text = self.settle_encoding(text)
            text = fixes.fix_c1_controls(text)
            text = fixes.fix_surrogates(text)
            text = fixes.remove_terminal_escapes(text)
            text = fixes.remove_control_chars(text)
            if text == before:
                return text

    def settle_encoding(self, text: str) -> str:
        """`ftfy.fix_encoding`."""
        while True:
            before = text
            self.spend(text)
            if text.isascii() or not self.is_bad(text):
                return text
            text = self.fix_encoding_once(text)
            if text == before:
                return text

    def fix_encoding_once(self, text: str) -> str:
        """One step of `ftfy.fix_encoding`, for text that is bad."""
        possible = []
        for encoding in self.chardata.CHARMAP_ENCODINGS:
            if self.chardata.possible_encoding(text, encoding):
                possible.append(encoding)
                raw = text.encode(encoding)
                if encoding != "macroman" and self.chardata.ALTERED_UTF8_RE.search(raw):
                    raw = self.fixes.restore_byte_a0(raw)
                if encoding.startswith("sloppy"):
                    raw = self.fixes.replace_lossy_sequences(raw)
                try:
                    return decode_variants(raw)
                except UnicodeDecodeError:
                    pass
        fixed = self.chardata.UTF8_DETECTOR_RE.sub(lambda match: self.fix_embedded(match, text), text)
        if fixed != text:
            return fixed
        if "latin-1" in possible:
            try:
                fixed = text.encode("latin-1").decode("cp1252")
            except UnicodeDecodeError:
                fixed = text
            if fixed != text:
                return fixed
        return self.fixes.fix_c1_controls(text)

    def fix_embedded(self, match: re.Match[str], text: str) -> str:
        """`ftfy.fixes.decode_inconsistent_utf8`, for one stretch that looks like UTF-8."""
        stretch = match.group()
        if len(stretch) < len(text) and self.is_bad(stretch):
            return self.settle_encoding(stretch)
        return stretch

    def unescape(self, entity: re.Match[str]) -> str:
        character: str = self.fixes.unescape_html(entity.group())
        return character.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")

    def spend(self, text: str) -> None:
        self.work -= len(text)
        if self.work < 0:
            raise _Unsettled


def decode_bytes(raw: bytes) -> str:
    """The text of a line or record whose bytes need not be UTF-8. The rule, in this order:

    1. UTF-8.
    2. UTF-8 with its two common variants: characters above U+FFFF as two surrogates of three bytes
       each (CESU-8; Java, MySQL and Oracle write it), NUL as C0 80 (Java).
    3. Windows-1252, as browsers read it: the bytes 81, 8D, 8F, 90 and 9D, which it leaves undefined,
       become the C1 controls of the same number. This never fails.

    It holds for the whole of `raw`: a single byte that is wrong sends all to 3. What is UTF-8 beside
    it becomes mojibake by that, and `repair_line` undoes mojibake.

    >>> decode_bytes(b"caf\\xe9"), decode_bytes(b"\\xed\\xa0\\xbd\\xed\\xb8\\x8d")
    ('café', '😍')
    """
    try:
        return decode_variants(raw)
    except UnicodeDecodeError:
        return codecs.charmap_decode(raw, "strict", WINDOWS_1252)[0]


def decode_variants(raw: bytes) -> str:
    """UTF-8, CESU-8 and Java's UTF-8; UnicodeDecodeError for anything else."""
    if b"\xed" in raw or b"\xc0" in raw:
        raw = VARIANTS.sub(_as_utf8, raw)
    return raw.decode("utf-8")


def _as_utf8(variant: re.Match[bytes]) -> bytes:
    if variant.group() == b"\xc0\x80":
        return b"\0"
    pair = variant.group().decode("utf-8", "surrogatepass")
    return pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le").encode()
