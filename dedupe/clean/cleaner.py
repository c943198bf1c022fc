"""Texts -> splices: everything that is taken out of documents, a batch at a time.

The engine points out the documents that may be broken; those that are go through repair. In the others
its call `edits` looks for lines that are alike and for artifacts, passes by where there are none, and
decides what goes; clean/decisions.py says the same in Python and decides where it cannot. Cost: linear in
the bytes, a few passes over documents that change.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from dedupe.clean.built_in import BUILT_IN, CAPTION, is_switched_off
from dedupe.clean.shipped import Tables, read_tables
from dedupe.clean.tables import ANY_SOURCE
from dedupe.document import Edits, Splice, apply_splices, compose_splices
from dedupe.engine import Buffer, engine
from dedupe.engine import name as engine_name
from dedupe.options import CleanOptions
from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dedupe.clean.page.extract import PageExtractor
    from dedupe.clean.rules import Rules

OFFSET_BYTES = 8
SPLITS, DROPS_CAPTIONS, ON_SHIFT = 1, 2, 8  # options of `edits`: two flags, and a bit for each built-in rule


class Cleaner:
    """The cleaning stages with their options, rules read and ready; `rules` in place of those that the
    options name.

    Raises RulesError for a rules file that cannot be used, ValueError where a rule that there is not is
    switched off.
    """

    def __init__(self, options: CleanOptions | None = None, rules: Rules | None = None) -> None:
        self.options = options = options or CleanOptions()
        self._rules = rules
        is_shipped = not options.rules and not options.no_rule and rules is None
        self.tables = read_tables() if is_shipped else _tables_of(self.rules)
        self.by = options.by or self.tables.by
        # What keys and needles cannot tell has to be looked at document by document.
        self.has_patterns = not is_shipped and bool(self.rules.patterns)
        self.split = "never" if options.page else options.split  # a page is one document
        self.looks_at_all = self.has_patterns or self.split not in ("auto", "never")
        self.decides_by_engine = engine_name == "native" and not self.looks_at_all
        self.off = frozenset(rule for rule in BUILT_IN if is_switched_off(rule, options.no_rule))
        self.captions = "keep" if CAPTION in self.off else options.captions
        self.flags = SPLITS * (self.split == "auto") + DROPS_CAPTIONS * (self.captions == "drop")
        self.flags += sum(1 << ON_SHIFT + i for i, rule in enumerate(BUILT_IN) if rule not in self.off)
        self.extractor = self._make_extractor() if options.page else None

    def _make_extractor(self) -> PageExtractor:
        from dedupe.clean.page.extract import PageExtractor

        options = self.options
        return PageExtractor(
            options.headline, options.no_rule, self.tables.needles, lambda *batch: self._clean(*batch).splices()
        )

    @property
    def rules(self) -> Rules:
        """The rules as Python reads them, which few runs need."""
        if self._rules is None:
            from dedupe.clean.rules import load_rules

            self._rules = load_rules(self.options.rules, self.options.no_rule)
        return self._rules

    @property
    def asks_for_sources(self) -> bool:
        """Whether some rule is for documents of one source."""
        return bool(self.tables.sources)

    def find_edits(self, text: Buffer, offsets: Buffer, sources: Sequence[str] = ()) -> Edits:
        """What is taken out of the documents of a columnar batch (UTF-8 and n + 1 int64 offsets), whose
        `sources` are given where `asks_for_sources`."""
        if self.extractor:
            return Edits(b"", (), self.extractor.find_splices(text, offsets, sources))
        return self._clean(text, offsets, sources)

    def _clean(self, text: Buffer, offsets: Buffer, sources: Sequence[str]) -> Edits:
        by_hand = self._repair(text, offsets, sources) if self.options.repair.enabled else {}
        if not self.decides_by_engine:
            for i, mark in enumerate(engine.scan(text, offsets, self.tables.needles)):
                if i not in by_hand and (mark or self.looks_at_all):
                    by_hand[i] = self.decide(bytes(_document(text, offsets, i)), _at(sources, i))
            return Edits(b"", (), {i: splices for i, splices in sorted(by_hand.items()) if splices})
        skips = bytearray(memoryview(offsets).nbytes // OFFSET_BYTES - 1)
        for i in by_hand:
            skips[i] = 1
        return Edits(self._find_rows(text, offsets, skips, sources), self.tables.names, by_hand)

    def _find_rows(self, text: Buffer, offsets: Buffer, skips: Buffer, sources: Sequence[str]) -> bytes:
        numbers = array("i", [self.tables.sources.get(source, ANY_SOURCE) for source in sources])
        return engine.edits(text, offsets, skips, self.tables.needles, self.tables.blob, self.flags, numbers)

    def _repair(self, text: Buffer, offsets: Buffer, sources: Sequence[str]) -> dict[int, list[Splice]]:
        """The documents that repair changes, repaired and cleaned."""
        broken = engine.suspicious(text, offsets, self.options.repair.unescape_html)
        if not any(broken):
            return {}
        from dedupe.repair import repair_document

        repaired = {}
        for i, mark in enumerate(broken):
            if mark:
                document = bytes(_document(text, offsets, i))
                splices = repair_document(document, self.options.repair)
                if splices:
                    decided = self.decide(apply_splices(document, splices), _at(sources, i))
                    repaired[i] = compose_splices(splices, decided)
        return repaired

    def decide(self, document: bytes, source: str) -> list[Splice]:
        """What goes out of one document that is sound."""
        if not self.decides_by_engine:
            from dedupe.clean.decisions import decide

            return decide(document, self.rules, self.split, self.captions, self.off, source)
        offsets = array("q", [0, len(document)])
        rows = self._find_rows(document, offsets, b"\0", [source])
        return Edits(rows, self.tables.names, {}).splices().get(0, [])

    def clean_document(self, data: bytes, source: str = "", format: str = "text") -> list[Splice]:
        """What is taken out of one document, text or markdown."""
        if format == "markdown" and not self.extractor:
            from dedupe.clean.markdown import clean_markdown

            return clean_markdown(data, self, source)
        return self.find_edits(data, array("q", [0, len(data)]), [source]).splices().get(0, [])


def _tables_of(rules: Rules) -> Tables:
    return Tables(rules.names, rules.needles, rules.blob, rules.sources, rules.by)


def _at(sources: Sequence[str], i: int) -> str:
    return sources[i] if sources else ""


def _document(text: Buffer, offsets: Buffer, i: int) -> memoryview:
    bounds = memoryview(offsets).cast("B").cast("q")
    return memoryview(text)[bounds[i] : bounds[i + 1]]
