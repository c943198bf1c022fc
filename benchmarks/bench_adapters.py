"""What do the adapters cost over the engine's own calls on the same column?

    pip install -e '.[pipelines]' && python -m pytest benchmarks/bench_adapters.py --benchmark-columns=min,median

50,000 documents of news (corpora.py; 5 % exact and 30 % near copies), every second one with its headline and a
caption repeated and a button left over. `engine` is the bare calls over a column that is there: what is to go,
without putting together what stays; and for duplicates digests, signatures and the table, over texts that lie in a
file. Everything else takes a library's object and gives one. All answers are asserted to be those of
clean_documents and drop_duplicates. The extra info has MB/s and, beside the engine's, the ratio to it.
"""

from array import array
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate, islice
from typing import Any, NamedTuple

import corpora
import numpy as np
import pytest

import dedupe
from dedupe.clean.cleaner import Cleaner
from dedupe.near.columns import PIECE_DOCUMENTS
from dedupe.near.documents import PLAIN, Documents, Spool
from dedupe.near.match import Matcher, sketch_documents
from dedupe.options import DropOptions

N_DOCS, ROUNDS = 50_000, 5
BEST: dict[str, float] = {}  # the engine's, by question


class Corpus(NamedTuple):
    texts: list[str]
    clean: list[str]
    kept: list[int]
    """Of the texts as they are."""

    @property
    def size(self) -> int:
        return len(column().text)


class Column(NamedTuple):
    text: bytes
    offsets: "array[int]"


class Answer(NamedTuple):
    """An answer, and how to read it when the clock has stopped."""

    value: Any
    read: Callable[[Any], Any]


def laid_out(texts: Iterator[str]) -> Iterator[str]:
    for i, text in enumerate(texts):
        headline, caption = (
            text[:60].replace("\n", " ").strip() + " today",
            f"Photo number {i}, seen from the old mill.",
        )
        head = f"{headline}\n\n{caption}\n{caption}\nTT\n20\n\n{headline}\n\n" if i % 2 else ""
        yield head + text


@cache
def corpus() -> Corpus:
    texts = list(laid_out(corpora.texts("news", N_DOCS)))
    clean = list(dedupe.clean_documents(texts))
    assert sum(a != b for a, b in zip(texts, clean, strict=True)) >= N_DOCS // 2
    kept = dedupe.drop_duplicates(texts).kept
    assert 0.6 < len(kept) / N_DOCS < 0.95
    return Corpus(texts, clean, kept)


@cache
def column() -> Column:
    encoded = [text.encode() for text in corpus().texts]
    return Column(b"".join(encoded), array("q", accumulate(map(len, encoded), initial=0)))


def measure(benchmark: Any, question: str, call: Callable[[], Any]) -> Any:
    answer = benchmark.pedantic(call, rounds=ROUNDS)
    best = benchmark.stats.stats.min
    BEST.setdefault(question, best)
    benchmark.extra_info.update(
        mb_per_s=round(corpus().size / best / 1e6), ratio_to_engine=round(best / BEST[question], 2)
    )
    return answer


def engine_clean() -> Callable[[], int]:
    text, offsets = column()
    return lambda: len({row[0] for row in np.frombuffer(Cleaner().find_edits(text, offsets).rows, "q").reshape(-1, 4)})


def library_clean() -> Callable[[], list[str]]:
    return lambda: list(dedupe.clean_documents(corpus().texts))


def column_clean() -> Callable[[], Answer]:
    def texts(found: tuple[Any, Any]) -> list[str]:
        text, offsets = bytes(found[0]).decode(), found[1]
        return [text[a:b] for a, b in zip(offsets[:-1], offsets[1:], strict=True)]  # the corpus is ASCII

    return lambda: Answer(dedupe.clean_column(*column()), texts)


def arrow_clean() -> Callable[[], Answer]:
    import pyarrow as pa

    from dedupe.adapters.arrow_columns import clean_column

    texts = pa.array(corpus().texts, pa.large_string())
    return lambda: Answer(clean_column(texts), lambda found: found.to_pylist())


def pandas_clean() -> Callable[[], Answer]:
    import pandas as pd

    from dedupe.adapters.pandas_columns import clean_column

    texts = pd.Series(corpus().texts, dtype="string[pyarrow]")
    return lambda: Answer(clean_column(texts), lambda found: found.tolist())


def pandas_objects_clean() -> Callable[[], Answer]:
    import pandas as pd

    from dedupe.adapters.pandas_columns import clean_column

    texts = pd.Series(corpus().texts, dtype=object)
    return lambda: Answer(clean_column(texts), lambda found: found.tolist())


def polars_clean() -> Callable[[], Answer]:
    import polars as pl

    from dedupe.adapters.polars_columns import clean_column

    texts = pl.Series(corpus().texts)
    return lambda: Answer(clean_column(texts), lambda found: found.to_list())


def datasets_clean() -> Callable[[], Answer]:
    import datasets

    from dedupe.adapters.hf_datasets import TextCleaner

    datasets.disable_progress_bars()
    dataset = datasets.Dataset.from_dict({"text": corpus().texts}).with_format("arrow")
    return lambda: Answer(
        dataset.map(TextCleaner(), batched=True, keep_in_memory=True), lambda found: found.with_format(None)["text"][:]
    )


def sklearn_clean() -> Callable[[], list[str]]:
    from dedupe.adapters.sklearn_transformers import DedupeCleaner

    return lambda: DedupeCleaner().fit_transform(corpus().texts)


CLEAN = [library_clean, column_clean, arrow_clean, pandas_clean, pandas_objects_clean, polars_clean, datasets_clean]
CLEAN += [sklearn_clean]


def test_clean_by_the_engine(benchmark: Any) -> None:
    changed = sum(a != b for a, b in zip(corpus().texts, corpus().clean, strict=True))
    assert measure(benchmark, "clean", engine_clean()) == changed


@pytest.mark.parametrize("make", CLEAN)
def test_clean(benchmark: Any, make: Callable[[], Callable[[], Any]]) -> None:
    answer = measure(benchmark, "clean", make())
    assert (answer.read(answer.value) if isinstance(answer, Answer) else answer) == corpus().clean


def library_drop() -> Callable[[], list[int]]:
    return lambda: dedupe.drop_duplicates(corpus().texts).kept


def column_drop() -> Callable[[], list[int]]:
    return lambda: np.flatnonzero(dedupe.keep_mask(*column())).tolist()


def arrow_drop() -> Callable[[], list[int]]:
    import pyarrow as pa

    from dedupe.adapters.arrow_columns import keep_mask

    texts = pa.array(corpus().texts, pa.large_string())
    return lambda: np.flatnonzero(keep_mask(texts).to_numpy(zero_copy_only=False)).tolist()


def pandas_drop() -> Callable[[], list[int]]:
    import pandas as pd

    from dedupe.adapters.pandas_columns import keep_mask

    texts = pd.Series(corpus().texts, dtype="string[pyarrow]")
    return lambda: np.flatnonzero(keep_mask(texts)).tolist()


def pandas_objects_drop() -> Callable[[], list[int]]:
    import pandas as pd

    from dedupe.adapters.pandas_columns import keep_mask

    texts = pd.Series(corpus().texts, dtype=object)
    return lambda: np.flatnonzero(keep_mask(texts)).tolist()


def polars_drop() -> Callable[[], list[int]]:
    import polars as pl

    from dedupe.adapters.polars_columns import keep_mask

    texts = pl.Series(corpus().texts)
    return lambda: keep_mask(texts).arg_true().to_list()


def datasets_drop() -> Callable[[], list[int]]:
    import datasets

    from dedupe.adapters.hf_datasets import keep_mask

    dataset = datasets.Dataset.from_dict({"text": corpus().texts})
    return lambda: np.flatnonzero(keep_mask(dataset)).tolist()


def stream_one_by_one() -> Callable[[], list[int]]:
    def call() -> list[int]:
        with dedupe.Deduplicator() as stream:
            return [i for i, text in enumerate(corpus().texts) if stream.add(text) is None]

    return call


def stream_in_batches() -> Callable[[], list[int]]:
    def call() -> list[int]:
        texts, kept = iter(corpus().texts), []
        with dedupe.Deduplicator() as stream:
            while batch := list(islice(texts, 256)):
                first = stream.n_documents
                kept += [first + i for i, removal in enumerate(stream.add_many(batch)) if removal is None]
        return kept

    return call


DROP = [library_drop, column_drop, arrow_drop, pandas_drop, pandas_objects_drop, polars_drop, datasets_drop]
DROP += [stream_one_by_one, stream_in_batches]


def test_drop_by_the_engine(benchmark: Any) -> None:
    text, offsets = column()
    spool = Spool()
    bounds = np.frombuffer(offsets, np.int64)
    at = bounds[:-1] + spool.put(text)
    places = np.stack([np.full(N_DOCS, spool.fd), at, np.diff(bounds), np.full(N_DOCS, PLAIN)], axis=1)

    def call() -> list[int]:
        matcher, keepers = Matcher(DropOptions()), array("q")
        for start in range(0, N_DOCS, PIECE_DOCUMENTS):
            piece, rows = offsets[start : start + PIECE_DOCUMENTS + 1], places[start : start + PIECE_DOCUMENTS]
            documents = Documents(text, piece, rows.data, range(len(rows)))
            keepers.extend(matcher.match(documents, sketch_documents(text, piece)).keepers)
        return np.flatnonzero(np.frombuffer(keepers, np.int64) < 0).tolist()

    with spool.file:
        assert measure(benchmark, "drop", call) == corpus().kept


@pytest.mark.parametrize("make", DROP)
def test_drop(benchmark: Any, make: Callable[[], Callable[[], list[int]]]) -> None:
    assert measure(benchmark, "drop", make()) == corpus().kept


def test_a_stream_is_taken_up_again(benchmark: Any, tmp_path: Any) -> None:
    path = tmp_path / "kept"
    with dedupe.Deduplicator(path=path) as stream:
        stream.add_many(corpus().texts)

    def call() -> int:
        with dedupe.Deduplicator(path=path) as stream:
            return stream.n_kept

    assert measure(benchmark, "take up", call) == len(corpus().kept)
