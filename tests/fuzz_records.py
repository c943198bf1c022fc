"""JSON lines made and broken at random: both engines must agree on them, and with `json`.

The tests run a few; by hand `python tests/fuzz_records.py LINES [SEED]` runs as many as wanted and
prints how many were refused and why, so that it shows whether the mutations still bite.
"""

import json
import random
import sys
from array import array
from collections import Counter
from importlib import import_module
from types import ModuleType

from dedupe.engine.reference import jsonl as reference

FIELD = b"text"
LETTERS = [*"abc   \n\n\"\\/\t\x00\x1f\x7f'<", *"éßšابجدनि中文字😀𝒳", "\ud800", "\udfff", "\ufeff", "\u2028"]
KEYS = ["text", "Text", "id", "", "tex", "text ", "tëxt", '"', "\\", "\ud83d", "t" * 80]
NUMBERS = ["0", "-0", "0.0", "1e400", "-1E-5", "12345678901234567890123", "NaN", "Infinity", "-Infinity"]
NUMBERS += ["9" * 4300, "-" + "9" * 4300, "1" * 5000 + ".5", "1" * 4301 + "e1"]
FRAGMENTS = [
    *(b'"', b"\\", b'\\"', b"\\u", b"\\ud83d", b"\\ude00", b"\\uD83D\\uDE00", b"\\u00e9", b"\\x", b"\\u12g4"),
    *(b"{", b"}", b"[", b"]", b":", b",", b'"text"', b'"text":"x",', b'"te\\u0078t":"y"', b"null", b"tru"),
    *(b"NaN", b"Infinity", b"-Infinity", b"-", b"+", b".", b"0", b"1", b"e", b"E5", b"00", b"9" * 4301),
    *(b" ", b"\t", b"\r", b"\n", b"\r\n", b"\x00", b"\x0b", b"\x1f", b"\x7f", b"\x80", b"\xff"),
    *(b"\xc0\x80", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xed\x9f\xbf", b"\xf0\x8f\xbf\xbf"),
    *(b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\xc3", b"\xf0\x9f\x98"),
    *("é中😀".encode(), b"\xef\xbb\xbf", b"[" * 511, b"]" * 511, b"[" * 513, b'{"a":' * 512, b"x" * 64),
]


def make_text(rng: random.Random) -> str:
    length = rng.choice((0, 1, 5, 20, 70, 200))
    run = rng.choice((1, 1, 30, 70))
    return "".join(rng.choice(LETTERS) * rng.randint(1, run) for _ in range(length // run + length % 2))


def make_value(rng: random.Random, depth: int) -> str:
    """A value as JSON text, in a style of its own."""
    kind = rng.random()
    if depth and kind < 0.3:
        space = rng.choice(("", "", " ", "\t \r"))
        items = [make_value(rng, depth - 1) for _ in range(rng.randrange(4))]
        if kind < 0.15:
            return "[" + f"{space},{space}".join(items) + space + "]"
        members = (f"{make_string(rng, rng.choice(KEYS))}{space}:{space}{item}" for item in items)
        return "{" + space + f"{space},".join(members) + space + "}"
    if kind < 0.4:
        return rng.choice(NUMBERS)
    if kind < 0.5:
        return rng.choice(("true", "false", "null"))
    return make_string(rng, make_text(rng))


def make_string(rng: random.Random, text: str) -> str:
    style = rng.random()
    if style < 0.3:
        return json.dumps(text)
    if style < 0.4:  # all of it in escapes
        units = text.encode("utf-16-be", "surrogatepass")
        return '"' + "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2)) + '"'
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)


def make_line(rng: random.Random) -> bytes:
    if rng.random() < 0.05:
        return rng.choice((b"", b" ", b"\t\r", make_value(rng, 2).encode()))
    members = [f"{make_string(rng, rng.choice(KEYS))}: {make_value(rng, 3)}" for _ in range(rng.randrange(4))]
    if rng.random() < 0.8:
        members.insert(rng.randint(0, len(members)), f'"text":{make_string(rng, make_text(rng))}')
    return ("{" + ", ".join(members) + "}").encode() + rng.choice((b"", b"", b"\r", b" "))


def mutate(rng: random.Random, line: bytes) -> bytes:
    changed = bytearray(line)
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 4))):
        place = rng.randint(0, len(changed))
        change = rng.randrange(5)
        if change == 0:
            changed[place:place] = rng.choice(FRAGMENTS)
        elif change == 1:
            del changed[place : place + rng.choice((1, 1, 2, 8, 100))]
        elif change == 2 and place < len(changed):
            changed[place] = rng.randrange(256)
        elif change == 3:
            changed[place : place + 1] = rng.choice(FRAGMENTS)
        elif change == 4:
            other = rng.randint(0, len(changed))
            changed[place:place] = changed[other : other + rng.randint(1, 40)]
    return bytes(changed)


def make_block(rng: random.Random, n_lines: int) -> bytes:
    lines = [mutate(rng, make_line(rng)) for _ in range(n_lines)]
    return b"\n".join(lines) + rng.choice((b"", b"\n"))


def is_json(line: bytes) -> bool:
    """What json alone says of a line."""
    try:
        json.loads(line.decode())
    except (ValueError, RecursionError):
        return False
    return True


def map_back(engine: ModuleType, raw: bytes, text_offsets: list[int]) -> bytes | str:
    """The raw offsets, or the message that refuses them."""
    try:
        return bytes(engine.raw_offsets(raw, array("q", text_offsets).tobytes()))
    except ValueError as error:
        return str(error)


def check_block(engine: ModuleType, block: bytes) -> bytes:
    """Compare everything that can be compared on one block; gives the lines' status."""
    expected = reference.records(block, FIELD)
    got = engine.records(block, FIELD)
    for name, mine, right in zip(("starts", "spans", "text", "offsets", "status"), got, expected, strict=True):
        assert bytes(mine) == bytes(right), (name, block)
    starts, spans, text, offsets, status = (memoryview(part) for part in expected)
    starts, spans, offsets = starts.cast("q"), spans.cast("q"), offsets.cast("q")
    for i, code in enumerate(status):
        line = block[starts[i] : starts[i + 1]]
        middle = [0, len(line) // 2]
        assert map_back(engine, line, middle) == map_back(reference, line, middle), line
        too_deep = reference.measure_depth(line) > reference.MAX_DEPTH
        assert (code in (reference.BROKEN, reference.BLANK)) == (too_deep or not is_json(line)), line
        if code == reference.FOUND:
            raw = block[spans[2 * i] : spans[2 * i + 1]]
            points = bytes(text[offsets[i] : offsets[i + 1]])
            string = points.decode("utf-8", "surrogatepass")
            assert json.loads(line.decode())["text"] == string == json.loads(b'"' + raw + b'"'), line
            begins = [place for place, byte in enumerate(points) if byte & 0xC0 != 0x80] + [len(points)]
            assert map_back(engine, raw, begins) == map_back(reference, raw, begins), raw
    return bytes(status)


def main(n_lines: int, seed: int) -> None:
    native = import_module("dedupe.engine._native")
    rng = random.Random(seed)
    counts: Counter[int] = Counter()
    while counts.total() < n_lines:
        counts.update(check_block(native, make_block(rng, rng.choice((1, 1, 2, 10)))))
    print(f"{counts.total()} lines, no difference; by status: {dict(sorted(counts.items()))}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
