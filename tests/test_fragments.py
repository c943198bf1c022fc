"""Nothing goes of what authors repeat, nor of text that looks like a widget's, wherever it stands in an article."""

import tomllib
from pathlib import Path
from random import Random
from typing import Any

import pytest
from altered import LANGUAGES, SHAPES, clean_lines, make_article
from altered import lay_out as lay_out_capture

from dedupe import clean_text

CASES = tomllib.loads((Path(__file__).parent / "cases" / "fragments.toml").read_text("utf-8"))
FRAGMENTS = CASES["fragment"]
LABELS = [(language, label) for language, labels in CASES["headlines"].items() for label in labels]
# A word above its meaning, and a label above what an advertisement left, look alike where no line is blank.
ALIKE = {"dictionary"}
PLACES = ("below the headline", "amid prose", "at the end", "alone")


def lay_out(fragment: dict[str, Any], place: str, gap: str) -> str:
    """The fragment in an invented article whose parts `gap` sets apart."""
    article = make_article(Random(fragment["name"]), fragment["in"])
    inner = gap if fragment.get("gaps") else "\n"
    block = inner.join(fragment["text"].strip("\n").split("\n"))
    if place == "alone":
        return block + "\n"
    at = {"below the headline": 0, "amid prose": 2, "at the end": len(article.body)}[place]
    parts = [article.headline, *article.body[:at], block, *article.body[at:]]
    return gap.join(parts) + "\n"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fragment", FRAGMENTS, ids=[fragment["name"] for fragment in FRAGMENTS])
def test_it_stays(fragment: dict[str, Any], place: str) -> None:
    text = lay_out(fragment, place, "\n\n")
    assert clean_text(text) == (text, ())


@pytest.mark.parametrize("place", PLACES)
def test_it_stays_where_no_line_is_blank(place: str) -> None:
    gone = [f["name"] for f in FRAGMENTS if clean_text(lay_out(f, place, "\n")).edits]
    assert set(gone) <= ALIKE


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "Abare"])
def test_it_stays_in_the_body_of_a_capture(shape: str) -> None:
    for fragment in FRAGMENTS:
        rng = Random(shape + fragment["name"])
        article = make_article(rng, fragment["in"])
        block = ("\n\n" if fragment.get("gaps") else "\n").join(fragment["text"].strip("\n").split("\n"))
        at = rng.choice([0, 1, len(article.body)])
        body = [*article.body[:at], block, *article.body[at:]]
        lines = lay_out_capture(rng, article._replace(body=body), shape)
        text = "\n".join(line.text for line in lines) + "\n"
        assert clean_text(text).text == "\n".join(clean_lines(lines)) + "\n"


@pytest.mark.parametrize(("language", "label"), LABELS)
def test_what_says_more_than_the_headline_stays(language: str, label: str) -> None:
    article = make_article(Random(label), language)
    other = label.replace("{}", article.headline)
    first, *rest = article.body
    for gap, lines in (
        ("\n\n", [article.headline, other, first, *rest]),
        ("\n", [article.headline, other, first, *rest]),
        ("\n\n", [other, article.headline, first, *rest]),
        ("\n", [article.headline, first, other, *rest]),
        ("\n\n", [article.headline, article.caption, other, first, *rest]),
    ):
        text = gap.join(lines) + "\n"
        assert clean_text(text) == (text, ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_that_say_what_the_headline_says_stay(language: str) -> None:
    article = make_article(Random(language), language)
    first, second, third, *rest = article.body
    for lines in (
        [article.headline, first, article.headline, second, third, *rest],
        [article.headline, first, second, article.headline, third, *rest],
        [article.headline, first, article.headline, second, article.headline, third, *rest],
        [article.headline, first, second, third, article.headline, *rest],
        [article.headline, first, second, third, *rest, article.headline],
    ):
        for gap in ("\n\n", "\n"):
            text = gap.join(lines) + "\n"
            assert clean_text(text) == (text, ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_headlines_that_differ_in_a_letter_or_a_number_stay(language: str) -> None:
    rng = Random(language)
    for number in range(20):
        article = make_article(rng, language)
        headline = f"{article.headline} {number}"
        at = rng.choice([i for i, char in enumerate(headline) if char.isalnum()])
        change = {char for char in article.headline if char.isalpha() and char.casefold() != headline[at].casefold()}
        new = str((int(headline[at]) + 1) % 10) if headline[at].isdecimal() else rng.choice(sorted(change))
        text = "\n\n".join([headline, headline[:at] + new + headline[at + 1 :], *article.body]) + "\n"
        assert clean_text(text) == (text, ())
