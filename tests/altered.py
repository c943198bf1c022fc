"""Seeded captures whose later copies differ from the first, as pages have them.

`make_captures` invents articles and lays them out as captures; `alter_copies` alters the later copies
inside a capture that exists. Both know the clean text, in which the first copy of each line stays as
it is and its later copies are gone. Equal seeds give equal text, on every platform.

    python tests/altered.py captures.jsonl 1 > altered.jsonl     # rows {text, clean, ...}, seed 1
"""

import json
import re
import sys
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

OBSERVED = ("A", "A20", "Asub", "Anocap", "Aspace", "Op", "older")
LIKELY = ("Asubs", "Agallery", "Abare", "Adate", "Abyline", "Opagain")
SHAPES = (*OBSERVED, *LIKELY)
ALTERED = SHAPES[:-3]  # a photographer's credit before a reporter's name makes another line of it
GAP = ["", "", ""]  # between two articles
PROSE_COLUMNS = 80
ARTIFACT = re.compile(r"TT|\d{1,2}")  # the lines of a capture that go and are no copies
SHARED = 14  # characters that an alteration leaves as they were, at least


class Language(NamedTuple):
    """What articles in one language are made of; `vocabulary.toml` says more."""

    gap: str
    headlines: list[str]
    subs: list[str]
    captions: list[str]
    sentences: list[str]
    dates: list[str]
    roles: list[str]
    photo: list[str]
    sites: list[str]
    words: dict[str, list[str]]


VOCABULARY = Path(__file__).with_name("vocabulary.toml").read_text("utf-8")
LANGUAGES = {name: Language(**lists) for name, lists in tomllib.loads(VOCABULARY).items()}


class Change(NamedTuple):
    """One altered copy: its line in the text (from 0), the way, and the line before and after."""

    line: int
    way: str
    before: str
    after: str


class Line(NamedTuple):
    text: str
    stays: bool = True


# Ways: each gives the altered line, or None where the line offers nothing to alter.


def _other_spaces(rng: Random, line: str, headline: bool) -> str | None:
    places = [i for i, char in enumerate(line) if char == " "]
    edge = rng.choice([line + " ", " " + line, line + "\t"])
    if not places:
        return edge
    i = rng.choice(places)
    return rng.choice([line[:i] + "  " + line[i + 1 :], line[:i] + "\t" + line[i + 1 :], edge])


def _no_break_spaces(rng: Random, line: str, headline: bool) -> str | None:
    return line.replace(" ", rng.choice("\u00a0\u202f"), rng.randint(1, 4)) if " " in line else None


def _zero_width(rng: Random, line: str, headline: bool) -> str | None:
    i = rng.randint(0, len(line))
    while i < len(line) and unicodedata.category(line[i]).startswith("M"):
        i += 1
    return line[:i] + rng.choice("\u200b\u2060\u00ad") + line[i:]


def _case(rng: Random, line: str, headline: bool) -> str | None:
    upper, lower = line, line
    if set(line) & set("ıİğĞşŞ"):  # in Turkish, i and ı are two letters, each with its own capital
        upper, lower = line.replace("i", "İ"), line.replace("I", "ı").replace("İ", "i")
    altered = rng.choice([upper.upper(), line[:1] + lower[1:].lower()])
    return altered if altered != line else upper.upper() if upper.upper() != line else None


DOUBLE = re.compile('[“”„«»"]')


def _quotes(rng: Random, line: str, headline: bool) -> str | None:
    if DOUBLE.search(line):
        style = rng.choice(["“”", "„“", "«»", '""'])
        opens = iter([True, False] * len(line))
        altered = DOUBLE.sub(lambda _: style[0] if next(opens) else style[1], line)
        if altered != line:
            return altered
        return DOUBLE.sub('"', line) if DOUBLE.sub('"', line) != line else None
    if "'" in line:
        return line.replace("'", "’")
    return line.replace("’", "'") if "’" in line else None


DASH = re.compile(r"(?<!\d)[-–—](?!\d)")


def _dashes(rng: Random, line: str, headline: bool) -> str | None:
    if not DASH.search(line):
        return None
    used = DASH.search(line)[0]
    return DASH.sub(rng.choice([dash for dash in "-–—" if dash != used]), line)


def _cut(rng: Random, line: str, headline: bool) -> str | None:
    stop = rng.randint(len(line) // 2, len(line) * 17 // 20)
    while stop > SHARED and not (line[stop - 1].isalpha() and unicodedata.category(line[stop])[0] in "LZP"):
        stop -= 1
    if stop <= SHARED:
        return None
    return line[:stop] + rng.choice(["…", "...", " …", " [...]"])


def _credit(rng: Random, line: str, headline: bool) -> str | None:
    return None if headline else rng.choice(_language_of(rng, line).photo) + line


def _site(rng: Random, line: str, headline: bool) -> str | None:
    return line + rng.choice(_language_of(rng, line).sites) if headline else None


def _broken(rng: Random, line: str, headline: bool) -> str | None:
    places = [i for i, char in enumerate(line) if char.isalpha()]
    if len(line) <= SHARED or not places:
        return None
    i = rng.choice(places)
    return line[:i] + ("?" if not line[i].isascii() and rng.random() < 0.3 else "\ufffd") + line[i + 1 :]


WAYS: dict[str, Callable[[Random, str, bool], str | None]] = {
    "other spaces": _other_spaces,
    "no-break spaces": _no_break_spaces,
    "zero-width": _zero_width,
    "case": _case,
    "quotes": _quotes,
    "dashes": _dashes,
    "cut end": _cut,
    "credit": _credit,
    "site": _site,
    "broken character": _broken,
}


def _language_of(rng: Random, line: str) -> Language:
    """A language whose labels go with the line's script."""
    if set(line) & set("ıİğĞşŞ"):
        return LANGUAGES["tr"]
    for char in line:
        name = unicodedata.name(char, "")
        for script, language in (("ARABIC", "ar"), ("CYRILLIC", "ru"), ("CJK UNIFIED", "zh")):
            if name.startswith(script) and char.isalpha():
                return LANGUAGES[language]
    return LANGUAGES[rng.choice(["en", "de"])]


# Altering a capture that exists.


def find_copies(text: str, clean: str) -> list[tuple[int, bool]]:
    """The lines of `text` that are later copies, by line number from 0, and whether of a headline.

    A headline's first copy stands alone between blank lines, a caption's does not. `clean` holds the
    lines that stay, in order; runs of white space count as one. Raises ValueError where `clean` has a
    line that `text` has not, or leaves out one that is neither a copy nor an artifact.
    """
    waiting = [" ".join(line.split()) for line in clean.split("\n") if line.strip()][::-1]
    copies: list[tuple[int, bool]] = []
    stands_alone: dict[str, bool] = {}
    lines = ["", *(" ".join(line.split()) for line in text.split("\n")), ""]
    for number, line in enumerate(lines[1:-1]):
        if waiting and waiting[-1] == line:
            waiting.pop()
            stands_alone.setdefault(line, not lines[number] and not lines[number + 2])
        elif line in stands_alone:
            copies.append((number, stands_alone[line]))
        elif line and not ARTIFACT.fullmatch(line):
            raise ValueError(f"line {number + 1} is neither in the clean text nor a copy: {line[:60]!r}")
    if waiting:
        raise ValueError(f"the text has no line for this line of the clean text: {waiting[-1][:60]!r}")
    return copies


def alter_copies(
    text: str, clean: str, seed: int | str, ways: Sequence[str] = tuple(WAYS), share: float = 1.0
) -> tuple[str, list[Change]]:
    """`text` with its later copies altered, each in one of `ways` that fits it, and the changes.

    `share` of the copies are altered, 0 to 1. The clean text stays what it was.
    """
    rng = Random(f"alter {seed}")
    lines = text.split("\n")
    changes = []
    for number, headline in find_copies(text, clean):
        if rng.random() >= share:
            continue
        for way in rng.sample(list(ways), len(ways)):
            ending = "\r" if lines[number].endswith("\r") else ""
            before = lines[number].removesuffix("\r")
            after = WAYS[way](rng, before, headline)
            if after is not None:
                lines[number] = after + ending
                changes.append(Change(number, way, before, after))
                break
    return "\n".join(lines), changes


# Making captures.


class Article(NamedTuple):
    """What stands on one page, in any layout."""

    headline: str
    caption: str
    sub: str
    byline: str
    role: str
    banner: str
    date: str
    body: list[str]


def make_article(rng: Random, language: str) -> Article:
    """An invented article; no two of its lines are equal."""
    words = LANGUAGES[language]
    plans: dict[str, list[str]] = {"caption": words.captions, "sub": words.subs, "role": words.roles}
    plans |= {"headline": words.headlines, "date": words.dates}
    drawn = {part: _fill(rng, words, rng.choice(plans[part])) for part in sorted(plans)}
    if language == "en":
        drawn["headline"] = TITLE_WORD.sub(_capital, drawn["headline"])
    body: list[str] = []
    wanted = rng.randint(4, 14)
    while len(body) < wanted:
        paragraph = _make_paragraph(rng, words)
        if paragraph not in body:
            body.append(paragraph)
    byline, banner = rng.choice(words.words["person"]), rng.choice(words.sites).lstrip(" |-–")
    return Article(byline=byline, banner=banner, body=body, **drawn)


TITLE_WORD = re.compile(r"\b(?!(?:an?|and|as|at|by|for|from|in|of|on|the|to)\b)[a-z]")


def _capital(match: re.Match[str]) -> str:
    return match[0].upper()


def _fill(rng: Random, words: Language, plan: str) -> str:
    """The plan with every name drawn anew, its first letter a capital."""

    def draw(match: re.Match[str]) -> str:
        name = match[1]
        return str(rng.randint(2, 998)) if name == "n" else rng.choice(words.words[name])

    line = re.sub(r"\{(\w+)\}", draw, plan)
    first = "İ" if line[0] == "i" and words is LANGUAGES["tr"] else line[0].upper()
    return first + line[1:]


def _make_paragraph(rng: Random, words: Language) -> str:
    wanted = rng.choice([PROSE_COLUMNS + 10, 160, 240, 380])
    paragraph = ""
    for plan in rng.sample(words.sentences, len(words.sentences)):
        if paragraph and count_columns(paragraph) >= wanted:
            break
        paragraph += (words.gap if paragraph else "") + _fill(rng, words, plan)
    return paragraph


def count_columns(line: str) -> int:
    """How many columns of a terminal the line takes."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in line)
    return len(line) + wide - sum(unicodedata.category(char) in ("Mn", "Me", "Cf") for char in line)


def lay_out(rng: Random, article: Article, shape: str) -> list[Line]:
    """The article's lines in one of `SHAPES`, and which of them stay."""
    headline, caption = Line(article.headline), Line(article.caption)
    head_copy, copy = headline._replace(stays=False), caption._replace(stays=False)
    blank = Line("")
    widget = [Line("TT", False)]
    if shape == "A20":
        widget.append(Line(rng.choice(["20", "16", "18"]), False))
    if shape == "Op":
        head = [Line(article.byline), Line(article.role), *widget, blank, headline, blank]
    elif shape == "Anocap":
        head = [headline, blank, Line(article.sub), blank, head_copy, *widget, blank]
        head += [head_copy, blank, head_copy, blank]
    elif shape == "older":
        banner = [Line(article.banner), blank] if rng.random() < 0.5 else []
        date = [Line(article.date)] if rng.random() < 0.5 else []
        head = [*banner, headline, blank, head_copy, blank, *date, caption, blank]
    elif shape == "Opagain":
        head = [Line(article.byline), Line(article.role), *widget, blank]
        head += [Line(article.byline, False), Line(article.role, False), blank, headline, blank, head_copy, blank]
    elif shape in ("Adate", "Abyline", "Asubs", "Agallery"):
        told = {
            "Adate": [article.date],
            "Abyline": [article.byline, article.role],
            "Asubs": [article.sub],
            "Agallery": [article.caption, article.sub],  # a caption more
        }[shape]
        again = [Line(text, False) for text in told]
        captions = [caption, copy] if shape != "Agallery" else []
        head = [headline, blank, *map(Line, told), *again, blank, *captions, *widget, blank]
        head += [head_copy, blank, *again, *([copy, copy] if captions else again), blank]
    else:
        sub = [Line(article.sub), blank] if shape == "Asub" else []
        spaced = copy
        if shape == "Aspace":  # the site's two sources of the caption differ by one space
            caption = caption._replace(text=article.caption.replace(" ", "  ", 1))
            spaced = caption._replace(stays=False)
        head = [headline, blank, *sub, caption, copy, *widget, blank, head_copy, blank, spaced, copy, blank]
    if shape == "Abare":  # a gallery, or a page that was cut
        return head[:-1]
    body = [line for paragraph in article.body for line in (Line(paragraph), blank)]
    return [*head, *body[:-1]]


def lay_out_once(rng: Random, article: Article) -> list[Line]:
    """The article as the page has it that was loaded below another one: without a widget."""
    below = rng.choice([[" " + article.caption, ""], [article.sub, ""], []])
    body = [line for paragraph in article.body for line in (paragraph, "")]
    return [Line(line) for line in [article.headline, "", *below, *body[:-1]]]


def clean_lines(lines: Sequence[Line]) -> list[str]:
    """One article without the lines that go: the widest of the gaps between two that stay stays."""
    kept: list[str] = []
    gaps: list[list[str]] = [[]]
    begun = False
    for line in lines:
        if not line.stays:
            gaps.append([])
        elif not line.text:
            gaps[-1].append("")
        else:
            kept += (max(gaps, key=len) if begun else gaps[0]) + [line.text]
            gaps, begun = [[]], True
    return kept + gaps[-1]


def make_capture(
    seed: int | str,
    shape: str | None = None,
    language: str | None = None,
    glued: bool | None = None,
    alter: bool = False,
    ways: Sequence[str] = tuple(WAYS),
) -> tuple[str, str]:
    """One capture and its clean text, laid out as `dedupe clean` should leave it.

    What is not given is drawn from the seed; `glued` adds another article below three blank lines,
    in a layout of its own or as a page shows it once; perhaps more than one, where it is drawn.
    `alter` alters the later copies.
    """
    rng = Random(f"capture {seed}")
    shape = shape or rng.choice(ALTERED if alter else SHAPES)
    language = language or rng.choice(list(LANGUAGES))
    articles = [lay_out(rng, make_article(rng, language), shape)]
    while rng.random() < 0.5 / len(articles) if glued is None else glued and len(articles) == 1:
        another = make_article(rng, rng.choice([language, rng.choice(list(LANGUAGES))]))
        articles[-1] += [Line(line) for line in GAP]
        if rng.random() < 0.5:
            articles.append(lay_out(rng, another, rng.choice(SHAPES[:5])))
        else:
            articles.append(lay_out_once(rng, another))
    text = "\n".join(line.text for lines in articles for line in lines) + "\n"
    clean = "\n".join(line for lines in articles for line in clean_lines(lines)) + "\n"
    if alter:
        text, _ = alter_copies(text, clean, seed, ways)
    return text, clean


def make_captures(seed: int, n_docs: int, alter: bool = False) -> Iterator[tuple[str, str]]:
    """`n_docs` pairs (text, clean), shapes and languages in turn; each pair depends on its number alone."""
    languages, shapes = list(LANGUAGES), ALTERED if alter else SHAPES
    for i in range(n_docs):
        shape, language = shapes[i % len(shapes)], languages[i // len(shapes) % len(languages)]
        yield make_capture(f"{seed} {i}", shape, language, alter=alter)


def main(path: str, seed: str = "1") -> None:
    """Writes the rows of a JSONL file of captures with their later copies altered."""
    with open(path, encoding="utf-8") as rows:
        for i, row in enumerate(map(json.loads, rows)):
            row["text"], _ = alter_copies(row["text"], row["clean"], f"{seed} {i}")
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
