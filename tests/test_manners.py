"""Manners of a Unix filter: signals, streams that are closed or full, packed and odd files, names of every kind."""

import bz2
import gzip
import lzma
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest
import zstandard
from command import COMMAND, hear_signals, run
from texts import CAPTURE, CLEAN, PLAIN, jsonl

from dedupe.__main__ import run as run_here
from dedupe.talk import say
from dedupe.usage import dedupe
from dedupe.write import open_temporary, temporary_folder

ZSTD = zstandard.ZstdCompressor(write_checksum=True)
PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": ZSTD.compress}
SLOW = jsonl(*[CAPTURE] * 20_000)  # still being read when a signal comes
MODES = {
    "into a file": ["clean", "-", "-o", "out.jsonl", "--audit", "audit"],
    "in place": ["clean", "--in-place", "--audit", "audit", "a.jsonl", "b.jsonl"],
    "dropping": ["-", "-o", "out.jsonl.gz", "--removed", "gone.jsonl", "--audit", "audit"],
    "reading twice": ["drop", "--keep", "last", "-", "-o", "out.jsonl", "--removed", "gone.jsonl"],
}


def shell(script: str, cwd: Path) -> tuple[int, str]:
    """A shell's exit code and stderr, with the command as `dedupe`."""
    function = f'dedupe() {{ "{sys.executable}" -m dedupe "$@"; }}\n'
    done = subprocess.run(["sh", "-c", function + script], cwd=cwd, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "c.txt").write_text(CAPTURE)
    (tmp_path / "a.jsonl").write_bytes(jsonl(CAPTURE, PLAIN, CAPTURE))
    return tmp_path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("mode", MODES)
def test_a_signal_leaves_nothing_half_written(folder: Path, mode: str, number: signal.Signals) -> None:
    """The run is stopped while it waits for input, after it has written."""
    temporary = folder / "tmp"
    temporary.mkdir()
    (folder / "out.jsonl").write_text("before")
    if mode == "in place":
        (folder / "b.jsonl").write_bytes(SLOW)
    process = subprocess.Popen(
        [*COMMAND, *MODES[mode]],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
        preexec_fn=hear_signals,
    )
    assert process.stdin
    assert process.stderr
    if mode == "in place":
        assert process.stderr.readline() == b"dedupe: a.jsonl: cleaned\n"
    else:
        process.stdin.write(jsonl(*[CAPTURE, PLAIN] * 2000))
        process.stdin.flush()  # more than the pipe holds: it has begun to read
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    last = b"dedupe: interrupted" if number == signal.SIGINT else b"dedupe: ended by " + number.name.encode()
    assert err.splitlines()[-1] == last
    assert b"Traceback" not in err
    assert not list(temporary.iterdir())
    left = {path.name for path in folder.iterdir()} - {"c.txt", "a.jsonl", "b.jsonl", "out.jsonl", "tmp"}
    assert (folder / "out.jsonl").read_text() == "before"
    if mode != "in place":
        assert not left
        return
    assert left == {"audit"}
    assert b"audit: tells of the files that were rewritten until then" in err
    assert run("restore", "--in-place", folder / "audit", cwd=Path("/")) == (0, b"", "")
    assert (folder / "a.jsonl").read_bytes() == jsonl(CAPTURE, PLAIN, CAPTURE)
    assert (folder / "b.jsonl").read_bytes() == SLOW


def test_an_interrupt_while_modules_are_read_is_quiet(folder: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'dedupe.cli': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from dedupe.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, input=b"", preexec_fn=hear_signals, check=False
    )
    assert (done.returncode, done.stderr) == (130, b"dedupe: interrupted\n")


def test_a_signal_that_python_drops_is_not_lost(folder: Path) -> None:
    """What is raised in a callback of the garbage collector goes nowhere."""
    script = (
        "import os, signal, sys\n"
        "import dedupe.__main__ as m\n"
        "class Dying:\n"
        "    def __del__(self): os.kill(os.getpid(), signal.SIGTERM); [None for _ in range(1000)]\n"
        "def run(argv):\n"
        "    Dying()\n"
        "    sys.stdin.read()\n"
        "m.run = run\n"
        "m.main()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.wait(60) == -signal.SIGTERM
    assert process.communicate()[1] == b"dedupe: ended by SIGTERM\n"


LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
MAIN = "from dedupe.__main__ import main; main()"


@pytest.mark.parametrize("stop", ["a full disk", "a strict stop", "a pattern that takes too long"])
@pytest.mark.parametrize("mode", ["in place", "into one"])
def test_what_a_run_that_stops_early_leaves(folder: Path, stop: str, mode: str) -> None:
    """Nothing, but where files were rewritten: then the audit and the removed records stay."""
    twice = jsonl(CAPTURE, PLAIN, CAPTURE)
    others = {"a full disk": jsonl(*[PLAIN] * 2, CAPTURE, *[f"{n}\n{PLAIN}" for n in range(2000)])}
    (folder / "b.jsonl").write_bytes(others.get(stop, twice + (b"{\n" if "strict" in stop else jsonl("a" * 1500))))
    (folder / "mine.toml").write_text("[[rule]]\nid = 'mine.slow'\npattern = '(a|aa|a)+(a|aa)+b'\n")
    (folder / "out.jsonl").write_text("before")
    (folder / "gone.jsonl").write_text("before")
    args = ["run", "--removed", "gone.jsonl", "--audit", "audit", "--strict", "a.jsonl", "b.jsonl"]
    args += ["--in-place"] if mode == "in place" else ["-o", "out.jsonl"]
    args += ["--rules", "mine.toml"] if "pattern" in stop else []
    script = [sys.executable, "-c", (LIMITED if "disk" in stop else "") + MAIN, *args]
    done = subprocess.run(script, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert (folder / "out.jsonl").read_text() == "before"
    assert not list(folder.glob("*.part"))
    assert not list(folder.glob(".*.part"))
    if mode == "into one":
        assert (folder / "gone.jsonl").read_text() == "before"
        assert not (folder / "audit").exists()
        return
    removed = (folder / "gone.jsonl").read_bytes().splitlines(keepends=True)
    assert removed[0] == twice.splitlines(keepends=True)[2]
    assert f"gone.jsonl: {KEPT}" in done.stderr
    assert f"audit: {KEPT}" in done.stderr
    assert run("restore", "--in-place", folder / "audit") == (0, b"", "")
    assert (folder / "a.jsonl").read_bytes() == twice


KEPT = "tells of the files that were rewritten until then"


def test_an_audit_that_fills_the_disk_is_cut(folder: Path) -> None:
    """It ends with what was rewritten, and takes its place."""
    (folder / "b.jsonl").write_bytes(jsonl(*[f"{CAPTURE}{n}" for n in range(1000)]))
    args = ["clean", "--in-place", "--audit", "audit", "a.jsonl", "b.jsonl"]
    before = (folder / "a.jsonl").read_bytes(), (folder / "b.jsonl").read_bytes()
    script = [sys.executable, "-c", LIMITED.replace("300_000", "200_000") + MAIN, *args]
    done = subprocess.run(script, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"audit: {KEPT}\n" in done.stderr
    assert {path.name for path in folder.iterdir()} == {"a.jsonl", "audit", "b.jsonl", "c.txt"}
    assert run("restore", "--in-place", folder / "audit") == (0, b"", "")
    assert ((folder / "a.jsonl").read_bytes(), (folder / "b.jsonl").read_bytes()) == before


def test_nohup_is_honoured(folder: Path) -> None:
    script = "trap '' HUP; dedupe clean -o out.txt & sleep 0"
    code, _ = shell(f"{script}; kill -HUP $!; wait $!", folder)
    assert code == 0


@pytest.mark.parametrize(
    "command",
    [
        "dedupe --version >{}",
        "dedupe --help >{}",
        "dedupe clean --help >{}",
        "dedupe clean c.txt >{}",
        "dedupe clean --diff c.txt >{}",
        "dedupe clean --audit audit c.txt >{}",
        "dedupe drop --keep last --removed gone a.jsonl >{}",
    ],
)
@pytest.mark.parametrize("where", ["/dev/full", "&-"])
def test_stdout_that_takes_nothing_is_named(folder: Path, command: str, where: str) -> None:
    code, err = shell(command.format(where), folder)
    assert code == 2
    what = "No space left on device" if where == "/dev/full" else "Bad file descriptor"
    assert f"dedupe: stdout: cannot be written: {what}; what was written so far is incomplete\n" in err
    assert "Traceback" not in err
    assert {path.name for path in folder.iterdir()} == {"c.txt", "a.jsonl"}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("dedupe clean c.txt 2>&- >out", 0),
        ("dedupe clean nowhere 2>&-", 2),
        ("dedupe clean nowhere 2>/dev/full", 2),
        ("dedupe --bogus 2>/dev/full", 2),
        ("dedupe clean c.txt --stats --progress 2>/dev/full >out", 0),
        ("dedupe clean --check c.txt >&- 2>&- <&-", 1),
        ("dedupe clean c.txt -o out >&- 2>&- <&-", 0),
        ("dedupe clean c.txt -o - >out", 0),
        ("cat c.txt | dedupe clean >out", 0),
    ],
)
def test_streams_that_are_closed_or_full(folder: Path, command: str, code: int) -> None:
    assert shell(command, folder)[0] == code
    if ">out" in command or "-o out" in command:
        assert (folder / "out").read_text() == CLEAN


@pytest.mark.parametrize("command", ["clean <&-", "drop --keep last <&-"])
def test_a_closed_stdin_is_named(folder: Path, command: str) -> None:
    assert shell(f"dedupe {command}", folder) == (2, "dedupe: -: stdin is closed; name a file\n")


def test_a_pipe_that_does_not_block_is_read_to_its_end() -> None:
    """A descriptor is shared with whoever made it non-blocking: an empty pipe is not an ended one."""
    theirs, ours = os.pipe()
    os.set_blocking(theirs, False)
    process = subprocess.Popen([*COMMAND, "clean"], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(theirs)
    with open(ours, "wb", buffering=0) as pipe:
        pipe.write(CAPTURE[:2].encode())
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        pipe.write(CAPTURE[2:].encode())
    assert process.communicate(timeout=60) == (CLEAN.encode(), b"")


@pytest.mark.parametrize("suffix", PACKERS)
def test_damaged_packed_files_are_named_and_left(folder: Path, suffix: str, capfd: pytest.CaptureFixture[str]) -> None:
    whole = PACKERS[suffix](jsonl(*[CAPTURE, PLAIN] * 20))
    middle = len(whole) * 3 // 4
    flipped = whole[:middle] + bytes([whole[middle] ^ 0x55]) + whole[middle + 1 :]
    damaged = [b"", whole[:-3], whole[:20], flipped, whole + b"junk", whole + whole[:-3], b"no packed file"]
    path = folder / f"p.jsonl{suffix}"
    for data in damaged:
        path.write_bytes(data)
        assert run_here(["clean", "--in-place", str(path)]) == 2
        err = capfd.readouterr().err
        assert f"dedupe: {path}: " in err
        assert "is it whole" in err or "is the file whole" in err
        assert path.read_bytes() == data
    path.write_bytes(whole + whole)
    assert run("clean", path).out == jsonl(*[CLEAN, PLAIN] * 20) * 2


def test_restore_names_a_damaged_packed_file(folder: Path) -> None:
    audit, output = folder / "audit", folder / "out.jsonl.gz"
    assert run("clean", folder / "a.jsonl", "-o", output, "--audit", audit).code == 0
    output.write_bytes(output.read_bytes()[:-9])
    done = run("restore", audit, output)
    assert (done.code, done.out) == (2, b"")
    assert f"{output}: breaks off" in done.err


def test_our_zst_has_a_checksum(folder: Path) -> None:
    assert run("clean", folder / "a.jsonl", "-o", folder / "o.jsonl.zst").code == 0
    assert zstandard.get_frame_parameters((folder / "o.jsonl.zst").read_bytes()).has_checksum


@pytest.mark.parametrize("suffix", PACKERS)
def test_what_is_packed_and_not_named_so_is_no_text(folder: Path, suffix: str) -> None:
    path = folder / "p.txt"
    path.write_bytes(PACKERS[suffix](CAPTURE.encode()))
    assert "is packed, and not named so; unpack it first" in run("clean", path).err
    assert run("clean", stdin=path.read_bytes()).code == 2


def test_a_file_that_is_named_twice_is_rewritten_once(folder: Path) -> None:
    """The second time all of it would be a copy of what was kept."""
    path = folder / "a.jsonl"
    (folder / "link.jsonl").symlink_to(path)
    assert run("drop", "--in-place", path, f"{folder}/./a.jsonl", folder / "link.jsonl").code == 0
    assert path.read_bytes() == b"".join(jsonl(CAPTURE, PLAIN, CAPTURE).splitlines(keepends=True)[:2])


def test_one_file_is_not_two_things(folder: Path) -> None:
    path = folder / "a.jsonl"
    for args in (
        ["--audit", path, path],
        ["--audit", "x", "--removed", "x", path],
        ["--audit", "x", "-o", "x", path],
        ["--removed", path, path],
        ["--removed", "-", path],
        ["-", "-"],
    ):
        done = run(*args, cwd=folder)
        assert (done.code, done.out) == (2, b"")
    assert shell("dedupe clean c.txt >> c.txt", folder)[0] == 2
    assert (folder / "c.txt").read_text() == CAPTURE
    assert run("clean", folder / "c.txt", "-o", folder / "c.txt").code == 0
    assert (folder / "c.txt").read_text() == CLEAN


def test_a_stream_can_be_read_twice(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    done = subprocess.run(
        ["sh", "-c", f'cat a.jsonl > pipe & exec "{sys.executable}" -m dedupe drop --keep last --audit audit pipe'],
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout == b"".join(jsonl(CAPTURE, PLAIN, CAPTURE).splitlines(keepends=True)[1:])
    assert b'{"source": "pipe"' in (folder / "audit").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
@pytest.mark.parametrize("name", [b"new\nline\x1b[31m.txt", b"\xff\xfe.txt", b"-x.txt", b"n" * 251 + b".txt"])
def test_names_of_every_kind(folder: Path, name: bytes) -> None:
    path = folder / os.fsdecode(name)
    path.write_text(CAPTURE)
    done = run("clean", "--in-place", "--audit", folder / "audit", "--", os.fsdecode(name), cwd=folder)
    assert (done.code, path.read_text()) == (0, CLEAN)
    assert done.err.count("\n") == 1
    assert "\x1b" not in done.err
    assert run("restore", "--in-place", folder / "audit").code == 0
    assert path.read_text() == CAPTURE


def test_talk_shows_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\nb\x1b[2J\u2028é")
    assert capsys.readouterr().err == "dedupe: a\\nb\\x1b[2J\\u2028é\n"


def test_in_place_keeps_what_belongs_to_the_file(folder: Path) -> None:
    path = folder / "c.txt"
    path.chmod(0o2640)
    marked = hasattr(os, "setxattr")
    if marked:
        try:
            os.setxattr(path, "user.origin", b"scraped")
        except OSError:  # not on every file system
            marked = False
    owner = (os.geteuid(), os.getegid()) if os.geteuid() else (12345, 23456)
    os.chown(path, *owner)
    path.chmod(0o2640)
    assert run("clean", "--in-place", path).code == 0
    status = path.stat()
    assert path.read_text() == CLEAN
    assert (status.st_uid, status.st_gid) == owner
    assert stat.S_IMODE(status.st_mode) == 0o2640
    assert not marked or os.getxattr(path, "user.origin") == b"scraped"


def test_hard_links_keep_what_was_there(folder: Path) -> None:
    os.link(folder / "c.txt", folder / "other.txt")
    assert run("clean", "--in-place", folder / "c.txt").code == 0
    assert (folder / "c.txt").read_text() == CLEAN
    assert (folder / "other.txt").read_text() == CAPTURE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_may_not_be_read(folder: Path) -> None:
    (folder / "c.txt").chmod(0)
    assert "Permission denied" in run("clean", folder / "c.txt").err


def test_a_directory_is_no_output(folder: Path) -> None:
    for args in (["-o", folder], ["--audit", folder]):
        done = run("clean", folder / "c.txt", *args)
        assert (done.code, done.out) == (2, b"")


def test_every_switch_has_its_twin() -> None:
    for command in dedupe.commands.values():
        names = {name for option in command.params for name in option.opts}
        for option in command.params:
            if isinstance(option, click.Option) and option.is_flag:
                if option.name and option.name.startswith("no_"):  # that of an option that takes a value
                    assert f"--{option.name.removeprefix('no_')}" in names
                    continue
                assert [f"--no-{name[2:]}" for name in option.opts] == option.secondary_opts, option.name


def test_help_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in dedupe.commands:
        monkeypatch.setenv("COLUMNS", "40")
        assert run_here([name, "--help"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert all(len(line) <= 50 for line in lines if "dedupe " not in line)  # click goes no lower, and examples stay


def test_warnings_are_none_of_ours(folder: Path) -> None:
    command = [sys.executable, "-W", "error", "-X", "dev", "-m", "dedupe"]
    packed = folder / "a.jsonl.gz"
    packed.write_bytes(gzip.compress((folder / "a.jsonl").read_bytes())[:-5])
    for args in ([folder / "c.txt"], [packed, "-o", folder / "b.gz"], ["drop", "--keep", "last", folder / "a.jsonl"]):
        done = subprocess.run([*command, *map(str, args)], capture_output=True, text=True, check=False)
        assert "Warning" not in done.stderr
        assert "ignored" not in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("variables", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"NO_COLOR": "1"}])
def test_the_environment_changes_no_byte(folder: Path, variables: dict[str, str]) -> None:
    text = CAPTURE.replace("bridge", "brücke")
    (folder / "ü.txt").write_text(text, encoding="utf-8")
    wanted = run("clean", "--diff", "ü.txt", cwd=folder)
    done = run("clean", "--diff", "ü.txt", cwd=folder, **variables)
    assert done == wanted
    assert run("clean", "nö", **variables).code == 2


def test_temporary_files_are_made_without_a_look_for_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that comes while `tempfile` looks leaves the file there by which it tries a folder."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: pytest.fail("looked for a folder"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with open_temporary() as file:
        file.write(b"x")
        assert not list(tmp_path.iterdir())
    assert temporary_folder() == str(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "none"))
    monkeypatch.setenv("TEMP", str(tmp_path))
    assert temporary_folder() == str(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", "/")
    assert temporary_folder() == "/"
