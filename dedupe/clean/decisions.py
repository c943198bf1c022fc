"""What goes out of one document, decided in Python.

This is what the engine's call `edits` says fast (dedupe/engine/native/edits.c), and what decides where
that call cannot: on the reference engine, under rules with regular expressions, and where a regular
expression says where articles begin. Articles are looked at one by one, again and again until nothing more
goes, so that a second cleaning changes nothing.
"""

from collections.abc import Sequence

from dedupe.clean.artifacts import find_artifacts
from dedupe.clean.layout import close_gaps, splice_lines
from dedupe.clean.lines import Article, Lines
from dedupe.clean.repeats import find_repeats
from dedupe.clean.rules import Rules
from dedupe.document import Splice
from dedupe.split import split_articles

MAX_ROUNDS = 32  # what has not come to rest then is no article, and stays as it is


def decide(
    data: bytes,
    rules: Rules,
    split: str = "auto",
    captions: str = "keep",
    off: frozenset[str] = frozenset(),
    source: str = "",
) -> list[Splice]:
    """What is taken out of one document of `source`: ascending splices into `data` (UTF-8).

    `off` names built-in rules that do not apply.
    """
    lines = Lines(data, rules.needles)
    gone: dict[int, str] = {}
    order: Sequence[int] = range(len(lines))
    for _ in range(MAX_ROUNDS):
        parts = split_articles(lines, order, split)
        found = [_clean_article(Article(lines, part), rules, captions, off, source) for part in parts]
        if not any(found):
            return splice_lines(lines, order, gone)
        order = [i for part, goes in zip(parts, found, strict=True) for i in close_gaps(lines, part, goes)]
        for goes in found:
            gone.update(goes)
    return []


def _clean_article(article: Article, rules: Rules, captions: str, off: frozenset[str], source: str) -> dict[int, str]:
    """The lines of one article that go, by their number in the document."""
    gone = {k: rule for k, rule in find_repeats(article, captions).items() if rule not in off}
    gone.update(find_artifacts(article, rules, gone, source))
    return {article.ids[k]: rule for k, rule in gone.items()}
