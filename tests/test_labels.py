"""The words that labels are told by: the table in C is the file's, and a word is of one kind."""

import tomllib

import pytest

from dedupe.clean.copies import COPY, LABELLED, NO_COPY, is_copy
from dedupe.clean.labels import CREDIT, FILE, HEADER, SITE, TELLING, label_kind, read_terms, render_header
from dedupe.engine import engine

HEADLINE = "The old bridge will stay open all winter"


def test_the_table_in_c_is_the_file() -> None:
    assert HEADER.read_text("ascii") == render_header(), "python -m dedupe.clean.labels writes it anew"


def test_a_word_is_of_one_kind() -> None:
    assert set(read_terms().values()) == {CREDIT, SITE, TELLING}
    for languages in tomllib.loads(FILE.read_text("utf-8")).values():
        assert all(word == word.strip() and word for words in languages.values() for word in words)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("File photo", CREDIT),
        ("AFP/Getty Images", CREDIT),
        ("رويترز", CREDIT),
        ("资料图", CREDIT),
        ("图", CREDIT),
        ("企图", 0),
        ("The Valley Post", SITE),
        ("Postscript", 0),
        ("河谷新闻网", SITE),
        ("Correction", TELLING),
        ("AFP Fact Check", CREDIT | TELLING),
        ("What It Means", TELLING),
        ("Prime Minister", 0),
        ("Şehirden Son Dakika", TELLING),
        ("", 0),
    ],
)
def test_kinds(label: str, kind: int) -> None:
    assert label_kind(engine.normal_form(label.encode()).decode()) == kind


def copies(first: str, later: str) -> int:
    forms = [engine.normal_form(line.encode()) for line in (first, later)]
    return is_copy(forms[0], forms[1], first.encode(), later.encode())


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("labelled", "kind"),
    [
        (f"Photo: {HEADLINE}", COPY),
        (f"(Reuters) {HEADLINE}", COPY),
        (f"{HEADLINE} | Wend Courier", COPY),
        (f"{HEADLINE} - wendcourier.example", COPY),
        (f"{HEADLINE} - The Valley Post", COPY),
        (f"{HEADLINE} - Heligoland", LABELLED),
        (f"Heligoland: {HEADLINE}", LABELLED),
        (f"[Heligoland] {HEADLINE}", LABELLED),
        (f"{HEADLINE} - for now", NO_COPY),
        (f"Correction: {HEADLINE}", NO_COPY),
        (f"Fact check: {HEADLINE}", NO_COPY),
        (f"AFP Fact Check: {HEADLINE}", NO_COPY),
        (f"{HEADLINE} (denied)", NO_COPY),
        (f"{HEADLINE} - What It Means", NO_COPY),
        (f"{HEADLINE} | Opinion", NO_COPY),
        (f"2 photos: {HEADLINE}", NO_COPY),
    ],
)
def test_labels_are_told_by_their_words(labelled: str, kind: int, turned: bool) -> None:
    pair = (labelled, HEADLINE) if turned else (HEADLINE, labelled)
    assert copies(*pair) == kind
