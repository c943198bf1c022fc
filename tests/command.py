"""The command as its users run it: bytes in, bytes out, stderr, exit code."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

COMMAND = [sys.executable, "-m", "dedupe"]


class Ran(NamedTuple):
    code: int
    out: bytes
    err: str


class Memory(io.BytesIO):
    """A sink that keeps what it gets."""

    def finish(self) -> None: ...

    def commit(self) -> None: ...

    def abort(self) -> None: ...


def run(*args: str | Path, stdin: bytes = b"", cwd: Path | None = None, **env: str) -> Ran:
    """Runs `dedupe args` to its end."""
    done = subprocess.run(
        [*COMMAND, *map(str, args)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env={**os.environ, **env},
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def hear_signals() -> None:
    """For a child: signals that tests were started without (in the background, under nohup) are not ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
