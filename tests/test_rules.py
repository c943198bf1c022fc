"""The shipped rules obey the schema, and their examples hold by a matcher too simple to be wrong."""

import re
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import dedupe.clean
from dedupe.clean.rules import load_rules
from dedupe.clean.shipped import read_tables

FOLDER = Path(dedupe.clean.__file__).parent / "rules"
FILES = sorted(FOLDER.glob("*.toml"))
LANGUAGES = {"ar", "de", "en", "es", "fr", "ja", "ru", "tr", "zh"}
TYPES = {
    "id": str,
    "about": str,
    "line": list,
    "start": list,
    "max_words": int,
    "exact_case": bool,
    "evidence": str,
    "run": int,
    "family": str,
    "then": list,
    "takes": list,
    "leaves": list,
}
EVIDENCE = {"alone", "head", "tail", "edge", "beside"}
START_WORDS = 8
START_ENDS = 12  # places of a line that the engine tries for the end of a beginning
LINE_BYTES = 240  # longer lines are never artifacts


def read(path: Path) -> list[dict[str, Any]]:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(data) == {"rule"}
    rules: list[dict[str, Any]] = data["rule"]
    return rules


RULES = [(path.stem, rule) for path in FILES for rule in read(path)]
each_rule = pytest.mark.parametrize(("stem", "rule"), RULES, ids=[rule["id"] for _, rule in RULES])


def form(text: str, exact_case: bool = False) -> str:
    text = unicodedata.normalize("NFC", text)
    if not exact_case:
        text = text.casefold().replace("ı", "i").replace("\u0307", "")
    text = re.sub("[\u200b-\u200f\ufeff]", "", text)
    text = re.sub("[‐-―−-]+", "-", text)
    text = re.sub("['’‘‚“”„«»‹›「」『』\"`´]+", "'", text)
    text = text.replace("…", "...").replace("：", ":")
    return re.sub(r"\d+", "#", " ".join(text.split()))


def count_words(text: str) -> int:
    return len(text.split()) + sum("\u3000" <= char <= "\u9fff" for char in text)


def ends_word(shape: str, at: int) -> bool:
    """Whether a word of `shape` may end at `at`; Chinese and Japanese characters are words."""
    before, after = shape[at - 1], shape[at : at + 1]
    return not after.isalnum() or not before.isalnum() or max(before, after) >= "\u3000"


def is_taken(line: str, rule: dict[str, Any]) -> bool:
    exact = rule.get("exact_case", False)
    shape = form(line, exact)
    if shape in {form(item, exact) for item in rule.get("line", ())}:
        return True
    starts = [form(item, exact) for item in rule.get("start", ())]
    begins = any(shape.startswith(item) and ends_word(shape, len(item)) for item in starts)
    return begins and count_words(shape) <= rule["max_words"]


def test_every_language_has_its_file() -> None:
    assert {path.stem for path in FILES} >= LANGUAGES | {"archive", "social", "widgets"}


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_file_says_first_what_it_holds(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")


def test_ids_are_unique() -> None:
    counts = Counter(rule["id"] for _, rule in RULES)
    assert [id for id, n in counts.items() if n > 1] == []


@each_rule
def test_rule_obeys_the_schema(stem: str, rule: dict[str, Any]) -> None:
    assert re.fullmatch(re.escape(stem) + r"\.[a-z]+(-[a-z]+)*", rule["id"])
    assert rule["about"]
    assert rule["evidence"] in EVIDENCE
    assert rule.get("line") or rule.get("start")
    assert ("max_words" in rule) == ("start" in rule)
    assert rule.get("run", 1) >= 1
    assert rule.get("max_words", 1) >= 1
    for key, value in rule.items():
        assert type(value) is TYPES[key], key
        if isinstance(value, list):
            assert value, key
            assert all(isinstance(item, str) and item.strip() for item in value), key
            assert key == "takes" or all(item == item.strip() for item in value), key
            assert len(set(value)) == len(value), key


@each_rule
def test_number_sign_stands_for_a_number(stem: str, rule: dict[str, Any]) -> None:
    for item in (*rule.get("line", ()), *rule.get("start", ()), *rule.get("then", ())):
        assert "##" not in item
        assert not re.search(r"\d", re.sub(r"\w*[^\W\d]\w*", "", item)), f"{item}: write # for a number"
    assert not any("#" in example for example in rule["leaves"] + rule["takes"])


@each_rule
def test_items_are_short_enough_for_the_engine(stem: str, rule: dict[str, Any]) -> None:
    for item in rule.get("line", ()):
        assert len(item.encode()) <= LINE_BYTES, item
    for item in rule.get("start", ()):
        wide = sum("\u3000" <= char <= "\u9fff" for char in item)
        assert len(item.split()) >= 2 or item.endswith((":", "：")) or wide >= 4, item
        assert len(item.split()) <= START_WORDS, item
        ends = [at for at in range(1, len(item) + 1) if item[at - 1] != " " and ends_word(item + " ", at)]
        assert len(ends) <= START_ENDS, item
        assert len(item.encode()) >= 3, item
        assert not item.startswith("#"), item


@each_rule
def test_examples_hold(stem: str, rule: dict[str, Any]) -> None:
    for line in rule["takes"]:
        assert is_taken(line, rule), line
    for line in rule["leaves"]:
        assert not is_taken(line, rule), line


@pytest.mark.parametrize("kind", ["line", "start"])
def test_no_two_rules_claim_the_same_line(kind: str) -> None:
    owners: dict[str, str] = {}
    for _, rule in RULES:
        for item in rule.get(kind, ()):
            owner = owners.setdefault(form(item, rule.get("exact_case", False)), f"{rule['id']}: {item}")
            assert owner == f"{rule['id']}: {item}"


def test_single_common_words_never_suffice() -> None:
    """A word that a paragraph's heading may be needs company: a run, a neighbour, the head or the tail."""
    words = (
        "share",
        "print",
        "email",
        "facebook",
        "x",
        "comments",
        "related",
        "follow",
        "listen",
        "home",
        "video",
    )
    owners = {form(item): rule for _, rule in RULES for item in rule.get("line", ())}
    for word in words:
        assert owners[word]["evidence"] != "alone", word
        assert owners[word]["evidence"] == "beside" or owners[word].get("run", 1) > 1, word


def test_the_tables_are_those_of_the_files() -> None:
    """`python -m dedupe.clean.shipped` writes them anew."""
    rules = load_rules()
    assert read_tables()[:3] == (rules.names, rules.needles, rules.blob)
