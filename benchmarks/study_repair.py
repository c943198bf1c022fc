"""Does the repair scan ever miss, and does `repair_line` equal ftfy? A million random breakages say.

    python benchmarks/study_repair.py [--n 1000000] [--seed 1] [--data ../shared/data]

Real sentences (of hundreds of languages) are broken as the world breaks them: written in one
encoding and read in another, up to three times over, with bytes lost, blanked, cut off or glued to
sound text, then sprinkled with control characters. For every line:
- where the scan says 0, ftfy itself, with our options, must change nothing;
- where it says 1, `repair_line` must give what ftfy gives, gain no line end, and be a fixpoint.
Prints the counts, the most passes that a line took, and what the scan passes on of clean text.
"""

import argparse
import random
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import ftfy
import orjson

from dedupe.engine import _native, reference
from dedupe.options import RepairOptions
from dedupe.repair import _Repair, repair_line

FTFY = ftfy.TextFixerConfig(
    unescape_html=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    normalization=None,
)
UNDONE = [
    "latin-1",
    "sloppy-windows-1252",
    "sloppy-windows-1251",
    "sloppy-windows-1250",
    "sloppy-windows-1253",
]
UNDONE += ["sloppy-windows-1254", "sloppy-windows-1257", "iso-8859-2", "macroman", "cp437"]
OTHERS = [
    "cp1252",
    "sloppy-windows-1255",
    "sloppy-windows-1256",
    "sloppy-windows-1258",
    "iso-8859-15",
    "cp850",
]
OTHERS += [
    "iso-8859-5",
    "cp866",
    "koi8-r",
    "mac_cyrillic",
    "gbk",
    "big5",
    "shift_jis",
    "euc_kr",
    "ascii",
    "utf-8",
]
WRITTEN_AS = ["cesu-8", "cp1252", "cp1251", "cp1256", "iso-8859-2", "utf-16-le", "gbk", "shift_jis"]
NASTY = "\x00\x07\x0b\x0c\x1a\x1b\x7f\x80\x85\x99\x9f\xa0\xad\u200b\u200d\u2028\u202e"
NASTY += "\u206a\ufeff\ufff9\ufffc\ufffd\ud83d\udca9"


def named() -> str:
    """All characters that ftfy's rules name."""
    from ftfy.badness import MOJIBAKE_CATEGORIES

    classes = "".join(MOJIBAKE_CATEGORIES.values())
    return "".join(c for c in map(chr, range(0x20, 0x10000)) if c in classes) + "ŒœÂÃ ab?"


NAMED = named()


def encode(text: str, encoding: str) -> bytes:
    if encoding == "cesu-8":
        units = text.encode("utf-16-be", "surrogatepass")
        pairs = (units[i : i + 2] for i in range(0, len(units), 2))
        return b"".join(chr(int.from_bytes(p, "big")).encode("utf-8", "surrogatepass") for p in pairs)
    return text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "replace")


def break_bytes(raw: bytes, rng: random.Random) -> bytes:
    kind = rng.randrange(8)
    if kind == 0:
        return raw.replace(b"\xa0", b" ")
    if kind == 1:
        return raw[rng.randrange(4) : len(raw) - rng.randrange(4)]
    if kind == 2 and raw:
        at = rng.randrange(len(raw))
        return raw[:at] + rng.choice([b"", b"?", b" ", bytes([rng.randrange(256)])]) + raw[at + 1 :]
    if kind == 3:
        lost = rng.choice([0x81, 0x8D, 0x8F, 0x90, 0x9D, 0xA0, 0xAD])
        return raw.replace(bytes([lost]), rng.choice([b"", b"?", b" "]))
    return raw


def break_text(text: str, other: str, rng: random.Random) -> str:
    """Some accident: rarely a long one, often a small one."""
    for _ in range(rng.choice([1, 1, 1, 1, 2, 2, 3])):
        at, to = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
        if rng.random() < 0.5:
            at, to = 0, len(text)
        written_as = "utf-8" if rng.random() < 0.6 else rng.choice(WRITTEN_AS)
        raw = break_bytes(encode(text[at:to], written_as), rng)
        read_as = rng.choice(UNDONE) if rng.random() < 0.8 else rng.choice(OTHERS)
        broken = raw.decode(read_as, rng.choice(["replace", "ignore"]))
        text = text[:at] + broken + text[to:]
    kind = rng.randrange(12)
    if kind == 0:
        text = text + rng.choice(["", " ", " – "]) + other
    elif kind == 1:
        text = "".join(rng.choice("?\ufffd ") if "\x80" <= c <= "\x9f" and rng.random() < 0.7 else c for c in text)
    elif kind == 2:
        text = "".join(c for c in text if not "\x7f" <= c <= "\x9f")
    elif kind == 3:
        text = rng.choice([str.lower, str.upper, str.title])(text)
    elif kind == 4:
        text = unicodedata.normalize(rng.choice(["NFC", "NFD", "NFKC"]), text)
    elif kind in (5, 6):
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(text) + 1)
            text = text[:at] + rng.choice([*NASTY, "\x1b[31;1m", "\x1b[", "&eacute;", "\ud83d\ude00"]) + text[at:]
    elif kind in (7, 8):
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(text) + 1)
            text = text[:at] + "".join(rng.choices(NAMED, k=rng.randrange(1, 4))) + text[at:]
    elif kind == 9:
        text = " ".join(c + d for c, d in zip(rng.choices(NAMED, k=6), rng.choices(NAMED, k=6), strict=True))
    return text.replace("\n", " ").replace("\r", " ")


def read_sentences(data: Path) -> list[str]:
    found = []
    for path in sorted([*data.glob("scripts/*.jsonl"), *data.glob("neardup/*/docs*.jsonl")]):
        kept = []
        for record in map(orjson.loads, path.open("rb")):
            for line in record["text"].splitlines():
                kept += [line[i : i + 160] for i in range(0, min(len(line), 640), 160)]
        random.Random(0).shuffle(kept)
        found += kept[:20_000]
    return [line for line in found if line.strip()]


def scan(lines: list[str]) -> bytes:
    parts = [line.encode("utf-8", "surrogatepass") for line in lines]
    offsets = array("q", [0])
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    whole = b"".join(parts)
    flags: bytes = _native.suspicious(whole, offsets)
    assert flags == reference.suspicious(whole, offsets), "the engines differ"
    return flags


def count_passes(line: str) -> float:
    repair = _Repair(len(line), RepairOptions())
    before = repair.work
    repair.settle(line)
    return (before - repair.work) / max(1, len(line))


def study(n: int, seed: int, data: Path) -> Iterator[str]:
    sentences, rng = read_sentences(data), random.Random(seed)
    yield f"{len(sentences):,} sentences"
    counts: Counter[str] = Counter()
    most = (0.0, "")
    options = RepairOptions()
    for start in range(0, n, 10_000):
        lines = [break_text(rng.choice(sentences), rng.choice(sentences), rng) for _ in range(min(10_000, n - start))]
        for line, flag in zip(lines, scan(lines), strict=True):
            wanted = ftfy.fix_and_explain(line, FTFY).text
            counts["changed by ftfy"] += wanted != line
            counts["passed on"] += flag
            if not flag:
                assert wanted == line, f"missed: {line!r}"
                continue
            fixed = repair_line(line, options)
            assert fixed == wanted, f"{line!r}: ftfy {wanted!r}, we {fixed!r}"
            assert repair_line(fixed, options) == fixed, f"no fixpoint: {line!r}"
            assert "\n" not in fixed, f"{line!r} gained a line end"
            assert "\r" not in fixed, f"{line!r} gained a line end"
            most = max(most, (count_passes(line), line))
    yield f"{n:,} breakages: no miss, all as ftfy; {dict(counts)}; most passes {most[0]:.1f} for {most[1]!r}"


def clean(data: Path) -> Iterator[str]:
    for path in sorted([*data.glob("*/*.jsonl"), *data.glob("neardup/*/docs*.jsonl")]):
        records = [orjson.loads(line) for line in path.open("rb")]
        texts = [text for r in records if isinstance(text := r.get("text") or r.get("clean"), str)]
        if not texts:
            continue
        flags = scan(texts)
        changed = sum(
            any(repair_line(line, RepairOptions()) != line for line in text.replace("\r", "\n").split("\n"))
            for text, flag in zip(texts, flags, strict=True)
            if flag
        )
        name = path.relative_to(data)
        yield f"{name!s:38} {len(texts):6} documents, {sum(flags):3} passed on, {changed:3} changed"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    args = parser.parse_args()
    for line in clean(args.data):
        print(line, flush=True)
    for line in study(args.n, args.seed, args.data):
        print(line, flush=True)
