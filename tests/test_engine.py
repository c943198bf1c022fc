"""The engine that is chosen."""

import os
import subprocess
import sys

import pytest

from dedupe.engine import load_engine


@pytest.mark.skipif(not os.environ.get("CI"), reason="elsewhere the compiled engine may be missing")
def test_the_compiled_engine_is_there() -> None:
    assert load_engine("native")[0] == "native"


def test_one_can_be_picked_by_hand() -> None:
    assert load_engine("reference")[0] == "reference"
    with pytest.raises(ImportError, match="no such engine"):
        load_engine("fast")


@pytest.mark.measures
@pytest.mark.skipif(not os.environ.get("CI"), reason="counts modules of an installation that is known")
def test_starting_imports_little() -> None:
    """`--version` needs no text, a hook's small file no ftfy and no NumPy: each costs more than Python itself."""
    script = "import sys; from dedupe.__main__ import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"

    def modules(*args: str) -> set[str]:
        done = subprocess.run([sys.executable, "-c", script, *args], input=b"News.\n", capture_output=True, check=True)
        return set(done.stderr.decode().split())

    heavy = {"numpy", "datasketch", "ftfy", "zstandard", "regex", "orjson", "hypothesis"}
    assert not modules("--version") & {*heavy, "dedupe.clean", "tomllib"}
    assert not modules("clean") & heavy
