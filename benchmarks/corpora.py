"""Seeded corpora for measuring: news as it is scraped, and what breaks matchers.

    python benchmarks/corpora.py news 100000 > news.jsonl
    python benchmarks/corpora.py --seed 2 --script arabic --escaped news 10000 > arabic.jsonl

One JSON record a line, {"id": ..., "text": ...}, written as it is made; the same arguments give the same
bytes on every machine (random.Random, no NumPy). `news`: words by Zipf's law from a vocabulary made for the
run, log-normal lengths with a median of 350 words (sigma 0.6), sentences and paragraphs; 5 documents in 100 are
exact copies of an earlier one, 30 are near-duplicates whose similarity of 5-word shingles is spread evenly over
0.5 to 1 (words changed all over, or a stretch of text replaced, half each). The other classes say beside their
names what they defeat. Cost: about 0.2 ms a document, 30 MB.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator
from itertools import accumulate, islice

SCRIPTS = {
    "english": "etaoinshrdlucmfwypvbgkjqxz",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "chinese": "".join(map(chr, range(0x4E00, 0x4E00 + 3000))),
}
N_WORDS = 50_000  # of a vocabulary
POOL = 5_000  # earlier documents that copies are made of, drawn evenly from all
MEDIAN_WORDS, SIGMA = 350, 0.6
SHINGLE = 5

Words = list[str]


class Writer:
    """Random words of one script, and texts of them."""

    def __init__(self, seed: int, script: str = "english") -> None:
        self.random = random.Random(f"{seed} {script}")
        self.gap = "" if script == "chinese" else " "
        letters = SCRIPTS[script]
        self.vocabulary = self._chinese(letters) if script == "chinese" else self._vocabulary(letters)
        self.weights = list(accumulate(1 / rank for rank in range(1, len(self.vocabulary) + 1)))

    def _vocabulary(self, letters: str) -> Words:
        """Common words are short; the first letters of an alphabet here are its most common ones."""
        found: dict[str, None] = {}
        weights = list(accumulate(1 / (rank + 3) for rank in range(len(letters))))
        while len(found) < N_WORDS:
            longest = 3 + len(found).bit_length() // 2
            found["".join(self.random.choices(letters, cum_weights=weights, k=self.random.randint(1, longest)))] = None
        return list(found)

    def _chinese(self, letters: str) -> Words:
        return self.random.sample(letters, len(letters))

    def words(self, n: int) -> Words:
        return self.random.choices(self.vocabulary, cum_weights=self.weights, k=n)

    def length(self) -> int:
        return max(5, round(MEDIAN_WORDS * self.random.lognormvariate(0, SIGMA)))

    def text(self, words: Words) -> str:
        """Words as sentences of 8 to 30 and paragraphs of 3; the same words make the same text."""
        rng = random.Random(len(words) * 7919 + len(words[0]))
        at, sentences = 0, []
        while at < len(words):
            n = rng.randint(8, 30)
            sentences.append(self.gap.join(words[at : at + n]) + (".\n" if len(sentences) % 3 == 2 else ". "))
            at += n
        return "".join(sentences)

    def altered(self, words: Words, similarity: float) -> Words:
        """Words whose shingle set has about this similarity to that of `words`."""
        shared = 2 * similarity / (1 + similarity)  # of each one's shingles
        if self.random.random() < 0.5:
            n_new = min(len(words), round((1 - shared) * len(words)))
            start = self.random.randrange(len(words) - n_new + 1)
            return words[:start] + self.words(n_new) + words[start + n_new :]
        other = list(words)
        chance = 1 - shared ** (1 / SHINGLE)
        for place in self.random.sample(range(len(words)), round(chance * len(words))):
            other[place] = self.random.choice(self.vocabulary)
        return other


def news(writer: Writer) -> Iterator[str]:
    rng = writer.random
    pool: list[Words] = []
    n_made = 0
    while True:
        kind = rng.random() if pool else 1.0
        if kind < 0.05:
            words = rng.choice(pool)
        elif kind < 0.35:
            words = writer.altered(rng.choice(pool), rng.uniform(0.5, 1))
        else:
            words = writer.words(writer.length())
            n_made += 1
            if len(pool) < POOL:
                pool.append(words)
            elif rng.random() < POOL / n_made:
                pool[rng.randrange(POOL)] = words
        yield writer.text(words)


def unique(writer: Writer) -> Iterator[str]:
    """Nothing to drop."""
    while True:
        yield writer.text(writer.words(writer.length()))


def equal(writer: Writer) -> Iterator[str]:
    """One document over and over."""
    text = writer.text(writer.words(MEDIAN_WORDS))
    while True:
        yield text


def template(writer: Writer, similarity: float) -> Iterator[str]:
    """One text with a stretch of words of each document's own: any two have this similarity."""
    shared = 2 * similarity / (1 + similarity)
    words = writer.words(MEDIAN_WORDS)
    n_own = round((1 - shared) * MEDIAN_WORDS)
    while True:
        own = [f"{writer.random.choice(writer.vocabulary)}{writer.random.randrange(10**6)}" for _ in range(n_own)]
        yield writer.text(words[:200] + own + words[200 + n_own :])


def footer(writer: Writer) -> Iterator[str]:
    """Half of every document is the same: similarity 1/3."""
    end = writer.words(MEDIAN_WORDS)
    while True:
        yield writer.text(writer.words(MEDIAN_WORDS) + end)


def chain(writer: Writer) -> Iterator[str]:
    """Each document a little different from the one before, 0.9 similar, until nothing is left of the first."""
    words = writer.words(MEDIAN_WORDS)
    while True:
        yield writer.text(words)
        words = writer.altered(words, 0.9)


def tiny(writer: Writer) -> Iterator[str]:
    """One to six words: more exact copies than anything else."""
    while True:
        yield writer.text(writer.words(writer.random.randint(1, 6)))


def huge(writer: Writer) -> Iterator[str]:
    """Documents of 5 million words (about 30 MB), each once more with one word in 100 changed."""
    while True:
        words = writer.words(5_000_000)
        yield writer.text(words)
        yield writer.text(writer.altered(words, 0.9))


CLASSES: dict[str, Callable[[Writer], Iterator[str]]] = {
    "news": news,
    "unique": unique,
    "equal": equal,
    "template-70": lambda writer: template(writer, 0.7),
    "template-85": lambda writer: template(writer, 0.85),
    "footer": footer,
    "chain": chain,
    "tiny": tiny,
    "huge": huge,
}


def texts(name: str, n_docs: int, seed: int = 1, script: str = "english") -> Iterator[str]:
    """The texts of a class's first documents."""
    return islice(CLASSES[name](Writer(seed, script)), n_docs)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a corpus as JSONL to stdout.")
    parser.add_argument("name", choices=CLASSES)
    parser.add_argument("n_docs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--script", choices=SCRIPTS, default="english")
    parser.add_argument("--escaped", action="store_true", help="write what is not ASCII as escapes")
    args = parser.parse_args()
    encode = json.JSONEncoder(ensure_ascii=args.escaped).encode
    write = sys.stdout.buffer.write
    for i, text in enumerate(texts(args.name, args.n_docs, args.seed, args.script)):
        write(f'{{"id": {i}, "text": {encode(text)}}}\n'.encode())


if __name__ == "__main__":
    main()
