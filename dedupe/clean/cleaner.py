"""Text -> splices: everything that is taken out of one document.

`Cleaner.touched` asks the engine which documents of a batch anything could stand twice in, be an
artifact in, or be broken in; the others pass as they are. `Cleaner.clean_document` labels and
decides over one of those, article by article, again and again until nothing more goes, so that a
second cleaning changes nothing. Cost: linear in the bytes, a few passes over documents that change.
"""

from array import array
from collections.abc import Sequence
from operator import or_

from dedupe.clean.artifacts import find_artifacts
from dedupe.clean.layout import close_gaps, splice_lines
from dedupe.clean.lines import Article, Lines
from dedupe.clean.repeats import find_repeats
from dedupe.clean.rules import is_switched_off, load_rules
from dedupe.document import Splice, apply_splices
from dedupe.engine import Buffer, engine
from dedupe.options import CleanOptions
from dedupe.repair import repair_line
from dedupe.split import split_articles

UNICODE = "repair.unicode"


class Cleaner:
    """The cleaning stages with their options, rules read and ready.

    Raises RulesError for a rules file that cannot be used.
    """

    def __init__(self, options: CleanOptions | None = None) -> None:
        self.options = options = options or CleanOptions()
        self.rules = load_rules(options.rules, options.no_rule)
        # What keys and needles cannot tell has to be looked at document by document.
        self.looks_at_all = bool(self.rules.patterns) or options.split not in ("auto", "never")
        self.repeats = not is_switched_off("repeat", options.no_rule)

    def touched(self, text: Buffer, offsets: Buffer) -> Sequence[int]:
        """The documents of a columnar batch (UTF-8 and n + 1 int64 offsets) that need a closer look."""
        marks = engine.scan(text, offsets, self.rules.needles)
        if self.looks_at_all:
            return range(len(marks))
        if not self.options.repair.enabled:
            return [i for i, mark in enumerate(marks) if mark]
        broken = engine.suspicious(text, offsets, self.options.repair.unescape_html)
        return [i for i, mark in enumerate(map(or_, marks, broken)) if mark]

    def clean_document(self, data: bytes) -> list[Splice]:
        """What is taken out of one document: ascending splices into `data` (UTF-8)."""
        original = lines = Lines(data, self.rules.needles)
        repaired = self._repair(lines) if self.options.repair.enabled else {}
        if repaired:
            lines = Lines(_replace_lines(lines, repaired), self.rules.needles)
        order: Sequence[int] = range(len(lines))
        # A last line without an ending that is repaired to nothing is no line any more.
        gone = {i: UNICODE for i in range(len(lines), len(original))}
        while True:
            parts = split_articles(lines, order, self.options.split)
            found = [self._find(Article(lines, part)) for part in parts]
            if not any(found):
                break
            order = [i for part, goes in zip(parts, found, strict=True) for i in close_gaps(lines, part, goes)]
            for goes in found:
                gone.update(goes)
        return splice_lines(original, order, gone, repaired)

    def _repair(self, lines: Lines) -> dict[int, bytes]:
        offsets = array("q", lines.start)
        offsets.append(len(lines.data))
        repaired = {}
        for i, broken in enumerate(engine.suspicious(lines.data, offsets, self.options.repair.unescape_html)):
            if broken:
                line = lines.text(i)
                sound = repair_line(line, self.options.repair)
                if sound != line:
                    repaired[i] = sound.encode("utf-8", "surrogatepass")
        return repaired

    def _find(self, article: Article) -> dict[int, str]:
        """The lines of one article that go, by their number in the document."""
        if not len(article):
            return {}
        gone = find_repeats(article, self.options.captions) if self.repeats else {}
        gone = {k: rule for k, rule in gone.items() if not is_switched_off(rule, self.options.no_rule)}
        gone.update(find_artifacts(article, self.rules, gone))
        return {article.ids[k]: rule for k, rule in gone.items()}


def _replace_lines(lines: Lines, repaired: dict[int, bytes]) -> bytes:
    return apply_splices(lines.data, [Splice(lines.start[i], lines.end[i], put, "") for i, put in repaired.items()])
