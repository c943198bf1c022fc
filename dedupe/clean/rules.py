"""Rules for artifacts: TOML files to something that the engine can look for.

A rule names whole lines (`line`), beginnings of lines (`start`) or, in a user's file, a regular
expression (`pattern`), and the evidence that it needs around them. Whole lines and beginnings are
compared as shapes: the normal form, with runs of digits as `#`. Their keys make one hash table
("needles") that the engine tests each short line against, so that Python sees hits only.

    [[rule]]
    id = "en.advertisement"          # the file's stem, a dot, a name
    about = "label above an advertisement"
    line = ["Advertisement"]         # the whole line; # is any number
    start = ["Sign up for our"]      # the line begins so, at a word's end ...
    max_words = 12                   # ... and has at most so many words
    pattern = 'Ref\\. \\d+'          # the whole line, as the `regex` package reads it
    exact_case = false
    evidence = "alone"               # alone, head, tail, edge, beside
    run = 1                          # lines of one family that must stand together, or beside one that is
                                     # enough by itself; of 2, one may open the body, below a byline
    family = "ads"                   # the id, unless told
    then = ["#"]                     # what may follow and goes too
    takes = ["ADVERTISEMENT"]        # examples for ...
    leaves = ["Advertisement costs rise"]  # ... and against; `takes` and `leaves` are tested on loading
    source = "example.org"           # documents of this source only
    line = ["{1}'s edition"]         # {1} is any word of the first list of `slot`
    slot = [["Monday", "Tuesday"]]
    documents, share, place          # what `dedupe learn` found: for the reader, and for learning on

A file may say what it was learned from in a table `[learned]` (dedupe/learn/file.py), of which `by`, the
field that names a document's source, counts here.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from dedupe.clean.built_in import BUILT_IN, PAGE_RULES, check_names, is_switched_off
from dedupe.clean.patterns import LINE_SECONDS, is_found
from dedupe.clean.tables import EVIDENCE, SHAPE_BYTES, make_blob, make_needles, shape
from dedupe.engine import engine
from dedupe.errors import RulesError

if TYPE_CHECKING:
    import regex

PATTERN_BYTES = 2000  # longer lines are no artifacts
SHIPPED = Path(__file__).parent / "rules"
MOST_LINES = 20_000  # that the lists of `slot` may make of one rule
SLOT = re.compile(r"\{(\d+)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as its file states it; see the head of this module."""

    id: str
    about: str = ""
    line: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    pattern: str = ""
    max_words: int = 12
    exact_case: bool = False
    evidence: str = "alone"
    run: int = 1
    family: str = ""
    then: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    source: str = ""
    slot: tuple[tuple[str, ...], ...] = ()
    documents: int = 0
    share: float = 0.0
    place: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The whole lines, each word of a slot in its place."""
        return self.line if not self.slot else tuple(text for item in self.line for text in self._fill(item))

    def _fill(self, item: str) -> Iterator[str]:
        pieces = SLOT.split(item)  # text, number of a slot, text, ...
        for words in product(*(self.slot[int(number) - 1] for number in pieces[1::2])):
            yield "".join(x for pair in zip(pieces[::2], (*words, ""), strict=True) for x in pair)

    def count_lines(self) -> int:
        """How many `lines` has."""
        if not self.slot:
            return len(self.line)
        return sum(prod(len(self.slot[int(n) - 1]) for n in SLOT.findall(item)) for item in self.line)


@dataclass(slots=True)
class Rules:
    """Rules ready to match. `needles` is the engine's hash table of their lines and beginnings, `blob`
    what its decisions look up there; `names` are the rules' ids as it numbers them, `sources` the numbers
    of the sources that some are for, and `by` the field that names a document's."""

    lines: dict[bytes, list[Rule]] = field(default_factory=dict)
    starts: dict[bytes, list[Rule]] = field(default_factory=dict)
    patterns: list[tuple[Rule, "regex.Pattern[str]"]] = field(default_factory=list)
    then: dict[str, frozenset[bytes]] = field(default_factory=dict)
    needles: bytes = b""
    blob: bytes = b""
    names: tuple[str, ...] = BUILT_IN
    sources: dict[str, int] = field(default_factory=dict)
    by: str = ""
    files: dict[str, Path] = field(default_factory=dict)
    """Where the rules stand that are not shipped."""

    def match(self, raw: bytes, source: str = "") -> Rule | None:
        """The first rule that takes the line `raw` (UTF-8, without its ending) of a document of `source`,
        whatever stands around it."""
        shape = engine.normal_form(raw, True)
        for rule in self.lines.get(shape, ()):
            if rule.source in ("", source) and (not rule.exact_case or _agrees_in_case(raw, rule.lines)):
                return rule
        if self.starts and len(shape) <= SHAPE_BYTES:
            words = -1
            for end in engine.shape_ends(shape):
                for rule in self.starts.get(shape[:end], ()):
                    words = _count_words(shape) if words < 0 else words
                    if words <= rule.max_words and rule.source in ("", source):
                        return rule
        return self._match_pattern(raw, source)

    def _match_pattern(self, raw: bytes, source: str) -> Rule | None:
        if not self.patterns or len(raw) > PATTERN_BYTES:
            return None
        text = raw.decode("utf-8", "surrogatepass").strip()
        for rule, pattern in self.patterns:
            if rule.source not in ("", source):
                continue
            try:
                if is_found(pattern, text, whole=True):
                    return rule
            except TimeoutError:
                raise RulesError(
                    f"{self.files[rule.id]}: rule {rule.id}: pattern {rule.pattern!r} took over {LINE_SECONDS:g} s on "
                    f"a line of {len(text)} characters; make it simpler"
                ) from None
        return None


def _agrees_in_case(raw: bytes, items: Iterable[str]) -> bool:
    from dedupe.engine.reference.lines import NUMBERS, SPACES

    text = SPACES.sub(" ", raw.decode("utf-8", "surrogatepass")).strip(" ")
    return any(item in (text, NUMBERS.sub("#", text)) for item in items)


def _count_words(shape: bytes) -> int:
    """Characters of Chinese and Japanese count as words."""
    text = shape.decode("utf-8", "surrogatepass")
    return 1 + sum(char == " " or "\u3000" <= char <= "\u9fff" for char in text)


def load_rules(paths: Sequence[str] = (), no_rule: Sequence[str] = (), more: Sequence[Rule] = ()) -> Rules:
    """The shipped rules, those of `paths` and `more`, without the ids and families in `no_rule`.

    Raises RulesError, naming file and rule, for what cannot be read or is wrong, and ValueError for a name in
    `no_rule` that no rule has.
    """
    return _load_rules(tuple(paths), tuple(no_rule), tuple(more))


@cache
def _load_rules(paths: tuple[str, ...], no_rule: tuple[str, ...], more: tuple[Rule, ...]) -> Rules:
    shipped = [rule for path in sorted(SHIPPED.glob("*.toml")) for rule in read_rules(path, tests=False)]
    own = {path: read_rules(path) for path in map(Path, paths)}
    every = [*shipped, *(rule for rules in own.values() for rule in rules), *more]
    check_names(no_rule, [*BUILT_IN, *PAGE_RULES, *(rule.id for rule in every)])
    rules = collect_rules((rule for rule in every if not is_switched_off(rule.id, no_rule)), _field_of(own))
    rules.files = {rule.id: path for path, mine in own.items() for rule in mine}
    return rules


def _field_of(paths: Iterable[Path]) -> str:
    """The field that names sources where these files were learned."""
    fields = {by: path for path in paths if (by := _read_file(path).get("learned", {}).get("by"))}
    if len(fields) > 1:
        names = " and ".join(f"{path} ({by})" for by, path in fields.items())
        raise RulesError(f"{names} were learned by different fields; clean with one of them at a time")
    return next(iter(fields), "")


def collect_rules(chosen: Iterable[Rule], by: str = "") -> Rules:
    """Rules made ready; documents' sources stand in their field `by`."""
    rules, wanted = Rules(by=by), list(chosen)
    for rule in wanted:
        if rule.source:
            rules.sources.setdefault(rule.source, len(rules.sources))
        for item in rule.lines:
            rules.lines.setdefault(shape(item), []).append(rule)
        for item in rule.start:
            rules.starts.setdefault(shape(item), []).append(rule)
        if rule.pattern:
            rules.patterns.append((rule, _compile(rule)))
        if rule.then:
            rules.then[rule.id] = frozenset(map(shape, rule.then))
    rules.needles = make_needles(rules.lines, rules.starts)
    rules.blob = make_blob(wanted, rules.then, rules.needles, rules.sources)
    rules.names = (*BUILT_IN, *(rule.id for rule in wanted))
    return rules


def read_rules(path: Path, tests: bool = True) -> list[Rule]:
    """The rules of one file, checked, with `tests` on their own examples too; RulesError names the file
    and the rule."""
    data = _read_file(path)
    entries = data.pop("rule", [])
    if not isinstance(data.pop("learned", {}), dict):
        raise RulesError(f"{path}: learned must be a table; it stands there as `dedupe learn` wrote it")
    if data or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RulesError(f"{path}: {', '.join(data) or 'rule'}: not known here; write [[rule]] tables only")
    rules = [_make_rule(path, entry) for entry in entries]
    for rule in rules if tests else ():
        _test_rule(path, rule)
    return rules


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RulesError(f"{path}: cannot be read as rules: {error}") from None


def _test_rule(path: Path, rule: Rule) -> None:
    alone = collect_rules([rule])
    alone.files = {rule.id: path}
    for text, wanted in [*((x, True) for x in rule.takes), *((x, False) for x in rule.leaves)]:
        if (alone.match(text.encode("utf-8", "surrogatepass"), rule.source) is not None) != wanted:
            raise RulesError(f"{path}: rule {rule.id}: {'does not take' if wanted else 'takes'} {text!r}")


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Rule)


def _make_rule(path: Path, entry: dict[str, Any]) -> Rule:
    name = entry.get("id", "?")

    def fail(what: str) -> RulesError:
        return RulesError(f"{path}: rule {name}: {what}")

    hints = _hints()
    values: dict[str, Any] = {}
    for key, value in entry.items():
        if key not in hints:
            raise fail(f"{key} is not known; use {', '.join(hints)}")
        if key == "slot":
            value = _read_slots(value)
            if value is None:
                raise fail("slot must be a list of lists of words")
        elif get_args(hints[key]):
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise fail(f"{key} must be a list of strings")
            value = tuple(value)
        elif type(value) is not hints[key]:
            raise fail(f"{key} must be of type {hints[key].__name__}")
        values[key] = value
    if not isinstance(values.get("id"), str) or not values["id"]:
        raise fail("has no id")
    rule = Rule(**{"family": values["id"], **values})
    if rule.evidence not in EVIDENCE:
        raise fail(f"evidence {rule.evidence!r}; use {', '.join(EVIDENCE)}")
    if not (rule.line or rule.start or rule.pattern):
        raise fail("matches nothing; give line, start or pattern")
    if any(not 1 <= int(number) <= len(rule.slot) for item in rule.line for number in SLOT.findall(item) if rule.slot):
        raise fail(f"line names a slot that is not there; slot has {len(rule.slot)}")
    if rule.count_lines() > MOST_LINES:
        raise fail(f"its slots make {rule.count_lines()} lines of it; write several rules")
    if not all(map(shape, rule.line + rule.start + rule.then)):
        raise fail("an item of line, start or then is blank")
    if rule.pattern:
        try:
            _compile(rule)
        except Exception as error:  # regex.error, and what else a pattern makes it raise
            raise fail(f"pattern {rule.pattern!r}: {error}") from None
    return rule


def _read_slots(value: Any) -> tuple[tuple[str, ...], ...] | None:
    if not isinstance(value, list) or not all(isinstance(words, list) and words for words in value):
        return None
    slots = tuple(map(tuple, value))
    return slots if all(isinstance(word, str) for words in slots for word in words) else None


def _compile(rule: Rule) -> "regex.Pattern[str]":
    import regex

    return regex.compile(rule.pattern, 0 if rule.exact_case else regex.IGNORECASE)
