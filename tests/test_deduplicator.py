"""A stream is decided as a corpus is, and goes on where it was broken off, however that was."""

import os
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_drop import TEXTS, changed, story

from dedupe import Deduplicator, DropOptions, InputError, OutputError, Removal, drop_duplicates
from dedupe.near.kept_texts import HEAD_BYTES

OPTIONS = DropOptions(threshold=0.5)
TINY = ["one", "two", "three"]


def kept(removals: list[Removal | None]) -> list[int]:
    return [i for i, removal in enumerate(removals) if removal is None]


@given(TEXTS)
def test_a_stream_is_decided_as_a_corpus(texts: list[str]) -> None:
    expected = drop_duplicates(texts, OPTIONS)
    with Deduplicator(OPTIONS) as one, Deduplicator(OPTIONS) as many:
        removals = [one.add(text) for text in texts]
        assert many.add_many(texts) == removals
    assert kept(removals) == expected.kept
    assert [removal for removal in removals if removal] == expected.removals


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, st.integers(0, 12))
def test_a_stream_that_was_broken_off_goes_on(tmp_path: Path, texts: list[str], cut: int) -> None:
    path = tmp_path / "kept"
    path.unlink(missing_ok=True)
    with Deduplicator(OPTIONS) as whole:
        expected = kept(whole.add_many(texts))
    found = []
    for part in (range(min(cut, len(texts))), range(min(cut, len(texts)), len(texts))):
        with Deduplicator(OPTIONS, path) as stream:
            assert stream.n_kept == len(found)
            for i in part:
                removal = stream.add(texts[i], f"n{i}")
                if removal is None:
                    found.append(i)
                else:
                    assert int(stream.name_of(removal.keeper)[1:]) in found
    assert found == expected


def test_a_record_that_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    sizes = [0]
    for i in range(3):
        with Deduplicator(path=path) as stream:
            stream.add(TINY[i], "n")
        sizes.append(path.stat().st_size - HEAD_BYTES)  # of the record that says that it was closed
    data = path.read_bytes()
    for size in range(len(data)):
        path.write_bytes(data[:size])
        n_whole = sum(size >= end for end in sizes[1:])
        with Deduplicator(path=path) as stream:
            assert stream.n_kept == n_whole
            # What was lost comes again; what was not is a copy.
            for i in range(3):
                assert (stream.add(TINY[i]) is None) == (i >= n_whole)
        with Deduplicator(path=path) as stream:
            assert stream.n_kept == 3


def test_a_record_that_is_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    with Deduplicator(path=path) as stream:
        stream.add_many(TINY[:2], "ab")
    data = path.read_bytes()
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 64]) + data[at + 1 :])
        with pytest.raises(InputError, match=r"is damaged at byte \d+; restore it|is no file of kept texts"):
            Deduplicator(path=path)
    path.write_bytes(data)
    with Deduplicator(path=path) as stream:
        assert stream.n_kept == 2


def test_a_killed_process_leaves_what_it_kept(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    script = (
        "import os, sys, dedupe\n"
        "stream = dedupe.Deduplicator(path=sys.argv[1])\n"
        "stream.add('one two three four five six', 'first')\n"
        "stream.add('seven eight nine ten eleven', 'second')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == -9
    with Deduplicator(path=path) as stream:
        assert stream.n_kept == 2
        # It was kept, and perhaps not stored: it may come once more.
        assert stream.add("one two three four five six", "first") is None
        assert stream.add("one two three four five six", "first") == Removal(3, 0, 1.0)
        assert stream.add("seven eight nine ten eleven", "third") == Removal(4, 1, 1.0)
        assert stream.name_of(1) == "second"


def test_what_a_run_kept_that_ended_well_does_not_come_again(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    with Deduplicator(path=path) as stream:
        stream.add(story(1), "one")
    with suppress(ZeroDivisionError), Deduplicator(path=path) as stream:
        assert stream.add(story(1), "one") == Removal(1, 0, 1.0)
        stream.add(story(2), "two")
        raise ZeroDivisionError
    with Deduplicator(path=path) as stream:
        assert stream.add(story(1), "one")
        assert stream.add(story(2), "two") is None
    size = path.stat().st_size
    with Deduplicator(path=path) as stream:
        assert stream.add(story(2), "two")
    assert path.stat().st_size == size


def test_numbers_and_names(tmp_path: Path) -> None:
    with Deduplicator() as stream:
        assert stream.add(story(1), "a") is None
        removal = stream.add(changed(story(1), 2), "b")
        assert removal
        assert removal[:2] == (1, 0)
        assert 0.8 < removal.similarity < 1
        assert stream.add(story(2), "\ud800") is None
        assert stream.name_of(2) == "\ud800"
        assert (stream.n_documents, stream.n_kept) == (3, 2)
        for number in (1, 3, -1):
            with pytest.raises(KeyError, match="was not kept"):
                stream.name_of(number)


def test_another_threshold_may_let_go_of_what_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    with Deduplicator(DropOptions(threshold=0.99), path) as stream:
        assert stream.add_many([story(1), changed(story(1), 2), story(2)], "abc") == [None] * 3
    with Deduplicator(DropOptions(threshold=0.8), path) as stream:
        assert stream.n_kept == 2
        assert stream.add(story(2)) == Removal(3, 2, 1.0)


def test_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    with Deduplicator(path=path), pytest.raises(InputError, match="is in use"):
        Deduplicator(path=path)
    with pytest.raises(InputError, match="cannot be opened"):
        Deduplicator(path=tmp_path)


def test_wrong_use() -> None:
    with pytest.raises(ValueError, match="use first"):
        Deduplicator(DropOptions(keep="last"))
    with Deduplicator() as stream:
        with pytest.raises(TypeError, match="must be a str, not bytes"):
            stream.add(b"text")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="2 texts and 1 names"):
            stream.add_many(["a", "b"], ["c"])


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Deduplicator(path=path) as stream:
        stream.add(story(1))
        size = path.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, limits[1]))
        try:
            with pytest.raises(OutputError, match="cannot be written"):
                stream.add(story(2))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert path.stat().st_size == size
        assert stream.add(story(2)) is None
        assert stream.add(story(2))
    assert os.path.getsize(path) > size
