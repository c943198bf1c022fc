"""Texts as files: `keep` must not change, `change` must come out as written below their marker."""

from pathlib import Path

import pytest

from dedupe import clean_text

CASES = Path(__file__).parent / "cases"
MARKER = "==== cleaned ====\n"
FORMATS = {".txt": "text", ".md": "markdown"}


def files(folder: str) -> list[Path]:
    return sorted(path for path in (CASES / folder).iterdir() if path.suffix in FORMATS)


def read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogatepass")


@pytest.mark.parametrize("path", files("keep"), ids=lambda path: path.stem)
def test_what_only_looks_like_it_stays(path: Path) -> None:
    text = read(path)
    assert clean_text(text, format=FORMATS[path.suffix]) == (text, ())


@pytest.mark.parametrize("path", files("change"), ids=lambda path: path.stem)
def test_what_goes(path: Path) -> None:
    text, _, wanted = read(path).partition(MARKER)
    assert clean_text(text, format=FORMATS[path.suffix]).text == wanted
    assert clean_text(wanted, format=FORMATS[path.suffix]).edits == ()
