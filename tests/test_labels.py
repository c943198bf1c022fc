"""The words that labels are told by: the table in C is the file's, and a word is of one kind."""

import tomllib

import pytest

from dedupe.clean.copies import is_copy
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


def copies(first: str, later: str, among_copies: bool) -> bool:
    forms = [engine.normal_form(line.encode()) for line in (first, later)]
    return is_copy(forms[0], forms[1], first.encode(), later.encode(), among_copies)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("labelled", "alone", "among"),
    [
        (f"Photo: {HEADLINE}", True, True),
        (f"(Reuters) {HEADLINE}", True, True),
        (f"{HEADLINE} | Wend Courier", True, True),
        (f"{HEADLINE} - wendcourier.example", True, True),
        (f"{HEADLINE} - The Valley Post", True, True),
        (f"{HEADLINE} - Heligoland", False, True),
        (f"Heligoland: {HEADLINE}", False, True),
        (f"[Heligoland] {HEADLINE}", False, True),
        (f"{HEADLINE} - for now", False, False),
        (f"Correction: {HEADLINE}", False, False),
        (f"Fact check: {HEADLINE}", False, False),
        (f"AFP Fact Check: {HEADLINE}", False, False),
        (f"{HEADLINE} (denied)", False, False),
        (f"{HEADLINE} - What It Means", False, False),
        (f"{HEADLINE} | Opinion", False, False),
        (f"2 photos: {HEADLINE}", False, False),
    ],
)
def test_labels_are_told_by_their_words(labelled: str, alone: bool, among: bool, turned: bool) -> None:
    pair = (labelled, HEADLINE) if turned else (HEADLINE, labelled)
    assert copies(*pair, among_copies=False) == alone
    assert copies(*pair, among_copies=True) == among
