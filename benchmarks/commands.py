"""Whole commands, measured: seconds and peak memory, start-up included."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, NamedTuple

DEDUPE = [str(Path(sysconfig.get_path("scripts"), "dedupe"))]
# As it is started by those who have installed it: Python keeps what it has compiled.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT["LC_ALL"] = "C.UTF-8"


class Done(NamedTuple):
    """What a command took, and the last that it said."""

    seconds: float
    peak_mb: float
    said: str


# A process begins with the memory of the one that starts it, so a small one starts it; it says what that took.
STARTER = """
import json, os, sys, time
start = time.perf_counter()
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ), 0)
seconds = time.perf_counter() - start
print(json.dumps([seconds, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)]), file=sys.stderr)
"""


def run(command: list[str], **options: Any) -> Done:
    """Runs one command to its end, which has to be a good one."""
    starter = [sys.executable, "-S", "-c", STARTER, *command]
    said = subprocess.run(starter, env=ENVIRONMENT, stderr=subprocess.PIPE, check=True, **options).stderr.splitlines()
    seconds, peak_mb, code = json.loads(said[-1])
    assert code == 0, said
    return Done(seconds, peak_mb, said[-2].decode() if len(said) > 1 else "")


def run_dedupe(command: str, *arguments: str, source: Path, out: Path) -> Done:
    """One of dedupe's commands from file to file; to take the place of a file is another question."""
    out.unlink(missing_ok=True)
    return run([*DEDUPE, command, *arguments, str(source), "-o", str(out)])


def count_words(path: Path) -> float:
    """The seconds that `wc -w` takes in a UTF-8 locale."""
    return run(["wc", "-w", str(path)], stdout=subprocess.DEVNULL).seconds
