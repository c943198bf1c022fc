"""Writes the Unicode tables of both engines: `python -m dedupe.engine.make_tables`.

In: the `unicodedata` and `str.casefold` of CPython 3.11, which know Unicode 14.0.0, and the few
lists below that Python does not know. Out: native/unicode_tables.h (two-stage tables, about
120 kB) and unicode_tables.py (the properties alone, as runs). One version is pinned, so that a
signature does not depend on the Python that made it; another version is refused.

Code points that 14.0.0 does not assign have no property, but for those of planes 2 and 3: the
versions after it put nothing but Han there.
"""

import sys
import textwrap
import unicodedata
from pathlib import Path

VERSION = "14.0.0"
N_CODE_POINTS = 0x110000
BLOCK = 64  # code points that share a UTF-8 prefix, so the last byte's six bits index a block

# Bit i of a code point's properties says PROPERTIES[i].
PROPERTIES = {
    "WORD": "letters, marks and numbers (L, M, N)",
    "SINGLE": "letters and numbers of a script written without spaces: each starts a word of its own",
    "MARK": "marks (M): belong to the word before them",
    "LETTER": "letters (L)",
    "DIGIT": "decimal digits (Nd)",
    "NFC_SUSPECT": "NFC may change it or join it to what stands before: NFC_QC not Yes, or ccc not 0",
    "NFC_JOINS": "NFC may join it to what stands before: NFC_QC Maybe",
    "NFC_ORDERED": "a suspect for its ccc alone: NFC may move it among other marks, and no more",
    "FOLD": "full case folding changes it",
    "SPACE": "White_Space",
    "IGNORABLE": "invisible: soft hyphen, zero-width, direction marks, variation selectors, tags",
    "QUOTE": "quotation marks, primes, apostrophes, backtick, acute, guillemets, corner brackets",
    "DASH": "hyphens, dashes and minus signs",
    "UNASSIGNED": f"not in Unicode {VERSION}",
}

# Scripts.txt 14.0.0, the assigned code points only.
SINGLE_SCRIPTS = {
    "Han": "2E80-2E99 2E9B-2EF3 2F00-2FD5 3005 3007 3021-3029 3038-303B 3400-4DBF 4E00-9FFF F900-FA6D"
    " FA70-FAD9 16FE2-16FE3 16FF0-16FF1 20000-2FFFD 30000-3FFFD",
    "Hiragana": "3041-3096 309D-309F 1B001-1B11F 1B150-1B152 1F200",
    "Katakana": "30A1-30FA 30FD-30FF 31F0-31FF 32D0-32FE 3300-3357 FF66-FF6F FF71-FF9D 1AFF0-1AFF3"
    " 1AFF5-1AFFB 1AFFD-1AFFE 1B000 1B120-1B122 1B164-1B167",
    "Thai": "0E01-0E3A 0E40-0E5B",
    "Lao": "0E81-0E82 0E84 0E86-0E8A 0E8C-0EA3 0EA5 0EA7-0EBD 0EC0-0EC4 0EC6 0EC8-0ECD 0ED0-0ED9 0EDC-0EDF",
    "Khmer": "1780-17DD 17E0-17E9 17F0-17F9 19E0-19FF",
    "Myanmar": "1000-109F A9E0-A9FE AA60-AA7F",
    "Tibetan": "0F00-0F47 0F49-0F6C 0F71-0F97 0F99-0FBC 0FBE-0FCC 0FCE-0FD4 0FD9-0FDA",
}
SPACES = "0009-000D 0020 0085 00A0 1680 2000-200A 2028-2029 202F 205F 3000"
# Beside Pi and Pf; the modifier letters among them stand for apostrophes in Hausa, Ukrainian, Hawaiian.
QUOTES = (
    "0022 0027 0060 00B4 02B9-02BD 02CA-02CB 02EE 05F3-05F4 07F4-07F5 2018-201F 2032-2037 2057 275B-2760"
    " 276E-276F 2E42 300C-300F 301D-301F A78B-A78C FE41-FE44 FF02 FF07 FF40 FF62-FF63"
)
DASHES = "02D7 2043 207B 208B 2212 2796"  # beside Pd
# Beside Cf: the grapheme joiner and the variation selectors.
IGNORABLES = "034F 180B-180F FE00-FE0F E0100-E01EF"
# Cf that is seen: signs written around numbers, and the joiners of hieroglyphs.
SEEN_FORMATS = "0600-0605 06DD 070F 0890-0891 08E2 110BD 110CD 13430-13438"


def code_points(ranges: str) -> set[int]:
    """The code points of `"0041-005A 0061"`."""
    found: set[int] = set()
    for piece in ranges.split():
        first, _, last = piece.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return found


def composition_pairs() -> dict[tuple[int, int], int]:
    """(first, second) -> the code point that NFC puts in their place; Hangul left to arithmetic."""
    pairs = {}
    for code_point in range(N_CODE_POINTS):
        parts = unicodedata.decomposition(chr(code_point)).split()
        excluded = unicodedata.normalize("NFC", chr(code_point)) != chr(code_point)
        if len(parts) == 2 and not parts[0].startswith("<") and not excluded:
            pairs[int(parts[0], 16), int(parts[1], 16)] = code_point
    return pairs


def properties() -> list[int]:
    """The property bits of each code point."""
    bit = {name: 1 << i for i, name in enumerate(PROPERTIES)}
    single = set().union(*map(code_points, SINGLE_SCRIPTS.values()))
    spaces, quotes, dashes = code_points(SPACES), code_points(QUOTES), code_points(DASHES)
    ignorables, seen = code_points(IGNORABLES), code_points(SEEN_FORMATS)
    joining = {second for _, second in composition_pairs()}
    joining |= code_points("1161-1175 11A8-11C2")
    table = []
    for code_point in range(N_CODE_POINTS):
        char = chr(code_point)
        category = unicodedata.category(char)
        late_han = category == "Cn" and code_point >= 0x20000 and code_point in single
        bits = 0
        if category[0] in "LMN" or late_han:
            bits |= bit["WORD"]
        if code_point in single and (category[0] in "LN" or late_han):
            bits |= bit["SINGLE"]
        if category[0] == "M":
            bits |= bit["MARK"]
        if category[0] == "L" or late_han:
            bits |= bit["LETTER"]
        if category == "Nd":
            bits |= bit["DIGIT"]
        if code_point in joining:
            bits |= bit["NFC_SUSPECT"] | bit["NFC_JOINS"]
        changes = unicodedata.normalize("NFC", char) != char
        if unicodedata.combining(char) or changes:
            bits |= bit["NFC_SUSPECT"]
        if unicodedata.combining(char) and not changes and code_point not in joining:
            bits |= bit["NFC_ORDERED"]
        if char.casefold() != char:
            bits |= bit["FOLD"]
        if code_point in spaces:
            bits |= bit["SPACE"]
        if (category == "Cf" and code_point not in seen) or code_point in ignorables:
            bits |= bit["IGNORABLE"]
        if category in ("Pi", "Pf") or code_point in quotes:
            bits |= bit["QUOTE"]
        if category == "Pd" or code_point in dashes:
            bits |= bit["DASH"]
        if category == "Cn":
            bits |= bit["UNASSIGNED"]
        table.append(bits)
    return table


def two_stage(name: str, kind: str, table: list[int], storage: str = "static ") -> list[str]:
    """C text of `name`_stage1 (block numbers) and `name`_stage2 (the distinct blocks), cut after the last
    code point that has something."""
    end = max(code_point for code_point, value in enumerate(table) if value) // BLOCK * BLOCK + BLOCK
    blocks: dict[tuple[int, ...], int] = {(0,) * BLOCK: 0}
    stage1 = []
    for start in range(0, end, BLOCK):
        stage1.append(blocks.setdefault(tuple(table[start : start + BLOCK]), len(blocks)))
    stage2 = [value for block in blocks for value in block]
    narrow = "uint8_t" if len(blocks) <= 256 else "uint16_t"
    return [
        f"#define {name.upper()}_END 0x{end:X}",
        *c_array(f"{name}_stage1", narrow, stage1, storage),
        *c_array(f"{name}_stage2", kind, stage2, storage),
    ]


def c_array(name: str, kind: str, values: list[int], storage: str = "static ") -> list[str]:
    body = textwrap.fill(",".join(map(str, values)).replace(",", ", "), 110)
    return [f"{storage}const {kind} {name}[{len(values)}] = {{", body, "};"]


def decompositions() -> tuple[list[int], list[int]]:
    """Per code point offset << 3 | length of its full canonical decomposition, and what is pointed at."""
    index, data = [0] * N_CODE_POINTS, [0]
    for code_point in range(N_CODE_POINTS):
        whole = unicodedata.normalize("NFD", chr(code_point))
        if whole != chr(code_point) and not 0xAC00 <= code_point <= 0xD7A3:
            index[code_point] = len(data) << 3 | len(whole)
            data.extend(map(ord, whole))
    return index, data


def foldings() -> tuple[list[int], list[int]]:
    """Per code point offset << 3 | length of its case folding in UTF-8, and the bytes pointed at."""
    index, data = [0] * N_CODE_POINTS, [0]
    for code_point in range(N_CODE_POINTS):
        folded = chr(code_point).casefold()
        if folded != chr(code_point):
            utf8 = folded.encode()
            index[code_point] = len(data) << 3 | len(utf8)
            data.extend(utf8)
    return index, data


def composition_table() -> list[str]:
    """An open hash table of the composition pairs: first, second, composed; (0, 0, 0) is free."""
    pairs = composition_pairs()
    size = 2048
    slots: list[tuple[int, int, int]] = [(0, 0, 0)] * size
    for (first, second), composed in pairs.items():
        slot = composition_slot(first, second, size)
        while slots[slot][2]:
            slot = (slot + 1) % size
        slots[slot] = first, second, composed
    return [
        f"#define COMPOSITION_SLOTS {size}",
        f"static const uint32_t composition_table[{size}][3] = {{",
        textwrap.fill(", ".join(f"{{{a},{b},{c}}}" for a, b, c in slots), 110),
        "};",
    ]


def composition_slot(first: int, second: int, size: int) -> int:
    return ((first * 0x9E3779B1 + second * 0x85EBCA6B) & 0xFFFFFFFF) >> 21 & (size - 1)


def c_header(table: list[int]) -> str:
    decomposition_index, decomposition_data = decompositions()
    fold_index, fold_data = foldings()
    classes = [unicodedata.combining(chr(code_point)) for code_point in range(N_CODE_POINTS)]
    for index in (decomposition_index, fold_index):
        if max(index) > 0xFFFF:
            raise OverflowError("offset << 3 | length no longer fits 16 bits; widen the stage")
    lines = [
        f"/* Unicode {VERSION}, written by dedupe/engine/make_tables.py; do not edit. */",
        "#ifndef DEDUPE_UNICODE_TABLES_H",
        "#define DEDUPE_UNICODE_TABLES_H",
        "",
        "#include <stdint.h>",
        "",
        f'#define UNICODE_VERSION "{VERSION}"',
        "",
        "enum {",
        *(f"    UNICODE_{name} = 1 << {i}, /* {what} */" for i, (name, what) in enumerate(PROPERTIES.items())),
        "};",
        "",
        "#ifdef UNICODE_TABLES_HERE /* unicode.c alone holds the tables */",
        "",
        *two_stage("unicode", "uint16_t", table, storage=""),
        *two_stage("class", "uint8_t", classes),
        *two_stage("decomposition", "uint16_t", decomposition_index),
        *c_array("decomposition_data", "uint32_t", decomposition_data),
        *two_stage("fold", "uint16_t", fold_index),
        *c_array("fold_data", "uint8_t", fold_data),
        *composition_table(),
        "",
        "#endif",
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def python_module(table: list[int]) -> str:
    runs = [(0, table[0])]
    for code_point, bits in enumerate(table):
        if bits != runs[-1][1]:
            runs.append((code_point, bits))
    text = textwrap.wrap(" ".join(f"{start:x}:{bits:x}" for start, bits in runs), 100)
    lines = [
        f'"""Unicode {VERSION}, written by dedupe/engine/make_tables.py; do not edit."""',
        "",
        f'VERSION = "{VERSION}"',
        "",
        *(f"{name} = 1 << {i}  # {what}" for i, (name, what) in enumerate(PROPERTIES.items())),
        "",
        "# start:bits in hexadecimal; a run ends where the next starts.",
        "RUNS = (",
        *(f'    "{line} "' for line in text),
        ")",
    ]
    return "\n".join(lines) + "\n"


def make_tables() -> dict[str, str]:
    """File name (relative to this folder) -> its text."""
    if unicodedata.unidata_version != VERSION:
        raise RuntimeError(
            f"this Python knows Unicode {unicodedata.unidata_version}, the tables are {VERSION};"
            " run this with CPython 3.11"
        )
    table = properties()
    return {"native/unicode_tables.h": c_header(table), "unicode_tables.py": python_module(table)}


def main() -> int:
    try:
        made = make_tables()
    except RuntimeError as error:
        print(f"make_tables: {error}", file=sys.stderr)
        return 2
    for name, text in made.items():
        (Path(__file__).parent / name).write_text(text, encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
