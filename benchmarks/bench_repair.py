"""What does repair cost: the scan, the scan with the repair of what it finds, and ftfy on every line?

    python -m pytest benchmarks/bench_repair.py --benchmark-columns=min,median

Batches of 500 documents of about 2 KB, seeded, in the punctuation that news is set in: English without and
with curly quotes, French, Russian, Arabic, Chinese; sound ones, and ones where a document of a
hundred, or every one, holds a line of mojibake. MB/s stand in the extra info (--benchmark-json).
The answers are asserted: broken documents and no others are passed on, and repair equals ftfy.
Whether the scan ever misses, study_repair.py asks with a million random breakages.
"""

import random
from array import array
from itertools import pairwise
from typing import Any

import ftfy
import pytest

from dedupe.engine import engine, name
from dedupe.options import RepairOptions
from dedupe.repair import repair_line

N_DOCS, N_LINES, LINE_BYTES = 500, 10, 200
SCRIPTS = {  # letters, what joins words, what opens and closes a quotation, what ends a sentence
    "ascii": ("etaoinshrdlucmfwypvbgkjqxz", " ", '""', "."),
    "english": ("etaoinshrdlucmfwypvbgkjqxz", " ", "“”", " —."),
    "french": ("esaitnrulodcmp" * 4 + "évqfbghàxjèçêôîùâ", " ", "«»", "…."),
    "russian": ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", " ", "«»", "."),
    "arabic": ("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", " ", "«»", "."),
    "chinese": ("".join(map(chr, range(0x4E00, 0x4E00 + 3000))), "", "“”", "，。"),
}
FTFY = ftfy.TextFixerConfig(
    unescape_html=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    normalization=None,
    explain=False,
)


def make_line(rng: random.Random, script: str) -> str:
    letters, space, (opening, closing), ends = SCRIPTS[script]
    line = ""
    while len(line.encode()) < LINE_BYTES:
        words = ["".join(rng.choices(letters, k=rng.randint(2, 10))) for _ in range(rng.randint(6, 12))]
        sentence = space.join(words)
        line += rng.choice([sentence, f"{opening}{sentence}{closing}"]) + rng.choice(ends) + " "
    return line.strip()


def make_documents(script: str, broken_every: int) -> list[list[str]]:
    rng = random.Random(2026)
    documents = [[make_line(rng, script) for _ in range(N_LINES)] for _ in range(N_DOCS)]
    if broken_every:
        for lines in documents[::broken_every]:
            lines[3] = "“It’s ‘open’” — at last…".encode().decode("sloppy-windows-1252") + " " + lines[3]
    return documents


def make_batch(pieces: list[str]) -> tuple[bytes, array]:
    offsets = array("q", [0])
    utf8 = [piece.encode() for piece in pieces]
    for piece in utf8:
        offsets.append(offsets[-1] + len(piece))
    return b"".join(utf8), offsets


def repair_batch(text: bytes, offsets: array) -> list[str | None]:
    """Each document repaired, None where it stays: what the pipeline does."""
    repaired: list[str | None] = []
    for flag, (start, end) in zip(engine.suspicious(text, offsets), pairwise(offsets), strict=True):
        if not flag:
            repaired.append(None)
            continue
        lines = text[start:end].decode().split("\n")
        flags = engine.suspicious(*make_batch(lines))
        options = RepairOptions()
        sound = [repair_line(line, options) if f else line for line, f in zip(lines, flags, strict=True)]
        repaired.append("\n".join(sound))
    return repaired


@pytest.mark.parametrize("broken_every", [0, 100, 1], ids=["sound", "1-in-100", "all-broken"])
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("what", ["scan", "repair", "ftfy"])
def test_repair(benchmark: Any, script: str, what: str, broken_every: int) -> None:
    documents = ["\n".join(lines) for lines in make_documents(script, broken_every)]
    if what == "ftfy":
        documents = documents[:50]
    text, offsets = make_batch(documents)
    benchmark.group = f"{script}, {broken_every=}"
    broken = [bool(broken_every) and i % broken_every == 0 for i in range(len(documents))]
    if what == "scan":
        flags = benchmark(engine.suspicious, text, offsets)
        assert list(flags) == broken
    elif what == "repair":
        repaired = benchmark.pedantic(repair_batch, (text, offsets), rounds=3)
        assert [r is not None for r in repaired] == broken
        for document, sound in list(zip(documents, repaired, strict=True))[:50]:
            assert ftfy.fix_text(document, FTFY) == (document if sound is None else sound)
    else:
        fixed = benchmark.pedantic(lambda: [ftfy.fix_text(d, FTFY) for d in documents], rounds=1)
        assert [f != d for f, d in zip(fixed, documents, strict=True)] == broken
    benchmark.extra_info["engine"] = name
    if benchmark.stats:  # none under --benchmark-disable
        benchmark.extra_info["MB/s"] = round(len(text) / benchmark.stats["min"] / 1e6, 2)
