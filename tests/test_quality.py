"""Floors for what cleaning gets right on generated captures: they may rise, never silently fall."""

import pytest
from altered import ALTERED, LANGUAGES, SHAPES, make_capture

from dedupe import clean_text

N_EACH = 2  # captures of each shape in each language
LAYOUTS = {
    "as it is": lambda text: text,
    "windows": lambda text: text.replace("\n", "\r\n"),
    "no-break blank lines": lambda text: text.replace("\n\n", "\n\u00a0\n"),
    "trailing blanks": lambda text: text.replace("\n", " \n"),
}


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def share_exact(shapes: tuple[str, ...], alter: bool) -> float:
    pairs = [
        make_capture(f"quality {i}", shape, language, alter=alter)
        for shape in shapes
        for language in LANGUAGES
        for i in range(N_EACH)
    ]
    return sum(clean_text(text).text == clean for text, clean in pairs) / len(pairs)


@pytest.mark.parametrize("shape", SHAPES)
def test_captures_of_every_shape_come_out_exact(shape: str) -> None:
    assert share_exact((shape,), alter=False) == 1


def test_altered_captures_come_out_exact() -> None:
    assert share_exact(ALTERED, alter=True) >= 0.99


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_does_not_matter(layout: str) -> None:
    for language in LANGUAGES:
        text, clean = make_capture("layout", "Asub", language, glued=True)
        assert lines(clean_text(LAYOUTS[layout](text)).text) == lines(clean)
