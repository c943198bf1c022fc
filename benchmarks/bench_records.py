"""How fast is the text found in JSONL, beside orjson, and is it the same text?

    python -m pytest benchmarks/bench_records.py --benchmark-columns=min,median

One block of 1 MB, as the stream path reads them, of seeded news-like records of about 2 KB of text:
a line break every 200 bytes or so and some quotes, which JSON writes as escapes. English, Arabic and
Chinese, raw and with every character that is not ASCII written as an escape, and the two extremes:
records without any text, and texts made of escapes only. MB/s of raw input and the peak of memory in
bytes for a byte of it stand in the extra info (--benchmark-json).
"""

import json
import random
import tracemalloc
from typing import Any

import orjson
import pytest

from dedupe.engine import engine, name

BLOCK_BYTES = 1_000_000
ALPHABETS = {
    "english": "etaoinshrdlucmfwypvbgkjqxz",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "chinese": "".join(map(chr, range(0x4E00, 0x4E00 + 3000))),
}


def make_text(rng: random.Random, script: str, n_bytes: int) -> str:
    """Sentences until there are n_bytes of them; a Chinese word is one character, without a space."""
    space = "" if script == "chinese" else " "
    sentences: list[str] = []
    size = 0
    while size < n_bytes:
        words = [
            "".join(rng.choices(ALPHABETS[script], k=1 if not space else rng.randint(1, 11)))
            for _ in range(rng.randint(10, 40))
        ]
        sentence = space.join(words) + "."
        if rng.random() < 0.15:
            sentence = f'"{sentence}"'
        sentence += "\n" if rng.random() < 0.5 else space
        sentences.append(sentence)
        size += len(sentence.encode())
    return "".join(sentences)


def make_block(script: str, text_bytes: int, ascii_only: bool) -> bytes:
    rng = random.Random(2024)
    lines: list[bytes] = []
    size = 0
    while size < BLOCK_BYTES:
        text = make_text(rng, script, text_bytes) if script in ALPHABETS else '"\n\\' * (text_bytes // 3)
        record = {"id": len(lines), "url": f"https://example.org/{rng.randrange(10**6)}", "text": text}
        lines.append(json.dumps(record, ensure_ascii=ascii_only).encode() + b"\n")
        size += len(lines[-1])
    return b"".join(lines)


BLOCKS = {
    "english": ("english", 2000, True),
    "arabic": ("arabic", 2000, False),
    "chinese": ("chinese", 2000, False),
    "arabic-escaped": ("arabic", 2000, True),
    "chinese-escaped": ("chinese", 2000, True),
    "empty-texts": ("empty", 0, True),
    "all-escapes": ("escapes", 2000, True),
}


def read_with_engine(block: bytes) -> list[bytes]:
    return [engine.records(block, b"text")[2]]


def read_with_orjson(block: bytes) -> list[bytes]:
    return [orjson.loads(line)["text"].encode() for line in block.splitlines()]


@pytest.mark.parametrize("corpus", BLOCKS)
@pytest.mark.parametrize("reader", [name, "orjson"])
def test_text_is_found(benchmark: Any, corpus: str, reader: str) -> None:
    block = make_block(*BLOCKS[corpus])
    right = b"".join(json.loads(line)["text"].encode() for line in block.splitlines())
    benchmark.group = corpus
    read = read_with_orjson if reader == "orjson" else read_with_engine
    assert b"".join(benchmark(read, block)) == right
    tracemalloc.start()
    read(block)
    benchmark.extra_info["peak bytes per byte"] = round(tracemalloc.get_traced_memory()[1] / len(block), 2)
    tracemalloc.stop()
    if benchmark.stats:  # none under --benchmark-disable
        benchmark.extra_info["MB/s"] = round(len(block) / 1e6 / benchmark.stats["min"])
