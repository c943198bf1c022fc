"""`map` with the cleaner, in lists and in Arrow, cached; a dataset and a stream without their duplicates."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from texts_column import CLEANED, COLUMN, KEEPS, REMOVALS, need

need("datasets")

import datasets  # noqa: E402
from datasets.fingerprint import Hasher  # noqa: E402

from dedupe import CleanOptions, DropOptions  # noqa: E402
from dedupe.adapters.hf_datasets import TextCleaner, drop_duplicates, find_duplicates, keep_mask  # noqa: E402

ROWS = {"number": list(range(8)), "text": COLUMN}


@pytest.fixture(autouse=True)
def _quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()


@pytest.fixture
def dataset(tmp_path: Path) -> Any:
    """On disk, so that what `map` makes is cached beside it."""
    datasets.Dataset.from_dict(ROWS).save_to_disk(tmp_path / "rows")
    return datasets.load_from_disk(tmp_path / "rows")


def kept(numbers: list[int]) -> list[int]:
    return [number for number in numbers if KEEPS[number]]


@pytest.mark.parametrize("format", [None, "arrow"])
@pytest.mark.parametrize("batch_size", [1, 3, 1000])
def test_map_with_the_cleaner(dataset: Any, format: str | None, batch_size: int) -> None:
    clean = dataset.with_format(format).map(TextCleaner(), batched=True, batch_size=batch_size).with_format(None)
    assert clean["text"][:] == CLEANED
    assert clean["number"][:] == ROWS["number"]
    assert clean.features == dataset.features


def test_what_was_made_is_taken_from_the_cache(dataset: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = dataset.map(TextCleaner("text", CleanOptions(captions="drop")), batched=True)

    def fail(*_: Any) -> None:
        raise AssertionError("made again")

    with monkeypatch.context() as patch:
        patch.setattr(TextCleaner, "__call__", fail)
        again = dataset.map(TextCleaner("text", CleanOptions(captions="drop")), batched=True)
    assert again["text"][:] == first["text"][:]
    assert again._fingerprint == first._fingerprint
    assert dataset.map(TextCleaner(), batched=True)._fingerprint != first._fingerprint


def test_a_cleaner_is_hashed_by_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Hasher.hash(TextCleaner("text", CleanOptions(no_rule=("en",))))
    assert Hasher.hash(TextCleaner("text", CleanOptions(no_rule=("en",)))) == one
    assert Hasher.hash(pickle.loads(pickle.dumps(TextCleaner("text", CleanOptions(no_rule=("en",)))))) == one
    assert Hasher.hash(TextCleaner("body", CleanOptions(no_rule=("en",)))) != one
    monkeypatch.setattr("dedupe.__version__", "0.0.0")
    assert Hasher.hash(TextCleaner("text", CleanOptions(no_rule=("en",)))) != one


def test_a_dataset_without_its_duplicates(dataset: Any) -> None:
    clean = dataset.map(TextCleaner(), batched=True)
    assert keep_mask(clean).tolist() == KEEPS
    assert [tuple(row.values()) for row in find_duplicates(clean)] == REMOVALS
    one = drop_duplicates(clean)
    assert one["number"][:] == kept(ROWS["number"])
    assert one._fingerprint == drop_duplicates(clean)._fingerprint
    assert len(drop_duplicates(one)) == len(one)
    backwards = clean.select(range(7, -1, -1))
    assert drop_duplicates(backwards)["number"][:] == [7, 5, 4, 2, 1]
    assert drop_duplicates(clean, options=DropOptions(keep="last"))["number"][:] == [1, 2, 4, 5, 7]
    mask = keep_mask(clean)
    assert clean.filter(lambda _, i: mask[i], with_indices=True)["number"][:] == kept(ROWS["number"])
    assert len(drop_duplicates(clean.select([]))) == len(find_duplicates(clean.select([]))) == 0


def test_a_stream_is_decided_anew_each_time() -> None:
    def rows() -> Iterator[dict[str, Any]]:
        for number, text in enumerate(COLUMN):
            yield {"number": number, "text": text}

    features = datasets.Features({"number": datasets.Value("int64"), "text": datasets.Value("string")})
    stream = datasets.IterableDataset.from_generator(rows, features=features)
    clean = drop_duplicates(stream.map(TextCleaner(), batched=True))
    for _ in range(2):
        assert [row["number"] for row in clean] == kept(ROWS["number"])
    assert [row["number"] for row in clean.take(2)] == [0, 2]


def test_a_stream_takes_the_first_only() -> None:
    dataset = datasets.Dataset.from_dict(ROWS)
    stream = dataset.to_iterable_dataset(num_shards=2)
    for format in (None, "arrow"):
        kept = drop_duplicates(stream.with_format(format))
        assert [row["number"] for row in kept] == drop_duplicates(dataset)["number"][:]
    with pytest.raises(ValueError, match="use first"):
        next(iter(drop_duplicates(stream, options=DropOptions(keep="last"))))
