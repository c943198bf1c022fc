"""`dedupe corpus`: which documents of a corpus say what an earlier one says, with file and line of both."""

import gzip
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from command import COMMAND, run
from texts import BODY, PLAIN, jsonl

from dedupe.near import corpus
from dedupe.near.corpus import Comparison, find_copies
from dedupe.options import DropOptions, ReadOptions

WORDS = [f"word{i}" for i in range(2000)]


def article(seed: int, n_words: int = 120) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=n_words)) + "\n"


def altered(seed: int) -> str:
    """Similar to article(seed): one word of 120 is another, and so 5 shingles of 116 are."""
    words = article(seed).split()
    words[60] = "other"
    return " ".join(words) + "\n"


def write(folder: Path, **texts: str | bytes) -> None:
    for name, text in texts.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    if not shutil.which("git"):
        pytest.skip("git is not there")
    git(tmp_path, "init", "-q")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_file_and_line_of_both_copies(tmp_path: Path) -> None:
    write(
        tmp_path,
        a_txt=article(1) + "\n\n\nA headline that begins another\n\n" + article(2),
        b_jsonl=jsonl(article(3), article(1), "", " ", ""),
        c_md="---\ntitle: x\n---\n" + article(3),
        d_txt_gz=gzip.compress(altered(1).encode()),
        e_md=article(4),
        f_txt=b"\xef\xbb\xbf" + article(4).encode(),
        g_txt="",
        h_txt="\n",
    )
    done = run("corpus", *sorted(path.name for path in tmp_path.iterdir()), cwd=tmp_path)
    assert done.out.decode().splitlines() == [
        "b.jsonl:2: is 1.00 like a.txt:1",
        "c.md:4: is a copy of b.jsonl:1",
        "d.txt.gz:1: is 0.92 like a.txt:1",
        "f.txt:1: is a copy of e.md:1",
    ]
    assert done.code == 1
    assert "4 of 12 documents" in done.err
    assert run("corpus", "--threshold", "0.95", "a.txt", "d.txt.gz", cwd=tmp_path) == (0, b"", "")


def test_a_copy_of_a_copy_names_one_that_is_none(tmp_path: Path) -> None:
    write(tmp_path, a_txt=article(1), b_txt=article(1), c_txt=article(1))
    copies = find_copies([str(tmp_path / name) for name in ("a.txt", "b.txt", "c.txt")]).copies
    assert [Path(copy.keeper.source).name for copy in copies] == ["a.txt", "a.txt"]


def test_what_cannot_be_compared_is_named(tmp_path: Path) -> None:
    write(tmp_path, a_txt=b"\x89PNG\0\0", b_txt=b"caf\xe9", c_jsonl=b'{"text": "x"}\n{"text"\n', d_txt=article(1))
    write(tmp_path, e_gz=b"no gzip", f_txt=article(1))
    done = run("corpus", *["a.txt", "b.txt", "c.jsonl", "d.txt", "e.gz", "f.txt", "g.txt"], cwd=tmp_path)
    assert done.code == 2
    assert done.out == b"f.txt:1: is a copy of d.txt:1\n"
    for told in (
        "a.txt: has a NUL",
        "b.txt: is not UTF-8",
        "c.jsonl:2: is not JSON",
        "e.gz: ",
        "g.txt: cannot be read",
    ):
        assert f"dedupe: {told}" in done.err


@pytest.mark.parametrize("threads", [1, 3])
def test_sizes_and_threads_change_nothing(tmp_path: Path, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for i in range(60):
        path = tmp_path / f"{i:02}.{('txt', 'md', 'jsonl')[i % 3]}"
        text = altered(i // 2) if i % 2 else article(i // 2)
        path.write_bytes(jsonl(text, article(100 + i)) if i % 3 == 2 else text.encode())
        names.append(str(path))

    def compare() -> Comparison:
        return find_copies(names, DropOptions(threads=threads))

    wanted = compare()
    assert len(wanted.copies) == 30
    for small, piece in ((1, 1), (900, 1500), (10**6, 10**7)):
        monkeypatch.setattr(corpus, "SMALL_BYTES", small)
        monkeypatch.setattr(corpus, "PIECE_BYTES", piece)
        assert compare() == wanted


def test_lines_of_a_long_file_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedupe.read.BLOCK_BYTES", 4000)
    write(tmp_path, a_jsonl=jsonl(*(article(i % 90) for i in range(100))), b_txt="\n" + article(95) + article(5))
    names = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.txt")]
    found = find_copies(names, split="^word").copies
    assert [(copy.spot.line, copy.keeper.line) for copy in found[:10]] == [(91 + i, 1 + i) for i in range(10)]
    assert [str(copy.keeper) for copy in found[10:]] == [f"{names[0]}:6"]


def test_a_field_of_another_name(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(article(1), article(1)).replace(b'"text"', b'"body"'))
    assert len(find_copies([str(tmp_path / "a.jsonl")], read=ReadOptions(field="body")).copies) == 1


def test_policies_are_for_those_who_drop() -> None:
    with pytest.raises(ValueError, match="use first"):
        find_copies([], DropOptions(keep="last"))


def test_the_files_of_a_repository(repository: Path) -> None:
    (repository / "news").mkdir()
    write(repository, a_md=article(1), b_bin=article(1), c_json=article(1), d_txt=article(1))
    write(repository / "news", e_txt=article(1), gone_txt=article(1), new_txt=article(1))
    (repository / "link.txt").symlink_to("a.md")
    git(repository, "add", "a.md", "b.bin", "c.json", "link.txt", "news/e.txt", "news/gone.txt")
    (repository / "news" / "gone.txt").unlink()
    assert run("corpus", cwd=repository).out == b"news/e.txt:1: is a copy of a.md:1\n"
    assert run("corpus", cwd=repository / "news").out == b"e.txt:1: is a copy of ../a.md:1\n"
    assert run("corpus", "news", cwd=repository) == (0, b"", "")
    assert run("corpus", "d.txt", "news", "d.txt", cwd=repository).out == b"news/e.txt:1: is a copy of d.txt:1\n"


def test_outside_of_a_repository(tmp_path: Path) -> None:
    if not shutil.which("git"):
        pytest.skip("git is not there")
    done = run("corpus", cwd=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert done.code == 2
    assert "not a git repository" in done.err
    assert "name the files to compare" in run("corpus", cwd=tmp_path, PATH="/nowhere").err


@pytest.mark.measures
def test_fifty_thousand_documents_in_git(repository: Path) -> None:
    """10,000 in files of their own, 40,000 in JSONL: under two seconds of work; what other processes take of the
    machine does not count."""
    text = f"{PLAIN}\n{BODY}\n" * 5

    def make(i: int) -> str:
        return text.replace(" ", f"{i:x} ")

    for i in range(10_000):
        if i % 1000 == 0:
            (repository / str(i)).mkdir()
        (repository / str(i // 1000 * 1000) / f"{i}.md").write_text(make(i))
    for i in range(10_000, 50_000, 1000):
        (repository / f"{i}.jsonl").write_bytes(jsonl(*map(make, range(i, i + 1000))))
    git(repository, "add", "--intent-to-add", ".")
    before = os.times()
    started = time.perf_counter()
    done = subprocess.run([*COMMAND, "corpus"], cwd=repository, capture_output=True, check=False)
    wall, after = time.perf_counter() - started, os.times()
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert min(wall, used) < 2
    shutil.rmtree(repository)  # thousands of files, that pytest would keep for three runs
