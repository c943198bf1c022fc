"""The engine that is chosen."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import dedupe
from dedupe.engine import load_engine


@pytest.mark.skipif(not os.environ.get("CI"), reason="elsewhere the compiled engine may be missing")
def test_the_compiled_engine_is_there() -> None:
    assert load_engine("native")[0] == "native"


def test_one_can_be_picked_by_hand() -> None:
    assert load_engine("reference")[0] == "reference"
    with pytest.raises(ImportError, match="no such engine"):
        load_engine("fast")


@pytest.mark.measures
def test_starting_imports_little(tmp_path: Path) -> None:
    """`--version` needs no text, a hook's small file no ftfy and no NumPy: each costs more than Python itself; nor
    what takes longer to import than a small file to clean."""
    script = "import sys; from dedupe.__main__ import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    places = [str(Path(dedupe.__file__).parents[1]), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]

    def modules(*args: str) -> set[str]:
        # Without `site`, since what an environment does at every start of Python is not ours.
        command = [sys.executable, "-S", "-c", script, *args]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, env=env)
        return set(done.stderr.decode().split())

    (tmp_path / "news.txt").write_bytes(b"News.\n")
    (tmp_path / "news.jsonl").write_bytes(b'{"text": "News."}\n')
    heavy = {"numpy", "datasketch", "ftfy", "zstandard", "regex", "orjson", "hypothesis"}
    dear = {"dataclasses", "re", "threading", "typing"}
    assert not modules("--version") & {*heavy, "dedupe.clean", "tomllib"}
    for command in (["clean"], ["drop", "--threads=1"], ["--threads=1"]):
        assert not modules(*command, "news.txt", "news.jsonl") & {*heavy, *dear}
