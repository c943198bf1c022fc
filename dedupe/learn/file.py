"""What was learned, as a rules file: for a person to review, for `clean --rules`, and to learn on.

The file says in `[learned]` from what it was learned and by which version, in `[[learned.source]]` how many
documents each source had, and in `offered` which lines were offered so far: a rule that its reader deleted is
not offered again. Two files add up: documents, bytes and the documents of rules that name the same lines.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import regex

from dedupe.clean.rules import MOST_LINES, SLOT, Rule, read_rules
from dedupe.clean.tables import shape
from dedupe.engine import engine
from dedupe.errors import RulesError
from dedupe.learn.evidence import Finding, Site
from dedupe.learn.lines import Line
from dedupe.learn.numbers import PARTS
from dedupe.learn.templates import MASK, WORD
from dedupe.options import LearnOptions

FEW_WORDS, FEW_BYTES = 3, 20  # of a line that says too little to be taken wherever it stands
EXAMPLES = 2
PLACES = {"head": "head", "tail": "tail", "between": "alone"}  # where such a line is taken
HEAD = """\
# What each site says on many of its pages, learned by `dedupe learn`. Delete the rules that are news; then
# `dedupe clean --rules THIS_FILE` takes the rest out. `documents` and `share` say how many of the source's
# documents have the line, `place` where it stands, `takes` gives examples.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """The documents of a source that were counted: how many, their bytes, and the days they span."""

    documents: int = 0
    n_bytes: int = 0
    first: str = ""
    last: str = ""

    def __add__(self, other: "Source") -> "Source":
        firsts, lasts = [self.first, other.first], [self.last, other.last]
        return Source(
            self.documents + other.documents,
            self.n_bytes + other.n_bytes,
            min(filter(None, firsts), default=""),
            max(filter(None, lasts), default=""),
        )


@dataclass(slots=True)
class Learned:
    """Rules, and what they were learned from."""

    options: LearnOptions
    sources: dict[str, Source]
    rules: list[Rule]
    copies: int = 0
    """Documents that are near-duplicates of one that counts, and do not."""
    left_out: int = 0
    """Lines for which there was no room in the tally."""
    offered: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.offered |= {key for rule in self.rules for key in keys_of(rule)}
        self._sort()

    def _sort(self) -> None:
        """The largest source first, and of each what stands on most documents."""
        self.rules.sort(
            key=lambda x: (-self.sources.get(x.source, Source()).documents, x.source, -x.documents, x.place, x.id)
        )

    def summary(self) -> str:
        """What was learned from what, in a line."""
        total = sum(self.sources.values(), Source())
        text = f"learned {len(self.rules):,} rules from {total.documents:,} documents of {len(self.sources):,} sources"
        text += f"; {self.copies:,} near-duplicates do not count" if self.copies else ""
        if self.left_out:
            text += f"; {self.left_out:,} lines found no room, learn from fewer sources at a time"
        return text

    def merge(self, other: "Learned") -> "Learned":
        """Both together, as if `other` was learned from new pages of the same sources.

        Documents add up. A line of both is one rule; what `other` offers anew and was offered before without being
        here now has been deleted, and stays so.
        """
        sources = dict(self.sources)
        for name, source in other.sources.items():
            sources[name] = sources.get(name, Source()) + source
        mine = {key: i for i, rule in enumerate(self.rules) for key in keys_of(rule)}
        rules, more = list(self.rules), Counter[int]()
        added = []
        for rule in other.rules:
            keys = keys_of(rule)
            known = {mine[key] for key in keys if key in mine}
            for i in known:
                more[i] = max(more[i], rule.documents)
                rules[i] = _join(rules[i], rule)
            lines = [x for x, key in zip(rule.line, keys, strict=True) if key not in mine and key not in self.offered]
            if lines and len(lines) < len(keys):
                kept = {shape(line) for line in lines}
                takes = tuple(x for x in rule.takes if shape(x) in kept)
                added.append(_named(replace(rule, line=tuple(lines), takes=takes)))
            elif lines:
                added.append(rule)
        for i, documents in more.items():
            rules[i] = replace(rules[i], documents=rules[i].documents + documents)
        rules = [_with_share(rule, sources) for rule in rules + added]
        copies, left_out = self.copies + other.copies, self.left_out + other.left_out
        return Learned(self.options, sources, rules, copies, left_out, self.offered | other.offered)

    def to_toml(self) -> str:
        """The file's text."""
        from dedupe import __version__
        from dedupe.engine.unicode_tables import VERSION

        total = sum(self.sources.values(), Source())
        about: dict[str, object] = {
            "tool": f"dedupe {__version__}",
            "unicode": VERSION,
            "by": self.options.by,
            "date_field": self.options.date_field,
            "min_documents": self.options.min_documents,
            "min_share": self.options.min_share,
            "documents": total.documents,
            "bytes": total.n_bytes,
            "copies": self.copies,
            "first": total.first,
            "last": total.last,
            "offered": sorted(self.offered),
        }
        tables = [HEAD, "[learned]\n" + _entries(about)]
        for name, source in self.sources.items():
            values = {
                "name": name,
                "documents": source.documents,
                "bytes": source.n_bytes,
                "first": source.first,
                "last": source.last,
            }
            tables.append("[[learned.source]]\n" + _entries(values, keep=("name",)))
        tables += ["[[rule]]\n" + _entries(_values(rule)) for rule in self.rules]
        return "\n".join(tables)


def read_learned(path: Path) -> Learned:
    """A file that `to_toml` wrote, and that its reader may have changed; RulesError says what is wrong."""
    rules = read_rules(path)
    about: Any = tomllib.loads(path.read_text(encoding="utf-8")).get("learned")
    try:
        by, date_field = about.get("by", ""), about["date_field"]
        options = LearnOptions(by, date_field, about["min_documents"], about["min_share"])
        sources = {
            x["name"]: Source(x["documents"], x["bytes"], x.get("first", ""), x.get("last", ""))
            for x in about["source"]
        }
        return Learned(options, sources, rules, about["copies"], offered=set(about["offered"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RulesError(
            f"{path}: does not say what it was learned from ({error}); give a file that `dedupe learn` wrote"
        ) from None


def keys_of(rule: Rule) -> list[str]:
    """What names each of a rule's lines from one run to the next."""
    source = rule.source.encode("utf-8", "surrogatepass") + b"\0"
    forms = (shape(SLOT.sub(MASK, line) if rule.slot else line) for line in rule.line)
    return [f"{engine.line_key(source + form):016x}" for form in forms]


def _join(rule: Rule, other: Rule) -> Rule:
    """A rule with the words that another one with the same line has in its slots."""
    if len(rule.slot) != len(other.slot):
        return rule
    slots = tuple(tuple(dict.fromkeys(a + b)) for a, b in zip(rule.slot, other.slot, strict=True))
    joined = replace(rule, slot=slots)
    return joined if joined.count_lines() <= MOST_LINES else rule


def _with_share(rule: Rule, sources: Mapping[str, Source]) -> Rule:
    documents = sources.get(rule.source, Source()).documents
    return replace(rule, share=round(min(rule.documents / documents, 1.0), 4)) if documents else rule


def make_rules(site: Site, run: Sequence[Finding]) -> list[Rule]:
    """One rule for lines that stand together; two where some of them say too little to be taken wherever they
    stand; none for what TOML cannot say."""
    little = [finding for finding in run if any(map(_says_little, _lines_of(finding)))]
    enough = [finding for finding in run if finding not in little]
    return [rule for part in (enough, little) if part and (rule := _make_rule(site, part, part is little))]


def _make_rule(site: Site, run: Sequence[Finding], says_little: bool) -> Rule | None:
    texts = [text for finding in run for line in finding.lines for text in line.examples]
    if any("\ud800" <= char <= "\udfff" for text in (*texts, site.name) for char in text):
        return None
    if any(finding.template and SLOT.search(finding.lines[0].shape) for finding in run):
        return None  # braces would be read as slots
    lines: list[str] = []
    slots: list[tuple[str, ...]] = []
    for finding in run:
        lines += (_renumber(line, len(slots)) for line in _lines_of(finding))
        slots += [tuple(sorted(words)) for words in finding.template.slots] if finding.template else []
    place, documents = run[0].place, max(finding.documents for finding in run)
    firsts = [finding.lines[0].examples[0] for finding in run]
    examples = firsts if len(run) > 1 else [text for line in run[0].lines for text in line.examples]
    rule = Rule(
        id="",
        line=tuple(dict.fromkeys(lines)),
        slot=tuple(slots),
        exact_case=run[0].is_exact,
        evidence=PLACES[place] if says_little else "any",
        takes=tuple(dict.fromkeys(map(_plain, examples)))[:EXAMPLES],
        source=site.name,
        documents=documents,
        share=round(documents / site.documents, 4),
        place=place,
    )
    return _named(rule) if rule.count_lines() <= MOST_LINES else None


def _named(rule: Rule) -> Rule:
    """A rule with the id that its first line gives it."""
    name = f"learned.{_slug(rule.source)}.{keys_of(rule)[0][:10]}"
    return replace(rule, id=name, family=name)


def _lines_of(finding: Finding) -> list[str]:
    """The lines of a rule for a finding; of one whose numbers count, each way it was written."""
    if finding.template:
        return [_template_line(line, pieces) for line, pieces in finding.template.forms]
    if finding.is_exact:
        return [_plain(text) for text in finding.lines[0].examples]
    return [PARTS.sub("#", _plain(finding.lines[0].examples[0]))]


def _renumber(line: str, before: int) -> str:
    """A line's slots numbered behind those of the lines before it."""
    return SLOT.sub(lambda match: f"{{{int(match[1]) + before}}}", line) if before else line


def _plain(text: str) -> str:
    return " ".join(text.split())


def _says_little(line: str) -> bool:
    return len(WORD.findall(line)) < FEW_WORDS and len(line.encode()) < FEW_BYTES


def _template_line(line: Line, pieces: Sequence[str]) -> str:
    """A form of a template as a rule says it, in the case of its line's first example, the slots as {1}, {2}."""
    marked, fast = pieces[0], [True] * len(WORD.findall(pieces[0]))
    for number, piece in enumerate(pieces[1:], start=1):
        marked += f"{{{number}}}{piece}"
        fast += [False, *[True] * len(WORD.findall(piece))]
    text = PARTS.sub("#", _plain(line.examples[0]))
    words = list(WORD.finditer(text))
    if len(words) != len(fast):  # a character of Chinese is a slot, or folding changed what is a word
        return marked
    cased, at, number = "", 0, 0
    for match, stands in zip(words, fast, strict=True):
        number += not stands
        cased += text[at : match.start()] + (match[0] if stands else f"{{{number}}}")
        at = match.end()
    cased += text[at:]
    return cased if shape(SLOT.sub(MASK, cased)) == shape(SLOT.sub(MASK, marked)) else marked


def _slug(name: str) -> str:
    return regex.sub(r"[^\p{L}\p{M}\p{N}]+", "-", name.casefold()).strip("-") or "site"


def _values(rule: Rule) -> dict[str, object]:
    """What the file says of a rule: what it matches first, then what was found."""
    names = ["id", "documents", "share", "place", "source", "line", "slot", "start", "max_words", "pattern"]
    names += ["exact_case", "evidence", "run", "family", "then", "about", "takes", "leaves"]
    plain = Rule("", family=rule.id)
    return {name: getattr(rule, name) for name in names if getattr(rule, name) != getattr(plain, name)}


def _entries(values: Mapping[str, Any], keep: Sequence[str] = ()) -> str:
    return "".join(f"{key} = {_toml(value)}\n" for key, value in values.items() if value != "" or key in keep)


def _toml(value: object) -> str:
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    return str(value).lower() if isinstance(value, bool) else repr(value)
