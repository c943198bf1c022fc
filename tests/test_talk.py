"""What a run says: progress on a terminal, JSON for machines, a summary at the end."""

import gzip
import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from command import COMMAND, run
from texts import CAPTURE, PLAIN, jsonl

from dedupe import progress, talk
from dedupe.clock import Clock
from dedupe.options import ReadOptions
from dedupe.progress import Progress
from dedupe.read import Batch, open_source, read_blocks
from dedupe.report import Passed


def said(err: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in err.splitlines()]


def test_every_message_is_an_object_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(CAPTURE, PLAIN) + b"{\n" + jsonl(PLAIN) + b'{"id": 1}\n')
    done = run("run", "--log-format", "json", "--stats", "a.jsonl", "no\x07where.jsonl", cwd=tmp_path)
    messages = said(done.err)
    assert done.code == 2
    places = [(entry["level"], entry.get("source"), entry.get("line")) for entry in messages]
    assert places == [
        ("warning", "a.jsonl", 3),
        ("error", "no\x07where.jsonl", None),
        ("warning", "a.jsonl", None),
        ("info", None, None),
        ("error", None, None),
    ]
    summary = messages[-1]
    assert (summary["message"], summary["command"], summary["exit_code"]) == ("summary", "dedupe", 2)
    assert (summary["records"], summary["records_broken"], summary["sources_failed"]) == (5, 1, 1)
    assert summary["documents_kept"] + summary["documents_dropped"] == summary["documents"] == 3
    assert summary["lines_in"] - summary["lines_out"] == summary["lines_taken_out"] > 0
    assert summary["parameters"]["threshold"] == 0.8
    assert set(summary["stages"]) == {"read", "clean", "sketch", "match", "write"}
    assert all(0 <= seconds <= summary["seconds"] * 2 for seconds in summary["stages"].values())
    assert summary["engine"] in ("native", "reference")
    assert summary["tool"].startswith("dedupe ")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["clean", "--nonsense"], "No such option"),
        (["clean", "--threshold=2"], "No such option"),
        (["drop", "--threshold", "2"], "threshold 2.0: use a number"),
        (["clean", "--strict", "broken.jsonl"], "broken.jsonl:1: is not JSON"),
        (["restore", "nothing"], "nothing: cannot be read"),
        (["learn", "nowhere.jsonl"], "nowhere.jsonl: cannot be read"),
    ],
)
def test_what_goes_wrong_is_an_object_too(tmp_path: Path, args: list[str], words: str) -> None:
    (tmp_path / "broken.jsonl").write_text("{\n")
    done = run(*args, "--log-format=json", cwd=tmp_path)
    assert done.code == 2
    errors = [entry for entry in said(done.err) if entry["message"] != "summary"]
    assert words in errors[0]["message"]
    assert errors[0]["level"] == "error"
    if "strict" in args[1]:
        assert (errors[0]["source"], errors[0]["line"]) == ("broken.jsonl", 1)
        assert said(done.err)[-1]["exit_code"] == 2


def test_check_is_a_warning_in_the_summary(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CAPTURE)
    done = run("clean", "--check", "--log-format", "json", "a.txt", cwd=tmp_path)
    assert done.code == 1
    assert [entry.get("source") for entry in said(done.err)] == ["a.txt", None]
    assert (said(done.err)[-1]["level"], said(done.err)[-1]["sources_changed"]) == ("warning", 1)


def test_what_is_said_does_not_depend_on_words_that_look_like_options() -> None:
    assert talk.find_format(["clean", "--log-format", "json"]) == "json"
    assert talk.find_format(["clean", "--log-format=json", "x"]) == "json"
    assert talk.find_format(["clean", "--", "--log-format=json"]) == "text"
    assert talk.find_format(["--log-format"]) == ""
    assert talk.find_format([]) == "text"


def see(stream: Path, folder: Path, *args: str) -> str:
    """What a terminal shows of a run's stderr."""
    here, there = pty.openpty()
    with (
        open(stream, "rb") as file,
        subprocess.Popen([*COMMAND, *args], stdin=file, stdout=subprocess.DEVNULL, stderr=there, cwd=folder) as process,
    ):
        os.close(there)
        shown = b""
        try:
            while piece := os.read(here, 1 << 16):
                shown += piece
        except OSError:  # how Linux says that nobody writes any more
            pass
        assert process.wait() == 0
    os.close(here)
    return shown.decode()


def test_a_terminal_sees_progress_and_a_file_does_not(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(*(f"{n} {PLAIN}" for n in range(40_000))))
    shown = see(Path(os.devnull), tmp_path, "drop", "--keep", "last", "a.jsonl", "-o", "out.jsonl")
    assert "\rdedupe: deciding which documents stay" in shown
    assert shown.rstrip().endswith("bands)")
    assert "\r" not in see(Path(os.devnull), tmp_path, "drop", "--no-progress", "a.jsonl").replace("\r\n", "")
    assert "\r" not in run("drop", "a.jsonl", "-o", "out.jsonl", cwd=tmp_path).err


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.txt"])
def test_how_far_a_stage_is(tmp_path: Path, name: str) -> None:
    data = jsonl(*[PLAIN] * 1000)
    for path in (tmp_path / name, tmp_path / "more.jsonl"):
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    names = [str(tmp_path / name), str(tmp_path / "more.jsonl")]
    stage = Progress("dropping", names)
    shares = []
    for each in names:
        source = open_source(each, ReadOptions())
        stage.begin(source)
        for block in read_blocks(source):
            batch = Batch(block.raw, block.at, 1, block.format, ReadOptions())
            shares.append(stage.facts(batch, Passed(10, 2_000_000), 2.0)["done"])
        source.stream.close()
    sizes = [Path(each).stat().st_size for each in names]
    assert shares == [pytest.approx(sizes[0] / sum(sizes), abs=1e-4), 1.0]
    facts = Progress("dropping", ["-"]).facts(batch, Passed(10, 2_000_000), 2.0)
    assert facts == {"stage": "dropping", "documents": 10, "bytes": 2_000_000, "bytes_per_second": 1_000_000}
    facts |= {"done": 0.25, "seconds_left": 75.4}
    assert progress._line(facts) == "dropping: 10 documents, 2 MB, 1 MB/s, 25%, 1:15 left"


def test_progress_for_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(PLAIN))
    source = open_source(str(tmp_path / "a.jsonl"), ReadOptions())
    batch = Batch(jsonl(PLAIN), 0, 1, "jsonl", ReadOptions())
    stage = Progress("cleaning", [source.name])
    stage.begin(source)
    with mock.patch.object(progress, "RECORD_SECONDS", 0.0):
        try:
            talk.use_format("json")
            stage.tell(batch, Passed(1, len(batch.raw)))
        finally:
            talk.use_format("text")
            source.stream.close()
    record = json.loads(capsys.readouterr().err)
    assert (record["message"], record["stage"], record["done"], record["seconds_left"]) == (
        "progress",
        "cleaning",
        1.0,
        0.0,
    )


def test_a_clock_adds_up() -> None:
    clock = Clock()
    with mock.patch("time.perf_counter", side_effect=iter([0.0, 2.0, 3.0, 4.0, 5.0, 5.5, 6.0, 6.25])):
        with clock("clean"):
            pass
        with clock("clean"):
            pass
        assert list(clock.each("read", [7])) == [7]
    assert clock.rounded() == {"clean": 3.0, "read": 0.75}
