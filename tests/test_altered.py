"""The captures that other tests and the benchmarks rely on are what their maker says they are."""

import json
from pathlib import Path

import pytest
from altered import (
    ALTERED,
    LANGUAGES,
    PROSE_COLUMNS,
    SHAPES,
    WAYS,
    alter_copies,
    count_columns,
    find_copies,
    make_capture,
    make_captures,
)

N_DOCS = len(SHAPES) * len(LANGUAGES)  # each shape in each language once
CAPTURES = Path(__file__).resolve().parents[2] / "shared/data/captures/captures.jsonl"


def test_equal_seeds_give_equal_captures() -> None:
    for alter in (False, True):
        assert list(make_captures(7, N_DOCS, alter)) == list(make_captures(7, N_DOCS, alter))
    assert list(make_captures(7, 5)) != list(make_captures(8, 5))
    assert list(make_captures(7, 5)) == list(make_captures(7, 50))[:5]


def test_altering_changes_the_text_and_not_the_clean_text() -> None:
    each = [(f"7 {shape} {language}", shape, language) for shape in ALTERED for language in LANGUAGES]
    plain, altered = ([make_capture(*which, alter=alter) for which in each] for alter in (False, True))
    assert [clean for _, clean in plain] == [clean for _, clean in altered]
    for (text, clean), (other, _) in zip(plain, altered, strict=True):
        assert (text != other) == bool(find_copies(text, clean))


@pytest.mark.parametrize("alter", [False, True])
def test_clean_lines_stand_in_the_text_in_order_and_once(alter: bool) -> None:
    for text, clean in make_captures(11, N_DOCS, alter):
        waiting = iter(text.split("\n"))
        assert all(line in waiting for line in clean.split("\n") if line)
        lines = [line.strip() for line in clean.split("\n") if line]
        assert len(set(lines)) == len(lines)
        assert "TT" not in lines


@pytest.mark.parametrize(
    ("shape", "first_lines"),
    [
        ("A", "h.ccT.h.cc."),
        ("A20", "h.ccTS.h.cc."),
        ("Asub", "h.s.ccT.h.cc."),
        ("Anocap", "h.s.hT.h.h."),
        ("Aspace", "h.ccT.h.cc."),
    ],
)
def test_shapes_are_laid_out_as_observed(shape: str, first_lines: str) -> None:
    for language in LANGUAGES:
        text, clean = make_capture(f"shape {language}", shape, language)
        lines, kept = text.split("\n"), clean.split("\n")
        names = {"": ".", "TT": "T", "16": "S", "18": "S", "20": "S", " ".join(kept[0].split()): "h"}
        names[" ".join(kept[2].split())] = "s" if "s" in first_lines else "c"
        names.setdefault(" ".join(kept[4].split()), "c")
        seen = "".join(names[" ".join(line.split())] for line in lines[: len(first_lines)])
        assert seen == first_lines, text[:600]


def test_captions_of_one_shape_differ_by_one_space() -> None:
    text, _ = make_capture("spaces", "Aspace", "ar")
    first, second = text.split("\n")[2:4]
    assert first != second
    assert first.replace("  ", " ") == second


def test_bodies_are_prose() -> None:
    for shape in set(SHAPES) - {"Abare"}:
        text, clean = make_capture(f"body {shape}", shape, glued=False)
        prose = [line for line in clean.split("\n") if count_columns(line) >= PROSE_COLUMNS]
        assert len(prose) >= 4, text


def test_every_way_alters_and_is_named() -> None:
    seen = set()
    for way in WAYS:
        for text, clean in make_captures(17, N_DOCS):
            altered, changes = alter_copies(text, clean, 3, [way])
            before, after = text.split("\n"), altered.split("\n")
            differ = [i for i, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
            assert differ == [change.line for change in changes]
            assert {change.way for change in changes} <= {way}
            assert all((before[c.line], after[c.line]) == (c.before, c.after) for c in changes)
            assert {change.line for change in changes} <= {number for number, _ in find_copies(text, clean)}
            seen.update(change.way for change in changes)
    assert seen == set(WAYS)


LOOKS = {
    "other spaces": lambda a, b: a != b and "".join(a.split()) == "".join(b.split()),
    "no-break spaces": lambda a, b: a == b.replace("\u00a0", " ").replace("\u202f", " "),
    "zero-width": lambda a, b: len(b) == len(a) + 1,
    "case": lambda a, b: a != b and len(set(map(_fold_turkish, (a, b)))) == 1,
    "quotes": lambda a, b: _plain(a) == _plain(b),
    "dashes": lambda a, b: a != b and len(a) == len(b) and _plain(a) == _plain(b),
    "cut end": lambda a, b: a.startswith(b.rstrip(".… []")) and b.endswith(("…", "...", "[...]")),
    "credit": lambda a, b: b.endswith(a) and 3 <= len(b) - len(a) < 20,
    "site": lambda a, b: b.startswith(a + " "),
    "broken character": lambda a, b: len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1,
}


def _fold_turkish(line: str) -> str:
    return line.replace("İ", "i").replace("I", "i").replace("ı", "i").casefold()


def _plain(line: str) -> str:
    return line.translate(dict.fromkeys(map(ord, "“”„«»"), '"') | dict.fromkeys(map(ord, "–—"), "-") | {0x2019: "'"})


@pytest.mark.parametrize("way", WAYS)
def test_an_altered_copy_looks_altered_in_its_way(way: str) -> None:
    count = 0
    for text, clean in make_captures(19, N_DOCS):
        for change in alter_copies(text, clean, 5, [way])[1]:
            count += 1
            assert LOOKS[way](change.before, change.after), change
            digits = [sum(map(str.isdigit, line)) for line in (change.before, change.after)]
            assert digits[0] == digits[1] or way == "cut end", change
    assert count >= 10


def test_a_share_of_the_copies_is_altered() -> None:
    text, clean = make_capture("share", "A", "en", glued=False)
    assert alter_copies(text, clean, 1, share=0.0) == (text, [])
    assert len(alter_copies(text, clean, 1, share=1.0)[1]) == len(find_copies(text, clean)) == 4


def test_windows_line_ends_survive() -> None:
    text, clean = make_capture("windows", "A", "de")
    altered, changes = alter_copies(text.replace("\n", "\r\n"), clean.replace("\n", "\r\n"), 1)
    assert changes
    assert altered.count("\r\n") == altered.count("\n") == text.count("\n")


def test_lines_of_unknown_origin_are_refused() -> None:
    with pytest.raises(ValueError, match="line 2 is neither"):
        find_copies("One.\nTwo.\n", "One.\n")
    with pytest.raises(ValueError, match="'Two\\.'"):
        find_copies("One.\n", "One.\nTwo.\n")


@pytest.mark.skipif(not CAPTURES.exists(), reason="real captures are not in this tree")
def test_real_captures_can_be_altered() -> None:
    rows = [json.loads(line) for line in CAPTURES.read_text("utf-8").splitlines()]
    for row in rows:
        copies = find_copies(row["text"], row["clean"])
        altered, changes = alter_copies(row["text"], row["clean"], row["id"])
        assert len(changes) == len(copies)
        assert copies or row["shape"] == "Op", row["id"]
        assert altered.count("\n") == row["text"].count("\n")
