"""The pages that scorecards are fitted on beside the labelled ones are labelled as they should be."""

import random
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from made_pages import Marked, put_list, put_teasers, transplant


def marked(text: str) -> Marked:
    """A line of `text` each: `*` before one of the article, `#` before the headline."""
    lines = text.split("\n")
    is_article, is_headline = (np.array([line.startswith(mark) for line in lines]) for mark in "*#")
    return Marked([line.lstrip("*#") for line in lines], is_article, is_headline)


def text_of(page: Marked) -> str:
    marks = zip(page.lines, page.is_article, page.is_headline, strict=True)
    return "\n".join("*" * bool(own) + "#" * bool(head) + line for line, own, head in marks)


def test_an_article_takes_the_place_of_another() -> None:
    page = marked("Menu\n#Rain\nShare\n*It rained in Rome.\nFooter")
    other = marked("Home\nShop\n#Fire\n*A mill burned down.\nAdvertisement\n*Nobody was hurt.\nTerms")
    wanted = "Menu\n#Fire\n*A mill burned down.\nAdvertisement\n*Nobody was hurt.\nFooter"
    assert text_of(transplant(page, other)) == wanted


@pytest.mark.parametrize("seed", range(20))
def test_a_list_belongs_to_the_article(seed: int) -> None:
    before = marked("Menu\n#Rain\n*It rained for two days, said Anna Rossi.\n*雨がローマで二日間降った。\nFooter")
    after = put_list(before, random.Random(seed))
    assert [line for line in text_of(after).split("\n") if line[:1] != "*"] == ["Menu", "#Rain", "Footer"]
    assert len(after.lines) - len(before.lines) >= 3


@pytest.mark.parametrize("seed", range(20))
def test_teasers_belong_to_no_article(seed: int) -> None:
    before = marked("Menu\n#Rain\n*It rained for two days, said Anna Rossi.\nShare\n*Roads were closed.\nFooter\nTerms")
    others = [marked("Home\n#Fire\n*A mill burned down."), marked("Shop\n*雨がローマで二日間降った。")]
    after = put_teasers(before, others, random.Random(seed))
    lines, own = text_of(after).split("\n"), text_of(before).split("\n")
    assert len(lines) - len(own) >= 3
    start = lines.index("#Rain")
    assert lines[start : start + 4] == own[1:5]
    assert not [line for line in lines[:start] + lines[start + 4 :] if line[:1] in "*#"]
