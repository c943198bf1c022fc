"""The command line as users meet it: streams, files, exit codes, manners."""

import bz2
import gzip
import json
import lzma
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import zstandard
from command import COMMAND, hear_signals, run
from texts import CAPTION, CAPTURE, CLEAN, PLAIN, jsonl


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "capture.txt"
    path.write_text(CAPTURE)
    return path


def test_a_pipe_is_cleaned() -> None:
    assert run(stdin=CAPTURE.encode()) == (0, CLEAN.encode(), "")
    assert run("clean", "-", stdin=CAPTURE.encode()) == (0, CLEAN.encode(), "")


def test_nothing_in_nothing_out() -> None:
    assert run("clean", stdin=b"") == (0, b"", "")


def test_clean_text_passes_byte_for_byte() -> None:
    data = b"\xef\xbb\xbf" + PLAIN.replace("\n", "\r\n").encode()
    assert run("clean", stdin=data) == (0, data, "")


def test_jsonl_keeps_what_is_not_text() -> None:
    odd = '{"n": 123456789012345678901234567890, "x": NaN, "text": "%s", "a":1.0,  "b" : "\\u00e9" }\n'
    before, after = (odd % json.dumps(text)[1:-1] for text in (CAPTURE, CLEAN))
    assert run("clean", "--format", "jsonl", stdin=before.encode()) == (0, after.encode(), "")


def test_escapes_stay_as_they_were() -> None:
    text = CAPTURE.replace("bridge", "brücke")
    for ascii in (True, False):
        assert run("clean", stdin=jsonl(text, PLAIN, ascii=ascii)).out == jsonl(
            CLEAN.replace("bridge", "brücke"), PLAIN, ascii=ascii
        )


def test_another_field() -> None:
    assert (
        run("clean", "--field", "body", stdin=json.dumps({"body": CAPTURE}).encode()).out
        == json.dumps({"body": CLEAN}).encode()
    )


def test_records_without_a_text_pass_and_are_told_of() -> None:
    data = b'{"title": "x"}\n{"text": null}\n'
    done = run("clean", stdin=data)
    assert done[:2] == (0, data)
    assert done.err == "dedupe: -: 2 records have no text; --field names the field that holds it\n"


@pytest.mark.parametrize(
    ("suffix", "pack", "unpack"),
    [
        (".gz", gzip.compress, gzip.decompress),
        (".bz2", bz2.compress, bz2.decompress),
        (".xz", lzma.compress, lzma.decompress),
        (".zst", zstandard.compress, lambda data: zstandard.ZstdDecompressor().stream_reader(data).read()),
    ],
)
def test_packed_files(tmp_path: Path, suffix: str, pack, unpack) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(pack(jsonl(CAPTURE)))
    assert run("clean", path).out == jsonl(CLEAN)
    assert run("clean", path, "-o", tmp_path / f"b.jsonl{suffix}").code == 0
    assert unpack((tmp_path / f"b.jsonl{suffix}").read_bytes()) == jsonl(CLEAN)
    assert run("clean", "--in-place", path).code == 0
    assert unpack(path.read_bytes()) == jsonl(CLEAN)


def test_in_place_is_whole_and_keeps_mode_and_line_ends(capture: Path) -> None:
    capture.write_bytes(CAPTURE.replace("\n", "\r\n").encode())
    capture.chmod(0o640)
    assert run("clean", "--in-place", capture) == (0, b"", f"dedupe: {capture}: cleaned\n")
    assert capture.read_bytes() == CLEAN.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(capture.stat().st_mode) == 0o640
    before = capture.stat()
    assert run("clean", "--in-place", capture) == (0, b"", "")
    assert capture.stat().st_mtime_ns == before.st_mtime_ns
    assert list(capture.parent.iterdir()) == [capture]


def test_in_place_follows_a_link(capture: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.txt"
    link.symlink_to(capture)
    assert run("clean", "--in-place", link).code == 0
    assert link.is_symlink()
    assert capture.read_text() == CLEAN


def test_check_and_diff_write_nothing(capture: Path) -> None:
    other = capture.with_name("plain.txt")
    other.write_text(PLAIN)
    assert run("clean", "--check", capture, other) == (1, b"", f"dedupe: {capture}: would be cleaned\n")
    assert run("clean", "--check", other) == (0, b"", "")
    done = run("clean", "--diff", capture, other)
    assert done.code == 0
    assert done.out.decode().splitlines()[:3] == [f"--- {capture}", f"+++ {capture}", "@@ -1,13 +1,5 @@"]
    assert capture.read_text() == CAPTURE
    assert run("clean", "--check", "--diff", capture).code == 1


def test_a_diff_of_jsonl_names_the_record() -> None:
    done = run("clean", "--diff", "--check", stdin=jsonl(PLAIN, CAPTURE))
    assert done.code == 1
    assert done.out.startswith(b"--- -:2\n+++ -:2\n@@ ")


def test_captions_can_go_altogether() -> None:
    assert (
        run("clean", "--captions", "drop", stdin=CAPTURE.encode()).out == CLEAN.replace(CAPTION + "\n\n", "").encode()
    )


def test_rules_can_be_switched_off() -> None:
    done = run("clean", "--no-rule", "repeat", stdin=CAPTURE.encode())
    assert done.out == CAPTURE.encode()
    assert run("clean", "--no-rule", "widgets.font-size", stdin=CAPTURE.encode()).out.count(b"TT\n20\n") == 1


def test_a_users_rules(tmp_path: Path) -> None:
    rules = tmp_path / "mine.toml"
    rules.write_text("[[rule]]\nid = \"mine.ref\"\npattern = 'Ref\\. [A-Z]\\d+'\n")
    assert run("clean", "--rules", rules, stdin=(PLAIN + "Ref. B12\n").encode()).out == PLAIN.encode()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("[[rule]", "cannot be read as rules"),
        ('[[rule]]\nid = "x"\npattern = "("\n', "rule x: pattern '('"),
        ('[[rule]]\nid = "x"\n', "rule x: matches nothing"),
        ('[[rule]]\nid = "x"\nlines = ["a"]\n', "rule x: lines is not known"),
        ('[[rule]]\nid = "x"\nline = ["a"]\nevidence = "none"\n', "rule x: evidence 'none'"),
        ('[[rule]]\nid = "x"\nline = "a"\n', "rule x: line must be a list of strings"),
        ('[[rule]]\nid = "x"\nline = ["a"]\ntakes = ["b"]\n', "rule x: does not take 'b'"),
        ('[[rule]]\nid = "x"\nline = ["a"]\nleaves = ["A"]\n', "rule x: takes 'A'"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, rule: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(rule)
    done = run("clean", "--rules", path, stdin=b"")
    assert (done.code, done.out) == (2, b"")
    assert done.err.startswith(f"dedupe: {path}: ")
    assert message in done.err


def test_a_pattern_that_takes_for_ever_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[[rule]]\nid = \"mine.slow\"\npattern = '(a|aa|a)+(a|aa)+b'\n")
    done = run("clean", "--rules", path, stdin=PLAIN.encode() + b"a" * 1500 + b"\n")
    assert done.code == 2
    assert f"dedupe: {path}: rule mine.slow: pattern '(a|aa|a)+(a|aa)+b' took over" in done.err


def test_a_broken_record_is_named_and_passed_on() -> None:
    data = jsonl(CAPTURE) + b'{"text": "cut\n' + b"[1]\n" + jsonl(CAPTURE)
    done = run("clean", stdin=data)
    assert done.code == 2
    assert done.out == jsonl(CLEAN) + b'{"text": "cut\n' + b"[1]\n" + jsonl(CLEAN)
    assert done.err.splitlines() == [
        "dedupe: -:2: is not JSON (Invalid control character at at column 14); passed through as it is",
        "dedupe: -:3: is JSON, but not an object; passed through as it is",
    ]


def test_strict_stops_at_the_first_broken_record() -> None:
    done = run("clean", "--strict", stdin=jsonl(CAPTURE) + b"[1]\n" * 3)
    assert done.code == 2
    assert done.err == "dedupe: -:2: is JSON, but not an object; mend it, or run without --strict\n"


def test_many_broken_records_are_counted() -> None:
    done = run("clean", "--format", "jsonl", stdin=b"x\n" * 30)
    assert done.err.count("\n") == 12
    assert done.err.endswith("dedupe: -: 30 broken records in all\n")


def test_bytes_that_are_not_utf8() -> None:
    latin = CAPTURE.replace("bridge", "brücke").encode("latin-1")
    assert run("clean", stdin=latin) == (0, CLEAN.replace("bridge", "brücke").encode(), "")
    record = b'{"text": "caf\xe9"}\n'
    assert run("clean", stdin=record) == (0, '{"text": "café"}\n'.encode(), "")


def test_utf16_is_named() -> None:
    done = run("clean", stdin="text".encode("utf-16"))
    assert (done.code, done.out) == (2, b"")
    assert "UTF-16" in done.err


def test_files_that_cannot_be_read_are_named_and_the_others_done(capture: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("clean", "nowhere.txt", tmp_path / "empty", capture)
    assert (done.code, done.out) == (2, CLEAN.encode())
    assert "nowhere.txt: cannot be read: No such file or directory" in done.err
    assert f"{tmp_path}/empty: holds no file of a known suffix" in done.err


def test_a_packed_file_that_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    broken = gzip.compress(jsonl(*[CAPTURE] * 4000))[:-20]
    path.write_bytes(broken)
    done = run("clean", "--in-place", path)
    assert done.code == 2
    assert f"{path}: breaks off" in done.err
    assert path.read_bytes() == broken
    path.write_bytes(b"no gzip at all")
    done = run("clean", path)
    assert done.code == 2
    assert f"{path}: cannot be" in done.err


def test_a_zst_file_that_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    frame = zstandard.ZstdCompressor().compress(jsonl(CAPTURE, PLAIN))
    path.write_bytes(frame + frame)
    assert run("clean", path).out == jsonl(CLEAN, PLAIN) * 2
    path.write_bytes(frame + frame[:-9])
    done = run("clean", "--in-place", path)
    assert done.code == 2
    assert "the last member is cut" in done.err
    assert path.read_bytes() == frame + frame[:-9]


def test_what_is_no_file_is_written_into(tmp_path: Path, capture: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    assert run("clean", capture, "-o", pipe).code == 0
    assert reader.communicate(timeout=60)[0] == CLEAN.encode()
    assert pipe.is_fifo()
    done = run("clean", "--in-place", pipe)
    assert done.code == 2
    assert "is no regular file" in done.err


def test_the_audit_of_what_was_rewritten_stays(tmp_path: Path, capture: Path) -> None:
    broken, audit = tmp_path / "broken.jsonl", tmp_path / "audit.jsonl"
    broken.write_text("{")
    assert run("clean", "--strict", "--in-place", "--audit", audit, capture, broken).code == 2
    assert capture.read_text() == CLEAN
    assert run("restore", audit, capture).out == CAPTURE.encode()


def test_output_takes_its_place_when_it_is_whole(capture: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    target.write_text("before")
    assert run("clean", capture, "nowhere.txt", "-o", target).code == 2
    assert target.read_text() == "before"
    assert run("clean", capture, "-o", target) == (0, b"", "")
    assert target.read_text() == CLEAN
    assert run("clean", capture, "-o", tmp_path / "no" / "out.txt").code == 2


def test_files_become_one_stream(tmp_path: Path) -> None:
    a, b = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    a.write_bytes(jsonl(PLAIN).rstrip(b"\n"))
    b.write_bytes(jsonl(CAPTURE))
    assert run("clean", a, b).out == jsonl(PLAIN) + jsonl(CLEAN)


@pytest.mark.parametrize(
    "args",
    [
        ["--bogus"],
        ["clean", "--format", "xml"],
        ["clean", "--in-place"],
        ["clean", "--in-place", "-o", "x", "y"],
        ["clean", "--check", "--audit", "x"],
        ["clean", "--split", "("],
        ["restore"],
    ],
)
def test_wrong_usage(args: list[str]) -> None:
    done = run(*args)
    assert (done.code, done.out) == (2, b"")
    assert done.err
    assert "Traceback" not in done.err


def test_a_regular_expression_splits() -> None:
    text = f"== 1\n{PLAIN}== 2\n{PLAIN}"
    assert run("clean", "--split", "^== ", stdin=text.encode()) == (0, text.encode(), "")


def test_stats_reconcile() -> None:
    done = run("clean", "--stats", stdin=jsonl(CAPTURE, PLAIN))
    stats = json.loads(done.err)
    assert (stats["records"], stats["records_changed"], stats["records_broken"]) == (2, 1, 0)
    assert stats["lines_in"] == CAPTURE.count("\n") + PLAIN.count("\n")
    assert stats["lines_out"] == CLEAN.count("\n") + PLAIN.count("\n")
    assert stats["lines_taken_out"] == stats["lines_in"] - stats["lines_out"]
    assert stats["bytes_out"] == len(done.out)
    assert sum(stats["edits"].values()) == 6


def test_help_and_version() -> None:
    for args in (["--help"], ["clean", "--help"], ["restore", "-h"]):
        done = run(*args)
        assert done.code == 0
        assert "Exit codes: 0 done; 1 --check or --exit-code found something" in " ".join(done.out.decode().split())
    assert run("--version").out.startswith(b"dedupe 0.")


def test_another_package_of_that_name_is_warned_of(tmp_path: Path) -> None:
    assert run("--version", PYTHONPATH=str(tmp_path)).err == ""
    (tmp_path / "dedupe-3.0.2.dist-info").mkdir()
    assert "unrelated package" in run("--version", PYTHONPATH=str(tmp_path)).err


def test_a_reader_that_has_had_enough_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_bytes(jsonl(*[PLAIN] * 20_000))
    process = subprocess.Popen([*COMMAND, "clean", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    assert process.stderr
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 0
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_named(capture: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, "clean", str(capture)], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(capture: Path) -> None:
    capture.parent.chmod(0o500)
    done = run("clean", "--in-place", capture)
    capture.parent.chmod(0o700)
    assert done.code == 2
    assert capture.read_text() == CAPTURE


def wait_for(condition, path: Path) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"nothing happened beside {path}"
        time.sleep(0.01)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_an_interrupted_run_leaves_what_was_whole(tmp_path: Path, number: int, code: int) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("before")
    process = subprocess.Popen(
        [*COMMAND, "clean", "-o", str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_signals,
    )
    assert process.stdin
    process.stdin.write(jsonl(*[CAPTURE] * 2000))
    process.stdin.flush()
    wait_for(lambda: list(tmp_path.glob(".*.part")), target)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert target.read_text() == "before"
    if number == signal.SIGINT:
        assert err.strip() == b"dedupe: interrupted"
        assert list(tmp_path.iterdir()) == [target]


@pytest.mark.measures
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_memory_is_flat(tmp_path: Path) -> None:
    peaks = []
    for n in (8_000, 40_000):
        path = tmp_path / f"{n}.jsonl"
        path.write_bytes(jsonl(*[CAPTURE, PLAIN] * (n // 2)))
        script = (
            "import re, sys; from dedupe.__main__ import run; run(sys.argv[1:]);"
            "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, "clean", str(path), "-o", str(tmp_path / "out")],
            capture_output=True,
            check=True,
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] * 1.25
